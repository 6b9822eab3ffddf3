"""Threads whose models are merged: the same bits every time, and models as good as one thread's."""

import copy
import itertools

import numpy as np
import pytest
from helpers import assert_same_bits, held_out_loss, random_labels, random_rows
from hypothesis import given
from hypothesis import strategies as st

import fastlr
from fastlr import SGDClassifier, kernels
from fastlr.datasets import make_bag_of_words
from fastlr.kernels.sources import local_sgd as local_sgd_kernels
from fastlr.solvers.stochastic.optimizer import StepSlice
from fastlr.solvers.stochastic.sgd import LazySGD
from fastlr.solvers.stochastic.thread_shares import split_steps

pytestmark = pytest.mark.usefixtures("no_thread_is_left")


@given(start=st.integers(0, 50), n_rows=st.integers(1, 60), batch_size=st.integers(1, 9), n_threads=st.integers(1, 5))
def test_each_thread_has_the_rows_of_its_rates(start, n_rows, batch_size, n_threads):
    rates = np.arange(1.0, -(-n_rows // batch_size) + 1)
    shares = split_steps(StepSlice(None, None, start, start + n_rows, rates, batch_size, None), n_threads)
    assert shares[0].start == start
    assert shares[-1].stop == start + n_rows
    assert all(before.stop == after.start for before, after in itertools.pairwise(shares))
    assert [-(-(own.stop - own.start) // batch_size) for own in shares] == [len(own.rates) for own in shares]
    np.testing.assert_array_equal(np.sort(np.concatenate([own.rates for own in shares])), rates)


def test_a_last_round_of_fewer_steps_than_threads(compiled, eager_threads, monkeypatch):
    """Its one batch is not full: the thread that has it stops where the rows do."""
    X, y = make_bag_of_words(99, 50, n_classes=2, mean_length=20, random_state=0)
    run, ends = LazySGD.run, []

    def spy(self, steps):
        ends.append((steps.stop, len(steps.order)))
        run(self, steps._replace(stop=min(steps.stop, len(steps.order))))

    monkeypatch.setattr(LazySGD, "run", spy)
    SGDClassifier(n_jobs=2, deterministic=False, batch_size=8, max_iter=2, random_state=0, backend=compiled).fit(X, y)
    assert (96, 99) in ends  # of rounds of two steps the last
    assert (99, 99) in ends
    assert all(stop <= n for stop, n in ends)


@pytest.mark.parametrize("n_classes", [2, 4])
@pytest.mark.parametrize(
    "parameters",
    [
        {"penalty": "l2"},
        {"penalty": "l1", "alpha": 1e-3, "dtype": "float32"},
        {"penalty": "elasticnet", "batch_size": 5, "alpha": 1e-3},
        {"penalty": None, "shuffle": False, "class_weight": "balanced"},
    ],
    ids=str,
)
def test_same_number_of_threads_same_bits(compiled, eager_threads, parameters, n_classes):
    X, y = random_rows(600), random_labels(600, n_classes)
    models = {}
    for n_jobs in (1, 2, 3, 5):
        model = SGDClassifier(n_jobs=n_jobs, max_iter=3, random_state=0, backend=compiled, **parameters)
        models[n_jobs] = model.fit(X, y)
        for _ in range(3):
            assert_same_bits(copy.deepcopy(model).fit(X, y), model)
        assert model.t_ == 3 * -(-600 // parameters.get("batch_size", 1))
    assert len({model.coef_.tobytes() for model in models.values()}) == 4
    alone = SGDClassifier(max_iter=3, random_state=0, backend=compiled, **parameters).fit(X, y)
    assert_same_bits(alone, models[1])


def test_rows_too_few_are_trained_on_by_one_thread(compiled):
    X, y = random_rows(600), random_labels(600, 2)
    one, two = (SGDClassifier(n_jobs=n, random_state=0, backend=compiled).fit(X, y) for n in (1, 2))
    assert_same_bits(one, two)


@pytest.mark.parametrize("n_classes", [2, 6])
@pytest.mark.parametrize("penalty", ["l2", "l1"])
def test_models_are_as_good_as_one_threads(compiled, eager_threads, n_classes, penalty):
    alone = held_out_loss(n_classes, penalty=penalty, backend=compiled)
    for n_jobs in (2, 4):
        assert held_out_loss(n_classes, penalty=penalty, backend=compiled, n_jobs=n_jobs) <= 1.01 * alone


def test_large_batches_settle_in_threads_that_share_nothing(compiled, eager_threads):
    X, y = random_rows(600), random_labels(600, 100)
    parameters = {"n_jobs": 2, "batch_size": 200, "max_iter": 2, "random_state": 0, "backend": compiled}
    one, other = (SGDClassifier(deterministic=d, **parameters).fit(X, y) for d in (True, False))
    assert_same_bits(one, other)


def test_penalties_take_weights_to_zero_in_threads_too(compiled, eager_threads):
    X, y = make_bag_of_words(3000, 2000, random_state=0)
    zeros = []
    for n_jobs in (1, 2, 4):
        model = SGDClassifier(n_jobs=n_jobs, penalty="l1", alpha=1e-3, max_iter=5, random_state=0, backend=compiled)
        zeros.append(np.mean(model.fit(X, y).coef_ == 0.0))
    assert 0.2 < zeros[0] < 0.99
    np.testing.assert_allclose(zeros, zeros[0], atol=0.15)


@given(st.floats(0.0, 50.0))
def test_two_threads_moves_are_shared_as_if_one_came_after_the_other(reach):
    part = reach / (1.0 + reach)  # of the way to rest that a thread goes
    both = part + (1.0 - part) * part
    assert np.isclose(2.0 * local_sgd_kernels.share(reach, 2) * part, both, atol=1e-12)


@given(st.floats(0.0, 1e6), st.integers(2, 64))
def test_a_move_counts_fully_or_as_one_of_n(reach, n):
    assert 1.0 / n <= local_sgd_kernels.share(reach, n) <= 1.0
    assert local_sgd_kernels.share(0.0, n) == 1.0
    assert np.isclose(local_sgd_kernels.share(1e12, n), 1.0 / n)


@pytest.mark.parametrize("lazy", [False, True])
@pytest.mark.parametrize("n_outputs", [1, 3])
def test_merge_by_hand(compiled, lazy, n_outputs):
    rng = np.random.default_rng(0)
    n, n_features = 3, 50
    weights = np.zeros((n_features, n_outputs + lazy))
    weights[:, :n_outputs] = before = rng.normal(size=(n_features, n_outputs)) * rng.integers(0, 2, (n_features, 1))
    copies = rng.normal(size=(n, *weights.shape))
    copies[:, :25, :n_outputs] = before[:25]  # features that nobody touched
    clocks = np.array([[0.9, 0.8, 7.0, 0.0], [0.8, 0.5, 7.0, 0.0], [1.0, 0.4, 7.0, 0.0]])
    if lazy:
        copies[:, :, n_outputs] = 0.0
        copies[:, 25:, n_outputs] = 0.2
    squares, curvature, rate, l2 = rng.random(n_features), rng.random(n_outputs), 2.0, 0.1
    settled = []
    for v, (scale, owed, *_) in zip(copies, clocks, strict=True):
        due = owed - v[:, n_outputs:] if lazy else 0.0
        settled.append(scale * np.sign(v[:, :n_outputs]) * np.maximum(np.abs(v[:, :n_outputs]) - due, 0.0))
    h = rate * (squares[:, None] * curvature + l2)
    expected = before + (1 + h / 2) / (1 + n * h / 2) * (sum(settled) - n * before)
    if lazy:
        crossed = ((expected > 0) & (np.max(settled, axis=0) <= 0)) | ((expected < 0) & (np.min(settled, axis=0) >= 0))
        assert crossed.any()
        expected[crossed] = 0.0
    scratch = np.empty((3, n_outputs))
    for start, stop in ((0, 20), (20, 50)):
        kernels.load(compiled).merge(weights, copies, clocks, squares, curvature, rate, l2, start, stop, scratch)
    np.testing.assert_allclose(weights[:, :n_outputs], expected, atol=1e-12)
    assert not weights[:, n_outputs:].any()
    for one in copies:
        np.testing.assert_array_equal(one, weights)


def test_streams_go_on_in_threads(compiled, eager_threads, tmp_path):
    X, y = random_rows(900), random_labels(900, 3)

    def stream():
        model = SGDClassifier(n_jobs=2, penalty="elasticnet", alpha=1e-3, random_state=0, backend=compiled)
        model.partial_fit(X[:300], y[:300], classes=[0, 1, 2])
        fastlr.save(model, tmp_path / "model")
        for one in (model, fastlr.load(tmp_path / "model")):
            one.partial_fit(X[300:600], y[300:600]).set_params(n_jobs=None).partial_fit(X[600:800], y[600:800])
            one.set_params(n_jobs=3).partial_fit(X[800:], y[800:])
            yield one

    for model in stream():
        for other in stream():
            assert_same_bits(model, other)
        assert model.t_ == 900


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("factor", [2.0**400, 2.0**-400])
def test_threads_are_free_of_scale(compiled, eager_threads, factor, n_classes):
    X, y = random_rows(600), random_labels(600, n_classes)
    model = SGDClassifier(n_jobs=2, max_iter=3, random_state=0, backend=compiled)
    expected = copy.deepcopy(model).fit(X, y).predict_proba(X)
    X.data *= factor
    found = model.fit(X, y).predict_proba(X)
    np.testing.assert_allclose(found, expected, atol=1e-6)
