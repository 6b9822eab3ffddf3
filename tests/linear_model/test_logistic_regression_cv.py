"""LogisticRegressionCV: cross-validation over row subsets of one matrix."""

import numpy as np
import pytest
import scipy.sparse as sp
from helpers import random_labels, random_rows, weighted_problem
from sklearn.metrics import accuracy_score, log_loss
from sklearn.model_selection import KFold, ShuffleSplit, StratifiedKFold
from sklearn.utils.estimator_checks import parametrize_with_checks

from fastlr import LogisticRegression, LogisticRegressionCV, duality_gap
from fastlr.objective.duality import Certifier


# A check compares weights to seven digits, which C=10000 leaves undetermined.
@parametrize_with_checks([LogisticRegressionCV(Cs=[0.01, 1.0], cv=2)])
def test_scikit_learns_checks(estimator, check):
    check(estimator)


@pytest.mark.parametrize(
    ("n_classes", "scoring", "weighted"),
    [
        (2, "neg_log_loss", False),
        (3, "neg_log_loss", True),
        (2, "accuracy", True),
        (3, None, False),
        (2, "callable", True),
        (3, "callable", False),
    ],
)
def test_cross_validation_is_made_of_single_fits(any_backend, n_classes, scoring, weighted):
    X, y, s = weighted_problem(n_classes, weighted)
    labels = np.array(["a", "b", "c"])[y]
    Cs, l1_ratios, cv = [0.03, 0.5], [0.0, 0.5], StratifiedKFold(3, shuffle=True, random_state=0)

    def callable_scorer(estimator, X, y, sample_weight=None):
        return accuracy_score(y, estimator.predict(X), sample_weight=sample_weight)

    def score(estimator, X, y, sample_weight):
        if scoring == "neg_log_loss":
            p = estimator.predict_proba(X)
            return -log_loss(y, p, sample_weight=sample_weight, labels=estimator.classes_)
        return callable_scorer(estimator, X, y, sample_weight)

    parameters = {"tol": 1e-8, "max_iter": 20000, "backend": any_backend}
    model = LogisticRegressionCV(
        Cs=Cs, l1_ratios=l1_ratios, cv=cv, scoring=callable_scorer if scoring == "callable" else scoring, **parameters
    ).fit(X, labels, s)
    n_outputs = 1 if n_classes == 2 else n_classes
    assert model.coefs_paths_.shape == (3, 2, 2, n_outputs, 13)
    assert model.scores_.shape == model.n_iter_.shape == (3, 2, 2)
    for i, (train, test) in enumerate(cv.split(X, labels)):
        w_train, w_test = (None, None) if s is None else (s[train], s[test])
        for j, l1_ratio in enumerate(l1_ratios):
            for k, C in enumerate(Cs):
                one = LogisticRegression(C=C, l1_ratio=l1_ratio, **parameters).fit(X[train], labels[train], w_train)
                coefs = model.coefs_paths_[i, j, k]
                np.testing.assert_allclose(coefs, np.column_stack([one.coef_, one.intercept_]), atol=3e-3)
                # The score is of the fold's own model: a row that two classes tie for may go to
                # either in models that agree to 1e-8 of the objective, and be worth .03 of accuracy.
                one.coef_, one.intercept_ = coefs[:, :-1], coefs[:, -1]
                assert model.scores_[i, j, k] == pytest.approx(score(one, X[test], labels[test], w_test), abs=1e-12)
    mean = model.scores_.mean(axis=0)
    at_ratio, at_C = l1_ratios.index(model.l1_ratio_), Cs.index(model.C_)
    assert mean[at_ratio, at_C] == mean.max()
    final = LogisticRegression(C=model.C_, l1_ratio=model.l1_ratio_, **parameters).fit(X, labels, s)
    assert model.objective_ == pytest.approx(final.objective_, rel=2e-8)
    assert model.duality_gap_ <= 1e-8
    assert duality_gap(model, X, labels, s).relative < 1e-7
    np.testing.assert_allclose(model.coef_, final.coef_, atol=3e-3)
    assert model.score(X, labels, s) == pytest.approx(score(model, X, labels, s), abs=1e-12)


def test_no_fold_copies_the_matrix(any_backend, monkeypatch):
    X, y = random_rows(90, 12, 0.4), random_labels(90, 3)
    seen = []
    original = Certifier.__init__

    def spy(self, problem, *arguments):
        seen.append(problem.rows)
        original(self, problem, *arguments)

    monkeypatch.setattr(Certifier, "__init__", spy)
    LogisticRegressionCV(Cs=2, cv=3, backend=any_backend).fit(X, y)
    assert len(seen) == 7
    for rows in seen:
        for name in ("indptr", "indices", "data"):
            assert np.shares_memory(getattr(rows, name), getattr(X, name))


