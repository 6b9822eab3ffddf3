"""Worked examples of lecture notes on logistic regression, to the digits given there."""

import numpy as np
import pytest

from fastlr import SGDClassifier
from fastlr.data.problem import Problem
from fastlr.data.validation import check_rows
from fastlr.objective import log_probabilities, objective, probabilities
from fastlr.objective.penalties import ElasticNet
from fastlr.solvers.stochastic.optimizer import StepSlice
from fastlr.solvers.stochastic.sgd import make_sgd
from fastlr.utils.arrays import frozen


def test_one_gradient_step_from_zero(backend):
    model = SGDClassifier(penalty=None, learning_rate="constant", eta0=0.1, backend=backend)
    model.partial_fit([[3.0, 2.0]], [1], classes=[0, 1])
    np.testing.assert_allclose(model.coef_, [[0.15, 0.1]], rtol=1e-15)
    np.testing.assert_allclose(model.intercept_, [0.05], rtol=1e-15)


def test_both_weights_move_at_once(backend):
    # The row is chosen so that its gradient at w = (0.04, 0.5) is (-0.39, -0.32).
    w = np.array([[0.04], [0.5]])
    x = np.array([0.39, 0.32])
    for _ in range(60):
        error = 1.0 / (1.0 + np.exp(-float(x @ w[:, 0]))) - 1.0
        x = np.array([-0.39, -0.32]) / error
    rows = check_rows(x[None, :])
    problem = Problem.make(rows, frozen(np.array([1], np.int32)), None, 2)
    optimizer = make_sgd(backend, w.copy(), np.zeros(1), lazy=False, track_loss=False)
    optimizer.run(
        StepSlice(problem, problem.active_rows, 0, 1, np.array([0.01]), 1, ElasticNet.from_strengths(0.0, 0.0), 0.0)
    )
    np.testing.assert_allclose(optimizer.finish()[:, 0], [0.0439, 0.5032], rtol=1e-12)


def test_cross_entropy_of_a_binary_score():
    scores = np.array([[0.833]])
    assert round(probabilities(scores)[0, 1], 2) == 0.70
    assert round(-log_probabilities(scores)[0, 1], 2) == 0.36
    assert round(-log_probabilities(scores)[0, 0], 1) == 1.2
    assert round(probabilities(np.array([[-2.0]]))[0, 1], 2) == 0.12


def test_the_kernels_loss_is_the_cross_entropy(backend):
    rows = check_rows(np.array([[0.833], [0.833]]))
    for label, loss in ((1, 0.361), (0, 1.194)):
        problem = Problem.make(rows, frozen(np.full(2, label, np.int32)), None, 2)
        optimizer = make_sgd(backend, np.ones((1, 1)), np.zeros(1), lazy=False, track_loss=True)
        optimizer.run(
            StepSlice(problem, problem.active_rows, 0, 2, np.array([0.1]), 2, ElasticNet.from_strengths(0.0, 0.0), 0.0)
        )
        assert optimizer.loss / 2 == pytest.approx(loss, abs=5e-4)
        assert optimizer.loss / 2 == pytest.approx(
            objective(np.ones((1, 1)), np.zeros(1), np.array([[0.833]]), np.array([label]))
        )


def test_softmax_of_four_scores():
    p = probabilities(np.array([[1.45, 0.33, -0.12, 0.01]]))
    np.testing.assert_allclose(p, [[0.56457, 0.18421, 0.11746, 0.13376]], atol=5e-6)


def test_softmax_chooses_the_second_of_three(backend):
    model = SGDClassifier(backend=backend)
    model.partial_fit(np.zeros((1, 1)), [1], classes=[1, 2, 3], sample_weight=[0.0])
    model.intercept_ = np.array([0.47, 0.88, -0.09])
    assert model.predict(np.zeros((1, 1))) == [2]
    assert model.predict_proba(np.zeros((1, 1)))[0, 1] == pytest.approx(0.4895, abs=5e-5)


def test_the_kernels_softmax(backend):
    """One step from the scores (1.45, 0.33, -0.12, 0.01) as intercepts moves them by the probabilities."""
    scores = np.array([1.45, 0.33, -0.12, 0.01])
    problem = Problem.make(check_rows(np.zeros((1, 1))), frozen(np.array([3], np.int32)), None, 4)
    optimizer = make_sgd(backend, np.zeros((1, 4)), scores, lazy=False, track_loss=False)
    optimizer.run(
        StepSlice(problem, problem.active_rows, 0, 1, np.array([1.0]), 1, ElasticNet.from_strengths(0.0, 0.0), 1.0)
    )
    moved = scores - optimizer.intercept + np.array([0, 0, 0, 1.0])
    np.testing.assert_allclose(moved, [0.56457, 0.18421, 0.11746, 0.13376], atol=5e-6)
