"""Faults of the peers that fastlr does not repeat, each a test by its name."""

import numpy as np
import pytest
import scipy.sparse as sp
from helpers import random_labels, random_rows

from fastlr import SGDClassifier


def test_l1_is_paid_at_the_end(backend):
    """scikit-learn's SGDClassifier leaves 0.049 on a feature seen once, with 5.0 of penalty due."""
    n = 1000
    X = sp.lil_matrix((n, 2))
    X[0, 0] = 1.0
    X[:, 1] = 1.0
    model = SGDClassifier(
        penalty="l1", alpha=0.05, learning_rate="constant", eta0=0.1, max_iter=1, shuffle=False, backend=backend
    ).fit(X, np.r_[1, np.arange(n - 1) % 2])
    assert model.coef_[0, 0] == 0.0


def test_the_intercept_is_the_same_for_sparse_and_dense(backend):
    X, y = random_rows(), random_labels(60, 2)
    X.sum_duplicates()
    X.eliminate_zeros()
    sparse, dense = (SGDClassifier(max_iter=5, random_state=0, backend=backend).fit(A, y) for A in (X, X.toarray()))
    np.testing.assert_array_equal(sparse.intercept_, dense.intercept_)
    np.testing.assert_array_equal(sparse.coef_, dense.coef_)


def test_int64_indices_are_accepted(backend):
    X, y = random_rows(index=np.int64), random_labels(60, 3)
    model = SGDClassifier(max_iter=3, random_state=0, backend=backend).fit(X, y)
    other = SGDClassifier(max_iter=3, random_state=0, backend=backend).fit(random_rows(index=np.int32), y)
    np.testing.assert_array_equal(model.coef_, other.coef_)
    np.testing.assert_array_equal(model.predict_proba(X), other.predict_proba(X))


def test_missed_l1_steps_are_settled_at_once(compiled):
    """A feature that comes once in 100,000 rows costs one threshold, not 100,000: so L1 costs about what L2 does.

    Counted, not timed: the account of a feature is written once for each time that it is read.
    """
    from fastlr.data.problem import Problem
    from fastlr.data.validation import check_rows
    from fastlr.objective.penalties import ElasticNet
    from fastlr.solvers.stochastic.optimizer import StepSlice
    from fastlr.solvers.stochastic.sgd import LazySGD
    from fastlr.utils.arrays import frozen

    n = 100_000
    X = sp.csr_matrix((np.ones(2), np.zeros(2, np.int32), np.r_[0, np.ones(n - 1, int), 2]), shape=(n, 1))
    problem = Problem.make(check_rows(X), frozen((np.arange(n) % 2).astype(np.int32)), None, 2)
    optimizer = LazySGD(compiled, np.zeros((1, 1)), np.zeros(1), lazy=True, track_loss=False)
    optimizer.run(
        StepSlice(problem, problem.active_rows, 0, n - 1, np.ones(n - 1), 1, ElasticNet.from_strengths(1e-6, 0.0), 0.0)
    )
    value, paid = optimizer.weights[0]
    assert paid == 0.0  # nothing was written since the first row, however many steps passed
    assert value == -0.5
    assert optimizer.model_weights()[0, 0] == pytest.approx(-0.5 + (n - 1) * 1e-6, rel=1e-9)


def test_the_stopping_rule_sees_the_penalty(backend):
    """The loss alone goes on falling while the objective, weights and all, has stalled."""
    X, y = random_rows(200), random_labels(200, 2)
    parameters = {
        "learning_rate": "constant", "eta0": 0.3, "max_iter": 60, "n_iter_no_change": 3, "tol": 1e-3, "shuffle": False,
        "backend": backend,
    }  # fmt: skip
    strong = SGDClassifier(alpha=0.1, **parameters).fit(X, y)
    none = SGDClassifier(penalty=None, **parameters).fit(X, y)
    assert strong.n_iter_ < none.n_iter_
    # Started far away, at heavy weights, the loss rises as the objective falls; looking at the loss alone would stop.
    far = SGDClassifier(alpha=0.05, warm_start=True, **parameters).fit(X, y)
    far.coef_ = none.coef_ * 20
    first = far.fit(X, y)
    assert first.n_iter_ > 4


def test_balanced_weights_and_new_classes_in_partial_fit(backend):
    """scikit-learn's SGDClassifier refuses both."""
    model = SGDClassifier(class_weight="balanced", backend=backend)
    model.partial_fit([[1.0], [2.0]], [0, 1], classes=[0, 1]).partial_fit([[0.5]], [2], classes=[0, 1, 2])
    assert model.predict_proba([[1.0]]).shape == (1, 3)


def test_an_index_out_of_range_does_not_end_the_process(backend):
    """scikit-learn's SGD, lbfgs, saga and liblinear fits, and predict, all end in a segmentation fault."""
    good, y = random_rows(), random_labels(60, 2)
    model = SGDClassifier(max_iter=2, backend=backend).fit(good, y)
    for name, value in (("indices", 2**31 - 1), ("indices", -(2**31)), ("indptr", 2**31 - 1)):
        X = random_rows()
        getattr(X, name)[5] = value
        for call in (lambda X=X: model.fit(X, y), lambda X=X: model.partial_fit(X, y), lambda X=X: model.predict(X)):
            with pytest.raises(ValueError, match="X is malformed"):
                call()


def test_the_callers_indices_are_not_sorted(backend):
    X, y = random_rows(), random_labels(60, 2)
    before = X.indices.copy()
    assert not X.has_sorted_indices
    SGDClassifier(max_iter=2, backend=backend).fit(X, y).predict(X)
    np.testing.assert_array_equal(X.indices, before)


def test_softmax_heeds_l1(backend):
    """lightning's softmax SGD silently ignores it."""
    X, y = random_rows(), random_labels(60, 4)
    model = SGDClassifier(penalty="l1", alpha=0.2, max_iter=20, random_state=0, backend=backend).fit(X, y)
    assert (model.coef_ == 0).mean() > 0.5
    assert not SGDClassifier(penalty="l1", alpha=10.0, max_iter=20, backend=backend).fit(X, y).coef_.any()
