"""SGDClassifier as a citizen of scikit-learn."""

import copy
import pickle

import numpy as np
import pytest
import scipy.sparse as sp
from helpers import random_labels, random_rows
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline

from fastlr import SGDClassifier


def toy_text():
    texts = ["a good film", "a bad film", "good plot", "bad plot", "what a good book", "what a bad book"] * 10
    return texts, np.array(["+", "-"] * 30)


def test_in_a_pipeline_and_a_grid_search():
    texts, y = toy_text()
    pipeline = make_pipeline(TfidfVectorizer(), SGDClassifier(random_state=0))
    search = GridSearchCV(pipeline, {"sgdclassifier__alpha": ["auto", 1e-3], "sgdclassifier__penalty": ["l2", "l1"]})
    search.fit(texts, y)
    assert search.best_score_ == 1.0
    assert cross_val_score(pipeline, texts, y, scoring="neg_log_loss").mean() > -0.3
    assert search.predict(["good", "bad"]).tolist() == ["+", "-"]


def test_calibration_and_clone():
    texts, y = toy_text()
    X = CountVectorizer().fit_transform(texts)
    model = CalibratedClassifierCV(SGDClassifier(random_state=0)).fit(X, y)
    np.testing.assert_allclose(model.predict_proba(X).sum(axis=1), 1.0)
    parameters = {"penalty": "elasticnet", "alpha": 0.1, "dtype": np.float32, "class_weight": {"+": 2.0}}
    assert clone(SGDClassifier(**parameters)).get_params() == SGDClassifier(**parameters).get_params()


@pytest.mark.parametrize("penalty", ["l2", "elasticnet"])
def test_pickles_go_on_as_if_nothing_had_happened(backend, penalty):
    X, y = random_rows(), random_labels(60, 3)
    model = SGDClassifier(penalty=penalty, random_state=0, backend=backend).partial_fit(X, y, classes=[0, 1, 2])
    copies = [pickle.loads(pickle.dumps(model)), copy.deepcopy(model)]
    model.partial_fit(X, y)
    for other in copies:
        other.partial_fit(X, y)
        np.testing.assert_array_equal(other.coef_, model.coef_)
        np.testing.assert_array_equal(other.intercept_, model.intercept_)


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_coef_is_a_view_of_the_weights(backend, n_classes, dtype):
    X, y = random_rows(dtype=dtype), random_labels(60, n_classes)
    for penalty in ("l2", "l1"):
        model = SGDClassifier(penalty=penalty, max_iter=3, backend=backend).fit(X, y)
        n_outputs = 1 if n_classes == 2 else n_classes
        assert model.coef_.shape == (n_outputs, 40)
        assert model.coef_.base is not None
        assert model.coef_.T.flags.c_contiguous
        assert model.coef_.dtype == model.intercept_.dtype == dtype
        assert model.intercept_.shape == (n_outputs,)


def test_weights_shown_do_not_change_behind_the_users_back(backend):
    X, y = random_rows(), random_labels(60, 2)
    model = SGDClassifier(max_iter=3, random_state=0, backend=backend).fit(X, y)
    shown, copied = model.coef_, model.coef_.copy()
    model.partial_fit(X, y)
    np.testing.assert_array_equal(shown, copied)
    assert (model.coef_ != copied).any()


@pytest.mark.parametrize("n_classes", [2, 3])
def test_predictions_agree_with_each_other(backend, n_classes):
    X, y = random_rows(), random_labels(60, n_classes)
    model = SGDClassifier(max_iter=5, random_state=0, backend=backend).fit(X, y)
    scores = model.decision_function(X)
    expected = np.asarray(X @ model.coef_.T) + model.intercept_
    np.testing.assert_allclose(scores, expected[:, 0] if n_classes == 2 else expected, atol=1e-12)
    np.testing.assert_allclose(scores, model.decision_function(X.toarray()), atol=1e-12)
    p = model.predict_proba(X)
    np.testing.assert_allclose(p.sum(axis=1), 1.0)
    np.testing.assert_allclose(np.log(p), model.predict_log_proba(X))
    np.testing.assert_array_equal(model.classes_[p.argmax(axis=1)], model.predict(X))
    assert model.score(X, y) == (model.predict(X) == y).mean()


