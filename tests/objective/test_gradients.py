"""Gradients by finite differences, of the written objective and of the kernels' steps."""

import numpy as np
import pytest
from helpers import random_labels, random_rows
from scipy.optimize import approx_fprime

from fastlr import SGDClassifier, kernels
from fastlr.data.labels import encode_labels
from fastlr.data.problem import Problem
from fastlr.data.validation import check_rows
from fastlr.objective import gradient, log_probabilities, objective, penalty, probabilities
from fastlr.objective.penalties import ElasticNet
from fastlr.solvers.stochastic.optimizer import StepSlice
from fastlr.solvers.stochastic.sgd import make_sgd
from fastlr.utils.arrays import frozen


def setting(n_classes, seed=0):
    rng = np.random.default_rng(seed)
    X, y = random_rows(), random_labels(60, n_classes)
    n_outputs = 1 if n_classes == 2 else n_classes
    return X, y, rng.normal(size=(40, n_outputs)), rng.normal(size=n_outputs), rng.exponential(size=60)


@pytest.mark.parametrize("n_classes", [2, 5])
def test_gradient_of_the_objective(n_classes):
    X, y, weights, intercept, s = setting(n_classes)
    by_weights, by_intercept = gradient(weights, intercept, X, y, s)

    def value(flat):
        return objective(flat[: weights.size].reshape(weights.shape), flat[weights.size :], X, y, s)

    numeric = approx_fprime(np.r_[weights.ravel(), intercept], value, 1e-6)
    np.testing.assert_allclose(np.r_[by_weights.ravel(), by_intercept], numeric, atol=1e-6)


@pytest.mark.parametrize("n_classes", [2, 5])
@pytest.mark.parametrize("batch_size", [1, 7, "full"])
def test_a_step_follows_the_gradient_of_its_rows(backend, n_classes, batch_size):
    """Without a penalty, weights before less weights after are the rate times the gradient of the batch's mean loss."""
    X, y, weights, intercept, _ = setting(n_classes)
    rows = check_rows(X)
    problem = Problem.make(rows, encode_labels(y, np.arange(n_classes)), None, n_classes)
    optimizer = make_sgd(backend, weights.copy(), intercept, False, False)
    penalty = ElasticNet.from_strengths(0.0, 0.0)
    if batch_size == "full":
        batch = np.arange(60)
        optimizer.start_full_step(problem, penalty, 1.0)
        optimizer.end_full_step(problem, 0.5, penalty, 1.0)
    else:
        batch = np.arange(20, 20 + batch_size)
        optimizer.run(StepSlice(problem, batch, 0, batch_size, np.array([0.5]), batch_size, penalty))

    def value(flat):
        return objective(flat[: weights.size].reshape(weights.shape), flat[weights.size :], X[batch], y[batch])

    numeric = approx_fprime(np.r_[weights.ravel(), intercept], value, 1e-6)
    moved = np.r_[(weights - optimizer.finish()).ravel(), intercept - optimizer.intercept] / 0.5
    np.testing.assert_allclose(moved, numeric, atol=2e-6)


@pytest.mark.parametrize("n_classes", [2, 5])
def test_norm_of_the_full_gradient(backend, n_classes):
    """The largest entry of the least subgradient, penalty and intercept included."""
    X, y, weights, intercept, s = setting(n_classes)
    weights[::2] = 0.0
    problem = Problem.make(check_rows(X), encode_labels(y, np.arange(n_classes)), frozen(s), n_classes)
    by_weights, by_intercept = gradient(weights, intercept, X, y, s)
    for l1, l2, rate in ((0.0, 0.0, 1.0), (0.02, 0.1, 1.0), (0.02, 0.1, 0.0)):
        smooth = by_weights + l2 * weights
        least = np.where(weights == 0, np.maximum(np.abs(smooth) - l1, 0), np.abs(smooth + l1 * np.sign(weights)))
        expected = max(least.max(), rate * np.abs(by_intercept).max())
        optimizer = make_sgd(backend, weights.copy(), intercept, False, False)
        assert optimizer.start_full_step(problem, ElasticNet.from_strengths(l1, l2), rate) == pytest.approx(
            expected, rel=1e-12
        )


def test_penalty_of_many_weights():
    w = np.random.default_rng(0).normal(size=(100_000, 2))
    expected = 0.3 * (0.75 / 2 * (w**2).sum() + 0.25 * np.abs(w).sum())
    assert penalty(w, 0.3, 0.25) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("z", [1000.0, -1000.0])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_extreme_scores(backend, z, n_classes):
    """Scores of +-1000 give finite losses, probabilities and gradients."""
    scores = np.full((1, 1), z) if n_classes == 2 else np.array([[z, 0.0, -z]])
    assert np.isfinite(log_probabilities(scores)).all()
    assert probabilities(scores).sum() == pytest.approx(1.0)
    problem = Problem.make(check_rows(np.ones((2, 1))), frozen(np.array([0, 1], np.int32)), None, n_classes)
    optimizer = make_sgd(backend, scores.copy(), np.zeros(scores.shape[1]), False, True)
    optimizer.run(
        StepSlice(
            problem, problem.active_rows, 0, 2, np.array([1e-3, 1e-3]), 1, ElasticNet.from_strengths(0.0, 0.0), 1.0
        )
    )
    assert np.isfinite(optimizer.finish()).all()
    assert optimizer.loss == pytest.approx(1000.0 if n_classes == 2 else 1000.0 + 2000.0 * (z < 0), rel=1e-3)


def test_full_batch_reaches_the_minimum_of_the_objective(backend):
    """Batch gradient descent ends where no neighbour is better, L1 included; scikit-learn finds the same optimum."""
    from sklearn.linear_model import LogisticRegression

    X, y = random_rows(), random_labels(60, 2)
    alpha = 0.01
    model = SGDClassifier(
        penalty="l1", alpha=alpha, batch_size="full", learning_rate="constant", eta0=1.0, tol=1e-9, max_iter=20000,
        backend=backend,
    ).fit(X, y)  # fmt: skip
    exact = LogisticRegression(l1_ratio=1.0, solver="saga", C=1 / (alpha * 60), tol=1e-10, max_iter=100_000)
    if "penalty" in exact.get_params() and exact.get_params()["penalty"] != "deprecated":
        exact.set_params(penalty="l1", l1_ratio=None)
    dense = X.toarray()
    exact.fit(dense, y)
    values = [objective(np.asarray(m.coef_).T, m.intercept_, dense, y, None, alpha, 1.0) for m in (model, exact)]
    assert values[0] == pytest.approx(values[1], rel=1e-8)
    assert ((model.coef_ == 0) == (exact.coef_ == 0)).all()


def test_softmax_of_the_kernels_to_the_last_digits(compiled):
    """An empty row's scores are its intercepts: derivatives of the loss of class 0 against extended precision."""
    drop = np.r_[np.linspace(0, 1, 500), np.geomspace(1e-12, 707, 2000), 708.5, 745, 1e4]
    errors = np.empty((1, 3))
    for x in drop:
        kernels.load(compiled).errors_softmax(
            np.zeros(2, np.int32), np.zeros(0, np.int32), np.zeros(0), np.zeros(1, np.int32), np.zeros(0), np.arange(1),
            0, 0, 1, np.zeros((1, 3)), np.array([0.0, -x, -1e5]), np.array([1.0, 0.0, 0.0, 0.0]), errors,
        )  # fmt: skip
        e = np.exp(-np.longdouble(x)) if x < 708 else np.longdouble(0)
        assert abs(errors[0, 1] - e / (1 + e)) <= 4e-16 * e
        assert errors[0, 2] == 0
