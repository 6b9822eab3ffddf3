"""Training by gradient descent: speed, quality, distance from the machine's limits, and how cost grows."""

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
    header = ["documents", "mean length", "std of log length", *(f"rank {10**k:,}" for k in range(5))]
    return f"""## The synthetic text is like the real one

`fastlr.datasets.make_bag_of_words` gets a corpus's number of documents, vocabulary size, mean length and classes.
Everything else is left at its default for both corpora. The last columns give the frequencies of the words of these
ranks: up to rank 10,000 real and synthetic frequencies differ by at most a factor of {number(max(apart), 2)}. To
repeat: `python -m experiments.plot_datasets`.

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
        kind = (
            f"for {n_classes} classes"
            if n_classes > 2
            else "with L2"
            if row["penalty"] == "l2"
            else "with L1 or elastic net"
        )
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
    header = ["data", "penalty", "Numba", "Cython", "scikit-learn", "speed-up", "speed-up over NumPy"]
    slower = [f"{r['task']}, {r['dtype']}, {r['penalty']}" for r in results["rows"] if best_ratio(r) < 1.0]
    return f"""## Against scikit-learn's SGDClassifier, epoch by epoch

Nanoseconds per non-zero and epoch of a whole fit, input checks included. One thread; the libraries alternate in one
process, and the best of several runs counts. fastlr is {speed_summary(results)}. scikit-learn trains one model per
class; fastlr trains one softmax model, which reads each row once for all classes. scikit-learn is faster on:
{"; ".join(slower) or "nothing here"}. To repeat: `python -m experiments.epoch_speed`.

{table(header, rows)}
"""


def quality_summary(rows):
    """Say in one sentence how the untuned loss compares with the best of each grid."""
    least = {}
    for row in rows:
        kind = row["model"].split("(")[0] if "scikit-learn" in row["model"] else "fastlr"
        least[kind] = min(least.get(kind, row), row, key=lambda r: r["log_loss"])
    ours = least.pop("fastlr")
    others = " and ".join(f"{row['log_loss']:.4f} for {row['model']}" for row in least.values())
    return f"fastlr's log-loss is {ours['log_loss']:.4f}, compared with {others}"


def quality(results):
    parts = []
    for name, rows in results["tables"].items():
        cells = [[r["model"], f"{r['accuracy']:.4f}", f"{r['log_loss']:.4f}", r["seconds"]] for r in rows]
        rendered = table(["model", "accuracy", "log-loss", "seconds"], cells)
        parts.append(f"**{name}**: {quality_summary(rows)}.\n\n{rendered}\n")
    return """## Untuned fastlr against tuned scikit-learn

Test log-loss on 20 classes of arXiv abstracts. fastlr runs once, with its defaults. scikit-learn runs at each penalty
strength of a grid, and the best is known only afterwards. To repeat: `python -m experiments.quality`.

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
    header = ["data", "fit", "best of 24", "setting", "ratio", "ratio across scales"]
    header_of_pass = [
        "data",
        "one pass",
        "best of 24",
        "setting",
        "ratio",
        "best of 8 that end",
        "ratio",
        "ratio across scales",
    ]
    ending, endless = beyond["grid of one pass"], beyond["endless grid of one pass"]
    return f"""## The automatic rate, against a grid

Test log-loss of `fit` with the defaults, compared with the best of a grid at the same penalty: four initial rates,
linear and exponential decay, and 3, 8 or 20 epochs. The defaults reach {least:.3f} to {most:.3f} times the best loss.
They are more than 2% above it on {"; ".join(beyond["grid"]) or "none"} of {n} tasks. The last column compares the
features as they are with the features times 1000 and times 0.001. To repeat: `python -m experiments.auto_rate`.

{table(header, fitted)}

One pass of `partial_fit` over chunks of 1,000 rows does not know where the stream ends. It is compared with the best of
24 schedules that do not know it either (constant, `t ** -0.25`, `t ** -0.5` and `1 / (1 + t / 1000)`, six rates of
each), and with the best of 8 that fall to zero at the end. {n - len(endless)} of the {n} tasks are within 2% of the
best of the first group, all but {"; ".join(endless) or "none"}; {n - len(ending)} are within 2% of the best of the
second. The automatic schedule gives the intercept a lower rate than the weights. The schedules of the grids do not, and
the cost of that depends on which rows happen to come last.

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
    return f"""## Against the NumPy reference

