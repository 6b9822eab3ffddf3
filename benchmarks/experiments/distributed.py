"""What a round over partitions costs, and what that makes of larger data and more workers.

    python -m experiments.distributed [--nonzeros 1e7] [--features 1e6] [--classes 2] [--partitions 4] [--processes 2]
                                      [--stores FOLDER] [--rounds 6]
    python -m experiments.distributed simulate [--nonzeros 1e12] [--features 1.6e7] [--rounds 60]

The first command makes partitions of random rows, in the processes that own them; with ``--stores`` they are written to
stores in the folder and streamed from there, so that 10^9 non-zeros need no memory (12 bytes each on disk). For one
process and for ``--processes`` it prints the least seconds of a gradient, of a product with the Hessian and of
a round over rows that are next to nothing, and the bytes of a round.

The second command computes the time of a fit for 10, 100 and 1,000 workers from such costs. Its assumptions are the
defaults of `Cluster`.
"""

from __future__ import annotations

import argparse
import math
import os
import time
from functools import partial
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp

import fastlr
from fastlr import kernels
from fastlr.distributed.driver import ThisProcess
from fastlr.distributed.local_processes import LocalProcesses
from fastlr.distributed.partition import Block
from fastlr.distributed.partitioned_rows import PartitionedRows
from fastlr.kernels.backend import resolve_backend

PER_ROW = 74  # non-zeros, as in the abstracts


class Generated(NamedTuple):
    """A partition that makes its rows where it is read: columns follow a power law, labels are random."""

    number: int
    n_rows: int
    n_features: int
    n_classes: int
    folder: str | None

    def read(self):
        path = None if self.folder is None else os.path.join(self.folder, f"part-{self.number}")
        if path is not None and os.path.exists(path):
            return Block(fastlr.open_store(path))
        rng = np.random.default_rng(self.number)
        columns = (self.n_features * rng.random((self.n_rows, PER_ROW)) ** 4).astype(np.int32)
        indptr = np.arange(0, self.n_rows * PER_ROW + 1, PER_ROW)
        values = np.full(columns.size, PER_ROW**-0.5)
        X = sp.csr_array((values, columns.ravel(), indptr), shape=(self.n_rows, self.n_features))
        y = rng.integers(0, self.n_classes, self.n_rows)
        return Block(X, y) if path is None else Block(fastlr.write_store(path, X, y))


def timed(work, repeats):
    """Return the least wall and processor seconds of some calls, the latter of this process alone."""
    least = [math.inf, math.inf]
    for _ in range(repeats):
        begun = time.perf_counter(), time.process_time()
        work()
        ended = time.perf_counter(), time.process_time()
        least = [min(best, b - a) for best, a, b in zip(least, begun, ended, strict=True)]
    return least


