"""The duality gap, against a primal and a dual written a second time, and against models made worse on purpose."""

import numpy as np
import pytest
import scipy.sparse as sp
from helpers import random_labels, random_rows
from scipy.optimize import minimize
from scipy.special import logsumexp
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression as ScikitLogisticRegression
from sklearn.linear_model import Ridge
from sklearn.linear_model import SGDClassifier as ScikitSGDClassifier
from sklearn.multiclass import OneVsRestClassifier
from sklearn.svm import LinearSVC

import fastlr
from fastlr import LogisticRegression, SGDClassifier, duality_gap, kernels
from fastlr.data.labels import encode_labels
from fastlr.data.problem import Problem
from fastlr.data.validation import check_rows
from fastlr.objective import duality
from fastlr.objective.duality import Certifier, best_intercept, relative_gap
from fastlr.objective.penalties import ElasticNet
from fastlr.objective.row_passes import LocalPasses

PENALTIES = [
    ElasticNet.from_strengths(0.0, 0.7),
    ElasticNet.from_strengths(0.7, 0.0),
    ElasticNet.from_strengths(0.3, 0.4),
]


def make(n_classes, weighted, dtype=np.float64):
    X, y = random_rows(dtype=dtype), random_labels(60, n_classes)
    s = None
    if weighted:
        s = np.random.default_rng(1).uniform(0.0, 3.0, 60)
        s[::9] = 0.0
    return X, y, s


def checked(X, y, s):
    classes = np.unique(y)
    return Problem.make(check_rows(X), encode_labels(y, classes), s, len(classes))


def naive_probabilities(X, W, b):
    z = X.toarray() @ W + b
    if z.shape[1] == 1:
        z = np.hstack([np.zeros_like(z), z])
    return np.exp(z - logsumexp(z, axis=1, keepdims=True))


def naive_primal(X, y, s, W, b, l1, l2):
    p = naive_probabilities(X, W, b)
    return float(s @ -np.log(p[np.arange(len(y)), y])) + l1 * np.abs(W).sum() + l2 / 2 * (W**2).sum()


def naive_dual(X, y, s, p, l1, l2, n_outputs):
    """``D(p)``, for the best of p itself and of p drawn towards the labels until V is small enough for L1."""
    e = np.eye(p.shape[1])[y]
    values = []
    V = X.toarray().T @ (s[:, None] * (e - p))[:, -n_outputs:]
    for share in {1.0, min(1.0, l1 / np.abs(V).max())} if l2 else {min(1.0, l1 / np.abs(V).max())}:
        q = share * p + (1.0 - share) * e
        entropy = -np.where(q > 0.0, q * np.log(np.where(q > 0.0, q, 1.0)), 0.0).sum(axis=1)
        over = np.maximum(share * np.abs(V) - l1, 0.0)
        values.append(float(s @ entropy) - (float((over**2).sum()) / (2.0 * l2) if l2 else 0.0))
    return max(values)


def naive_best_intercept(X, y, s, W):
    def loss(b):
        return naive_primal(X, y, s, W, b, 0.0, 0.0)

    return minimize(loss, np.zeros(W.shape[1]), method="BFGS", options={"gtol": 1e-9}).x


@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("fit_intercept", [False, True])
def test_primal_and_dual_are_those_of_the_formulas(backend, penalty, n_classes, weighted, fit_intercept):
    X, y, s = make(n_classes, weighted)
    n_outputs = 1 if n_classes == 2 else n_classes
    W = np.random.default_rng(2).normal(size=(40, n_outputs)) * 0.5
    found = Certifier(LocalPasses(checked(X, y, s), kernels.load(backend)), penalty, fit_intercept).certify(
        W, np.zeros(n_outputs)
    )
    s = np.ones(60) if s is None else s
    b = naive_best_intercept(X, y, s, W) if fit_intercept else np.zeros(n_outputs)
    assert found.primal == pytest.approx(naive_primal(X, y, s, W, b, *penalty.lazy_form), rel=1e-9)
    p = naive_probabilities(X, W, b)
    assert found.dual == pytest.approx(naive_dual(X, y, s, p, *penalty.lazy_form, n_outputs), rel=1e-5)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_the_best_of_several_bounds_counts_until_one_proves_enough(backend, n_classes):
    X, y, s = make(n_classes, True)
    n_outputs = 1 if n_classes == 2 else n_classes
    rng = np.random.default_rng(2)
    W, far = rng.normal(size=(40, n_outputs)) * 0.01, rng.normal(size=(60, n_outputs)) * 5.0
    certifier, b = (
        Certifier(LocalPasses(checked(X, y, s), kernels.load(backend)), ElasticNet.from_strengths(0.0, 100.0), False),
        np.zeros(n_outputs),
    )
    own, other = certifier.certify(W, b), certifier.certify(W, b, [far])
    assert own.dual > other.dual
    assert certifier.certify(W, b, [far, None]).dual == own.dual
    assert certifier.certify(W, b, [None, far]).dual == own.dual
    assert certifier.certify(W, b, [far, None], tol=relative_gap(*other[:2])).dual == other.dual