Seconds for 1,000 rows. Unless stated otherwise: two classes, 100,000 features, L2, one row per step. Both take the same
steps. The reference shrinks every feature at each step, so its cost grows with the number of features; fastlr's cost
grows only because larger weight arrays cause more cache misses. With {number(many)} times as many features, NumPy takes
{number(last["numpy"] / first["numpy"])} times as long, and fastlr {number(last["fastlr"] / first["fastlr"])} times.
Larger batches save NumPy most of the shrinking. To repeat: `python -m experiments.numpy_scaling`.

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
        header = ["case", "roofline", "rows", "weights", "Numba", "fraction", "Cython", "fraction"]
        parts.append(f"{describe(name, results['tasks'][name])}\n\n{table(header, rows)}\n")
    said = " and ".join(f"{span(values)} times the roofline for {kind}" for kind, values in times.items())
    return f"""## Distance from the machine's limits

Nanoseconds per non-zero and epoch. The roofline is the time that an epoch's memory traffic alone takes on this machine.
Two kernels measure it in the same process (see `experiments/roofline.py`): one reads the rows' cache lines in the
trainer's order, the other reads and writes the weights' cache lines in the order in which the rows need them. The
roofline contains no arithmetic, and its addresses are known in advance; a real step can begin only when the previous
one has written its weights. An epoch takes {said}. To repeat: `python -m experiments.roofline`.

{chr(10).join(parts)}"""


def growth(results):
    tables = results["tables"]
    header = [
        "non-zeros",
        "features",
        "classes",
        "penalty",
        "order of rows",
        "memory left, MB",
        "ns per non-zero",
        "files, MB",
    ]
    header += ["weights, MB", "growth, MB", "read per epoch, MB"]
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

Rows are read from memory-mapped files in three orders: shuffled in blocks of eight neighbours, as the trainer does it;
as they are stored; or in shuffled chunks of 20,000 neighbours, one call of `partial_fit` each. "Growth" is the increase
of the process's memory during a fit, without the files: the weights. {growth_summary(tables)} To repeat:
`python -m experiments.cost_growth --largest 1e9 --memory 6e9`.

{table(header, rows)}

![cost over non-zeros, features and classes](results/growth.png)
"""


def growth_summary(tables):
    """Say how the cost per non-zero changes with the number of non-zeros and of features."""
    said = []
    ample = [row for row in tables["non-zeros"] if row["memory"] is None and row["nnz"] > 5e6]
    for order in dict.fromkeys(row["order"] for row in ample):
        ns = [row["ns_per_nonzero"] for row in ample if row["order"] == order]
        if len(ns) > 1:
            said.append(f"{number(ns[-1] / ns[0])} for rows {order}")
    text = ""
    if said:
        text = (
            f"From {number(ample[0]['nnz'])} to {number(ample[-1]['nnz'])} non-zeros the cost per non-zero grows by a "
            f"factor of {', '.join(said)}. When rows are shuffled, the next row is usually on another page of memory, "
            "and more pages mean more misses of the address cache (TLB). "
        )
    for row in tables["non-zeros"]:
        if row["memory"] is not None:
            text += (
                f"With {row['memory'] / 1e9:.1f} GB of memory left on the machine for {row['file_bytes'] / 1e9:.1f} GB "
                f"of files, rows {row['order']} take {number(row['ns_per_nonzero'])} ns per non-zero. "
            )
    first, last = ([row for row in tables["features"] if row["penalty"] == "l2"][at] for at in (0, -1))
    return text + (
        f"With {number(last['n_features'] / first['n_features'])} times as many features it grows by a factor of "
        f"{number(last['ns_per_nonzero'] / first['ns_per_nonzero'])}, because the weights no longer fit the cache."
    )
