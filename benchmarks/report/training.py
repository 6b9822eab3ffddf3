"""Training by gradient descent: its speed, its quality, its distance from the machine's limits, and its growth."""

from __future__ import annotations

from .text import describe, number, span, table


def datasets(results):
    rows, apart = [], []
    for corpus in (name for name in ("arxiv", "reddit") if name in results):
        shares = []
        for kind in ("real", "synthetic"):
            r = results[corpus][kind]
            share = dict(zip(results[corpus]["ranks"], r["frequencies"], strict=True))
            shares.append(share)
            ranks = [min(share, key=lambda rank, at=at: abs(rank - at)) for at in (1, 10, 100, 1000, 10_000)]
            rows.append(
                [f"{corpus}, {kind}", r["mean_length"], r["log_length_deviation"], *(f"{share[k]:.1e}" for k in ranks)]
            )
        real, made = shares
        apart += [max(real[k] / made[k], made[k] / real[k]) for k in real if k <= 10_000 and made[k]]
    header = ["documents", "mean length", "deviation of log length", *(f"word {10**k:,}" for k in range(5))]
    return f"""## The synthetic text is like the real one

`fastlr.datasets.make_bag_of_words` is given a corpus's number of documents, vocabulary, mean length and classes; all
else is its defaults, the same for both corpora. The last columns are the shares of the words of these ranks: up to rank
10,000 they are at most {number(max(apart), 2)} times apart. Repeat it by `python -m experiments.plot_datasets`.

{table(header, rows)}

![word frequencies and lengths](results/datasets.png)
"""


def best_ratio(row):
    """Return how many times as fast as scikit-learn the faster backend is."""
    ns = row["ns_per_nonzero"]
    return ns["sklearn"] / min(value for library, value in ns.items() if library != "sklearn")


def speed_summary(results):
    """Say in one sentence how much faster than scikit-learn an epoch is."""
    groups = {}
    for row in results["rows"]:
        n_classes = int(row["task"].split(", ")[1].split()[0])
        kind = f"at {n_classes} classes" if n_classes > 2 else "with L2" if row["penalty"] == "l2" else "with L1 in it"
        groups.setdefault(kind, []).append(best_ratio(row))
    return ", ".join(f"{span(ratios)} times as fast {kind}" for kind, ratios in groups.items())


def speed(results):
    rows = [
        [
            f"{r['task']}, {r['dtype']}",
            r["penalty"],
            *(r["ns_per_nonzero"].get(b) for b in ("numba", "cython", "sklearn")),
            best_ratio(r),
            r["speedup_vs_numpy"],
        ]
        for r in results["rows"]
    ]
    header = ["data", "penalty", "Numba", "Cython", "scikit-learn", "ratio to the better", "naive NumPy, times"]
    slower = [f"{r['task']}, {r['dtype']}, {r['penalty']}" for r in results["rows"] if best_ratio(r) < 1.0]
    return f"""## Against scikit-learn's SGDClassifier, epoch by epoch

Nanoseconds a non-zero and epoch of a whole fit, checks and all, one thread, by turns in one process; the best of
several. fastlr is {speed_summary(results)}. scikit-learn trains one model a class, fastlr one softmax model,
which reads each row once for all classes. scikit-learn is faster on: {"; ".join(slower) or "nothing here"}. Repeat it
by `python -m experiments.epoch_speed`.

{table(header, rows)}
"""


def quality_summary(rows):
    """Say in one sentence how the untuned loss compares with the best of each grid."""
    least = {}
    for row in rows:
        kind = row["model"].split("(")[0] if "scikit-learn" in row["model"] else "fastlr"
        least[kind] = min(least.get(kind, row), row, key=lambda r: r["log_loss"])
    ours = least.pop("fastlr")
    others = " and ".join(f"{row['log_loss']:.4f} of {row['model']}" for row in least.values())
    return f"fastlr's log-loss is {ours['log_loss']:.4f}, beside {others}"


def quality(results):
    parts = []
    for name, rows in results["tables"].items():
        cells = [[r["model"], f"{r['accuracy']:.4f}", f"{r['log_loss']:.4f}", r["seconds"]] for r in rows]
        rendered = table(["model", "accuracy", "log-loss", "seconds"], cells)
        parts.append(f"**{name}**: {quality_summary(rows)}.\n\n{rendered}\n")
    return """## Untuned, against tuned peers

20 classes of arXiv abstracts, on the rows held out. fastlr runs once, by its defaults, and scikit-learn at each
strength of a grid, of which the best is known only afterwards. Repeat it by `python -m experiments.quality`.

""" + "\n".join(parts)


