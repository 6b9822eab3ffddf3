"""Write ``README.md``, and the tables of the project's, from ``results/*.json``: nothing in them is typed by hand.

    python benchmarks/write_readme.py

A part whose results are not there is left out.
"""

from __future__ import annotations

import json
from pathlib import Path

from measure import RESULTS

HEAD = """# Benchmarks

Written by `write_readme.py` from `results/*.json`; do not edit. All numbers are from one machine:

{machine}

To repeat them, after `pip install -e '.[bench]'` (and the peers, each by best effort, as `peers/requirements.txt`
says), with `FASTLR_DATA` naming the folder of the real corpora, or without them:

```
cd benchmarks
python plot_datasets.py; python roofline.py; python compare_numpy.py; python speed.py; python quality.py
python compare_peers.py; python growth.py --largest 1e9; python write_readme.py
```

and for the suite that watches fastlr from commit to commit

```
asv run --python=same --quick                                     # some minutes; saves nothing
asv run --python=same --set-commit-hash $(git rev-parse HEAD)     # a full run, saved
asv continuous main HEAD                                          # two commits, in environments of asv's own
asv publish && asv preview
```
"""


def number(x, digits=3):
    """Format to significant digits, without an exponent where that is readable."""
    if x is None:
        return "-"
    if isinstance(x, str):
        return x
    if x == int(x) and abs(x) < 1e15:
        return f"{int(x):,}"
    return f"{x:,.0f}" if abs(x) >= 10**digits else f"{x:#.{digits}g}".rstrip(".")


def seconds(x):
    """Format seconds; what cannot be measured so is near nothing."""
    return "0" if x is not None and x < 1e-3 else number(x)


