"""partial_fit: new classes, new features, running class weights, rows of no weight."""

import itertools
import pickle

import numpy as np
import pytest
import scipy.sparse as sp
from helpers import random_labels, random_rows
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.exceptions import NotFittedError

from fastlr import SGDClassifier
from fastlr.objective import probabilities
from fastlr.solvers.stochastic.resize import with_classes

pytestmark = pytest.mark.filterwarnings("ignore:Training stopped")

FIXED = {"learning_rate": "constant", "eta0": 0.3, "alpha": 0.01, "shuffle": False}


@settings(max_examples=50)
@given(st.data())
def test_no_old_ratio_of_probabilities_changes_when_classes_come(data):
    labels = data.draw(st.permutations(list(range(6))))
    n_old = data.draw(st.integers(2, 4))
    n_new = data.draw(st.integers(1, 6 - n_old))
    old, new = np.sort(labels[:n_old]), np.sort(labels[: n_old + n_new])
    n_outputs = 1 if n_old == 2 else n_old
    random = np.random.default_rng(0)
    weights, intercept = random.normal(size=(7, n_outputs)), random.normal(size=n_outputs)
    grown, grown_intercept = with_classes(weights, intercept, old, new)
    X = random.normal(size=(9, 7))
    before = probabilities(X @ weights + intercept)
    after = probabilities(X @ grown + grown_intercept)[:, np.searchsorted(new, old)]
    np.testing.assert_allclose(before / before[:, :1], after / after[:, :1], rtol=1e-12)


@pytest.mark.parametrize("penalty", ["l2", "l1", None])
@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("batch_size", [1, 8, "full"])
def test_new_classes(backend, penalty, n_classes, batch_size):
    """The model after a batch with a new class is the grown model, trained on the batch."""
    X, y = random_rows(), random_labels(60, n_classes) * 2
    parameters = {**FIXED, "penalty": penalty, "batch_size": batch_size, "backend": backend}
    model = SGDClassifier(**parameters).partial_fit(X, y, classes=np.unique(y))
    old = model.predict_proba(X)
    grown = pickle.loads(pickle.dumps(model))
    weights, intercept = with_classes(model.coef_.T, model.intercept_, model.classes_, np.r_[0, 1, model.classes_[1:]])
    classes = np.r_[0, 1, model.classes_[1:]]
    t = model.t_
    y2 = np.where(np.arange(60) % 3 == 0, 1, y)
    model.partial_fit(X, y2, classes=classes[::-1])
    np.testing.assert_array_equal(model.classes_, classes)
    assert model.coef_.shape == (len(classes), 40)
    assert model.t_ == 2 * t
    # The same by hand.
    grown.classes_ = classes
    grown.coef_, grown.intercept_ = weights.T, intercept
    ratios = grown.predict_proba(X)[:, [0, *range(2, len(classes))]]
    np.testing.assert_allclose(ratios / ratios[:, :1], old / old[:, :1], rtol=1e-9)
    grown.partial_fit(X, y2)
    np.testing.assert_allclose(model.coef_, grown.coef_, atol=1e-12)
    np.testing.assert_allclose(model.intercept_, grown.intercept_, atol=1e-12)
    model.partial_fit(X, y)  # classes stay without being named again
    assert (model.predict_proba(X)[:, 1] > 0).all()


def test_new_classes_after_fit_and_of_sparse_weights(backend):
    X, y = random_rows(), random_labels(60, 3)
    model = SGDClassifier(max_iter=3, random_state=0, backend=backend, penalty="l1", alpha=0.01).fit(X, y)
    before = model.predict_proba(X)
    twin = pickle.loads(pickle.dumps(model)).sparsify()
    for one in (model, twin):
        one.partial_fit(X[:1], [7], classes=[0, 1, 2, 7])
    np.testing.assert_array_equal(model.coef_, twin.coef_)
    assert before.shape[1] + 1 == model.predict_proba(X).shape[1]
    texts = SGDClassifier(backend=backend).partial_fit(X, np.array(["a", "b"])[(y > 0).astype(int)], classes=["a", "b"])
    texts.partial_fit(X[:2], ["a", "longer"], classes=["longer", "b", "a"])
    assert texts.classes_.tolist() == ["a", "b", "longer"]


def test_labels_that_were_not_named(backend):
    X, y = random_rows(), random_labels(60, 2)
    model = SGDClassifier(backend=backend, random_state=0).partial_fit(X, y, classes=[0, 1])
    before = pickle.dumps(model)
    for y2, classes, message in (
        (np.where(y == 0, 2, y), None, r"not in classes: \[2\]"),
        (np.where(y == 0, 3, y), [0, 1, 2], r"not in classes: \[3\]"),
        (y, [1, 2], r"lacks \[0\], but the model has the labels"),
        (y, ["0", "1"], r"lacks \[0, 1\], but the model has the labels"),
    ):
        with pytest.raises(ValueError, match=message):
            model.partial_fit(X, y2, classes=classes)
    with pytest.raises(ValueError, match="features"):  # a fault in X, with a new class beside it
        model.partial_fit(X[:, :5], y, classes=[0, 1, 2])
    assert pickle.dumps(model) == before