def test_threads_change_nothing(any_backend):
    X, y, s = weighted_problem(3)
    one, two = (LogisticRegressionCV(Cs=3, cv=3, n_jobs=n, backend=any_backend).fit(X, y, s) for n in (None, 2))
    np.testing.assert_array_equal(one.coefs_paths_, two.coefs_paths_)
    np.testing.assert_array_equal(one.coef_, two.coef_)


@pytest.mark.parametrize("fit_intercept", [False, True])
def test_without_a_refit_the_folds_best_models_are_averaged(any_backend, fit_intercept):
    X, y, _ = weighted_problem(3)
    model = LogisticRegressionCV(Cs=3, cv=3, refit=False, fit_intercept=fit_intercept, backend=any_backend).fit(X, y)
    best = model.scores_[:, 0].argmax(axis=1)
    paths = np.stack([model.coefs_paths_[k, 0, best[k]] for k in range(3)]).mean(axis=0)
    np.testing.assert_array_equal(model.coef_, paths[:, :12])
    np.testing.assert_array_equal(model.intercept_, paths[:, 12] if fit_intercept else np.zeros(3))
    assert model.Cs_[best].mean() == model.C_
    assert model.predict_proba(X).shape == (90, 3)
    assert not hasattr(model, "duality_gap_")


def test_a_class_that_a_fold_lacks(any_backend):
    X, y = random_rows(40, 12, 0.4), np.r_[np.zeros(20, int), np.ones(19, int), 2]
    model = LogisticRegressionCV(Cs=[0.1, 1.0], cv=KFold(4), backend=any_backend).fit(X, y)
    assert np.isfinite(model.scores_).all()
    assert np.isfinite(model.coefs_paths_).all()


def test_the_older_spelling_of_penalties():
    X, y, _ = weighted_problem(2, False)
    for penalty, l1_ratios in (("l2", (0.0,)), ("l1", (1.0,)), ("elasticnet", (0.3, 0.6))):
        old = LogisticRegressionCV(Cs=2, cv=2, penalty=penalty, l1_ratios=l1_ratios if len(l1_ratios) > 1 else None)
        with pytest.warns(FutureWarning, match="penalty is deprecated"):
            old.fit(X, y)
        new = LogisticRegressionCV(Cs=2, cv=2, l1_ratios=l1_ratios).fit(X, y)
        np.testing.assert_array_equal(old.coef_, new.coef_)
    with pytest.warns(FutureWarning, match="l1_ratios=None"):
        LogisticRegressionCV(Cs=2, cv=2, l1_ratios=None).fit(X, y)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"l1_ratios": [1.5]}, "l1_ratios"),
        ({"l1_ratios": []}, "l1_ratios"),
        ({"l1_ratios": [[0.5]]}, "l1_ratios"),
        ({"scoring": "beauty"}, "scoring"),
        ({"use_legacy_attributes": True}, "use_legacy_attributes"),
        ({"solver": "lbfgs", "l1_ratios": [0.0, 0.5]}, "solver='lbfgs' does not support l1_ratio"),
        ({"cv": [(np.arange(45), np.arange(0))]}, "fold that has no rows"),
        ({"cv": [(np.arange(0), np.arange(45))]}, "fold that has no rows"),
    ],
)
def test_bad_parameters_change_nothing(parameters, message):
    X, y, _ = weighted_problem(2, False)
    model = LogisticRegressionCV(Cs=2, cv=2).fit(X, y)
    before = vars(model).copy()
    model.set_params(**parameters)
    with pytest.raises(ValueError, match=message):
        model.fit(X, y)
    assert vars(model) == before | parameters


def test_folds_of_any_kind(any_backend):
    X, y, s = weighted_problem(2)
    X = sp.csr_matrix(X.toarray())
    model = LogisticRegressionCV(
        Cs=[1.0], cv=ShuffleSplit(4, test_size=0.3, random_state=0), class_weight="balanced", backend=any_backend
    ).fit(X, y, s)
    assert model.scores_.shape == (4, 1, 1)
    assert model.C_ == 1.0


def test_no_folds():
    with pytest.raises(ValueError, match="cv makes no folds"):
        LogisticRegressionCV(cv=[]).fit([[0.0], [1.0]], [0, 1])
