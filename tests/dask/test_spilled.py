"""Results for which a worker has no room in memory: files that come and go, and fits with the same bits."""

import gc
import pickle
from pathlib import Path

import numpy as np
import pytest
from dask.sizeof import sizeof
from distributed import Client, LocalCluster
from distributed.spill import SpillBuffer

import fastlr
import fastlr.dask
from fastlr.dask import set_aside, spilled
from fastlr.dask.spilled import Spilled
from fastlr.dask.task import Shared, call
from fastlr.distributed import partition, sgd_partition
from fastlr.kernels.backend import resolve_backend

from .conftest import assert_same


class BusyWorker:
    """What a task asks of a worker that has no room."""

    def __init__(self, folder):
        self.local_directory = str(folder / "files")
        Path(self.local_directory).mkdir()
        self.data = SpillBuffer(str(folder / "storage"), target=1 << 30)

    def get_current_task(self):
        return "key"


@pytest.fixture
def worker(tmp_path):
    return BusyWorker(tmp_path)


@pytest.fixture
def no_room(monkeypatch, worker):
    """No task has room for results in memory; return the folder for them."""
    monkeypatch.setattr(spilled, "worker_without_room", lambda: worker)
    monkeypatch.setattr(spilled, "LEAST_BYTES", 1000)
    return Path(worker.local_directory)


def some_arrays():
    fixed = np.arange(1000.0)
    fixed.flags.writeable = False
    return {"fixed": fixed, "free": np.zeros((30, 20), np.float32, "F"), "empty": np.empty(0), "name": "é"}


def assert_equal(found, expected):
    assert list(found) == list(expected)
    for name, value in expected.items():
        assert np.array_equal(found[name], value)
        if name != "name":
            assert found[name].flags.writeable == value.flags.writeable
            assert found[name].flags.f_contiguous == value.flags.f_contiguous


def test_a_file_that_goes_with_its_value(no_room):
    value = call(0, some_arrays)
    assert isinstance(value, Spilled)
    assert len(list(no_room.iterdir())) == 1
    found = value.load()
    assert_equal(found, some_arrays())
    found["free"][:] = 1.0
    assert_equal(value.load(), some_arrays())
    fixed = value.load()["fixed"]
    del value
    assert not list(no_room.iterdir())
    assert fixed.sum() == 499500.0


@pytest.mark.parametrize("protocol", [4, 5])
def test_content_travels(no_room, protocol, monkeypatch):
    value = call(0, some_arrays)
    buffers = [] if protocol == 5 else None
    data = pickle.dumps(value, protocol, buffer_callback=None if buffers is None else buffers.append)
    del value
    arrived = pickle.loads(data, buffers=buffers)
    assert not list(no_room.iterdir())
    assert np.array_equal(arrived.load()["fixed"], np.arange(1000.0))
    assert len(list(no_room.iterdir())) == 1
    monkeypatch.setattr(spilled, "worker_without_room", lambda: None)
    there = pickle.loads(pickle.dumps(arrived))
    assert np.array_equal(there.load()["fixed"], np.arange(1000.0))
    assert len(list(no_room.iterdir())) == 1


def test_dask_does_not_write_it_again(no_room, worker, monkeypatch):
    monkeypatch.setattr(set_aside, "INTERVAL", 1e6)
    worker.data["key"] = call(0, some_arrays)
    worker.data.evict()
    assert not worker.data.fast
    assert sum(path.stat().st_size for path in Path(worker.data.slow.data.d.directory).iterdir()) < 1000
    gc.collect()
    assert_equal(worker.data["key"].load(), some_arrays())
    worker.data.evict()
    set_aside.look()
    assert len(list(no_room.iterdir())) == 1
    del worker.data["key"]
    set_aside.look()
    assert not list(no_room.iterdir())


def test_what_stays_as_it_is(no_room):
    value = call(0, some_arrays)
    assert call(0, dict.copy, value) is not value
    assert call(0, _same, value) is value
    assert call(0, np.zeros, 10).shape == (10,)
    assert not isinstance(call(1, _same, Shared(np.zeros(1000))), np.ndarray)


def _same(value):
    return value


def test_a_full_disk_is_an_error_that_names_the_partition(no_room):
    no_room.rmdir()
    with pytest.raises(OSError, match=r"^Partition 7: there is no room for it .* on its disk"):
        call(7, some_arrays)


def test_sizes_decide_where_tasks_run(two_classes, tmp_path):
    """A task runs where the largest of its arguments is: the partition."""
    rows = partition.check(None, partition.Block(two_classes.X, two_classes.y))
    mass = partition.class_mass(rows, rows.classes)
    pieces = [
        partition.encode("cython", "log_loss", rows.dtype, None, rows.classes, mass, rows),
        sgd_partition.encode(rows.dtype, None, rows.classes, mass, rows),
    ]
    assert all(sizeof(each) > 12 * two_classes.X.nnz for each in (rows, *pieces))
    wide = two_classes.X.copy()
    wide.resize((wide.shape[0], 10_000))
    stored = partition.check(None, partition.Block(fastlr.write_store(tmp_path, wide, two_classes.y)))
    stored = partition.encode("cython", "log_loss", rows.dtype, None, rows.classes, mass, stored)
    assert sizeof(stored) > 4 * wide.shape[1]  # renumbers them
    assert sizeof(Shared(np.zeros(1_000_000))) < 1000


CASES = [
    ("LogisticRegression", {"tol": 0.01}),
    ("LogisticRegression", {"solver": "owlqn", "l1_ratio": 1.0, "tol": 0.01}),
    ("SGDClassifier", {"max_iter": 1, "average": True, "random_state": 0}),
]


def test_bits_without_room(three_classes, monkeypatch):
    written = []
    write = Spilled._write
    monkeypatch.setattr(Spilled, "_write", lambda *arguments: written.append(1) or write(*arguments))
    monkeypatch.setattr(spilled, "SHARE", 0.0)
    monkeypatch.setattr(spilled, "LEAST_BYTES", 0)
    X, y = three_classes.delayed(three_classes.X), three_classes.delayed(three_classes.y)
    with (
        LocalCluster(n_workers=1, threads_per_worker=2, processes=False, dashboard_address=":0") as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        for kind, parameters in CASES[: 2 if resolve_backend() == "numpy" else 3]:  # SGD needs a compiled backend
            expected = getattr(fastlr, kind)(**parameters).fit(three_classes.here())
            n = len(written)
            assert_same(getattr(fastlr.dask, kind)(**parameters, client=client).fit(X, y), expected)
            assert len(written) > n + 3 * len(X)
        model = fastlr.dask.LogisticRegression(solver="gd", tol=1.0, client=client).fit(X, y)
        assert model.score(X, y) == model.to_local().score(three_classes.X, three_classes.y)
        folders = list(client.run(_folder).values())
        for folder in folders:
            while list(folder.glob("fastlr-*")):  # the workers hear of it later
                client.run(gc.collect)
    assert len(folders) == 1


def _folder(dask_worker):
    return Path(dask_worker.local_directory)