def test_sparsify_and_densify(backend):
    X, y = random_rows(), random_labels(60, 3)
    model = SGDClassifier(penalty="l1", alpha=0.01, max_iter=5, random_state=0, backend=backend).fit(X, y)
    dense, scores = model.coef_.copy(), model.decision_function(X)
    assert sp.issparse(model.sparsify().coef_)
    for A in (X, sp.csr_array(X)):
        np.testing.assert_array_equal(model.decision_function(A), scores)
    np.testing.assert_allclose(model.decision_function(X.toarray()), scores, atol=1e-12)
    twin = pickle.loads(pickle.dumps(model)).partial_fit(X, y)
    np.testing.assert_array_equal(model.densify().coef_, dense)
    np.testing.assert_array_equal(model.partial_fit(X, y).coef_, twin.coef_)


def test_weights_set_by_the_user_are_where_training_goes_on(backend):
    X, y = random_rows(), random_labels(60, 2)
    model = SGDClassifier(penalty=None, learning_rate="constant", eta0=1e-9, backend=backend)
    model.partial_fit(X, y, classes=[0, 1])
    model.coef_ = np.full((1, 40), 3.0)
    model.partial_fit(X, y)
    np.testing.assert_allclose(model.coef_, 3.0, atol=1e-6)
    model.intercept_ = np.array([2.0])
    model.partial_fit(X, y)
    np.testing.assert_allclose(model.intercept_, 2.0, atol=1e-6)
    np.testing.assert_allclose(model.coef_, 3.0, atol=1e-6)


def test_parameters_may_change_between_calls_of_partial_fit(compiled):
    """The weights are carried over to another penalty, type or backend."""
    X, y = random_rows(), random_labels(60, 3)
    settings = [
        {"penalty": p, "backend": b, "batch_size": m}
        for p in ("l2", "l1", None)
        for b in (compiled, "numpy")
        for m in (1, "full")
    ]
    models = [SGDClassifier(alpha=0.01, learning_rate="constant", eta0=0.1, random_state=0) for _ in range(2)]
    for setting in settings:
        models[0].set_params(**setting).partial_fit(X, y, classes=[0, 1, 2])
        models[1].set_params(**{**setting, "backend": "numpy"}).partial_fit(X, y, classes=[0, 1, 2])
    np.testing.assert_allclose(models[0].coef_, models[1].coef_, atol=1e-10)
    assert models[0].t_ == models[1].t_ == 61 * len(settings) / 2


def test_warm_start_goes_on(backend, last_step_only):
    X, y = random_rows(), random_labels(60, 2)
    parameters = {"penalty": "l1", "alpha": 0.01, "learning_rate": "constant", "eta0": 0.1, "shuffle": False}
    once = SGDClassifier(max_iter=6, backend=backend, **parameters).fit(X, y)
    twice = SGDClassifier(max_iter=3, warm_start=True, backend=backend, **parameters).fit(X, y).fit(X, y)
    np.testing.assert_allclose(once.coef_, twice.coef_, atol=1e-13)
    assert twice.n_iter_ == 3
    assert twice.t_ == 180


def test_not_fitted_yet():
    model = SGDClassifier()
    assert not hasattr(model, "coef_")
    assert not hasattr(model, "intercept_")
    for method in ("predict", "predict_proba", "decision_function"):
        with pytest.raises(NotFittedError):
            getattr(model, method)([[0.0]])
    with pytest.raises(NotFittedError):
        model.sparsify()


