import os
import re
import signal
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from helpers import backends, one_backend
from helpers.texts import SMALL, draw
from hypothesis import HealthCheck, settings

from fastlr.data import passes
from fastlr.kernels.backend import resolve_backend
from fastlr.objective import full_batch
from fastlr.solvers.stochastic import hogwild, local_sgd, thread_shares
from fastlr.text.classifier import TextClassifier

# Tests run side by side, some examples compile kernels, and no example leaves anything in a fixture for the next.
settings.register_profile(
    "suite", deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
settings.load_profile("suite")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config):
    """Files and single tests, which may be under debugging, run in this process; folders on all cores."""
    return 0 if all(Path(argument.partition("::")[0]).is_file() for argument in config.args) else None


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """One worker has all tests of Numba, and those on real text; the others are dealt out one by one.

    Two workers would compile the same kernels, and read the same corpora. All tests of Dask share a cluster.
    """
    from xdist.scheduler import LoadScopeScheduling

    class Scheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            if nodeid.startswith("tests/dask/"):
                return "dask"
            return "numba" if re.search(r"[\[-]numba[\]-]|test_real_text", nodeid) else nodeid

    return Scheduling(config, log)


def pytest_collection_modifyitems(items):
    """Examples of classes that need compiled kernels are skipped without them."""
    if resolve_backend() == "numpy":
        for item in items:
            if item.name in ("fastlr.dask.sgd_classifier.SGDClassifier", "fastlr.dask.text_classifier.TextClassifier"):
                item.add_marker(pytest.mark.skip(reason="for the compiled backends"))


@pytest.fixture(autouse=True)
def _seed():
    """What draws from NumPy's own generator, as ``random_state=None`` does, draws the same in every run."""
    np.random.seed(0)  # noqa: NPY002 - a Generator is not what scikit-learn draws from


@pytest.fixture
def last_step_only(monkeypatch):
    """`fit` ends with its last step, as a stream does, and leaves noise on weights that L1 makes 0."""
    monkeypatch.setattr("fastlr.training.session.zero_noise", lambda *arguments: None)


@pytest.fixture(params=backends())
def backend(request):
    return request.param


@pytest.fixture(params=backends(compiled=True))
def compiled(request):
    return request.param


@pytest.fixture(params=[one_backend()])
def any_backend(request):
    return request.param


@pytest.fixture
def eager_threads(monkeypatch):
    """Let several threads work on however few rows."""
    monkeypatch.setattr(thread_shares, "FEW", 1)
    monkeypatch.setattr(local_sgd, "FEW_STEPS", 1)
    monkeypatch.setattr(local_sgd, "ENTRIES_PER_MERGE", 1)
    monkeypatch.setattr(local_sgd, "LEAST_ENTRIES", 0)
    monkeypatch.setattr(hogwild, "FEW_STEPS", 1)
    monkeypatch.setattr(hogwild, "ROUND", 64)
    monkeypatch.setattr(passes, "FEW", 1)
    monkeypatch.setattr(passes, "DENSE", 0)
    monkeypatch.setattr(full_batch, "FEW", 1)


@pytest.fixture
def ctrl_c():
    """Ctrl-C raises KeyboardInterrupt, though a shell starts what runs in the background with it switched off."""
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, previous)


@pytest.fixture
def no_waiting_for_the_disk(monkeypatch):
    """Let files be written without a wait until they have reached the disk."""
    monkeypatch.setattr(os, "fsync", lambda file: None)


@pytest.fixture(scope="session")
def text_data():
    """The folder of the real corpora; the test is skipped where it is absent."""
    folder = Path(os.environ.get("FASTLR_DATA", Path(__file__).parents[2] / "shared" / "data"))
    if not (folder / "arxiv.tsv.xz").exists():
        pytest.skip(f"no corpora in {folder}; FASTLR_DATA names their folder")
    return folder


@pytest.fixture(scope="session")
def small_text_model():
    """A small model of texts, which no test may change."""
    return TextClassifier(**SMALL).fit(*draw(400))


@pytest.fixture
def no_thread_is_left():
    """Every thread that the test starts has ended soon after it."""
    before = set(threading.enumerate())
    yield
    end = time.monotonic() + 10.0  # joblib's own threads take a moment to end
    while not set(threading.enumerate()) <= before and time.monotonic() < end:
        time.sleep(0.01)
    assert set(threading.enumerate()) <= before