def table(header, rows):
    lines = ["| " + " | ".join(header) + " |", "| " + " | ".join("---" for _ in header) + " |"]
    lines += ["| " + " | ".join(cell if isinstance(cell, str) else number(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def datasets(results):
    rows = []
    for corpus in (name for name in ("arxiv", "reddit") if name in results):
        for kind in ("real", "synthetic"):
            r = results[corpus][kind]
            share = dict(zip(results[corpus]["ranks"], r["frequencies"], strict=True))
            ranks = [min(share, key=lambda rank, at=at: abs(rank - at)) for at in (1, 10, 100, 1000, 10_000)]
            rows.append(
                [f"{corpus}, {kind}", r["mean_length"], r["log_length_deviation"], *(f"{share[k]:.1e}" for k in ranks)]
            )
    header = ["documents", "mean length", "deviation of log length", *(f"word {10**k:,}" for k in range(5))]
    return f"""## The synthetic text is like the real one

`fastlr.datasets.make_bag_of_words` is given a corpus's number of documents, vocabulary, mean length and classes; all
else is its defaults, the same for both corpora. The last columns are the shares of the words of these ranks.

{table(header, rows)}

![word frequencies and lengths](results/datasets.png)
"""


def roofline(results):
    parts = []
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
        header = ["case", "roofline", "of rows", "of weights", "Numba", "fraction", "Cython", "fraction"]
        parts.append(f"{describe(name, results['tasks'][name])}\n\n{table(header, rows)}\n")
    return """## How far from what the machine can do

Nanoseconds a non-zero and epoch. The roofline is the time that the epoch's memory traffic alone takes here, measured
by two kernels in the same process (see `roofline.py`): the rows' cache lines in random order, and the weights' lines,
read and written, in the order in which the rows ask for them. No arithmetic is in it.

""" + "\n".join(parts)


def describe(name, task):
    return (
        f"**{name}**: {task['n_samples']:,} rows, {task['n_features']:,} features, "
        f"{task['nnz'] / task['n_samples']:.0f} non-zeros a row."
    )


def compare_numpy(results):
    tables = results["tables"]
    columns = ["numpy", "fastlr", "speedup"]
    header = ["penalty", "features", "classes", "batch", "NumPy", "fastlr", "ratio"]
    rows = [
        [r["penalty"], r["n_features"], r["n_classes"], r["batch_size"], *(r[c] for c in columns)]
        for part in tables.values()
        for r in part
    ]
    return f"""## Against naive NumPy

Seconds for 1,000 rows. Both take the same steps; the naive path shrinks every feature at each of them, so that its cost
grows with the features, and fastlr's only by the cache misses of larger weights.

{table(header, rows)}

![seconds over features, batch sizes and classes](results/numpy.png)
"""


def speed(results):
    rows = [
        [
            f"{r['task']}, {r['dtype']}",
            r["penalty"],
            *(r["ns_per_nonzero"].get(b) for b in ("numba", "cython", "sklearn")),
            r["ns_per_nonzero"]["sklearn"] / min(v for k, v in r["ns_per_nonzero"].items() if k != "sklearn"),
            r["speedup_vs_numpy"],
        ]
        for r in results["rows"]
    ]
    header = ["data", "penalty", "Numba", "Cython", "scikit-learn", "ratio to the better", "naive NumPy, times"]
    return f"""## Against scikit-learn's SGDClassifier, epoch by epoch

Nanoseconds a non-zero and epoch of a whole fit, checks and all, one thread, by turns in one process; the best of
several.

{table(header, rows)}
"""


def quality(results):
    parts = []
    for name, rows in results["tables"].items():
        cells = [[r["model"], f"{r['accuracy']:.4f}", f"{r['log_loss']:.4f}", r["seconds"]] for r in rows]
        parts.append(f"**{name}**\n\n" + table(["model", "accuracy", "log-loss", "seconds"], cells))
    return "## Untuned, against tuned peers\n\n20 classes of arXiv abstracts, on the rows held out.\n\n" + "\n\n".join(
        parts
    )


def rules(race):
    """Say how a race was run; results older than this record say nothing."""
    if "limit" not in race:
        return ""
    return f"{race['repeats']} rounds; a library's first fit longer than {number(race['limit'])} s is its last.\n\n"


def sgd_race(races):
    parts = []
    for name, race in races.items():
        rows, best = [], {}
        for setting, curve in race["curves"].items():
            if not curve["points"]:
                continue
            low = min(curve["points"], key=lambda p: p["log_loss"])
            best[setting] = low["log_loss"]
            high = max(p["accuracy"] for p in curve["points"])
            rows.append(
                [
                    setting,
                    f"{low['log_loss']:.4f}",
                    low["epochs"],
                    low["seconds"],
                    low["median"],
                    f"{high:.4f}",
                    seconds(curve["conversion"]),
                ]
            )
        rows.sort(key=lambda row: row[1])
        ours = [s for s in best if s.startswith("fastlr")]
        target = min(best[s] for s in ours) if ours else None
        if target is not None:
            for row in rows:
                points = race["curves"][row[0]]["points"]
                row.insert(5, min((p["seconds"] for p in points if p["log_loss"] <= 1.01 * target), default=None))
        header = ["setting", "least log-loss", "epochs", "seconds", "median"]
        header += ["seconds to 1.01 of fastlr's least"] if target is not None else []
        header += ["best accuracy", "conversion, seconds"]
        failed = "".join(f"\n{k} failed: {v}\n" for k, v in race["failed"].items())
        parts.append(f"{describe(name, race['data'])}\n\n{rules(race)}{table(header, rows)}\n{failed}")
    return (
        """## The race of the SGD-like ones

Every library trains from scratch for 1, 2, 4, ... epochs. Each row is a setting at the number of epochs where its loss
on the rows held out was least; conversion to the library's own form is apart. So peers' settings and every library's
epochs are chosen on the rows held out, while fastlr's rate and strength are its automatic ones. Penalties are not the
same: Vowpal Wabbit and fastText have none here.

"""
        + "\n".join(parts)
        + "\n![test log-loss and accuracy over seconds](results/peers_sgd.png)\n\n"
        + wins(races)
    )


def exact_race(races):
    parts = []
    for name, race in races.items():
        gaps = list(next(iter(race["curves"].values()))["seconds_to_gap"])
        rows = [
            [setting, *(curve["seconds_to_gap"][gap] for gap in gaps), seconds(curve["conversion"])]
            for setting, curve in race["curves"].items()
        ]
        rows.sort(key=lambda row: [1e9 if cell is None else cell for cell in row[-2:0:-1]])
        failed = "".join(f"\n{k} failed: {v}\n" for k, v in race["failed"].items())
        header = ["solver", *(f"to {gap}" for gap in gaps), "conversion"]
        parts.append(
            f"**{name}**, least objective {number(race['objective'], 8)}, "
            f"certified to {race['certified_gap']:.0e}\n\n{rules(race)}{table(header, rows)}\n{failed}"
        )
    return (
        """## The race of the exact solvers

Seconds to a relative gap of the objective, which NumPy computes from the weights (`gap.py`). No intercept, as some
peers penalise theirs. A dash: not reached before a fit took longer than the limit.

"""
        + "\n".join(parts)
        + "\n![gap over seconds](results/peers_exact.png)\n"
    )


# What the libraries do otherwise, where they win.
WHY = {
    "Vowpal Wabbit": "its rates are adaptive, one a feature, and normalised: rare words move far in the first pass, "
    "for which a single falling rate needs several",
    "xLearn": "adaptive rates, one a feature",
    "fastText": "it learns vectors of few dimensions, which all classes share",
    "scikit-learn SGDClassifier": "its strength was chosen from a grid on the rows held out, fastlr's is automatic",
    "lightning SGDClassifier": "its rate was chosen on the rows held out, fastlr's is automatic",
}


def wins(races):
    """List the libraries that come to fastlr's least loss sooner, or lower in the end, or to a better accuracy."""
    lines = []
    for name, race in races.items():
        points = {}
        for curve in race["curves"].values():
            points.setdefault(curve["library"], []).extend(curve["points"])
        ours = points.pop("fastlr", [])
        if not ours:
            continue
        target = min(p["log_loss"] for p in ours)
        soon = min(p["seconds"] for p in ours if p["log_loss"] <= 1.01 * target)
        accuracy = max(p["accuracy"] for p in ours)
        for library, theirs in points.items():
            there = min((p["seconds"] for p in theirs if p["log_loss"] <= 1.01 * target), default=None)
            least, best = min(p["log_loss"] for p in theirs), max(p["accuracy"] for p in theirs)
            what = []
            if there is not None and there < soon:
                what.append(
                    f"is within 1% of fastlr's least log-loss after {number(there)} s, fastlr after {number(soon)} s"
                )
            if least < 0.99 * target:
                what.append(f"goes down to {least:.4f}, fastlr to {target:.4f}")
            if best > accuracy + 0.001:
                what.append(f"reaches an accuracy of {best:.4f}, fastlr {accuracy:.4f}")
            if what:
                lines.append(
                    f"- {name}: **{library}** {'; '.join(what)}. The likely reason: {WHY.get(library, 'not known')}."
                )
    return "### Where a peer wins\n\n" + ("\n".join(lines) or "Nowhere in these races.") + "\n"


def peers(results):
    parts = [part(results[key]) for key, part in (("sgd", sgd_race), ("exact", exact_race)) if results[key]]
    missing = "".join(f"Missing: {name} ({reason}).\n" for name, reason in results["missing"].items())
    return "\n".join(parts) + ("\n" + missing if missing else "")


def growth(results):
    header = [
        "non-zeros",
        "features",
        "classes",
        "penalty",
        "rows",
        "ns a non-zero",
        "files, MB",
        "weights, MB",
        "memory besides the files, MB",
    ]
    rows = [
        [
            r["nnz"],
            r["n_features"],
            r["n_classes"],
            r["penalty"],
            "random order" if r["shuffle"] else "as stored",
            r["ns_per_nonzero"],
            r["file_bytes"] / 1e6,
            r["weight_bytes"] / 1e6,
            None if r["grown_bytes"] is None else r["grown_bytes"] / 1e6,
        ]
        for part in results["tables"].values()
        for r in part
    ]
    return f"""## How cost grows

Rows are read from memory-mapped files. The last column is what the process grew by in a fit, the files apart.

{table(header, rows)}

![cost over non-zeros, features and classes](results/growth.png)
"""


PARTS = {
    "datasets": datasets,
    "speed": speed,
    "quality": quality,
    "numpy": compare_numpy,
    "peers": peers,
    "roofline": roofline,
    "growth": growth,
}

# What the project's README shows of it.
SHOWN = {"speed": speed, "quality": quality}
MARK_BEGIN, MARK_END = "<!-- results, written by benchmarks/write_readme.py -->", "<!-- end of results -->"


def write_main_readme(results):
    """Put the tables that matter most between the marks in the project's README."""
    path = Path(__file__).parents[1] / "README.md"
    before, rest = path.read_text().split(MARK_BEGIN)
    _, after = rest.split(MARK_END)
    shown = "\n".join(part(results[name]).replace("## ", "### ") for name, part in SHOWN.items() if name in results)
    path.write_text(f"{before}{MARK_BEGIN}\n\n{shown}\n{MARK_END}{after}")
    print(f"wrote the tables of {path}")


def main():
    results = {
        name: json.loads((RESULTS / f"{name}.json").read_text())
        for name in PARTS
        if (RESULTS / f"{name}.json").exists()
    }
    machine = next(iter(results.values()))["machine"]
    described = ", ".join(value if key in ("cpu", "memory") else f"{key} {value}" for key, value in machine.items())
    text = HEAD.format(machine=described) + "\n" + "\n".join(PARTS[name](r) for name, r in results.items())
    path = Path(__file__).with_name("README.md")
    path.write_text(text.rstrip("\n") + "\n")
    print(f"wrote {path}")
    write_main_readme(results)


if __name__ == "__main__":
    main()
