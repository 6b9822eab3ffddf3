"""Fits on a Dask cluster whose workers are killed by SIGKILL at random rounds: the bits, and what a loss costs.

``python -m benchmarks.experiments.killed_workers [number of kills]``. It starts a scheduler and two workers with
nannies on this machine.
"""

import itertools
import os
import signal
import sys
import time
from typing import ClassVar

import dask
import numpy as np
from dask import delayed
from distributed import Client, LocalCluster

import fastlr
from fastlr.dask import LogisticRegression
from fastlr.dask.driver import DaskDriver
from fastlr.datasets import make_bag_of_words
from fastlr.distributed.driver import ThisProcess
from fastlr.distributed.partition import Block
from fastlr.distributed.partitioned_rows import PartitionedRows

N_PARTITIONS = 6
SETTLED = 3.0  # seconds
PARAMETERS = {"solver": "lbfgs", "tol": 1e-3}


class KillingDriver(DaskDriver):
    """Kills a worker before some rounds, and remembers how long the rounds took."""

    plan: ClassVar[set[int]] = set()
    random = np.random.default_rng(0)
    seconds: ClassVar[dict[bool, list[float]]] = {}
    killed: ClassVar[list[int]] = []

    def __init__(self, client):
        super().__init__(client)
        self.n_rounds, self.begun, self.was_killed = 0, time.perf_counter(), False

    def put(self, value):
        now = time.perf_counter()
        self.seconds.setdefault(self.was_killed, []).append(now - self.begun)
        self.n_rounds, self.begun, self.was_killed = self.n_rounds + 1, now, False
        if self.n_rounds in self.plan:
            # A nanny gives up on a worker that dies while it starts.
            self.client.wait_for_workers(2)
            time.sleep(SETTLED)
            victim = self.random.choice(sorted(self.client.run(os.getpid).values()))
            os.kill(int(victim), signal.SIGKILL)
            self.killed.append(self.n_rounds)
            self.was_killed = True
        return super().put(value)


def main(n_kills=20):
    X, y = make_bag_of_words(6000, 20_000, mean_length=60, n_classes=2, random_state=0)
    bounds = np.linspace(0, len(y), N_PARTITIONS + 1).astype(int)
    blocks = [Block(X[a:b], y[a:b]) for a, b in itertools.pairwise(bounds)]
    expected = fastlr.LogisticRegression(**PARAMETERS).fit(PartitionedRows(ThisProcess(), blocks))
    import fastlr.dask.estimator as estimator

    estimator.DaskDriver = KillingDriver
    # On a busy machine, a worker may take longer to start again than the cluster waits for it.
    dask.config.set({"distributed.deploy.lost-worker-timeout": "120s"})
    cluster = LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0", silence_logs=50)
    with cluster, Client(cluster):
        rows, labels = [delayed(block.X) for block in blocks], [delayed(block.y) for block in blocks]
        LogisticRegression(**PARAMETERS).fit(rows, labels)
        n_rounds = sum(map(len, KillingDriver.seconds.values()))
        equal = 0
        while len(KillingDriver.killed) < n_kills:
            KillingDriver.plan = set(KillingDriver.random.integers(1, n_rounds + 1, 2).tolist())
            model = LogisticRegression(**PARAMETERS).fit(rows, labels)
            same = np.array_equal(model.coef_, expected.coef_)
            equal += same
            print(f"killed before rounds {sorted(KillingDriver.plan)} of {n_rounds}: same bits: {same}", flush=True)
    for killed, seconds in KillingDriver.seconds.items():
        name = "rounds with a killed worker" if killed else "other rounds"
        print(f"{len(seconds)} {name}: median {np.median(seconds):.2f} s, longest {max(seconds):.2f} s")
    print(f"{len(KillingDriver.killed)} workers killed")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
