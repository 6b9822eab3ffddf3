"""What goes wrong on a cluster: workers that die, Ctrl-C, a lost scheduler, and another fit at the same time."""

import os
import signal
import threading
import time
from contextlib import contextmanager
from types import SimpleNamespace

import dask
import numpy as np
import pytest
from dask import delayed
from distributed import Client, KilledWorker, LocalCluster

import fastlr
from fastlr.dask import LogisticRegression, driver, placement
from fastlr.dask.driver import DaskDriver
from fastlr.kernels.backend import resolve_backend

from .conftest import assert_same

FAST = {"solver": "lbfgs", "tol": 0.01}
compiled = pytest.mark.skipif(resolve_backend() == "numpy", reason="for the compiled backends")


@contextmanager
def own_cluster(n_workers=1):
    """A cluster in this process, and a client; both soon give up a scheduler that is lost."""
    cluster = LocalCluster(
        n_workers=n_workers, threads_per_worker=1, processes=False, dashboard_address=":0", silence_logs=50
    )
    client = Client(cluster, set_as_default=False, timeout="1s")
    try:
        yield cluster, client
    finally:
        with dask.config.set({"distributed.comm.timeouts.connect": "1s"}):
            client.close()
            cluster.close()


@pytest.fixture
def at_round(monkeypatch):
    """Register what happens before a round of fits."""
    actions, put = {}, DaskDriver.put

    def counted(driver, value):
        driver.n_rounds = getattr(driver, "n_rounds", 0) + 1
        if action := actions.pop(driver.n_rounds, None):
            action()
        return put(driver, value)

    monkeypatch.setattr(DaskDriver, "put", counted)
    return actions.__setitem__


@pytest.mark.parametrize(
    ("kind", "parameters"),
    [
        ("LogisticRegression", FAST),
        pytest.param("SGDClassifier", {"max_iter": 1, "random_state": 0}, marks=compiled),
    ],
)
def test_killed_worker(client, two_classes, at_round, kind, parameters):
    expected = getattr(fastlr, kind)(**parameters).fit(two_classes.here())
    victims = list(client.run(os.getpid).values())
    at_round(5, lambda: os.kill(victims[0], signal.SIGKILL))
    X, y = two_classes.delayed(two_classes.X), two_classes.delayed(two_classes.y)
    assert_same(getattr(fastlr.dask, kind)(**parameters).fit(X, y), expected)
    client.wait_for_workers(2, timeout=120)
    assert victims[0] not in client.run(os.getpid).values()


def test_two_fits_at_once(cluster, two_classes, three_classes):
    models = {}

    def fit(parts):
        with Client(cluster.scheduler_address, set_as_default=False) as client:
            model = LogisticRegression(**FAST, client=client)
            models[parts] = model.fit(parts.delayed(parts.X), parts.delayed(parts.y))

    threads = [threading.Thread(target=fit, args=(parts,)) for parts in (two_classes, three_classes)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for parts, model in models.items():
        assert_same(model, fastlr.LogisticRegression(**FAST).fit(parts.here()))
    assert len(models) == 2


def test_interrupt(ctrl_c, client, two_classes, at_round):
    at_round(12, lambda: os.kill(os.getpid(), signal.SIGINT))
    X, y = two_classes.delayed(two_classes.X), two_classes.delayed(two_classes.y)
    model = LogisticRegression(solver="newton")
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, y)
    assert not model.converged_
    zero = np.log(2.0)
    assert model.objective_ < zero
    assert not any(client.processing().values())


