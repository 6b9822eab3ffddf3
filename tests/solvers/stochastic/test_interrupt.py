"""Ctrl-C and threads."""

import itertools
import os
import signal
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from helpers import random_labels, random_rows

from fastlr import SGDClassifier
from fastlr.utils import time_slices as pace_module


@pytest.fixture
def press_ctrl_c(ctrl_c):
    """Send SIGINT to this process a little later, as Ctrl-C does."""
    timers = []

    def press(seconds):
        timers.append(threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGINT)))
        timers[-1].start()

    yield press
    for timer in timers:
        timer.cancel()


@pytest.mark.parametrize("n_classes", [2, 20])
@pytest.mark.parametrize("batch_size", [1, 32, 3000, "full"])
@pytest.mark.parametrize("penalty", ["l2", "elasticnet"])
@pytest.mark.filterwarnings("ignore:Training stopped")
def test_ctrl_c_leaves_a_fitted_model(backend, press_ctrl_c, monkeypatch, n_classes, batch_size, penalty):
    X, y = random_rows(3000, 200), random_labels(3000, n_classes)
    parameters = {"penalty": penalty, "batch_size": batch_size, "alpha": 1e-4, "random_state": 0, "backend": backend}
    SGDClassifier(**parameters).fit(X[:40], y[:40])  # compiles the kernels
    model = SGDClassifier(max_iter=10**7, tol=0.0, n_iter_no_change=10**7, **parameters)
    original, n_slices = pace_module.TimeSlices.slices, itertools.count()

    def slices(self, start, stop, multiple=1):
        for piece in original(self, start, stop, multiple):
            if next(n_slices) == (4 if backend == "numpy" else 20):  # training has begun
                press_ctrl_c(0.05)
            yield piece

    monkeypatch.setattr(pace_module.TimeSlices, "slices", slices)
    if backend == "numpy" and batch_size == "full":  # its full batches are not cut into slices
        press_ctrl_c(0.5)
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, y)
    monkeypatch.undo()
    assert 0 < model.t_ < 10**7
    assert model.n_iter_ > 0
    assert np.isfinite(model.coef_).all()
    assert model.coef_.any()
    assert model.predict_proba(X).shape == (3000, n_classes)
    # The weights are those after exactly t_ steps.
    if batch_size == "full":
        again = SGDClassifier(max_iter=model.t_, tol=0.0, **parameters)
        again.fit(X, y)
        np.testing.assert_allclose(again.coef_, model.coef_, atol=1e-12)


def test_ctrl_c_in_partial_fit_keeps_the_steps_made(backend, press_ctrl_c, monkeypatch):
    X, y = random_rows(2000, 50), random_labels(2000, 2)
    model = SGDClassifier(shuffle=False, alpha=0.01, learning_rate="constant", eta0=0.1, backend=backend)
    model.partial_fit(X[:10], y[:10], classes=[0, 1])
    monkeypatch.setattr(pace_module.TimeSlices, "__init__", lambda self: setattr(self, "rows", 7))
    original = pace_module.TimeSlices.slices

    def slices(self, start, stop, multiple=1):
        for k, piece in enumerate(original(self, start, stop, multiple)):
            if k == 3:
                signal.raise_signal(signal.SIGINT)
            yield piece

    monkeypatch.setattr(pace_module.TimeSlices, "slices", slices)
    with pytest.raises(KeyboardInterrupt):
        model.partial_fit(X, y)
    monkeypatch.undo()
    made = model.t_ - 10
    assert 0 < made < 2000
    twin = SGDClassifier(shuffle=False, alpha=0.01, learning_rate="constant", eta0=0.1, backend=backend)
    twin.partial_fit(X[:10], y[:10], classes=[0, 1]).partial_fit(X[:made], y[:made])
    np.testing.assert_array_equal(model.coef_, twin.coef_)


def test_a_long_epoch_is_cut_into_slices(compiled, monkeypatch):
    """No kernel call of a long epoch runs over all of its rows."""
    X, y = random_rows(200_000, 300, density=0.1), random_labels(200_000, 2)
    lengths = []
    original = pace_module.TimeSlices.slices

    def slices(self, start, stop, multiple=1):
        for piece in original(self, start, stop, multiple):
            lengths.append(piece[1] - piece[0])
            yield piece

    monkeypatch.setattr(pace_module.TimeSlices, "slices", slices)
    for batch_size in (1, 50_000, "full"):
        lengths.clear()
        model = SGDClassifier(max_iter=1, batch_size=batch_size, tol=0.0, backend=compiled, random_state=0)
        with pytest.warns(UserWarning, match="max_iter"):
            model.fit(X, y)
        assert max(lengths) < 200_000
        assert model.t_ == -(-200_000 // (200_000 if batch_size == "full" else batch_size))


def test_two_threads_fit_two_models(backend):
    X, y = random_rows(200), random_labels(200, 3)
    models = [SGDClassifier(max_iter=4, random_state=seed, penalty="l1", backend=backend) for seed in range(4)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda model: model.fit(X, y).coef_, models))
    for seed, coef in enumerate(together):
        alone = SGDClassifier(max_iter=4, random_state=seed, penalty="l1", backend=backend).fit(X, y)
        np.testing.assert_array_equal(coef, alone.coef_)


def test_many_threads_predict_with_one_model(backend):
    X, y = random_rows(500), random_labels(500, 3)
    model = SGDClassifier(random_state=0, penalty="l1", backend=backend).partial_fit(X, y, classes=[0, 1, 2])
    expected = SGDClassifier(random_state=0, penalty="l1", backend=backend).partial_fit(X, y, classes=[0, 1, 2])
    expected = expected.predict_proba(X)
    with ThreadPoolExecutor(8) as pool:
        for result in pool.map(lambda _: model.predict_proba(X), range(40)):
            np.testing.assert_array_equal(result, expected)


def test_the_gil_is_released(compiled):
    """A thread in Python runs on while a kernel runs: it counts during each single call."""
    from fastlr import kernels
    from fastlr.data.labels import encode_labels
    from fastlr.data.problem import Problem
    from fastlr.data.validation import check_rows
    from fastlr.objective.penalties import ElasticNet
    from fastlr.solvers.stochastic.optimizer import StepSlice
    from fastlr.solvers.stochastic.sgd import LazySGD

    X, y = random_rows(100_000, 300, density=0.1), random_labels(100_000, 2)
    problem = Problem.make(check_rows(X), encode_labels(y, np.arange(2)), None, 2)
    optimizer = LazySGD(compiled, np.zeros((300, 1)), np.zeros(1), False, False)
    rates, no_penalty = np.full(100_000, 0.1), ElasticNet.from_strengths(0.0, 0.0)
    optimizer.run(StepSlice(problem, problem.active_rows, 0, 10, rates[:10], 1, no_penalty))
    assert kernels.load(compiled) is not None
    ticks = []
    done = threading.Event()

    def count():
        n = 0
        while not done.is_set():
            n += 1
            time.sleep(0)  # hands the GIL back
        ticks.append(n)

    thread = threading.Thread(target=count)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(100.0)  # no thread is made to give up the GIL: it must do so by itself
    try:
        thread.start()
        for _ in range(5):
            optimizer.run(StepSlice(problem, problem.active_rows, 0, 100_000, rates, 1, no_penalty))
        done.set()
        thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert ticks[0] > 100
