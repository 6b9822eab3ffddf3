"""What a round over partitions costs, how that grows, and what it makes of larger data and more workers.

    python -m experiments.distributed [--sizes 1e6 1e7 1e8] [--scratch FOLDER] [--largest-fit 1e8]
    python -m experiments.distributed --draw

Rows of documents are written to a store in the scratch folder (12 bytes a non-zero; twice that while it is made), and
are streamed from there: by this process, by two local processes and by a local Dask cluster of two processes. Measured
are the least seconds of a gradient and of a product with the Hessian, for two classes and for four, the bytes that a
round sends, and the seconds of fits to a gap of 1e-3. Two processes that work on half of the rows each and exchange
nothing show what the machine's memory and cores allow. Rounds over next to no rows, in few and in many partitions, tell
what a task costs.

From these costs, the time of a fit is computed for larger data and more workers. Its assumptions are the defaults of
`Cluster`. ``--draw`` computes that alone, from the stored results. Writes ``results/distributed.json`` and
``results/distributed.png``; each size as soon as it is measured.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import tempfile
import time
from contextlib import contextmanager
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from distributed import Client, LocalCluster
from harness.figures import plt, save_figure
from harness.measure import RESULTS, save
from harness.process_tree import ProcessTree
from harness.rounds import drivers

import fastlr
import fastlr.dask
from fastlr import kernels
from fastlr.dask.blocks import read_store
from fastlr.dask.driver import DaskDriver
from fastlr.datasets import load_bag_of_words, make_bag_of_words
from fastlr.distributed.driver import ThisProcess
from fastlr.distributed.local_processes import LocalProcesses
from fastlr.distributed.partition import Block
from fastlr.distributed.partitioned_rows import PartitionedRows
from fastlr.distributed.tree import columns_of
from fastlr.kernels.backend import resolve_backend

LAW = {"mean_length": 100.0, "tail_exponent": 1.0, "random_state": 0}
PER_ROW = 90  # non-zeros, which that makes of 100 words
FEATURES = 1_000_000
PARTITIONS = 8
FEW, MANY = 4, 68  # partitions of next to no rows
TOL = 1e-3


class Shards(NamedTuple):
    """A partition that is some shards of a store; more than two classes take the place of its own."""

    number: int
    path: str
    fingerprint: str
    shards: range
    n_classes: int = 2

    def read(self):
        block = read_store(*self[:4])
        return block if self.n_classes == 2 else block._replace(y=np.arange(len(block.X)) % self.n_classes)


def write(folder, nnz):
    """Write a store; return it."""
    rows = Path(folder) / "rows"
    make_bag_of_words(int(nnz) // PER_ROW, FEATURES, path=rows, **LAW)
    X, y = load_bag_of_words(rows)
    store = fastlr.write_store(Path(folder) / "store", X, y, shard_bytes=min(1 << 26, int(nnz) * 12 // PARTITIONS))
    for path in rows.iterdir():
        path.unlink()
    return store


def partitions_of(store, n_classes=2):
    bounds = np.linspace(0, store.n_shards, PARTITIONS + 1).astype(int)
    place = os.fspath(store.path), store.fingerprint
    return [Shards(k, *place, range(*run), n_classes) for k, run in enumerate(pairwise(bounds))]


def empty_partitions(n):
    X, y = make_bag_of_words(4 * n, 100, mean_length=2, random_state=0)
    y[::4], y[1::4] = 0, 1
    return [Block(X[4 * k : 4 * k + 4], y[4 * k : 4 * k + 4]) for k in range(n)]


@contextmanager
def dask_driver():
    with (
        LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=":0", memory_limit=0, silence_logs=50
        ) as cluster,
        Client(cluster) as client,
    ):
        yield DaskDriver(client)


@contextmanager
def this_process():
    yield ThisProcess()


DRIVERS = {
    "one process": this_process,
    "two local processes": partial(LocalProcesses, 2),
    "Dask, two processes": dask_driver,
}


def timed(work, repeats, tree):
    """Return the least wall seconds of some calls, and their mean processor seconds: of all processes, and of this."""
    walls, cpu, own = [], tree.cpu_seconds(), time.process_time()
    for _ in range(repeats):
        begun = time.perf_counter()
        work()
        walls.append(time.perf_counter() - begun)
    return {
        "seconds": min(walls),
        "cpu_seconds": (tree.cpu_seconds() - cpu) / repeats,
        "own_cpu_seconds": (time.process_time() - own) / repeats,
    }


def costs(driver, parts, repeats):
    """Return the costs of a round over partitions."""
    with ProcessTree(os.getpid()) as tree:
        begun = time.perf_counter()
        passes, classes = PartitionedRows(driver, parts).passes(None, None, kernels.load(resolve_backend(None)))
        ready = time.perf_counter() - begun
        theta = np.zeros((passes.shape[1] + 1, passes.n_outputs))
        evaluation = passes.evaluate(passes.scores(theta[:-1], theta[-1]))
        product = partial(passes.hessian_product, evaluation.curvatures, np.full_like(theta, 1e-3))
        product()
        gradient = timed(lambda: passes.evaluate(passes.scores(theta[:-1], theta[-1])), repeats, tree)
        hessian = timed(product, repeats, tree)
        own = [len(columns) for columns in driver.gather(passes._map(columns_of, passes.pieces))]
    return {
        "nnz": passes.nnz,
        "n_classes": len(classes),
        "n_partitions": len(parts),
        "ready": ready,
        "gradient": gradient,
        "hessian": hessian,
        "columns": len(passes.tree.columns),
        "columns_of_partition": float(np.mean(own)),
    }


def costs_here(parts, repeats):
    return costs(ThisProcess(), parts, repeats)


def costs_apart(parts, repeats):
    """Return the costs of two processes at the same time, each for half of the partitions and for itself."""
    halves = parts[: len(parts) // 2], parts[len(parts) // 2 :]
    with LocalProcesses(2) as driver:
        a, b = driver.gather([driver.submit(costs_here, half, repeats, partition=k) for k, half in enumerate(halves)])
    together = {
        work: {"seconds": max(a[work]["seconds"], b[work]["seconds"]),
               "cpu_seconds": a[work]["cpu_seconds"] + b[work]["cpu_seconds"]}
        for work in ("gradient", "hessian")
    }  # fmt: skip
    return {**a, "nnz": a["nnz"] + b["nnz"], "n_partitions": len(parts), **together}


APART = "two processes, nothing exchanged"


def measure_rounds(name, parts, repeats):
    """Return the costs of a round over partitions, with what runs them."""
    if name == APART:
        found = costs_apart(parts, repeats)
    else:
        with DRIVERS[name]() as driver:
            found = costs(driver, parts, repeats)
    row = {"driver": name, **found, "load": os.getloadavg()[0]}
    print(row, flush=True)
    return row


def measure_fits(store):
    """Return the seconds of fits from a store."""
    rows = []

    def measure(name, fit):
        with ProcessTree(os.getpid()) as tree:
            begun, used = time.perf_counter(), tree.cpu_seconds()
            model = fit()
            row = {"setting": name, "seconds": time.perf_counter() - begun, "cpu_seconds": tree.cpu_seconds() - used}
        nnz = sum(shard.entry.nnz for shard in store.shards)
        row.update(nnz=nnz, gap=float(model.duality_gap_), load=os.getloadavg()[0])
        print(row, flush=True)
        rows.append(row)
        return row

    measure("one process", lambda: fastlr.LogisticRegression(tol=TOL).fit(store))
    with LocalProcesses(2) as driver:
        parts = PartitionedRows(driver, partitions_of(store))
        measure("two local processes", lambda: fastlr.LogisticRegression(tol=TOL).fit(parts))
    with dask_driver() as driver, drivers() as made:
        row = measure(
            "Dask, two processes", lambda: fastlr.dask.LogisticRegression(tol=TOL, client=driver.client).fit(store)
        )
        row["rounds"] = len(made[0].begun) - 1
    return rows


class Cluster(NamedTuple):
    """What the simulation assumes.

    Attributes
    ----------
    per_nonzero : float
        Processor seconds of a round for each non-zero: measured.
    per_task : float
        Processor seconds of the scheduler and the client for each task, one after the other: measured.
    rounds : int
        Of a fit: as measured, and alike for all sizes.
    touched : float
        Share of the columns that a partition's rows touch: measured.
    cores : int
        Of a machine, each of which works on a partition of its own.
    latency : float
        Seconds until a message arrives.
    bandwidth : float
        Bytes a second of each machine's network card, in each direction: 10 Gbit/s.
    doubled : float
        By how much the share of touched columns grows when two nodes of the tree are merged, until it is 1.
    memory, disk : float
        Bytes of each machine's memory for rows, and bytes a second of its disk, from which rows are read in each round
        if they do not fit.
    bytes_per_nonzero : float
        In a store.
    """

    per_nonzero: float
    per_task: float
    rounds: int
    touched: float
    cores: int = 8
    latency: float = 5e-4
    bandwidth: float = 1.25e9
    doubled: float = 1.4
    memory: float = 48e9
    disk: float = 2e9
    bytes_per_nonzero: float = 12.0


def round_seconds(cluster, n_workers, nnz, features):
    """Return the seconds of computing, of the network and of the scheduler in a round; 0 workers are one machine."""
    n_machines = max(n_workers, 1)
    compute = nnz / (n_machines * cluster.cores) * cluster.per_nonzero
    n_bytes = nnz / n_machines * cluster.bytes_per_nonzero
    if n_bytes > cluster.memory:
        compute = max(compute, n_bytes / cluster.disk)
    if not n_workers:
        return compute, 0.0, 0.0
    levels = math.ceil(math.log2(n_workers))
    n_bytes = 8.0 * features
    network = levels * (n_bytes / cluster.bandwidth + cluster.latency)  # the weights, from worker to worker
    share = cluster.touched
    for _ in range(levels):
        network += share * n_bytes / cluster.bandwidth + cluster.latency
        share = min(1.0, cluster.doubled * share)
    tasks = (2 * n_workers * cluster.cores - 1) * cluster.per_task
    return compute, network, tasks


def cluster_of(results):
    """Return what the measurements say of a cluster."""
    rounds = [row for row in results["rounds"] if row["driver"] == "one process" and row["n_classes"] == 2]
    largest = max(rounds, key=lambda row: row["nnz"])
    few, many = (
        next(row for row in results["empty"] if row["driver"] == "Dask, two processes" and row["n_partitions"] == n)
        for n in (FEW, MANY)
    )
    fits = [row["rounds"] for row in results["fits"] if "rounds" in row]
    return Cluster(
        per_nonzero=max(largest[work]["cpu_seconds"] for work in ("gradient", "hessian")) / largest["nnz"],
        per_task=(many["gradient"]["own_cpu_seconds"] - few["gradient"]["own_cpu_seconds"]) / (MANY - FEW),
        rounds=max(fits),
        touched=largest["columns_of_partition"] / largest["columns"],
    )


def simulate(results):
    """Return the simulated fits, for 10^12 non-zeros in Terascale's 16 million columns and for the figure."""
    cluster = cluster_of(results)
    rows = []
    for nnz, features in [(10.0**e, 10.0**6) for e in np.arange(6.0, 12.01, 0.25)] + [(1e12, 1.6e7)]:
        for n_workers in (0, 10, 100, 1000):
            parts = round_seconds(cluster, n_workers, nnz, features)
            names = {"compute": parts[0], "network": parts[1], "tasks": parts[2], "fit": cluster.rounds * sum(parts)}
            rows.append({"nnz": nnz, "n_features": features, "n_workers": n_workers, **names})
    return {"cluster": cluster._asdict(), "fits": rows}