@pytest.mark.parametrize("l1_ratio", [0.0, 0.4, 1.0])
@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("fit_intercept", [False, True])
def test_the_gap_bounds_the_distance_of_models_made_worse(backend, l1_ratio, n_classes, fit_intercept):
    X, y, s = make(n_classes, True)
    model = LogisticRegression(
        C=0.5, l1_ratio=l1_ratio, tol=1e-10, max_iter=20000, fit_intercept=fit_intercept, backend=backend
    ).fit(X, y, s)
    best = duality_gap(model, X, y, s)
    assert best.primal == pytest.approx(model.objective_, rel=1e-14)
    assert best.dual == pytest.approx(model.dual_objective_, rel=1e-7)
    assert best.relative <= 1e-7  # the model's own is of the best bound on the way
    rng = np.random.default_rng(0)
    coef, last = model.coef_.copy(), 0.0
    direction = rng.normal(size=coef.shape)
    for size in (1e-4, 1e-2, 1.0):
        model.coef_ = coef + size * direction
        worse = duality_gap(model, X, y, s)
        assert worse.primal > best.primal
        assert worse.dual <= best.primal * (1.0 + 1e-12)
        assert worse.relative >= (worse.primal - best.primal) / worse.primal * (1.0 - 1e-9)
        assert worse.relative > last
        last = worse.relative
    if fit_intercept:
        model.coef_ = coef
        model.intercept_ = model.intercept_ + rng.normal(size=model.intercept_.shape)
        worse = duality_gap(model, X, y, s)
        assert worse.relative > 1e-4
        assert worse.dual == pytest.approx(best.dual, rel=1e-7)


@pytest.mark.parametrize("n_classes", [2, 5])
@pytest.mark.parametrize("many", [False, True])
def test_the_best_intercept_leaves_no_gradient(backend, monkeypatch, n_classes, many):
    if many:
        monkeypatch.setattr(duality, "MANY_CLASSES", 0)
    X, y, s = make(n_classes, True)
    n_outputs = 1 if n_classes == 2 else n_classes
    if many and n_outputs == 1:
        pytest.skip("the binary model has one output")
    scores = np.random.default_rng(0).normal(size=(60, n_outputs)) * 3.0
    problem = checked(X, y, s)
    found = best_intercept(scores, LocalPasses(problem, kernels.load(backend)), np.full(n_outputs, 5.0))
    p = naive_probabilities(sp.csr_matrix(scores), np.eye(n_outputs), found)
    np.testing.assert_allclose(s @ p, s @ np.eye(n_classes)[y], atol=0.5 if many else 1e-6)
    if n_outputs > 1:
        assert abs(found.sum()) < 1e-9