@pytest.mark.parametrize("penalty", ["l2", "elasticnet"])
@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("batch_size", [1, 8, "full"])
def test_new_features(backend, penalty, n_classes, batch_size):
    """It is as if they had been there from the beginning."""
    X, y = random_rows(), random_labels(60, n_classes)
    parameters = {**FIXED, "penalty": penalty, "batch_size": batch_size, "backend": backend}
    narrow = sp.csr_matrix(X.toarray()[:, :25])
    padded = sp.csr_matrix((narrow.data, narrow.indices, narrow.indptr), shape=(60, 40))
    wide = SGDClassifier(**parameters).partial_fit(padded, y, classes=np.arange(n_classes))
    model = SGDClassifier(**parameters).partial_fit(narrow, y, classes=np.arange(n_classes))
    if n_classes == 2:
        assert model.coef_.shape == (1, 25)  # somebody looked
    assert model.resize_features(40) is model
    assert model.n_features_in_ == 40
    np.testing.assert_array_equal(model.coef_, wide.coef_)
    for one in (model, wide):
        one.partial_fit(X, y)
    np.testing.assert_array_equal(model.coef_, wide.coef_)
    np.testing.assert_array_equal(model.intercept_, wide.intercept_)
    assert np.abs(model.coef_[:, 25:]).max() > 0
    with pytest.raises(ValueError, match="expecting 40 features"):
        model.predict(narrow)


def test_new_features_after_fit(backend):
    X, y = random_rows(), random_labels(60, 3)
    model = SGDClassifier(max_iter=2, penalty="l1", random_state=0, backend=backend).fit(X, y)
    scores = model.decision_function(X)
    twin = pickle.loads(pickle.dumps(model)).sparsify().resize_features(50)
    model.resize_features(50)
    wide = sp.csr_matrix((X.data, X.indices, X.indptr), shape=(60, 50))
    for one in (model, twin):
        assert one.coef_.shape == (3, 50)
        np.testing.assert_allclose(one.decision_function(wide), scores, atol=1e-12)
    model.set_params(warm_start=True).fit(wide, y)


def test_features_that_cannot_be_resized(backend):
    pandas = pytest.importorskip("pandas")
    with pytest.raises(NotFittedError):
        SGDClassifier().resize_features(3)
    X, y = random_rows(), random_labels(60, 2)
    model = SGDClassifier(backend=backend, max_iter=1).fit(X, y)
    before = pickle.dumps(model)
    for n in (39, -1, 41.0, True, "41"):
        with pytest.raises(ValueError, match="n_features must be an integer, at least the 40 features"):
            model.resize_features(n)
    assert pickle.dumps(model) == before
    named = SGDClassifier(max_iter=1).fit(pandas.DataFrame({"a": [0.0, 1.0], "b": [1.0, 0.0]}), [0, 1])
    with pytest.raises(ValueError, match="cannot name the new features"):
        named.resize_features(3)


@pytest.mark.parametrize("batch_size", [1, 8, "full"])
@pytest.mark.parametrize("weighted", [False, True])
def test_balanced_weights_go_by_running_counts(backend, batch_size, weighted):
    X, y = random_rows(), np.sort(random_labels(60, 3))
    y[:3] = 0  # the first chunk has one class
    weights = np.random.default_rng(0).exponential(size=60) if weighted else None
    parameters = {"batch_size": batch_size, "random_state": 0, "backend": backend, "max_iter": 3}
    model = SGDClassifier(class_weight="balanced", **parameters)
    twin = SGDClassifier(**parameters)
    mass = np.zeros(3)
    for start, stop in itertools.pairwise([0, 3, 30, 31, 60]):
        rows = slice(start, stop)
        w = np.ones(stop - start) if weights is None else weights[rows]
        mass += np.bincount(y[rows], weights=w, minlength=3)
        per_class = mass.sum() / (np.count_nonzero(mass) * np.maximum(mass, 1e-300))
        model.partial_fit(X[rows], y[rows], [0, 1, 2], None if weights is None else w)
        twin.partial_fit(X[rows], y[rows], [0, 1, 2], w * per_class[y[rows]])
        np.testing.assert_allclose(model.coef_, twin.coef_, rtol=1e-9, atol=1e-12)
    assert model.t_ == twin.t_
    # A fit counts too, and a class that comes later.
    model.fit(X, y, sample_weight=weights)
    twin.fit(X, y, sample_weight=w_all(y, weights))
    np.testing.assert_allclose(model.coef_, twin.coef_, rtol=1e-9, atol=1e-12)
    w = np.ones(60) if weights is None else weights
    mass = np.bincount(y, weights=w, minlength=4) + np.bincount([3, 0], minlength=4)
    model.partial_fit(X[:2], [3, 0], classes=[0, 1, 2, 3])
    twin.partial_fit(X[:2], [3, 0], [0, 1, 2, 3], (mass.sum() / (4 * mass))[[3, 0]])
    np.testing.assert_allclose(model.coef_, twin.coef_, rtol=1e-9, atol=1e-12)


def w_all(y, weights):
    weights = np.ones(len(y)) if weights is None else weights
    mass = np.bincount(y, weights=weights)
    return weights * (weights.sum() / (len(mass) * mass))[y]


@pytest.mark.parametrize("settings", [{}, {"batch_size": "full"}, {"class_weight": "balanced"}])
@pytest.mark.parametrize("looked", [False, True])
def test_rows_of_no_weight_change_nothing_at_all(backend, settings, looked):
    X, y = random_rows(), random_labels(60, 2)
    model = SGDClassifier(backend=backend, random_state=0, **settings).partial_fit(X, y, classes=[0, 1])
    if looked:
        model.coef_  # noqa: B018
    before = pickle.dumps(model)
    model.partial_fit(3 * X, y, sample_weight=np.zeros(60))
    model.partial_fit(3 * X, y, sample_weight=np.zeros(60), classes=[0, 1, 2])
    assert pickle.dumps(model) == before
    assert model.t_ == (1 if settings.get("batch_size") == "full" else 60)
    fitted = SGDClassifier(max_iter=2, backend=backend, random_state=0, **settings).fit(X, y)
    before = pickle.dumps(fitted)
    fitted.partial_fit(X, y, sample_weight=np.zeros(60))
    assert pickle.dumps(fitted) == before
