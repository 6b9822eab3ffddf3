"""L1 leaves exact zeros: what `zero_noise` sets to 0 after the last step of a fit, and what it leaves."""

import numpy as np
import pytest
import scipy.sparse as sp
from helpers import random_labels, random_rows
from sklearn.preprocessing import normalize

import fastlr
from fastlr import LogisticRegression, SGDClassifier, kernels
from fastlr.data.problem import Problem
from fastlr.data.validation import as_rows
from fastlr.datasets import make_bag_of_words
from fastlr.objective import gradient, objective
from fastlr.objective.penalties import ElasticNet
from fastlr.solvers.stochastic import exact_zeros
from fastlr.solvers.stochastic.exact_zeros import LocalSums, zero_noise

SETTINGS = [{}, {"batch_size": 8}, {"average": True}, {"dtype": "float32"}]


def two_blocks():
    """Return rows in which one feature of three similar ones suffices, twice."""
    a = np.array([[1, 0.91, 0.9], [1, 0.85, 0.95], [1, 0.95, 0.85], [1, 0.92, 0.97]])
    return np.block([[a, 0 * a], [0 * a, a]])[[0, 4, 1, 5, 2, 6, 3, 7]], np.array([0, 1] * 4)


@pytest.mark.parametrize("settings", [*SETTINGS, {"optimizer": "ftrl"}, {"optimizer": "adagrad"}])
def test_features_that_are_not_needed_have_no_weight(backend, settings):
    X, y = two_blocks()
    shared = {"penalty": "l1", "alpha": 0.2, "fit_intercept": False, "max_iter": 40, "random_state": 0}
    model = SGDClassifier(backend=backend, **shared, **settings).fit(X, y)
    exact = LogisticRegression(l1_ratio=1, C=1 / (0.2 * 8), fit_intercept=False).fit(X, y)
    np.testing.assert_array_equal(model.coef_ == 0, exact.coef_ == 0)
    np.testing.assert_array_equal(model.coef_ == 0, [[0, 1, 1, 0, 1, 1]])


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("penalty", ["l1", "elasticnet"])
@pytest.mark.parametrize("settings", SETTINGS)
def test_zeros_are_nearly_those_of_the_optimum_and_the_objective_is_lower(n_classes, penalty, settings, monkeypatch):
    X, y = make_bag_of_words(600, 400, mean_length=20, n_classes=n_classes, random_state=0)
    X = normalize(X)
    ratio, alpha = (1.0 if penalty == "l1" else 0.6), 3e-3
    model = SGDClassifier(penalty=penalty, alpha=alpha, l1_ratio=ratio, random_state=0, **settings).fit(X, y)
    optimum = LogisticRegression(l1_ratio=ratio, C=1 / (alpha * 600)).fit(X, y).coef_
    with monkeypatch.context() as patch:
        patch.setattr("fastlr.training.session.zero_noise", lambda *arguments: None)
        noisy = SGDClassifier(**model.get_params()).fit(X, y)
    n_noise, n_left = (np.count_nonzero(m.coef_[optimum == 0]) for m in (noisy, model))
    assert n_noise > 100
    assert n_left < 0.4 * n_noise
    assert np.count_nonzero(model.coef_[optimum != 0] == 0) <= 0.1 * np.count_nonzero(optimum)
    before, after = (objective(m.coef_.T, m.intercept_, X, y, None, alpha, ratio) for m in (noisy, model))
    assert after < before
    stays = model.coef_ != 0
    np.testing.assert_array_equal(model.coef_[stays], noisy.coef_[stays])
    np.testing.assert_array_equal(model.intercept_, noisy.intercept_)


