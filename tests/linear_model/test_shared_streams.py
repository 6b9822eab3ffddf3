"""A stream is pickled, mapped read-only into another process, or continued under the other compiler."""

import copy
import pickle
import tempfile

import joblib
import numpy as np
import pytest
from helpers import random_labels, random_rows
from helpers.model_files import assert_same, saved
from sklearn.base import clone

import fastlr
from fastlr import LogisticRegression, SGDClassifier, TextClassifier
from fastlr.kernels.backend import resolve_backend
from fastlr.solvers.stochastic import sgd as lazy_sgd

X, Y = random_rows(20, 12), random_labels(20, 3)

STREAMS = [
    {"penalty": "l1", "alpha": 0.01},
    {"penalty": None, "batch_size": 7},
    {"batch_size": "full", "learning_rate": "lipschitz"},
    {"average": True, "penalty": "elasticnet", "alpha": 0.01},
    {"average": 50, "batch_size": 4},
    {"optimizer": "adagrad", "penalty": "l1"},
    {"optimizer": "ftrl", "batch_size": 7},
]


def in_buffers(model):
    """The model from a pickle whose arrays are read-only buffers."""
    buffers = []
    pickled = pickle.dumps(model, protocol=5, buffer_callback=buffers.append)
    return pickle.loads(pickled, buffers=[bytes(buffer) for buffer in buffers])


def mapped(model):
    """The model that joblib maps from a file; the folder is gone, but not the map."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        joblib.dump(model, f"{folder}/model")
        return joblib.load(f"{folder}/model", mmap_mode="r")


def streamed(parameters, n_classes, **others):
    model = SGDClassifier(**parameters, random_state=0, **others)
    return model.partial_fit(X, Y % n_classes, classes=range(n_classes))


@pytest.mark.parametrize("parameters", STREAMS, ids=str)
@pytest.mark.parametrize(("load", "n_classes"), [(in_buffers, 2), (mapped, 3)])
def test_a_read_only_stream_is_copied_when_it_is_continued(backend, monkeypatch, parameters, n_classes, load):
    monkeypatch.setattr(lazy_sgd, "MIN_HISTORY", 25)
    y = Y % n_classes
    model = streamed(parameters, n_classes, backend=backend)
    shared = load(model)
    assert not any(
        array.flags.writeable and array.size
        for array in vars(shared._optimizer).values()
        if isinstance(array, np.ndarray)
    )
    assert_same(shared.predict_proba(X), model.predict_proba(X))
    before = pickle.dumps(shared)
    others = [copy.deepcopy(shared), pickle.loads(before), load(model)]
    for one in (model, shared, *others):
        one.partial_fit(X, y)
        assert_same(one.coef_, model.coef_)
        assert_same(one.intercept_, model.intercept_)
    wider = [model, load(model)]
    for one in wider:
        one.resize_features(15)
        one.partial_fit(np.pad(X.toarray(), ((0, 0), (0, 3))), y)
    assert_same(wider[0].coef_, wider[1].coef_)


@pytest.mark.parametrize("optimizer", ["sgd", "ftrl"])
def test_a_read_only_model_is_a_warm_start(backend, optimizer):
    model = SGDClassifier(optimizer=optimizer, max_iter=2, random_state=0, backend=backend, warm_start=True).fit(X, Y)
    twins = in_buffers(model), mapped(model)
    for one in (model, *twins):
        one.fit(X, Y)
        assert_same(one.coef_, model.coef_)
    for one in (model, *map(in_buffers, twins)):
        assert_same(one.partial_fit(X, Y, classes=range(3)).coef_, model.coef_)


def test_a_read_only_exact_model_is_a_warm_start(backend):
    for solver in ("newton", "lbfgs"):
        model = LogisticRegression(solver=solver, warm_start=True, backend=backend).fit(X, Y)
        shared = in_buffers(model)
        assert not shared.coef_.flags.writeable
        assert_same(model.fit(X, Y).coef_, shared.fit(X, Y).coef_)


def test_read_only_text_models_predict_and_are_fitted_again(small_text_model):
    texts = ["good film", "a bad plot"]
    for load in (in_buffers, mapped):
        shared = load(small_text_model)
        assert_same(shared.predict_proba(texts), small_text_model.predict_proba(texts))
        assert isinstance(shared.fit(texts * 9, [0, 1] * 9), TextClassifier)


@pytest.mark.skipif(resolve_backend() == "numpy", reason="the reference does not take over sums")
@pytest.mark.parametrize("parameters", STREAMS, ids=str)
@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_stream_goes_back_and_forth_between_compilers(monkeypatch, tmp_path, parameters, n_classes):
    pytest.importorskip("numba", exc_type=ImportError)
    pytest.importorskip("fastlr.kernels.compilers.cython.log_loss_baseline", exc_type=ImportError)
    monkeypatch.setattr(lazy_sgd, "MIN_HISTORY", 25)
    y = Y % n_classes
    model = streamed(parameters, n_classes)
    expected = clone(model).partial_fit(X, y, classes=range(n_classes))
    for k, backend in enumerate(("numba", "cython", "numba")):
        with fastlr.use_backend(backend):
            model = saved(model, tmp_path / "model") if k % 2 else pickle.loads(pickle.dumps(model))
            model.partial_fit(X[k:], y[k:])
        assert model.backend_ == model._optimizer_config.backend == backend
        with fastlr.use_backend("cython"):
            expected.partial_fit(X[k:], y[k:])
        assert_same(model.coef_, expected.coef_)
        assert_same(model.intercept_, expected.intercept_)


@pytest.mark.parametrize("optimizer", ["sgd", "ftrl"])
@pytest.mark.parametrize("missing", ["numba", "cython"])
def test_a_pickled_stream_goes_on_without_its_compiler(monkeypatch, optimizer, missing):
    pytest.importorskip("numba", exc_type=ImportError)
    pytest.importorskip("fastlr.kernels.compilers.cython.log_loss_baseline", exc_type=ImportError)
    with fastlr.use_backend(missing):
        model = streamed({"optimizer": optimizer, "average": optimizer == "sgd"}, 2)
        pickled, scores = pickle.dumps(model), model.decision_function(X)
        expected = model.partial_fit(X, Y % 2).coef_
    load = fastlr.kernels.load

    def load_others(backend, loss="log_loss"):
        if backend == missing:
            raise ImportError("not here")
        return load(backend, loss)

    monkeypatch.setattr(fastlr.kernels, "load", load_others)
    monkeypatch.setattr(fastlr.kernels.backend, "_why_missing", lambda name: "not here" if name == missing else None)
    with fastlr.use_backend("auto"):
        assert_same(pickle.loads(pickled).decision_function(X), scores)
        model = pickle.loads(pickled).partial_fit(X, Y % 2)
        assert_same(model.coef_, expected)
        assert model.backend_ == {"numba": "cython", "cython": "numba"}[missing]


@pytest.mark.skipif(resolve_backend() == "numpy", reason="no compiler begins the stream")
def test_the_reference_does_not_take_over_sums():
    model = streamed({"optimizer": "ftrl"}, 2, backend=None)
    with fastlr.use_backend("numpy"), pytest.raises(ValueError, match="changed from or to 'numpy'"):
        model.partial_fit(X, Y % 2)
    model.partial_fit(X, Y % 2)
