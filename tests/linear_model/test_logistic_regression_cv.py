"""LogisticRegressionCV: cross-validation over row subsets of one matrix."""

import inspect
import warnings
from functools import partial

import numpy as np
import pytest
import scipy.sparse as sp
from helpers import random_labels, random_rows, weighted_problem
from sklearn import config_context
from sklearn.exceptions import UnsetMetadataPassedError
from sklearn.linear_model import LogisticRegressionCV as ScikitLogisticRegressionCV
from sklearn.metrics import accuracy_score, get_scorer, get_scorer_names, log_loss, make_scorer
from sklearn.model_selection import GroupKFold, ShuffleSplit, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from fastlr import LogisticRegression, LogisticRegressionCV, duality_gap
from fastlr.objective.duality import Certifier


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

    def spy(self, passes, *arguments):
        seen.append(passes.problem.rows)
        original(self, passes, *arguments)

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


def test_the_older_spelling_of_penalties():
    X, y, _ = weighted_problem(2, False)
    for penalty, l1_ratios in (("l2", (0.0,)), ("l1", (1.0,)), ("elasticnet", (0.3, 0.6))):
        old = LogisticRegressionCV(Cs=2, cv=2, penalty=penalty, l1_ratios=l1_ratios if len(l1_ratios) > 1 else None)
        with pytest.warns(FutureWarning, match="'penalty' was deprecated"):
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
        ({"use_legacy_attributes": True}, "use_legacy_attributes=True is not supported. Pass False"),
        ({"solver": "lbfgs", "l1_ratios": [0.0, 0.5]}, "solver='lbfgs' does not support l1_ratio"),
        ({"cv": [(np.arange(45), np.arange(0))]}, "fold that has no rows"),
        ({"cv": [(np.arange(0), np.arange(45))]}, "fold that has no rows"),
        ({"cv": [(np.arange(45), np.array([90]))]}, "fold that does not index the 90 rows"),
        ({"cv": [(np.arange(45), [True, False])]}, "fold that does not index the 90 rows"),
        ({"cv": [(np.arange(45.0), np.arange(45, 90))]}, "fold that does not index the 90 rows"),
        ({"cv": [(np.arange(4).reshape(2, 2), np.arange(45, 90))]}, "not a pair of lists of rows"),
        ({"cv": [([0, 45], [1, 46], [2, 47])]}, "not a pair of lists of rows"),
        ({"cv": [5]}, "not a pair of lists of rows"),
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


@pytest.mark.parametrize("scoring", ["accuracy", "neg_log_loss"])
def test_folds_are_whatever_indexes_an_array(scoring):
    X, y, s = weighted_problem(3)
    train = np.arange(90) % 3 > 0
    numbers, test = np.flatnonzero(train), np.flatnonzero(~train)
    scores = [
        LogisticRegressionCV(Cs=[0.1, 1.0], cv=[fold], scoring=scoring).fit(X, y, s).scores_
        for fold in ((numbers, test), (train, ~train), (numbers - 90, test - 90), (numbers.tolist(), (~train).tolist()))
    ]
    for others in scores[1:]:
        np.testing.assert_array_equal(others, scores[0])
    # A row that occurs twice counts twice.
    twice = [(np.r_[numbers, numbers[:9]], np.r_[test, test[:9]])]
    doubled = LogisticRegressionCV(Cs=[0.1, 1.0], cv=twice, scoring=scoring).fit(X, y, s)
    one = LogisticRegression(C=1.0).fit(X[twice[0][0]], y[twice[0][0]], s[twice[0][0]])
    found = get_scorer(scoring)(one, X[twice[0][1]], y[twice[0][1]], sample_weight=s[twice[0][1]])
    assert doubled.scores_[0, 0, 1] == pytest.approx(found, abs=1e-4)