def closed(X, y, weights, intercept, penalty, sample_weight=None, backend="numpy"):
    """Return the weights with exact zeros."""
    n_classes = max(weights.shape[1], 2)
    problem = Problem.make(as_rows(sp.csr_array(X), X.dtype), y.astype(np.int32), sample_weight, n_classes)
    weights = weights.copy()
    call = kernels.load(backend)
    zero_noise(weights, intercept, LocalSums(problem, call), penalty, call)
    return weights


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("chunk", [1 << 22, 50])
def test_the_rule(backend, n_classes, weighted, chunk, monkeypatch):
    """Each weight whose own proximal step ends at 0 is 0, and no other."""
    monkeypatch.setattr(exact_zeros, "CHUNK", chunk)
    random = np.random.default_rng(0)
    X, y = random_rows(), random_labels(60, n_classes)
    X.sum_duplicates()
    n_outputs = 1 if n_classes == 2 else 3
    weights, intercept = 0.01 * random.normal(size=(40, n_outputs)), random.normal(size=n_outputs)
    weights[::5] = 0.0
    s = random.exponential(size=60) * (np.arange(60) % 4 > 0) if weighted else None
    penalty = ElasticNet.from_strengths(0.05, 0.1)
    g = gradient(weights, intercept, X, y, s)[0]
    mean_square = np.average(X.toarray() ** 2, axis=0, weights=s)[:, None]
    h = mean_square * (0.25 if n_outputs == 1 else 0.5)
    ends_at_zero = np.abs(g - h * weights) <= penalty.l1
    result = closed(X, y, weights, intercept, penalty, s, backend)
    assert 0 < np.count_nonzero(ends_at_zero) < weights.size
    np.testing.assert_array_equal(result, np.where(ends_at_zero, 0.0, weights))


@pytest.mark.parametrize("n_copies", [1, 2, 200])
def test_equal_features_are_not_given_up_together(n_copies):
    """Any of the copies can go, as the others take over; all of them cannot."""
    random = np.random.default_rng(0)
    x = random.normal(size=400)
    y = (2 * x + random.logistic(size=400) > 0).astype(int)
    X = np.repeat(x[:, None], n_copies, axis=1)
    penalty = ElasticNet.from_strengths(0.01, 0.0)
    best = LogisticRegression(l1_ratio=1, C=1 / (0.01 * 400)).fit(x[:, None], y)
    weights = np.full((n_copies, 1), 1.05 * best.coef_[0, 0] / n_copies)  # each could lose all that is too much
    result = closed(X, y, weights, best.intercept_, penalty)
    value = [objective(w, best.intercept_, X, y, None, 0.01, 1.0) for w in (weights, result)]
    assert value[1] <= value[0]
    assert result.any()


def test_a_weak_penalty_and_values_out_of_range_zero_nothing():
    X, y = np.random.default_rng(1).normal(size=(60, 40)), random_labels(60, 2)
    weights = np.random.default_rng(0).normal(size=(40, 1))
    np.testing.assert_array_equal(closed(X, y, weights, np.zeros(1), ElasticNet.from_strengths(1e-12, 0.0)), weights)
    with np.errstate(over="ignore"):
        huge = closed(1e200 * X, y, weights * 1e-200, np.zeros(1), ElasticNet.from_strengths(1e190, 0.0))
    np.testing.assert_array_equal(huge, weights * 1e-200)


def test_rows_on_disk_give_the_zeros_of_rows_in_memory(backend, tmp_path):
    X, y = random_rows(), random_labels(60, 3)
    store = fastlr.write_store(tmp_path / "store", X, y)
    settings = {"penalty": "l1", "alpha": 0.02, "max_iter": 5, "random_state": 0, "backend": backend}
    stored, in_memory = SGDClassifier(**settings).fit(store), SGDClassifier(**settings).fit(X, y)
    assert 0 < np.count_nonzero(in_memory.coef_) < 120
    np.testing.assert_array_equal(stored.coef_, in_memory.coef_)


def test_streams_and_the_best_epoch_are_left_alone(backend, monkeypatch):
    X, y = random_rows(), random_labels(60, 2)
    monkeypatch.setattr("fastlr.training.session.zero_noise", None)
    settings = {"penalty": "l1", "alpha": 0.02, "random_state": 0, "backend": backend}
    SGDClassifier(**settings).partial_fit(X, y, classes=[0, 1])
    SGDClassifier(early_stopping=True, max_iter=3, **settings).fit(X, y)
    SGDClassifier(batch_size="full", tol=1e-2, **settings).fit(X, y)
    SGDClassifier(max_iter=2, **{**settings, "alpha": 0.0}).fit(X, y)


def test_ctrl_c_leaves_the_weights_of_the_last_step(backend, monkeypatch):
    X, y = random_rows(), random_labels(60, 2)
    settings = {"penalty": "l1", "alpha": 0.02, "max_iter": 3, "random_state": 0, "backend": backend}
    with monkeypatch.context() as patch:
        patch.setattr("fastlr.training.session.zero_noise", lambda *arguments: None)
        noisy = SGDClassifier(**settings).fit(X, y)

    def interrupted(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr("fastlr.training.session.zero_noise", interrupted)
    model = SGDClassifier(**settings)
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, y)
    np.testing.assert_array_equal(model.coef_, noisy.coef_)
    assert model.n_iter_ == 3