def test_the_gap_in_float32_claims_no_more_than_its_precision(backend):
    X, y, s = make(2, False, np.float32)
    problem = checked(X, y, s)
    exact = LogisticRegression(tol=1e-12, backend=backend).fit(X.astype(np.float64), y)
    certifier = Certifier(LocalPasses(problem, kernels.load(backend)), ElasticNet.from_strengths(0.0, 1.0), True)
    found = certifier.certify(np.ascontiguousarray(exact.coef_.T, dtype=np.float32), exact.intercept_)
    assert 1e-8 < relative_gap(found.primal, found.dual) < 1e-6


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("class_weight", [None, "balanced"])
def test_models_of_scikit_learn(backend, weighted, class_weight):
    X, y, s = make(2, weighted)
    X.sum_duplicates()
    with fastlr.use_backend(backend):
        for fit_intercept in (True, False):
            model = ScikitLogisticRegression(
                C=2.0, tol=1e-10, max_iter=10000, class_weight=class_weight, fit_intercept=fit_intercept
            ).fit(X, y, s)
            assert duality_gap(model, X, y, s).relative < 1e-9
            assert duality_gap(model, X, y[::-1], s).relative > 1e-3
        model = ScikitSGDClassifier(
            loss="log_loss", alpha=0.05, class_weight=class_weight, max_iter=2000, tol=None, learning_rate="invscaling",
            eta0=0.1, power_t=0.5, random_state=0,
        )  # fmt: skip
        dense = X.toarray()  # with sparse rows it hardly moves the intercept
        assert duality_gap(model.fit(dense, y, sample_weight=s), dense, y, s).relative < 1e-3
        labels = random_labels(60, 3)
        model = ScikitLogisticRegression(tol=1e-10, max_iter=10000, class_weight=class_weight).fit(X, labels, s)
        assert duality_gap(model, X, labels, s).relative < 1e-9


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore:l1_ratio", "ignore:Inconsistent")
@pytest.mark.parametrize("penalty", ["l1", "elasticnet"])
def test_penalties_of_scikit_learn(penalty):
    X, y, _ = make(2, False)
    X.sum_duplicates()
    model = ScikitLogisticRegression(penalty=penalty, solver="saga", l1_ratio=0.3, tol=1e-9, max_iter=20000, C=3.0)
    assert duality_gap(model.fit(X, y), X, y).relative < 1e-6
    free = ScikitLogisticRegression(penalty=None, tol=1e-6, max_iter=10000).fit(X, y)
    found = duality_gap(free, X, y)
    assert np.isnan(found.relative)
    assert found.dual == -np.inf


@pytest.mark.filterwarnings("ignore:Training stopped")
@pytest.mark.parametrize("penalty", ["l2", "l1", "elasticnet"])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_models_of_sgd(compiled, penalty, n_classes):
    X, y, s = make(n_classes, True)
    model = SGDClassifier(
        penalty=penalty, alpha=0.02, batch_size="full", tol=1e-5, max_iter=5000, class_weight="balanced",
        backend=compiled,
    ).fit(X, y, s)  # fmt: skip
    found = duality_gap(model, X, y, s)
    assert 0.0 <= found.relative < 1e-2
    sparse = duality_gap(model.sparsify(), X, y, s)
    assert sparse.primal == pytest.approx(found.primal, rel=1e-12)


def test_what_it_refuses():
    X, y, _ = make(2, False)
    y3 = random_labels(60, 3)
    X.sum_duplicates()
    for model, labels, error, message in (
        (LinearSVC(), y, TypeError, "got LinearSVC"),
        (Ridge(), y, TypeError, "got Ridge"),
        ("model", y, TypeError, "got str"),
        (OneVsRestClassifier(ScikitLogisticRegression()), y3, ValueError, "several models"),
        (ScikitSGDClassifier(loss="log_loss"), y3, ValueError, "one-vs-rest models"),
        (ScikitSGDClassifier(loss="hinge"), y, ValueError, "loss='hinge'"),
    ):
        if hasattr(model, "fit"):
            model.fit(X, labels)
        with pytest.raises(error, match=message):
            duality_gap(model, X, labels)
    with pytest.raises(NotFittedError):
        duality_gap(LogisticRegression(), X, y)
    model = LogisticRegression().fit(X, y)
    for arguments, message in (
        ((X[:, :30], y), "coef_ must be an array"),
        ((X, y[:50]), "inconsistent"),
        ((X, np.full(60, 7)), "not in classes"),
        ((X, y, -np.ones(60)), "0 or more"),
        ((X, y, np.zeros(60)), "zero weight"),
    ):
        with pytest.raises(ValueError, match=message):
            duality_gap(model, *arguments)
    model.coef_ = model.coef_ * np.nan
    with pytest.raises(ValueError, match="NaN"):
        duality_gap(model, X, y)
