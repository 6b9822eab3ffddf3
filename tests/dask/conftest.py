"""One cluster of two processes, which all tests here share."""

from itertools import pairwise

import numpy as np
import pytest

pytest.importorskip("dask.distributed", reason="needs dask")

import dask
from dask import delayed
from distributed import Client, LocalCluster

from fastlr.datasets import make_bag_of_words
from fastlr.distributed.driver import ThisProcess
from fastlr.distributed.partition import Block
from fastlr.distributed.partitioned_rows import PartitionedRows

BOUNDS = [0, 90, 200, 250, 400]


@pytest.fixture(scope="session")
def cluster():
    # A worker that starts again on a busy machine may take longer than the cluster waits for it. Without any workers,
    # tasks end with an error.
    patience = dask.config.set(
        {"distributed.deploy.lost-worker-timeout": "120s", "distributed.scheduler.no-workers-timeout": "180s"}
    )
    with patience, LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0", silence_logs=50) as cluster:
        yield cluster


@pytest.fixture
def client(cluster):
    with Client(cluster) as client:
        client.wait_for_workers(2, timeout=120)  # a test may have killed one
        yield client


class Parts:
    """The same rows whole, cut into partitions, and as delayed objects."""

    def __init__(self, n_classes, seed=0, dtype=np.float64):
        X, self.y = make_bag_of_words(400, 80, mean_length=12, n_classes=n_classes, random_state=seed)
        self.X = X.astype(dtype)
        self.sample_weight = np.random.default_rng(seed).integers(0, 4, 400).astype(float)

    def cut(self, array):
        return [array[start:stop] for start, stop in pairwise(BOUNDS)]

    def delayed(self, array):
        return [delayed(part) for part in self.cut(array)]

    def here(self, weighted=False):
        """The partitions for a fit in this process."""
        weights = self.cut(self.sample_weight) if weighted else [None] * 4
        return PartitionedRows(ThisProcess(), list(map(Block, self.cut(self.X), self.cut(self.y), weights)))


@pytest.fixture(scope="session")
def two_classes():
    return Parts(2)


@pytest.fixture(scope="session")
def three_classes():
    return Parts(3)


def assert_same(model, expected):
    """The models are the same to the bit."""
    assert model.classes_.tolist() == expected.classes_.tolist()
    assert np.array_equal(model.coef_, expected.coef_)
    assert np.array_equal(model.intercept_, expected.intercept_)