def test_nan_scores_never_win():
    X, y, _ = weighted_problem(2)

    def score(value, model, X, y):
        return value[model.C]

    for value, C, warned in (
        ({0.25: np.nan, 1.0: 0.0, 9.0: 0.5}, 9.0, True),
        ({0.25: np.nan, 1.0: -np.inf, 9.0: np.nan}, 1.0, True),
        ({0.25: np.nan, 1.0: np.nan, 9.0: np.nan}, 0.25, True),
        ({0.25: 0.0, 1.0: 0.5, 9.0: 0.5}, 1.0, False),
    ):
        for refit in (True, False):
            model = LogisticRegressionCV(Cs=list(value), cv=3, scoring=partial(score, value), refit=refit)
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                model.fit(X, y)
            assert C == model.C_
            assert ["are NaN or infinite" in str(warning.message) for warning in caught] == [True] * warned


def test_a_scorer_sees_the_rows_as_they_were_passed():
    pandas = pytest.importorskip("pandas")
    X, y, s = weighted_problem(3)
    dense, seen = X.toarray(), []

    def score(model, X, y, sample_weight=None):
        seen.append((X, y, sample_weight, model.C, model.l1_ratio))
        return model.score(X, y, sample_weight)

    frame = pandas.DataFrame(dense, columns=[f"x{j}" for j in range(12)])
    labels = np.array(["a", "b", "c"])[y]
    test = np.arange(0, 90, 3)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a model without the names of the columns would warn of them
        for rows in (X, sp.csr_matrix(X), dense, frame):
            cv = [(np.arange(90), test)]
            LogisticRegressionCV(Cs=[0.5], l1_ratios=[0.5], cv=cv, scoring=score).fit(rows, labels, s)
            found, y_found, s_found, *parameters = seen.pop()
            assert type(found) is type(rows)
            assert found.dtypes.eq("float64").all() if rows is frame else found.dtype == np.float64
            assert parameters == [0.5, 0.5]
            np.testing.assert_array_equal(y_found, labels[test])
            np.testing.assert_array_equal(s_found, s[test])


BINARY = (
    "f1",
    "precision",
    "recall",
    "jaccard",
    "balanced_accuracy",
    "roc_auc",
    "matthews_corrcoef",
    "neg_brier_score",
)
SEVERAL = (
    "neg_log_loss", "neg_brier_score", "d2_brier_score", "d2_log_loss_score", "roc_auc_ovr", "top_k_accuracy",
    "f1_macro", "accuracy",
)  # fmt: skip


@pytest.mark.parametrize(("n_classes", "scoring"), [(2, name) for name in BINARY] + [(3, name) for name in SEVERAL])
@pytest.mark.filterwarnings("ignore:.*are NaN or infinite", "ignore::sklearn.exceptions.UndefinedMetricWarning")
@pytest.mark.filterwarnings("ignore:The least populated class", "ignore:Only one class is present")
def test_every_scorer_works_where_scikit_learns_does(n_classes, scoring):
    if scoring not in get_scorer_names():
        pytest.skip("a scorer of newer versions of scikit-learn")
    random = np.random.default_rng(0)
    X = random.normal(size=(90, 3))
    codes = (X[:, 0] + random.normal(size=90) > 0).astype(int)
    if n_classes == 3:  # some test folds lack a class
        codes[:2] = 2
    y = np.array(["n", "p", "q"])[codes]
    parameters = {"Cs": [0.5], "cv": 3, "scoring": scoring, "tol": 1e-10}
    new = {"use_legacy_attributes": False, "l1_ratios": (0.0,)}
    accepted = inspect.signature(ScikitLogisticRegressionCV).parameters
    if not new.keys() <= accepted.keys():
        pytest.skip("scikit-learn before 1.8 scores otherwise")
    ours = LogisticRegressionCV(**parameters).fit(X, y)
    theirs = ScikitLogisticRegressionCV(**parameters, **new, max_iter=1000).fit(X, y)
    np.testing.assert_allclose(ours.scores_, theirs.scores_, atol=2e-5)


