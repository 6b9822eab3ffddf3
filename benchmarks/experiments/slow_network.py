"""Fits on a Dask cluster whose scheduler, workers and client are behind a slow network that loses packets.

    python -m experiments.slow_network [--workers 3] [--delay 0.005] [--loss 0.01] [--features 20000]

Each of them is in a network namespace of its own (see ``harness/slow_network.py``; it needs Linux, root and iproute2).
The fit is repeated without delay and loss. Its weights must be those of a fit in one process, bit for bit. Writes
``results/slow_network.json``.
"""

from __future__ import annotations

import argparse
import itertools
import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from statistics import median

import numpy as np
from dask import delayed
from distributed import Client
from harness.measure import save
from harness.rounds import drivers
from harness.slow_network import address, inside, network

import fastlr
import fastlr.dask
from fastlr.datasets import make_bag_of_words
from fastlr.distributed.driver import ThisProcess
from fastlr.distributed.partition import Block
from fastlr.distributed.partitioned_rows import PartitionedRows

N_PARTITIONS = 6
PARAMETERS = {"tol": 1e-4}


@contextmanager
def running(name, *command):
    """Run a command in a namespace until the block ends."""
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(
            ["ip", "netns", "exec", name, sys.executable, "-m", *command], cwd=folder, stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, map(os.path.abspath, sys.path)))},
        )  # fmt: skip
        try:
            yield
        finally:
            process.terminate()
            process.wait()


@contextmanager
def cluster(n_workers, delay, loss):
    """Yield a client of a cluster behind such a network, and a function that returns the number of lost packets."""
    names = [f"fastlr-{role}" for role in ("scheduler", "client", *range(n_workers))]
    scheduler = f"tcp://{address(1)}:8786"
    with ExitStack() as stack:
        lost = stack.enter_context(network(names, delay, loss))
        stack.enter_context(running(
            names[0], "distributed.cli.dask_scheduler", "--host", address(1), "--port", "8786", "--no-dashboard"
        ))  # fmt: skip
        for k, name in enumerate(names[2:], 3):
            stack.enter_context(running(
                name, "distributed.cli.dask_worker", scheduler, "--host", address(k), "--nthreads", "1",
                "--no-dashboard", "--memory-limit", "0",
            ))  # fmt: skip
        stack.enter_context(inside(names[1]))
        client = stack.enter_context(Client(scheduler, timeout=120))
        client.wait_for_workers(n_workers, timeout=300)
        yield client, lost


def measure(options, delay, loss, blocks, expected):
    rows, labels = [delayed(block.X) for block in blocks], [delayed(block.y) for block in blocks]
    with cluster(options.workers, delay, loss) as (client, lost), drivers() as made:
        begun = time.perf_counter()
        model = fastlr.dask.LogisticRegression(**PARAMETERS, client=client).fit(rows, labels)
        seconds = time.perf_counter() - begun
        rounds = made[0].seconds[1:]
        row = {
            "delay": delay,
            "loss": loss,
            "equal": bool(np.array_equal(model.coef_, expected.coef_)),
            "rounds": len(rounds) + 1,
            "round": median(rounds),
            "longest": max(rounds),
            "seconds": seconds,
            "lost": lost(),
            "load": os.getloadavg()[0],
        }
    print(", ".join(f"{key} {value:.4g}" for key, value in row.items()), flush=True)
    return row


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--delay", type=float, default=0.005, help="seconds, one way")
    parser.add_argument("--loss", type=float, default=0.01, help="share of the packets")
    parser.add_argument("--features", type=int, default=20_000)
    options = parser.parse_args()
    X, y = make_bag_of_words(6000, options.features, mean_length=60, random_state=0)
    bounds = np.linspace(0, len(y), N_PARTITIONS + 1).astype(int)
    blocks = [Block(X[a:b], y[a:b]) for a, b in itertools.pairwise(bounds)]
    expected = fastlr.LogisticRegression(**PARAMETERS).fit(PartitionedRows(ThisProcess(), blocks))
    networks = [(0.0, 0.0), (options.delay, 0.0), (options.delay, options.loss)]
    rows = [measure(options, *each, blocks, expected) for each in networks]
    save("slow_network", {"n_workers": options.workers, "n_features": options.features, "networks": rows})


if __name__ == "__main__":
    main()
