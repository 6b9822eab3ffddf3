"""Paths of models over C."""

from decimal import localcontext

import numpy as np
import pytest
from helpers import weighted_problem
from sklearn.exceptions import ConvergenceWarning

from fastlr import LogisticRegression, LogisticRegressionCV, duality_gap, regularization_path
from fastlr.linear_model.regularization_path import check_Cs


@pytest.mark.parametrize("l1_ratio", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_path_is_made_of_single_fits(any_backend, l1_ratio, n_classes):
    X, y, s = weighted_problem(n_classes)
    Cs = [10.0, 0.01, 1.0]
    parameters = {
        "l1_ratio": l1_ratio,
        "tol": 1e-9,
        "max_iter": 20000,
        "backend": any_backend,
        "class_weight": "balanced",
    }
    path = regularization_path(X, y, Cs, sample_weight=s, **parameters)
    n_outputs = 1 if n_classes == 2 else n_classes
    assert path.coefs.shape == (3, n_outputs, 12)
    assert path.intercepts.shape == (3, n_outputs)
    assert path.classes.tolist() == list(range(n_classes))
    assert path.Cs.tolist() == Cs
    assert (path.duality_gaps <= 1e-9).all()
    assert (path.n_iter[[0, 2]] >= 1).all()  # at C=0.01, zeros may be optimal
    for k, C in enumerate(Cs):
        model = LogisticRegression(C=C, **parameters).fit(X, y, s)
        assert path.objectives[k] == pytest.approx(model.objective_, rel=2e-9)
        if l1_ratio < 1.0 or n_classes == 2:
            np.testing.assert_allclose(path.coefs[k], model.coef_, atol=1e-3)
        model.coef_, model.intercept_ = path.coefs[k], path.intercepts[k]
        assert duality_gap(model, X, y, s).primal == pytest.approx(path.objectives[k], rel=1e-12)


def test_warm_starts_save_work(any_backend):
    X, y, _ = weighted_problem(3, False)
    Cs = np.geomspace(0.1, 10.0, 10)
    for solver in ("nesterov", "gd"):
        parameters = {"solver": solver, "backend": any_backend, "tol": 1e-6, "max_iter": 10000}
        path = regularization_path(X, y, Cs, **parameters)
        alone = [LogisticRegression(C=C, **parameters).fit(X, y).n_iter_[0] for C in Cs]
        assert path.n_iter.sum() < 0.9 * sum(alone)


def test_a_path_without_a_penalty_at_its_end(any_backend):
    X, y, s = weighted_problem(2)
    path = regularization_path(X, y, [np.inf, 1.0], sample_weight=s, backend=any_backend)
    free = LogisticRegression(C=np.inf, backend=any_backend).fit(X, y, s)
    assert path.objectives[0] == pytest.approx(free.objective_, rel=1e-6)
    assert np.isnan(path.duality_gaps[0])
    assert path.objectives[0] < path.objectives[1]


def test_a_number_of_Cs_is_equally_spaced_on_a_log_scale(any_backend):
    X, y, _ = weighted_problem(2)
    np.testing.assert_allclose(regularization_path(X, y, 4, backend=any_backend).Cs, np.logspace(-4, 4, 4), rtol=1e-14)
    with localcontext() as context:
        context.prec = 3
        np.testing.assert_allclose(check_Cs(10), np.logspace(-4, 4, 10), rtol=1e-14)
    np.testing.assert_array_equal(check_Cs(9), [1e-4, 1e-3, 1e-2, 1e-1, 1.0, 1e1, 1e2, 1e3, 1e4])
    np.testing.assert_array_equal(check_Cs(1), [1e-4])


def test_paths_say_what_fell_short():
    X, y, _ = weighted_problem(2)
    with pytest.warns(ConvergenceWarning, match="2 of 3 fits did not reach tol. The first, at C=1: .* duality gap"):
        regularization_path(X, y, [1e-9, 1.0, 10.0], solver="gd", max_iter=2)


@pytest.mark.parametrize("Cs", [[], [0.0], [-1.0], [np.nan], 0, 1.5, "many", [[1.0]], ["a"], [None]])
def test_bad_Cs(Cs):
    X, y, _ = weighted_problem(2)
    with pytest.raises(ValueError, match="Cs"):
        regularization_path(X, y, Cs)
    model = LogisticRegressionCV(Cs=Cs)
    with pytest.raises(ValueError, match="Cs"):
        model.fit(X, y)
    assert not hasattr(model, "classes_")


def test_bad_parameters_of_a_path():
    X, y, _ = weighted_problem(2)
    with pytest.raises(TypeError, match="does not accept C, warm_start"):
        regularization_path(X, y, [1.0], C=2.0, warm_start=True)
    with pytest.raises(TypeError, match="does not accept alpha"):
        regularization_path(X, y, [1.0], alpha=2.0)
    with pytest.raises(TypeError, match="unexpected keyword"):
        regularization_path(X, y, [1.0], eta0=2.0)
    with pytest.raises(ValueError, match="'tol'"):
        regularization_path(X, y, [1.0], tol=-1.0)
