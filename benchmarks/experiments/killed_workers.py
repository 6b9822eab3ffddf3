"""Fits on a Dask cluster whose workers are killed by SIGKILL at random rounds: the bits, and what a loss costs.

    python -m experiments.killed_workers [--kills 20]

It starts a scheduler and two workers with nannies on this machine. Writes ``results/killed_workers.json``.
"""

from __future__ import annotations

import argparse
import itertools
import os
import signal
import time
from statistics import median

import dask
import numpy as np
from dask import delayed
from distributed import Client, LocalCluster
from harness.measure import save
from harness.rounds import TimedDriver, drivers

import fastlr
from fastlr.dask import LogisticRegression
from fastlr.datasets import make_bag_of_words
from fastlr.distributed.driver import ThisProcess
from fastlr.distributed.partition import Block
from fastlr.distributed.partitioned_rows import PartitionedRows

N_PARTITIONS = 6
PER_FIT = 4  # kills
SETTLED = 3.0  # seconds
PARAMETERS = {"solver": "lbfgs", "tol": 1e-3}


class KillingDriver(TimedDriver):
    """Kills a worker before the rounds of a plan."""

    def __init__(self, client, plan, random):
        super().__init__(client)
        self.plan, self.random, self.killed = plan, random, []

    def put(self, value):
        handle = super().put(value)
        if len(self.begun) - 1 in self.plan:
            # A nanny gives up on a worker that dies while it starts.
            self.client.wait_for_workers(2)
            time.sleep(SETTLED)
            self.begun[-1] = time.perf_counter()
            pids = self.client.run(os.getpid)
            victim = str(self.random.choice(sorted(pids)))
            os.kill(pids[victim], signal.SIGKILL)
            while victim in self.client.nthreads():  # else the next one may be killed before this one is missed
                time.sleep(0.01)
            self.killed.append(len(self.begun) - 1)
        return handle


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--kills", type=int, default=20)
    options = parser.parse_args()
    X, y = make_bag_of_words(6000, 20_000, mean_length=60, n_classes=2, random_state=0)
    bounds = np.linspace(0, len(y), N_PARTITIONS + 1).astype(int)
    blocks = [Block(X[a:b], y[a:b]) for a, b in itertools.pairwise(bounds)]
    expected = fastlr.LogisticRegression(**PARAMETERS).fit(PartitionedRows(ThisProcess(), blocks))
    random, plan = np.random.default_rng(0), set()
    # On a busy machine, a worker may take longer to start again than the cluster waits for it.
    dask.config.set({"distributed.deploy.lost-worker-timeout": "120s"})
    undisturbed, disturbed, equal = [], [], []
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0", silence_logs=50) as cluster,
        Client(cluster),
        drivers(lambda client: KillingDriver(client, plan, random)) as made,
    ):
        rows, labels = [delayed(block.X) for block in blocks], [delayed(block.y) for block in blocks]
        while len(disturbed) < options.kills:
            model = LogisticRegression(**PARAMETERS).fit(rows, labels)
            driver = made[-1]
            equal.append(bool(np.array_equal(model.coef_, expected.coef_)))
            # `seconds` begins with the preparation; the last round's end is not known.
            for number, seconds in enumerate(driver.seconds[1:], 1):
                (disturbed if number in driver.killed else undisturbed).append(seconds)
            print(f"killed in rounds {driver.killed} of {len(driver.begun) - 1}: same bits: {equal[-1]}", flush=True)
            plan = set(random.choice(np.arange(1, len(driver.begun) - 1), PER_FIT, replace=False).tolist())
    times = {
        name: {"median": median(seconds), "longest": max(seconds)}
        for name, seconds in (("undisturbed", undisturbed), ("disturbed", disturbed))
    }
    print(times)
    save(
        "killed_workers",
        {"kills": len(disturbed), "fits": len(equal), "equal": sum(equal), **times, "load": os.getloadavg()[0]},
    )


if __name__ == "__main__":
    main()