def test_groups_reach_the_splitter():
    X, y, s = weighted_problem(2)
    groups = np.arange(90) % 7
    by_hand = LogisticRegressionCV(Cs=[0.1, 1.0], cv=list(GroupKFold(3).split(X, y, groups))).fit(X, y, s)
    model = LogisticRegressionCV(Cs=[0.1, 1.0], cv=GroupKFold(3))
    np.testing.assert_array_equal(model.fit(X, y, s, groups=groups).scores_, by_hand.scores_)
    with pytest.raises(ValueError, match=r"fit\(..., costs=...\) is only supported if enable_metadata_routing=True"):
        model.fit(X, y, groups=groups, costs=s)
    with pytest.raises(ValueError, match=r"score\(..., costs=...\) is only supported if enable_metadata_routing=True"):
        model.score(X, y, costs=s)
    with config_context(enable_metadata_routing=True):
        plain = LogisticRegressionCV(Cs=[0.1, 1.0], cv=list(GroupKFold(3).split(X, y, groups))).fit(X, y)
        np.testing.assert_array_equal(model.fit(X, y, groups=groups).scores_, plain.scores_)
        pipeline = make_pipeline(StandardScaler(with_mean=False), model).fit(X, y, groups=groups)
        assert pipeline[-1].scores_.shape == (3, 1, 2)


def test_routed_parameters_reach_the_scorer():
    X, y, s = weighted_problem(2)
    costs = np.linspace(1, 2, 90)

    def score(y, p, sample_weight=None, costs=None):
        return float(((y == p) * costs * (1 if sample_weight is None else sample_weight)).sum())

    with config_context(enable_metadata_routing=True):
        scorer = make_scorer(score)
        with pytest.raises((UnsetMetadataPassedError, TypeError), match="costs"):  # TypeError in older versions
            LogisticRegressionCV(Cs=[1.0], cv=3, scoring=scorer).fit(X, y, costs=costs)
        for weighted in (False, True):
            scorer = make_scorer(score).set_score_request(sample_weight=weighted, costs=True)
            model = LogisticRegressionCV(Cs=[1.0], cv=3, scoring=scorer).fit(X, y, s, costs=costs)
            for k, (train, test) in enumerate(StratifiedKFold(3).split(X, y)):
                one = LogisticRegression().fit(X[train], y[train], s[train])
                found = score(y[test], one.predict(X[test]), s[test] if weighted else None, costs[test])
                assert model.scores_[k, 0, 0] == pytest.approx(found)
            found = score(y, model.predict(X), s if weighted else None, costs)
            assert model.score(X, y, s, costs=costs) == pytest.approx(found)
        inner = (
            LogisticRegressionCV(Cs=[1.0], cv=3)
            .set_fit_request(sample_weight=False)
            .set_score_request(sample_weight=True)
        )
        assert "sample_weight" in str(inner.get_metadata_routing())


def test_score_is_by_the_scoring():
    X, y, s = weighted_problem(3)
    labels = np.array(["a", "b", "c"])[y]
    model = LogisticRegressionCV(Cs=[1.0], cv=2).fit(X, labels)
    assert model.score(X, labels, s) == pytest.approx(-log_loss(labels, model.predict_proba(X), sample_weight=s))
    assert model.set_params(scoring=None).score(X, labels) == accuracy_score(labels, model.predict(X))
    # Rows that lack a class are scored all the same.
    few = np.flatnonzero(y < 2)
    assert np.isfinite(model.set_params(scoring="neg_log_loss").score(X[few], labels[few]))


def test_penalty_that_contradicts_l1_ratios_warns():
    X, y, _ = weighted_problem(2, False)
    for penalty, l1_ratios, n_warnings in (("l1", (0.5,), 1), ("l2", (1.0,), 1), ("l1", (0.0,), 0), ("l2", None, 0)):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            LogisticRegressionCV(Cs=[1.0], cv=2, penalty=penalty, l1_ratios=l1_ratios).fit(X, y)
        assert sum("Inconsistent values" in str(warning.message) for warning in caught) == n_warnings


def test_no_folds():
    with pytest.raises(ValueError, match="cv makes no folds"):
        LogisticRegressionCV(cv=[]).fit([[0.0], [1.0]], [0, 1])
