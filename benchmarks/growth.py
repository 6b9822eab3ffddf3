"""How the cost of an epoch grows with non-zeros, features and classes.

    python benchmarks/growth.py [--largest 1e8] [--scratch FOLDER]

The matrices are written to files in the scratch folder, 12 bytes a non-zero, and read from there memory-mapped, each
case in a process of its own, which also tells how much memory it needed besides the files. Rows come in random order or
as they are stored. Writes ``results/growth.json`` and ``results/growth.png``.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import matplotlib
from epochs import epoch_seconds
from measure import save, save_figure
from sklearn.base import clone

from fastlr import SGDClassifier
from fastlr.datasets import load_bag_of_words, make_bag_of_words

matplotlib.use("Agg")
from matplotlib import pyplot as plt

# One power law for all ranks, so that many features come to be used however many there are.
LAW = {"mean_length": 100.0, "tail_exponent": 1.0, "random_state": 0}
NNZ_PER_ROW = 90  # that makes of 100 words


def memory():
    """Return the bytes of memory, but for files, that this process has; None where the system does not say."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return None
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith("RssAnon")), None)


def run_case(settings):
    """Measure one case in this process."""
    X, y = load_bag_of_words(settings["folder"])
    model = SGDClassifier(
        alpha=1e-6, penalty=settings["penalty"], shuffle=settings["shuffle"], random_state=0, max_iter=1
    )
    clone(model).fit(X[:100], y[:100])  # compiles the kernels
    before = memory()
    model.fit(X, y)
    grown = None if before is None else memory() - before
    seconds = epoch_seconds(model, X, y, repeats=settings["repeats"], n_epochs=settings["n_epochs"])
    return {
        "nnz": int(X.nnz),
        "n_samples": X.shape[0],
        "n_features": X.shape[1],
        "n_classes": settings["n_classes"],
        "penalty": settings["penalty"],
        "shuffle": settings["shuffle"],
        "ns_per_nonzero": 1e9 * seconds / X.nnz,
        "file_bytes": X.data.nbytes + X.indices.nbytes + X.indptr.nbytes,
        "weight_bytes": model.coef_.nbytes,
        "grown_bytes": grown,
    }


def in_a_process(settings):
    command = [sys.executable, __file__, "--case", json.dumps(settings)]
    row = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1])
    order = "random order" if row["shuffle"] else "as stored"
    print(
        f"{row['nnz']:>13,} non-zeros {row['n_features']:>11,} features {row['n_classes']:>5} classes  {order:<13}"
        f"{row['penalty']:<4}{row['ns_per_nonzero']:8.2f} ns a non-zero, "
        f"{(row['grown_bytes'] or 0) / 1e6:,.0f} MB besides {row['file_bytes'] / 1e6:,.0f} MB of files",
        flush=True,
    )
    return row


def sizes(options):
    """Yield the name of the table, the size of the matrix and the settings to run on it."""
    both = [{"shuffle": True}, {"shuffle": False}]
    for exponent in range(6, 11):
        if 10**exponent <= options.largest:
            yield "non-zeros", {"nnz": 10**exponent, "n_features": 10**6, "n_classes": 2}, both
    for exponent in range(4, 9):
        size = {"nnz": 10**7, "n_features": 10**exponent, "n_classes": 2}
        yield "features", size, [{"shuffle": True}, {"shuffle": True, "penalty": "l1"}]
    for n_classes in (2, 5, 20, 100, 500, 2000):
        yield "classes", {"nnz": 10**6, "n_features": 20_000, "n_classes": n_classes}, [{"shuffle": True}]


def draw(tables):
    figure, axes = plt.subplots(1, 3, figsize=(13, 4))
    for axis, (name, rows) in zip(axes, tables.items(), strict=True):
        key = {"non-zeros": "nnz", "features": "n_features", "classes": "n_classes"}[name]
        for penalty, shuffle in sorted({(row["penalty"], row["shuffle"]) for row in rows}, reverse=True):
            points = [
                (row[key], row["ns_per_nonzero"])
                for row in rows
                if (row["penalty"], row["shuffle"]) == (penalty, shuffle)
            ]
            label = f"{penalty}, {'random order' if shuffle else 'as stored'}"
            axis.loglog(*zip(*points, strict=True), "o-", label=label)
        if name != "classes":
            axis.set_ylim(1, 100)
        axis.set(xlabel=name, ylabel="ns a non-zero and epoch")
        axis.legend()
    figure.tight_layout()
    save_figure(figure, "growth")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--largest", type=float, default=1e8, help="most non-zeros, up to 1e9 or more")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--scratch", type=Path, default=tempfile.gettempdir(), help="folder for the files")
    parser.add_argument("--case", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.case:
        print(json.dumps(run_case(json.loads(options.case))))
        return
    tables = {}
    for name, size, variants in sizes(options):
        with tempfile.TemporaryDirectory(dir=options.scratch, prefix="fastlr-growth-") as folder:
            n_samples = max(size["nnz"] // NNZ_PER_ROW, 2 * size["n_classes"])
            make_bag_of_words(n_samples, size["n_features"], n_classes=size["n_classes"], path=folder, **LAW)
            for variant in variants:
                settings = {
                    "folder": folder,
                    "n_classes": size["n_classes"],
                    "penalty": "l2",
                    "repeats": options.repeats if size["nnz"] < 10**9 else 1,
                    "n_epochs": 4 if size["nnz"] < 10**8 else 1,
                    **variant,
                }
                tables.setdefault(name, []).append(in_a_process(settings))
    save("growth", {"tables": tables})
    draw(tables)


if __name__ == "__main__":
    main()
