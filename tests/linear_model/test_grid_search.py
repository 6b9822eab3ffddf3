"""LogisticRegressionCV gives what GridSearchCV over LogisticRegression gives."""

import warnings

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import config_context
from sklearn.exceptions import ConvergenceWarning, UndefinedMetricWarning
from sklearn.metrics import get_scorer
from sklearn.model_selection import GridSearchCV, KFold, LeaveOneGroupOut, ShuffleSplit, StratifiedKFold

from fastlr import LogisticRegression, LogisticRegressionCV

CVS = {
    "stratified": StratifiedKFold(3, shuffle=True, random_state=0),
    "shuffled": ShuffleSplit(2, test_size=0.4, random_state=1),
    "consecutive": KFold(3),
    "groups": LeaveOneGroupOut(),
}
SCORINGS = ("neg_log_loss", "accuracy", "f1_macro", "balanced_accuracy", "neg_log_loss of weights")
# Scores that a change of the last digits of a probability may change by the share of one row.
COUNTS = ("accuracy", "f1_macro", "balanced_accuracy")


@settings(max_examples=10)
@given(
    seed=st.integers(0, 10**6),
    n_classes=st.sampled_from([2, 3]),
    labels=st.sampled_from(["abc", "120"]),
    form=st.sampled_from([np.asarray, sp.csr_matrix, sp.coo_array]),
    cv=st.sampled_from(sorted(CVS)),
    scoring=st.sampled_from(SCORINGS),
    l1_ratios=st.sampled_from([(0.0,), (0.3, 0.9)]),
    class_weight=st.sampled_from([None, "dict"]),
    weighted=st.booleans(),
    fit_intercept=st.booleans(),
)
def test_scores_and_choice_are_those_of_a_grid_search(
    seed, n_classes, labels, form, cv, scoring, l1_ratios, class_weight, weighted, fit_intercept
):
    random = np.random.default_rng(seed)
    X = random.normal(size=(60, 5)) * (random.random((60, 5)) < 0.6)
    codes = (X[:, 0] + random.normal(size=60) > 0).astype(int) + (random.random(60) < 0.4) * (n_classes - 2)
    codes[:20] = codes[20:40] = codes[40:] = np.r_[np.arange(n_classes), codes[n_classes:20]]  # no fold lacks a class
    y, groups = np.array(list(labels))[codes], np.arange(60) // 20
    if labels == "120":
        y = y.astype(int)
    s = random.integers(1, 4, 60) / 2.0 if weighted else None
    parameters = {"fit_intercept": fit_intercept, "tol": 1e-9, "random_state": 0}
    parameters["class_weight"] = class_weight and {label: 1.0 + k for k, label in enumerate(np.unique(y).tolist())}
    Cs = [1.0, 0.05]
    scorer = get_scorer(scoring.split()[0])
    with config_context(enable_metadata_routing=True), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("ignore", UndefinedMetricWarning)
        scorer.set_score_request(sample_weight=scoring.endswith("weights"))
        estimator = LogisticRegression(**parameters).set_fit_request(sample_weight=True)
        metadata = {} if s is None else {"sample_weight": s}
        if cv == "groups":
            metadata["groups"] = groups
        ours = LogisticRegressionCV(Cs=Cs, l1_ratios=l1_ratios, cv=CVS[cv], scoring=scorer, **parameters)
        ours.fit(form(X), y, **metadata)
        search = GridSearchCV(estimator, {"C": Cs, "l1_ratio": l1_ratios}, cv=CVS[cv], scoring=scorer)
        search.fit(form(X), y, **metadata)
        n_folds = search.n_splits_
        theirs = np.array([search.cv_results_[f"split{k}_test_score"] for k in range(n_folds)])
        theirs = theirs.reshape(n_folds, len(Cs), len(l1_ratios)).swapaxes(1, 2)
        np.testing.assert_allclose(ours.scores_, theirs, atol=0.2 if scoring in COUNTS else 1e-4)
        if (ours.scores_ == theirs).all() or np.diff(np.sort(theirs.mean(axis=0).ravel()))[-1] > 1e-3:
            assert search.best_params_ == {"C": ours.C_, "l1_ratio": ours.l1_ratio_}
            np.testing.assert_allclose(ours.coef_, search.best_estimator_.coef_, atol=1e-2)
        plain = LogisticRegressionCV(Cs=Cs, l1_ratios=l1_ratios, cv=CVS[cv], scoring=scoring.split()[0], **parameters)
    # Without routing, weights count in training and in the scores.
    if s is None or scoring.endswith("weights"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            plain.fit(form(X), y, s, **({"groups": groups} if cv == "groups" else {}))
        np.testing.assert_allclose(plain.scores_, ours.scores_, atol=1e-12)


@pytest.mark.parametrize("scoring", ["roc_auc", "average_precision", "neg_brier_score"])
def test_scores_of_probabilities_are_those_of_a_grid_search(scoring):
    random = np.random.default_rng(0)
    X = random.normal(size=(200, 5))
    y = (X[:, 0] + random.normal(size=200) > 0).astype(int)
    ours = LogisticRegressionCV(Cs=[0.01, 1.0], scoring=scoring, tol=1e-12).fit(X, y)
    search = GridSearchCV(LogisticRegression(tol=1e-12), {"C": [0.01, 1.0]}, scoring=scoring).fit(X, y)
    theirs = np.array([search.cv_results_[f"split{k}_test_score"] for k in range(5)])
    np.testing.assert_allclose(ours.scores_[:, 0], theirs, atol=1e-6)
    assert search.best_params_["C"] == ours.C_