def auto_rate(results):
    fitted, passed = [], []
    beyond = {"grid": [], "endless grid of one pass": [], "grid of one pass": []}
    for name, r in results["rows"].items():
        spread = [f"{max(r[part].values()) / min(r[part].values()):.3f}" for part in ("auto", "one pass")]
        ratios = {grid: r["auto" if grid == "grid" else "one pass"]["1"] / r[grid]["loss"] for grid in beyond}
        for grid, ratio in ratios.items():
            if ratio > 1.02:
                beyond[grid].append(f"{name} ({ratio:.3f})")
        cells = {grid: [f"{r[grid]['loss']:.4f}", r[grid]["setting"], f"{ratio:.3f}"] for grid, ratio in ratios.items()}
        fitted.append([name, f"{r['auto']['1']:.4f}", *cells["grid"], spread[0]])
        endless, ending = cells["endless grid of one pass"], cells["grid of one pass"]
        passed.append([name, f"{r['one pass']['1']:.4f}", *endless, ending[0], ending[2], spread[1]])
    n, least, most = len(fitted), *(f(float(row[4]) for row in fitted) for f in (min, max))
    header = ["data", "fit", "best of 24", "at", "ratio", "ratio of scales"]
    header_of_pass = ["data", "one pass", "best of 24", "at", "ratio", "best of 8 that end", "ratio", "ratio of scales"]
    ending, endless = beyond["grid of one pass"], beyond["endless grid of one pass"]
    return f"""## The automatic rate, against a grid

Test log-loss of `fit` by the defaults, beside the best of four first rates, linear and exponential decay, and 3, 8 or
20 epochs, at the same penalty: {least:.3f} to {most:.3f} times the best, and more than 2% above it on
{"; ".join(beyond["grid"]) or "none"} of {n} tasks. The last column compares features as they are, times 1000 and times
0.001. Repeat it by `python -m experiments.auto_rate`.

{table(header, fitted)}

One pass by `partial_fit` in chunks of 1,000 rows knows no end. It stands beside the best of 24 rates that do not know
it either (constant, `t ** -0.25`, `t ** -0.5` and `1 / (1 + t / 1000)`, six rates of each), and of 8 that fall to zero
at it. Of the {n} tasks {n - len(endless)} are within 2% of the best of the first, all but
{"; ".join(endless) or "none"}; and {n - len(ending)} within 2% of the best of the second. The automatic rate keeps the
intercept's below that of the weights; the grids' schedules, as all others, do not, and what that costs differs by the
rows that happen to come last.

{table(header_of_pass, passed)}
"""


def compare_numpy(results):
    columns = {"features": ["penalty", "n_features"], "batch sizes": ["batch_size"], "classes": ["n_classes"]}
    headers = {"n_features": "features", "batch_size": "batch", "n_classes": "classes"}
    parts = []
    for name, rows in results["tables"].items():
        keys = columns[name]
        cells = [[*(row[key] for key in keys), row["numpy"], row["fastlr"], row["speedup"]] for row in rows]
        header = [*(headers.get(key, key) for key in keys), "NumPy", "fastlr", "ratio"]
        parts.append(f"**{name.capitalize()}**\n\n{table(header, cells)}\n")
    rows = [row for row in results["tables"]["features"] if row["penalty"] == "l2"]
    first, last = rows[0], rows[-1]
    many = last["n_features"] / first["n_features"]
    return f"""## Against naive NumPy

Seconds for 1,000 rows; where nothing else is said, of two classes, 100,000 features, L2, one row a step. Both take the
same steps; the naive path shrinks every feature at each of them, so that its cost grows with the features, and fastlr's
only by the cache misses of larger weights. With {number(many)} times as many features, NumPy takes
{number(last["numpy"] / first["numpy"])} times as long, and fastlr {number(last["fastlr"] / first["fastlr"])} times.
Larger batches spare NumPy most of the shrinking. Repeat it by `python -m experiments.numpy_scaling`.

{chr(10).join(parts)}
![seconds over features, batch sizes and classes](results/numpy.png)
"""


