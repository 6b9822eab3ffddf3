"""Models without a penalty: a warning where no finite weights are optimal, and softmax weights that sum to 0."""

import warnings

import numpy as np
import pytest
from helpers.small_problems import PROBLEMS
from sklearn.exceptions import ConvergenceWarning

from fastlr import LogisticRegression


@pytest.mark.parametrize(
    ("name", "solver"),
    [("quasi-separable", "newton"), ("quasi-separable", "lbfgs"), ("quasi-separable, 3 classes", "newton"),
     ("quasi-separable, 3 classes", "lbfgs"), ("iris", "newton"), ("duplicated columns", "newton")],
)  # fmt: skip
def test_partly_separable_classes_are_said(compiled, name, solver):
    X, y, s = PROBLEMS[name]()
    with pytest.warns(ConvergenceWarning, match="partly separable"):
        model = LogisticRegression(C=np.inf, solver=solver, backend=compiled).fit(X, y, s)
    assert not model.converged_


@pytest.mark.parametrize("tol", [1e-3, 1e-5, 1e-7])
@pytest.mark.parametrize("name", ["blobs", "one column", "one column, 3 classes", "constant columns", "0/1 columns"])
def test_there_is_no_false_alarm(compiled, name, tol):
    X, y, s = PROBLEMS[name]()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = LogisticRegression(C=np.inf, tol=tol, backend=compiled).fit(X, y, s)
    assert model.converged_


def test_there_is_no_false_alarm_for_a_few_rows_that_overlap(compiled):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(2000, 5))
    y = (X[:, 0] > 0).astype(int)
    y[np.abs(X[:, 0]).argsort()[:20]] = np.arange(20) % 2
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert LogisticRegression(C=np.inf, backend=compiled).fit(X, y).converged_


def test_softmax_weights_without_a_penalty_sum_to_0(compiled):
    X, y, _ = PROBLEMS["blobs"]()
    model = LogisticRegression(C=np.inf, backend=compiled).fit(X, y)
    np.testing.assert_allclose(model.coef_.sum(axis=0), 0.0, atol=1e-12)
    assert abs(model.intercept_.sum()) < 1e-12
