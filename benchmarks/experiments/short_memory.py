"""Fits on a Dask cluster whose memory is a third of the rows, beside one that holds them: bits, seconds and memory.

    python -m experiments.short_memory [--limit 500MB] [--times 3]

Two workers make the rows themselves, at random, in partitions of about 32 MB. Those that have no room keep them in
files of their local directory, which needs twice the size of the rows. Writes ``results/short_memory.json``.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path

import dask
import numpy as np
import scipy.sparse as sp
from dask import delayed
from dask.utils import parse_bytes
from distributed import Client, LocalCluster
from harness.measure import save

import fastlr.dask

N_WORKERS = 2
ROWS, LENGTH, FEATURES = 27_000, 100, 100_000  # of a partition
BYTES = 12 * ROWS * LENGTH
FITS = {
    "LogisticRegression": {"tol": 0.1, "random_state": 0},
    "SGDClassifier": {"max_iter": 1, "random_state": 0},
}


def part(number):
    """Return random rows, whose class depends on one of their features."""
    rng = np.random.default_rng(number)
    indices = rng.integers(0, FEATURES, ROWS * LENGTH, np.int32)
    values = rng.random(ROWS * LENGTH)
    X = sp.csr_array((values, indices, np.arange(0, ROWS * LENGTH + 1, LENGTH, dtype=np.int32)), (ROWS, FEATURES))
    return X, ((indices[::LENGTH] % 2) ^ (rng.random(ROWS) < 0.1)).astype(int)


def peak_bytes():
    """Return the most memory that the process had, with files that are mapped into it."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(1024 * int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def fits(limit, n_parts, folder):
    """Return the models, and what each fit took."""
    parts = [delayed(part, nout=2, pure=False)(k) for k in range(n_parts)]
    X, y = [rows for rows, _ in parts], [labels for _, labels in parts]
    models, rows = {}, []
    for name, parameters in FITS.items():
        with (
            dask.config.set({"temporary-directory": folder}),
            LocalCluster(
                n_workers=N_WORKERS, threads_per_worker=1, memory_limit=limit, dashboard_address=":0",
                silence_logs=50,
            ) as cluster,
            Client(cluster) as client,
        ):  # fmt: skip
            pids = client.run(os.getpid)
            begun = time.perf_counter()
            models[name] = getattr(fastlr.dask, name)(**parameters, client=client).fit(X, y)
            row = {
                "estimator": name,
                "limit": limit,
                "seconds": time.perf_counter() - begun,
                "peak_bytes": max(client.run(peak_bytes).values()),
                "killed": pids != client.run(os.getpid),
                "load": os.getloadavg()[0],
            }
        print(row, flush=True)
        rows.append(row)
    return models, rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--limit", type=parse_bytes, default="500MB", help="of each worker")
    parser.add_argument("--times", type=float, default=3.0, help="size of the rows, in memories of all workers")
    parser.add_argument("--scratch", default=tempfile.gettempdir(), help="folder for the workers' directories")
    options = parser.parse_args()
    n_parts = round(options.times * N_WORKERS * options.limit / BYTES)
    short, rows = fits(options.limit, n_parts, options.scratch)
    ample, others = fits(0, n_parts, options.scratch)
    for row in rows:
        name = row["estimator"]
        row["equal"] = bool(np.array_equal(short[name].coef_, ample[name].coef_))
        print(name, "same bits:", row["equal"])
    size = {"n_parts": n_parts, "nnz": n_parts * ROWS * LENGTH, "bytes": n_parts * BYTES}
    save("short_memory", {**size, "n_workers": N_WORKERS, "fits": rows + others})


if __name__ == "__main__":
    main()