def roofline(results):
    parts, times = [], {}
    for name, cases in results["cases"].items():
        rows = [
            [
                case,
                r["ns_per_nonzero"],
                1e9 * r["row_seconds"] / results["tasks"][name]["nnz"],
                1e9 * r["weight_seconds"] / results["tasks"][name]["nnz"],
                *(v for b in ("numba", "cython") for v in (r[b]["ns_per_nonzero"], r[b]["fraction_of_roofline"])),
            ]
            for case, r in cases.items()
        ]
        for case, r in cases.items():
            best = max(r[backend]["fraction_of_roofline"] for backend in ("numba", "cython"))
            times.setdefault("more classes" if "classes" in case else "two classes", []).append(1.0 / best)
        header = ["case", "roofline", "of rows", "of weights", "Numba", "fraction", "Cython", "fraction"]
        parts.append(f"{describe(name, results['tasks'][name])}\n\n{table(header, rows)}\n")
    said = ", ".join(f"{span(values)} times the roofline for {kind}" for kind, values in times.items())
    return f"""## How far from what the machine can do

Nanoseconds a non-zero and epoch. The roofline is the time that the epoch's memory traffic alone takes here, measured
by two kernels in the same process (see `experiments/roofline.py`):
the rows' cache lines in the trainer's order, and the weights'
lines, read and written, in the order in which the rows ask for them. No arithmetic is in it, and its addresses are
known beforehand, while a step can only begin when the one before has written its weights. An epoch takes {said}. Repeat
it by `python -m experiments.roofline`.

{chr(10).join(parts)}"""


def growth(results):
    tables = results["tables"]
    header = ["non-zeros", "features", "classes", "penalty", "rows", "memory left, MB", "ns a non-zero", "files, MB"]
    header += ["weights, MB", "grown, MB", "read in an epoch, MB"]
    rows = [
        [
            *(r[key] for key in ("nnz", "n_features", "n_classes", "penalty", "order")),
            "all" if r["memory"] is None else r["memory"] / 1e6,
            r["ns_per_nonzero"],
            *(
                None if r[k] is None else r[k] / 1e6
                for k in ("file_bytes", "weight_bytes", "grown_bytes", "read_bytes")
            ),
        ]
        for part in tables.values()
        for r in part
    ]
    return f"""## How cost grows

Rows are read from memory-mapped files: shuffled, as the trainer does it, with eight neighbours together; as they are
stored; or in chunks of 20,000 neighbours, in random order and shuffled, a call of `partial_fit` each.
"Grown" is what the process's memory grew by in a fit, the files apart: the weights.
{growth_summary(tables)} Repeat it by `python -m experiments.cost_growth --largest 1e9 --memory 6e9`.

{table(header, rows)}

![cost over non-zeros, features and classes](results/growth.png)
"""


def growth_summary(tables):
    """Say how the cost of a non-zero changes with their number, and with the features."""
    said = []
    ample = [row for row in tables["non-zeros"] if row["memory"] is None and row["nnz"] > 5e6]
    for order in dict.fromkeys(row["order"] for row in ample):
        ns = [row["ns_per_nonzero"] for row in ample if row["order"] == order]
        if len(ns) > 1:
            said.append(f"{number(ns[-1] / ns[0])} times as much for rows {order}")
    text = ""
    if said:
        text = (
            f"From {number(ample[0]['nnz'])} to {number(ample[-1]['nnz'])} non-zeros the cost of one becomes "
            f"{', '.join(said)}. Shuffled, the next rows are on another page of memory, and the more pages there "
            "are, the fewer of their addresses are at hand. "
        )
    for row in tables["non-zeros"]:
        if row["memory"] is not None:
            text += (
                f"With {row['memory'] / 1e9:.1f} GB of memory left on the machine for {row['file_bytes'] / 1e9:.1f} GB "
                f"of files, rows {row['order']} take {number(row['ns_per_nonzero'])} ns a non-zero. "
            )
    first, last = ([row for row in tables["features"] if row["penalty"] == "l2"][at] for at in (0, -1))
    return text + (
        f"With {number(last['n_features'] / first['n_features'])} times as many features it becomes "
        f"{number(last['ns_per_nonzero'] / first['ns_per_nonzero'])} times, by the misses of weights that fit no cache."
    )