LABELS = {0: "one machine, a store", 10: "10 machines", 100: "100 machines", 1000: "1,000 machines"}


def draw(results):
    """Draw seconds of a fit over the number of non-zeros: points are measured, lines are simulated."""
    figure, axis = plt.subplots(figsize=(7, 4.5))
    for n_workers, label in LABELS.items():
        rows = [
            row for row in results["simulation"]["fits"]
            if row["n_workers"] == n_workers and row["n_features"] == 1e6
        ]  # fmt: skip
        axis.loglog([row["nnz"] for row in rows], [row["fit"] for row in rows], label=f"{label}, simulated")
    for setting, marker in zip(DRIVERS, "osD", strict=True):
        rows = [row for row in results["fits"] if row["setting"] == setting]
        axis.loglog(
            [row["nnz"] for row in rows], [row["seconds"] for row in rows], marker, label=f"{setting}, measured"
        )
    axis.set(xlabel="non-zeros", ylabel="seconds of a fit")
    axis.set_ylim(top=1e8)
    axis.legend(ncol=2, fontsize="small")
    figure.tight_layout()
    save_figure(figure, "distributed")


def finish(results):
    results["simulation"] = simulate(results)
    for row in results["simulation"]["fits"]:
        if row["n_features"] > 1e6:
            print({name: f"{value:.3g}" for name, value in row.items()})
    save("distributed", results)
    draw(results)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sizes", type=float, nargs="+", default=[1e6, 1e7, 1e8], help="non-zeros, up to 1e9 or more")
    parser.add_argument("--largest-fit", type=float, default=1e8, help="for larger sizes only rounds are measured")
    parser.add_argument("--classes", type=int, nargs="+", default=[2, 4], help="numbers of classes")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--scratch", type=Path, default=tempfile.gettempdir(), help="folder for the stores")
    parser.add_argument("--draw", action="store_true", help="only simulate and draw, from the stored results")
    options = parser.parse_args()
    path = RESULTS / "distributed.json"
    results: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    results.pop("machine", None)
    if not options.draw:
        results["empty"] = [measure_rounds(name, empty_partitions(n), 20) for name in DRIVERS for n in (FEW, MANY)]
    for nnz in [] if options.draw else options.sizes:
        near = partial(math.isclose, nnz, rel_tol=0.2)
        for table in ("rounds", "fits"):
            results[table] = [row for row in results.get(table, []) if not near(row["nnz"])]
        with tempfile.TemporaryDirectory(dir=options.scratch, prefix="fastlr-distributed-") as folder:
            store = write(folder, nnz)
            repeats = options.repeats if nnz < 5e8 else 2
            for n_classes in options.classes:
                parts = partitions_of(store, n_classes)
                results["rounds"] += [measure_rounds(name, parts, repeats) for name in (*DRIVERS, APART)]
            if nnz <= options.largest_fit:
                results["fits"] += measure_fits(store)
        finish(results)
    if options.draw:
        finish(results)


if __name__ == "__main__":
    sys.exit(main())
