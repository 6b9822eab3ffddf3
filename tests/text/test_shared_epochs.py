"""Trainings with and without the rows held out, whose first epochs are common."""

from threading import Event

import numpy as np
import pytest
import scipy.sparse as sp

from fastlr.data.problem import Problem
from fastlr.data.validation import as_rows
from fastlr.kernels.backend import resolve_backend
from fastlr.text import shared_epochs
from fastlr.text.shared_epochs import SharedEpochs
from fastlr.training.config import TrainingConfig

BACKEND, HELD_OUT = resolve_backend(None), np.arange(0, 60, 5)


@pytest.fixture(autouse=True, params=[0, 4096], ids=["halves", "one"])
def least_rows(request, monkeypatch):
    """Train in halves, or not."""
    monkeypatch.setattr(shared_epochs, "MIN_ROWS", request.param)


def problem(n_classes=3):
    """Rows of which those held out have a column of their own."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, n_classes, 60).astype(np.int32)
    X = np.zeros((60, 8))
    X[np.arange(60), labels] = 1.0
    X[:, 5] = rng.random(60)
    X[HELD_OUT, 7] = 1.0
    return Problem.make(as_rows(sp.csr_array(X), np.float32), labels, None, n_classes)


def train(one, held_out, n_threads=1, **parameters):
    config = TrainingConfig(**{"alpha": 1e-4, "eta0": 1.0, "max_iter": 6, **parameters})
    return SharedEpochs(config, BACKEND, 0, Event()).train(one, held_out, n_threads)


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize(
    "parameters",
    [{}, {"max_iter": 1}, {"max_iter": 2}, {"penalty": "l1"}, {"optimizer": "adagrad", "eta0": "auto"}],
    ids=str,
)
def test_only_the_first_model_has_seen_the_rows_held_out(n_classes, parameters):
    whole, without = train(problem(n_classes), HELD_OUT, **parameters)
    assert whole.weights[7].any()
    assert not without.weights[7].any()
    for model in (whole, without):
        X = problem(n_classes).rows.csr.toarray()
        scores = X @ model.weights + model.intercept
        found = scores.argmax(axis=1) if n_classes == 3 else scores[:, 0] > 0
        assert (found == problem(n_classes).labels).mean() > 0.9


def test_rows_held_out_do_not_matter_to_the_second_model():
    one = problem()
    labels = one.labels.copy()
    labels[HELD_OUT] = (labels[HELD_OUT] + 1) % 3
    other = Problem.make(one.rows, labels, None, 3)
    (first, second), (first_too, second_too) = train(one, HELD_OUT), train(other, HELD_OUT)
    assert np.array_equal(second.weights, second_too.weights)
    assert not np.array_equal(first.weights, first_too.weights)


def test_threads_do_not_matter():
    for serial, threaded in zip(train(problem(), HELD_OUT), train(problem(), HELD_OUT, n_threads=2), strict=True):
        assert np.array_equal(serial.weights, threaded.weights)
        assert np.array_equal(serial.intercept, threaded.intercept)


@pytest.mark.parametrize("order", ["sorted", "alternating"])
def test_halves_have_all_classes(order, monkeypatch):
    monkeypatch.setattr(shared_epochs, "MIN_ROWS", 0)
    labels = np.arange(60, dtype=np.int32) % 3
    labels = np.sort(labels) if order == "sorted" else labels
    rows = as_rows(sp.csr_array(np.ones((60, 1))), np.float32)
    whole = Problem.make(rows, labels, None, 3).exclude(HELD_OUT)
    halves = shared_epochs._halves(whole, 0)
    for half in halves:
        assert len(half.active_rows) == 24
        assert np.bincount(labels[half.active_rows]).min() > 3
    assert sorted(np.concatenate([half.active_rows for half in halves])) == whole.active_rows.tolist()


def test_a_row_for_each_class_is_enough():
    rows = as_rows(sp.csr_array(np.eye(2)), np.float32)
    (model,) = train(Problem.make(rows, np.array([0, 1], np.int32), None, 2), np.empty(0, np.intp))
    assert model.weights[0, 0] < 0.0 < model.weights[1, 0]


def test_halves_are_as_good_as_the_whole(monkeypatch):
    """Words of all frequencies, so that the halves share some weights and not others."""
    rng = np.random.default_rng(0)
    words, y = np.minimum(rng.zipf(1.3, (6000, 20)), 3000) - 1, rng.integers(0, 4, 6000).astype(np.int32)
    told = rng.random((6000, 20)) < 0.3
    words = np.where(told, words - words % 4 + y[:, None], words)
    X = sp.csr_array((np.full(words.size, 20**-0.5), (np.repeat(np.arange(6000), 20), words.ravel())), (6000, 3003))
    whole, test, losses = Problem.make(as_rows(X[:5000], np.float32), y[:5000], None, 4), X[5000:], []
    for least in (0, 10_000):
        monkeypatch.setattr(shared_epochs, "MIN_ROWS", least)
        (model,) = train(whole, np.empty(0, np.intp), max_iter=3, eta0=3.2, alpha=1e-6)
        scores = test @ model.weights + model.intercept
        own = scores[np.arange(1000), y[5000:]]
        losses.append(np.mean(np.log(np.exp(scores - own[:, None]).sum(axis=1))))
    assert losses[0] < 1.02 * losses[1] < 1.0


def test_one_model_if_no_rows_are_held_out():
    (model,) = train(problem(), np.empty(0, np.intp))
    assert model.weights[7].any()


def test_a_cancelled_training_ends():
    cancelled = Event()
    cancelled.set()
    with pytest.raises(KeyboardInterrupt):
        SharedEpochs(TrainingConfig(eta0=1.0, max_iter=3), BACKEND, 0, cancelled).train(problem(), HELD_OUT, 1)