def measure(arguments, driver, name):
    n = arguments.partitions
    n_rows = max(int(arguments.nonzeros) // PER_ROW // n, 1)
    parts = [Generated(k, n_rows, int(arguments.features), arguments.classes, arguments.stores) for k in range(n)]
    begun = time.perf_counter()
    passes, _ = PartitionedRows(driver, parts).passes(None, None, kernels.load(resolve_backend(None)))
    ready = time.perf_counter() - begun
    theta = np.zeros((passes.shape[1] + 1, passes.n_outputs))
    evaluation = passes.evaluate(passes.scores(theta[:-1], theta[-1]))
    direction = np.full_like(theta, 1e-3)
    product = partial(passes.hessian_product, evaluation.curvatures, direction)
    product()
    gradient = timed(lambda: passes.evaluate(passes.scores(theta[:-1], theta[-1])), arguments.rounds)
    hessian = timed(product, arguments.rounds)
    touched = len(passes.tree.columns)
    touched, unit = len(passes.tree.columns), 1e9 / passes.nnz
    print(
        f"{name}: ready {ready:.1f} s, gradient {gradient[0]:.3f} s, Hessian {hessian[0]:.3f} s; in this process "
        f"{gradient[1]:.3f} and {hessian[1]:.3f} processor seconds, {gradient[1] * unit:.1f} and "
        f"{hessian[1] * unit:.1f} ns a non-zero; {touched} columns touched, {touched * passes.n_outputs * 8 / 1e6:.1f} "
        "MB",
        flush=True,
    )
    return gradient[0], hessian[0]


class Cluster(NamedTuple):
    """What the simulation assumes.

    Attributes
    ----------
    per_nonzero : float
        Processor seconds of a product with the Hessian for each non-zero, two classes: measured, with streaming.
    cores : int
        Of a worker, each of which works on partitions of its own.
    per_task : float
        Seconds of the scheduler for each task, one after the other: what Dask's documentation says, 0.2 to 1 ms.
    latency : float
        Seconds until a message arrives.
    bandwidth : float
        Bytes a second of each worker's network card, in each direction: 10 Gbit/s.
    touched : float
        Share of the columns that a worker's rows touch.
    doubled : float
        By how much this share grows when two nodes of the tree are merged, until it is 1.
    """

    per_nonzero: float = 6e-9
    cores: int = 8
    per_task: float = 5e-4
    latency: float = 5e-4
    bandwidth: float = 1.25e9
    touched: float = 0.3
    doubled: float = 1.4


def round_seconds(cluster, n_workers, nonzeros, features):
    """Return the seconds of computing, of the network and of the scheduler in a round."""
    compute = nonzeros / (n_workers * cluster.cores) * cluster.per_nonzero
    levels = math.ceil(math.log2(n_workers)) if n_workers > 1 else 0
    n_bytes = 8.0 * features
    network = levels * (n_bytes / cluster.bandwidth + cluster.latency)  # the weights, from worker to worker
    share = cluster.touched
    for _ in range(levels):
        network += share * n_bytes / cluster.bandwidth + cluster.latency
        share = min(1.0, cluster.doubled * share)
    tasks = (2 * n_workers * cluster.cores - 1) * cluster.per_task
    return compute, network, tasks


def simulate(arguments):
    cluster = Cluster()
    print(cluster)
    for n_workers in (10, 100, 1000):
        parts = round_seconds(cluster, n_workers, arguments.nonzeros, arguments.features)
        total = sum(parts) * arguments.rounds
        print(
            f"{n_workers} workers: a round {sum(parts):.1f} s (computing {parts[0]:.1f}, network {parts[1]:.1f}, tasks "
            f"{parts[2]:.1f}); {arguments.rounds} rounds {total / 60:.0f} minutes, {total * n_workers / 3600:.0f} "
            f"worker hours"
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", choices=("measure", "simulate"), default="measure")
    parser.add_argument("--nonzeros", type=float)
    parser.add_argument("--features", type=float)
    parser.add_argument("--classes", type=int, default=2)
    parser.add_argument("--partitions", type=int, default=4)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--stores")
    parser.add_argument("--rounds", type=int)
    arguments = parser.parse_args()
    large = arguments.what == "simulate"
    defaults = {"nonzeros": 1e12, "features": 1.6e7, "rounds": 60} if large else {
        "nonzeros": 1e7, "features": 1e6, "rounds": 6
    }  # fmt: skip
    for name, value in defaults.items():
        if getattr(arguments, name) is None:
            setattr(arguments, name, value)
    if large:
        simulate(arguments)
        return
    one = measure(arguments, ThisProcess(), "this process")
    with LocalProcesses(arguments.processes) as driver:
        several = measure(arguments, driver, f"{arguments.processes} processes")
    empty = argparse.Namespace(**{**vars(arguments), "nonzeros": 1, "features": 100, "stores": None})
    measure(empty, ThisProcess(), "next to no rows, this process")
    with LocalProcesses(arguments.processes) as driver:
        measure(empty, driver, f"next to no rows, {arguments.processes} processes")
    gain = [a / b for a, b in zip(one, several, strict=True)]
    print(f"{arguments.processes} processes: gradient {gain[0]:.2f} times as fast, Hessian {gain[1]:.2f} times")


if __name__ == "__main__":
    main()