def test_lost_scheduler(two_classes, at_round):
    with own_cluster() as (cluster, client):
        X, y = two_classes.delayed(two_classes.X), two_classes.delayed(two_classes.y)
        model = LogisticRegression(solver="gd", tol=1.0, client=client).fit(X, y)
        before = model.coef_.copy()
        at_round(9, lambda: cluster.sync(cluster.scheduler.close))
        with pytest.raises(ConnectionError, match="connection to the Dask scheduler is lost"):
            model.set_params(solver="newton", tol=1e-5).fit(X, y)
        assert np.array_equal(model.coef_, before)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_new_cluster_resumes(client, two_classes, at_round, tmp_path):
    expected = fastlr.LogisticRegression(solver="newton", max_iter=4, tol=0.0).fit(two_classes.here())
    X, y = two_classes.delayed(two_classes.X), two_classes.delayed(two_classes.y)
    checkpoint = {"checkpoint": tmp_path / "fit", "checkpoint_every": 0, "resume": True}
    model = LogisticRegression(solver="newton", max_iter=4, tol=0.0)
    with own_cluster() as (lost, own):
        at_round(15, lambda: lost.sync(lost.scheduler.close))
        with pytest.raises(ConnectionError, match="connection to the Dask scheduler is lost"):
            model.set_params(client=own).fit(X, y, **checkpoint)
    assert checkpoint["checkpoint"].exists()
    assert_same(model.set_params(client=client).fit(X, y, **checkpoint), expected)


def _too_large(n):
    return np.empty(n)


def test_lack_of_memory(two_classes):
    parts = [delayed(_too_large)(1 << 45), *two_classes.delayed(two_classes.X)[1:]]
    expected = pytest.raises(MemoryError, match=r"A worker ran out of memory.*memory_limit")
    with own_cluster() as (_, client), expected:
        LogisticRegression(client=client).fit(parts, two_classes.delayed(two_classes.y))


def test_workers_that_die_while_they_load_a_partition(client, monkeypatch):
    """Dask cannot retry a task of which there is no handle: here that is a KeyError."""

    def died(*_):
        raise KilledWorker("load-0", SimpleNamespace(address="tcp://worker"), 4)

    def retry(_):
        raise KeyError("load-0")

    tasks = DaskDriver(client)
    handle = tasks.put(1)
    monkeypatch.setattr(client, "gather", died)
    monkeypatch.setattr(client, "retry", retry)
    with pytest.raises(MemoryError, match=r"Workers died again and again .*memory_limit.*load-0"):
        tasks.gather([handle])


def test_a_worker_that_joins_late_is_used(two_classes, at_round, monkeypatch):
    monkeypatch.setattr(placement, "INTERVAL", 0.0)
    expected = fastlr.LogisticRegression(**FAST).fit(two_classes.here())
    X, y = two_classes.delayed(two_classes.X), two_classes.delayed(two_classes.y)
    with own_cluster() as (cluster, client):

        def join():
            cluster.scale(2)
            client.wait_for_workers(2, timeout=120)

        def arrive():
            while not any(map(str, client.has_what()[cluster.workers[1].address])):
                time.sleep(0.01)

        at_round(3, join)
        at_round(5, arrive)
        assert_same(LogisticRegression(**FAST, client=client).fit(X, y), expected)
        assert all(worker.state.executed_count > 3 for worker in cluster.workers.values())


def test_no_workers(two_classes, monkeypatch):
    monkeypatch.setattr(driver, "PATIENCE", 0.05)
    X, y = two_classes.delayed(two_classes.X), two_classes.delayed(two_classes.y)
    model = LogisticRegression(solver="gd", max_iter=1, tol=1.0)
    told = pytest.warns(UserWarning, match=r"no workers.*distributed\.scheduler\.no-workers-timeout")
    error = pytest.raises(ConnectionError, match="no workers")
    patience = dask.config.set({"distributed.scheduler.no-workers-timeout": "1s"})
    with patience, own_cluster(0) as (_, client), told, error:
        model.set_params(client=client).fit(X, y)
    with own_cluster(0) as (cluster, client):
        warn = DaskDriver._warn_without_workers
        monkeypatch.setattr(DaskDriver, "_warn_without_workers", lambda self: (warn(self), cluster.scale(1)))
        with pytest.warns(UserWarning, match="no workers") as told:
            model.set_params(client=client).fit(X, y)
    assert sum("no workers" in str(each.message) for each in told) == 1
