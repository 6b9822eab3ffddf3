"""How the cost of an epoch grows with non-zeros, features and classes.

    python -m experiments.cost_growth [--largest 1e8] [--memory 6e9] [--scratch FOLDER]

The matrices are written to files in the scratch folder, 12 bytes a non-zero, and read from there memory-mapped, each
case in a process of its own, which also tells how much memory it needed besides the files. Rows come shuffled, as the
trainer does it, which keeps a few neighbours together; as they are stored; or in chunks of neighbours, in random order
and shuffled, a call of ``partial_fit`` each. With ``--memory`` the largest matrix is read again with only so many bytes
left on the whole machine, fewer than its files have (see ``harness/ballast.py``); the process says how much it then
read from the disk. Writes ``results/growth.json`` and ``results/growth.png``.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import scipy.sparse as sp
from harness.ballast import leaving
from harness.epochs import epoch_seconds
from harness.figures import plt, save_figure
from harness.measure import save
from sklearn.base import BaseEstimator, clone

from fastlr import SGDClassifier
from fastlr.datasets import load_bag_of_words, make_bag_of_words

# One power law for all ranks, so that many features come to be used however many there are.
LAW = {"mean_length": 100.0, "tail_exponent": 1.0, "random_state": 0}
NNZ_PER_ROW = 90  # that makes of 100 words
CHUNK = 20_000  # rows, some 20 megabytes
ORDERS = ("shuffled", "as stored", "in chunks")


def rows_between(X, start, stop):
    """Return rows over the arrays of a matrix, of which slicing it would make a slow copy."""
    first, last = X.indptr[start], X.indptr[stop]
    arrays = (X.data[first:last], X.indices[first:last], X.indptr[start : stop + 1] - first)
    return sp.csr_matrix(arrays, shape=(stop - start, X.shape[1]))


class InChunks(BaseEstimator):
    """Epochs over chunks of rows, in random order."""

    def __init__(self, model, max_iter=1):
        self.model = model
        self.max_iter = max_iter

    def fit(self, X, y):
        self.model_ = clone(self.model)
        rng, classes = np.random.default_rng(0), np.unique(y)
        for _ in range(self.max_iter):
            for start in rng.permutation(np.arange(0, X.shape[0], CHUNK)):
                stop = min(start + CHUNK, X.shape[0])
                self.model_.partial_fit(rows_between(X, start, stop), y[start:stop], classes=classes)
        return self

    @property
    def coef_(self):
        return self.model_.coef_


def proc(name, key):
    """Return a number that the system tells of this process; None where it does not."""
    try:
        lines = Path(f"/proc/self/{name}").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) for line in lines if line.startswith(key)), None)


def run_case(settings):
    """Measure one case in this process."""
    X, y = load_bag_of_words(settings["folder"])
    shuffle = settings["order"] != "as stored"
    model = SGDClassifier(alpha=1e-6, penalty=settings["penalty"], shuffle=shuffle, random_state=0, max_iter=1)
    if settings["order"] == "in chunks":
        model = InChunks(model)
    clone(model).fit(X[:100], y[:100])  # compiles the kernels
    memory, read = proc("status", "RssAnon"), proc("io", "read_bytes")
    model.fit(X, y)
    row = {
        "nnz": int(X.nnz),
        "n_samples": X.shape[0],
        "n_features": X.shape[1],
        **{key: settings[key] for key in ("n_classes", "penalty", "order", "memory")},
        "file_bytes": X.data.nbytes + X.indices.nbytes + X.indptr.nbytes,
        "weight_bytes": model.coef_.nbytes,
        "grown_bytes": None if memory is None else 1024 * (proc("status", "RssAnon") - memory),
        "read_bytes": None if read is None else proc("io", "read_bytes") - read,
    }
    seconds = epoch_seconds(model, X, y, repeats=settings["repeats"], n_epochs=settings["n_epochs"])
    return {**row, "ns_per_nonzero": 1e9 * seconds / X.nnz}


def in_a_process(settings):
    command = [sys.executable, "-m", "experiments.cost_growth", "--case", json.dumps(settings)]
    with leaving(settings["memory"]) if settings["memory"] else nullcontext():
        output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    row = json.loads(output.splitlines()[-1])
    print(
        f"{row['nnz']:>13,} non-zeros {row['n_features']:>11,} features {row['n_classes']:>5} classes  "
        f"{row['order']:<10}{row['penalty']:<4}{row['ns_per_nonzero']:8.2f} ns a non-zero, "
        f"{(row['grown_bytes'] or 0) / 1e6:,.0f} MB besides {row['file_bytes'] / 1e6:,.0f} MB of files, "
        f"{(row['read_bytes'] or 0) / 1e6:,.0f} MB read from the disk",
        flush=True,
    )
    return row


def sizes(options):
    """Yield the name of the table, the size of the matrix and the settings to run on it."""
    exponents = [exponent for exponent in range(6, 11) if 10**exponent <= options.largest]
    for exponent in exponents:
        variants = [{"order": order} for order in ORDERS]
        if options.memory and exponent == exponents[-1]:
            variants += [{"order": order, "memory": int(options.memory)} for order in ORDERS[1:]]
        yield "non-zeros", {"nnz": 10**exponent, "n_features": 10**6, "n_classes": 2}, variants
    for exponent in range(4, 9):
        size = {"nnz": 10**7, "n_features": 10**exponent, "n_classes": 2}
        yield "features", size, [{}, {"penalty": "l1"}]
    for n_classes in (2, 5, 20, 100, 500, 2000):
        yield "classes", {"nnz": 10**6, "n_features": 20_000, "n_classes": n_classes}, [{}]


def draw(tables):
    figure, axes = plt.subplots(1, 3, figsize=(13, 4))
    for axis, (name, rows) in zip(axes, tables.items(), strict=True):
        key = {"non-zeros": "nnz", "features": "n_features", "classes": "n_classes"}[name]
        lines = {}
        for row in rows:
            little = ", little memory" if row["memory"] else ""
            point = (row[key], row["ns_per_nonzero"])
            lines.setdefault(f"{row['penalty']}, {row['order']}{little}", []).append(point)
        for label, points in lines.items():
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
    parser.add_argument("--memory", type=float, metavar="BYTES", help="memory left when the largest is read once more")
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
                    "order": "shuffled",
                    "memory": None,
                    "repeats": options.repeats if size["nnz"] < 10**9 else 1,
                    "n_epochs": 4 if size["nnz"] < 10**8 else 1,
                    **variant,
                }
                try:
                    tables.setdefault(name, []).append(in_a_process(settings))
                except OSError as error:
                    print(f"{size['nnz']:>13,} non-zeros with less memory is left out: {error}", flush=True)
    save("growth", {"tables": tables})
    draw(tables)


if __name__ == "__main__":
    main()
