"""Folds whose training rows lack a class: what their models and scores are."""

import warnings

import numpy as np
import pytest
from helpers import random_labels, random_rows
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression as ScikitLogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import KFold

from fastlr import LogisticRegression, LogisticRegressionCV, duality_gap
from fastlr.kernels.backend import resolve_backend

EPS = np.finfo(np.float64).eps


def three_classes():
    X, y = random_rows(80, 12, 0.4), random_labels(80, 2)
    y[:3] = 2  # only the first of four folds has them
    return X, y


@pytest.mark.parametrize("l1_ratio", [0.0, 0.5, 1.0])
def test_an_absent_class_has_probability_0(any_backend, l1_ratio):
    X, y = three_classes()
    parameters = {"Cs": [0.05, 0.5], "l1_ratios": [l1_ratio], "cv": KFold(4), "random_state": 0, "backend": any_backend}
    model = LogisticRegressionCV(tol=1e-8, max_iter=5000, **parameters).fit(X, y)
    path = model.coefs_paths_[0, 0]
    assert (path[:, 2, :-1] == 0).all()
    assert (path[:, 2, -1] == -np.inf).all()
    assert np.isfinite(model.coefs_paths_[1:]).all()
    for k, C in enumerate(model.Cs_):
        # The others' model is that of their own rows, written with two columns of scores.
        strengths = {0.0: 2.0, 1.0: 1.0}
        if l1_ratio in strengths:
            own = LogisticRegression(C=C * strengths[l1_ratio], l1_ratio=l1_ratio, tol=1e-9, random_state=0)
            own.fit(X[20:], y[20:])
            np.testing.assert_allclose(path[k, 1, :-1] - path[k, 0, :-1], own.coef_[0], atol=2e-3)
        one = LogisticRegression(backend=any_backend).fit(X, y)
        one.coef_, one.intercept_ = path[k, :, :-1], path[k, :, -1]
        p = one.predict_proba(X[:20])
        assert (p[:, 2] == 0).all()
        assert model.scores_[0, 0, k] == pytest.approx(-log_loss(y[:20], p, labels=[0, 1, 2]), rel=1e-12)
    # No stopping point shows.
    loose = LogisticRegressionCV(tol=1e-3, **parameters).fit(X, y)
    np.testing.assert_allclose(loose.scores_, model.scores_, atol=0.02)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_fold_of_one_class(any_backend, dtype):
    X, y = random_rows(40, 12, 0.4).astype(dtype), np.repeat([0, 1], 20)
    model = LogisticRegressionCV(Cs=[0.1, 1.0], cv=KFold(2), backend=any_backend).fit(X, y)
    np.testing.assert_allclose(model.scores_, np.log(np.finfo(dtype).eps), rtol=1e-6)
    assert (model.coefs_paths_[..., :-1] == 0).all()
    np.testing.assert_array_equal(model.coefs_paths_[:, 0, :, 0, -1], [[np.inf] * 2, [-np.inf] * 2])
    assert model.C_ == 0.1
    assert np.isfinite(model.coef_).all()
    labels = np.array(["a", "b", "c"])[np.arange(40) // 14]
    several = LogisticRegressionCV(Cs=[0.1, 1.0], cv=KFold(3), scoring="accuracy", backend=any_backend).fit(X, labels)
    assert (several.scores_ < 0.3).all()


def test_without_an_intercept_the_model_is_scikit_learns(any_backend):
    X, y = three_classes()
    model = LogisticRegressionCV(Cs=[0.5], cv=KFold(4), fit_intercept=False, tol=1e-10, backend=any_backend).fit(X, y)
    # scikit-learn has no model of classes that are absent, but rows of almost no weight come near it.
    twin = ScikitLogisticRegression(C=0.5, fit_intercept=False, tol=1e-10, max_iter=1000)
    s = np.where(np.arange(80) < 20, 1e-12, 1.0)
    twin.fit(X, y, s)
    np.testing.assert_allclose(model.coefs_paths_[0, 0, 0], twin.coef_, atol=1e-4)
    assert model.scores_[0, 0, 0] == pytest.approx(-log_loss(y[:20], twin.predict_proba(X[:20])), abs=1e-4)


@pytest.mark.skipif(resolve_backend() == "numpy", reason="the reference lacks the solver of the elastic net")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("l1_ratio", [0.0, 0.5])
def test_a_fold_is_trained_on_its_own_classes(l1_ratio, dtype):
    X, y = load_iris(return_X_y=True)
    X, y = np.r_[X, X[:50] + 3.0].astype(dtype), np.repeat([0, 1, 2, 3], 50)
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)  # the intercept of an absent class keeps no solver busy
        model = LogisticRegressionCV(Cs=[0.05, 1.0], l1_ratios=[l1_ratio], cv=KFold(4), random_state=0).fit(X, y)
    assert (model.coefs_paths_[0, 0, :, 0, -1] == -np.inf).all()
    one = LogisticRegression(l1_ratio=l1_ratio, random_state=0).fit(X[50:], y[50:])
    one.coef_, one.intercept_ = model.coefs_paths_[0, 0, 1, 1:, :-1], model.coefs_paths_[0, 0, 1, 1:, -1]
    assert duality_gap(one, X[50:], y[50:]).relative < 2e-5


def test_folds_that_lack_a_class_are_not_averaged():
    X, y = three_classes()
    model = LogisticRegressionCV(Cs=[0.1, 1.0], cv=KFold(4), refit=False).fit(X, y)
    best = model.scores_[1:, 0].argmax(axis=1)
    paths = np.stack([model.coefs_paths_[k + 1, 0, best[k]] for k in range(3)])
    np.testing.assert_allclose(model.coef_, paths.mean(axis=0)[:, :-1], rtol=1e-14)
    assert pytest.approx(model.C_) == model.Cs_[best].mean()
    with pytest.raises(ValueError, match="refit=False needs a fold"):
        LogisticRegressionCV(Cs=[1.0], cv=KFold(2), refit=False).fit(X[:40], np.repeat([0, 1], 20))


def test_one_rare_row_does_not_choose_the_penalty():
    random = np.random.default_rng(1)
    X = random.normal(size=(400, 4))
    y = (2 * X[:, 0] + random.normal(size=400) > 0).astype(int)
    Cs = np.logspace(-2, 4, 3)
    common = LogisticRegressionCV(Cs=Cs, cv=KFold(5)).fit(X, y)
    y[7] = 2
    rare = LogisticRegressionCV(Cs=Cs, cv=KFold(5)).fit(X, y)
    assert common.C_ == rare.C_
    assert rare.scores_.min() > np.log(EPS) / 80 - 1.0


def test_probabilities_are_clipped_in_every_fold():
    X = np.r_[np.linspace(-1, 1, 20), 1e6][:, None]
    y = np.r_[np.repeat([0, 1], 10), 0]
    cv = [(np.arange(20), np.arange(10, 21))]
    model = LogisticRegressionCV(Cs=[1.0], cv=cv).fit(X, y)
    one = LogisticRegression().fit(X[:20], y[:20])
    assert model.scores_[0, 0, 0] == pytest.approx(-log_loss(y[10:], one.predict_proba(X[10:])), rel=1e-4)


@pytest.mark.parametrize("value", [None, "good", np.ones(2), 1j])
def test_scores_that_are_no_numbers(value):
    model = LogisticRegressionCV(Cs=[1.0], cv=2, scoring=lambda *_: value)
    with pytest.raises(ValueError, match="scoring must return a number; got"):
        model.fit(random_rows(20, 4, 0.5), random_labels(20, 2))
    assert not hasattr(model, "coef_")
