"""Race fastlr against libraries that train on clusters, on the same rows and two cores.

    python -m experiments.cluster_peers [--peers PYTHON] [--rows 200000]

PYTHON is the interpreter of an environment with ``peers/requirements-clusters.txt``; without it only fastlr runs. Each
setting runs in processes of its own, from the same SVMlight files (see ``peers/clusters.py``), one after the other.
Their objective is computed here, beside the optimum's. Writes ``results/cluster_peers.json``.
"""

from __future__ import annotations

import argparse
import itertools
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from harness.measure import save
from harness.process_tree import ProcessTree
from peers.clusters import SETTINGS
from sklearn.datasets import dump_svmlight_file

import fastlr
from fastlr.datasets import make_bag_of_words

N_FILES = 8
FOLDER = Path(__file__).parents[1]
OTHER = {"sparse": "dense", "dense": "sparse"}


def objective(w, X, y, C):
    """Return ``C * sum(loss) + ||w||^2 / 2`` for labels 0 and 1."""
    return C * float(np.logaddexp(0.0, -(2.0 * y - 1.0) * (X @ w)).sum()) + 0.5 * float(w @ w)


def sparse_rows(options):
    return make_bag_of_words(options.rows, options.features, mean_length=100.0, tail_exponent=1.0, random_state=0)


def dense_rows(options):
    """Return rows with 50 features, for libraries that take no sparse ones."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((options.rows, 50)) @ np.diag(np.geomspace(1.0, 0.1, 50))
    y = (rng.random(options.rows) < 1.0 / (1.0 + np.exp(-X @ rng.standard_normal(50)))).astype(int)
    return X, y


def run(python, setting, folder, C, n_features):
    """Run a setting; return its seconds, processor seconds and peak memory."""
    command = [python, "-m", "peers.clusters", setting, folder, str(C), str(n_features)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [str(FOLDER), str(FOLDER.parent)]))}
    row = {"setting": setting, "seconds": {}, "cpu_seconds": {}, "load": os.getloadavg()[0]}
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=log, text=True)
        wall, cpu = time.perf_counter(), 0.0
        with ProcessTree(process.pid) as tree:
            for line in process.stdout:
                if line.startswith("ended "):
                    phase, now, used = line.split()[1], time.perf_counter(), tree.cpu_seconds()
                    row["seconds"][phase], row["cpu_seconds"][phase] = now - wall, used - cpu
                    wall, cpu = now, used
            process.wait()
            row["peak_bytes"] = tree.peak_bytes
        if process.returncode:
            log.seek(0)
            row["error"] = log.read().strip().split("\n")[-1][:200]
    return row


def race(name, X, y, options):
    rows = []
    optimum = fastlr.LogisticRegression(C=options.C, fit_intercept=False, tol=1e-8, random_state=0).fit(X, y)
    best = objective(optimum.coef_.ravel(), X, y, options.C)
    with tempfile.TemporaryDirectory(prefix="fastlr-peers-", dir=options.scratch) as folder:
        bounds = np.linspace(0, len(y), N_FILES + 1).astype(int)
        for k, (a, b) in enumerate(itertools.pairwise(bounds)):
            dump_svmlight_file(X[a:b], y[a:b], str(Path(folder) / f"part-{k}.svm"), zero_based=False)
        for setting in options.settings:
            if f"{OTHER[name]} blocks" in setting:
                continue
            python = sys.executable if setting.startswith("fastlr") else options.peers
            if python is None:
                continue
            row = run(python, setting, folder, options.C, X.shape[1])
            shutil.rmtree(Path(folder) / "rows.store", ignore_errors=True)
            weights = Path(folder) / f"{setting}.npy"
            if weights.exists():
                row["excess"] = objective(np.load(weights), X, y, options.C) / best - 1.0
            rows.append(row)
            print(name, row, flush=True)
    nnz = int(X.nnz) if hasattr(X, "nnz") else X.size
    return {"n_samples": X.shape[0], "n_features": X.shape[1], "nnz": nnz, "C": options.C, "rows": rows}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--peers", metavar="PYTHON", help="interpreter of the peers' environment")
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--features", type=int, default=1 << 18)
    parser.add_argument("--C", type=float, default=1.0)
    parser.add_argument("--settings", nargs="+", default=list(SETTINGS), metavar="NAME")
    parser.add_argument("--scratch", type=Path, default=tempfile.gettempdir(), help="folder for the files")
    options = parser.parse_args()
    races = {}
    for name, (X, y) in {"sparse": sparse_rows(options), "dense": dense_rows(options)}.items():
        races[name] = race(name, X, y, options)
        save("cluster_peers", races)


if __name__ == "__main__":
    main()