@pytest.mark.parametrize("factor", [1000.0, 0.001])
@pytest.mark.parametrize("penalty", ["l2", "l1", "elasticnet", None])
@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("batch_size", [1, 8])
def test_the_defaults_are_free_of_scale(backend, factor, penalty, n_classes, batch_size):
    X, y = random_rows(), random_labels(60, n_classes)
    for fit_intercept in (True, False):
        one, other = (
            SGDClassifier(penalty=penalty, fit_intercept=fit_intercept, random_state=0, backend=backend, max_iter=5,
                          batch_size=batch_size).fit(c * X, y)
            for c in (1.0, factor)
        )  # fmt: skip
        np.testing.assert_allclose(other.predict_proba(factor * X), one.predict_proba(X), rtol=1e-7)
        streams = [
            SGDClassifier(penalty=penalty, fit_intercept=fit_intercept, random_state=0, backend=backend) for _ in "ab"
        ]
        for start in (0, 30):
            for model, c in zip(streams, (1.0, factor), strict=True):
                model.partial_fit(c * X[start : start + 30], y[start : start + 30], classes=range(n_classes))
        np.testing.assert_allclose(streams[1].predict_proba(factor * X), streams[0].predict_proba(X), rtol=1e-7)


@pytest.mark.parametrize("factor", [0.01, 100.0])
def test_the_automatic_rate_is_free_of_the_scale_of_weights(backend, factor):
    X, y = random_rows(), random_labels(60, 3)
    one, other = (
        SGDClassifier(random_state=0, backend=backend, max_iter=5).fit(X, y, sample_weight=np.full(60, c))
        for c in (1.0, factor)
    )
    np.testing.assert_allclose(one.coef_, other.coef_, rtol=1e-9)


def test_alpha_is_reported_as_it_was_used(backend):
    X, y = random_rows(), random_labels(60, 2)
    X.sum_duplicates()
    q = float(X.multiply(X).sum(axis=1).mean())
    for penalty, l1, l2 in (
        ("l2", 0.0, 1e-6 * q),
        ("l1", 1e-6 * q**0.5, 0.0),
        ("elasticnet", 0.15e-6 * q**0.5, 0.85e-6 * q),
    ):
        model = SGDClassifier(penalty=penalty, max_iter=1, backend=backend).fit(X, y)
        assert model.alpha_ * model.l1_ratio_ == pytest.approx(l1, rel=1e-9, abs=0)
        assert model.alpha_ * (1 - model.l1_ratio_) == pytest.approx(l2, rel=1e-9, abs=1e-30)
    assert SGDClassifier(alpha=0.3, max_iter=1, backend=backend).fit(X, y).alpha_ == 0.3
    assert SGDClassifier(penalty=None, max_iter=1, backend=backend).fit(X, y).alpha_ == 0.0


def test_class_weights(backend):
    X, y = random_rows(), random_labels(60, 3)
    weights = {0: 2.0, 2: 0.5}
    parameters = {"alpha": 0.01, "max_iter": 3, "random_state": 0, "backend": backend}
    one = SGDClassifier(class_weight=weights, **parameters).fit(X, y)
    two = SGDClassifier(**parameters).fit(X, y, sample_weight=np.array([2.0, 1.0, 0.5])[y])
    np.testing.assert_array_equal(one.coef_, two.coef_)
    balanced = SGDClassifier(class_weight="balanced", **parameters).fit(X, y)
    three = SGDClassifier(**parameters).fit(X, y, sample_weight=60 / (3 * np.bincount(y))[y])
    np.testing.assert_allclose(balanced.coef_, three.coef_, atol=1e-13)


def test_convergence_is_reported(backend):
    X, y = random_rows(), random_labels(60, 2)
    with pytest.warns(ConvergenceWarning, match="max_iter=2 before reaching tol"):
        SGDClassifier(max_iter=2, tol=1e-9, backend=backend).fit(X, y)
    model = SGDClassifier(alpha=0.1, batch_size="full", tol=1e-3, backend=backend).fit(X, y)
    assert 1 < model.n_iter_ < 1000
    assert model.t_ == model.n_iter_ - 1


def test_verbose_shows_a_bar_on_stderr(backend, capsys):
    SGDClassifier(max_iter=3, verbose=1, backend=backend).fit(random_rows(), random_labels(60, 2))
    captured = capsys.readouterr()
    assert "SGDClassifier: 100%" in captured.err
    assert "loss=" in captured.err
    assert captured.out == ""
