"""Model files: the model that comes back is the model that was saved."""

import copy
import dataclasses
import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from helpers import random_labels, random_rows
from helpers.model_files import assert_same, assert_same_model, saved
from safetensors import safe_open
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler

import fastlr
from fastlr import LogisticRegression, LogisticRegressionCV, SGDClassifier
from fastlr.solvers.stochastic import sgd as lazy_steps

pytestmark = pytest.mark.usefixtures("no_waiting_for_the_disk")


GOLDEN = Path(__file__).parent / "golden"


LABELS = {
    "int": np.arange(3),
    "int8": np.array([-5, 0, 7], np.int8),
    "uint64": np.array([0, 1, 2**64 - 1], np.uint64),
    "float": np.array([-1.0, 0.0, 1e15]),
    "float32": np.array([0.0, 1.0, 2.0], np.float32),
    "str": np.array(["", "a b", "ñ\U0001f600"]),
    "wide": np.array(["a", "b", "c"], "<U20"),
    "object": np.array(["ä", "ßö", "é\x00"], object),
    "bool": np.array([False, True]),
}


@pytest.mark.parametrize("labels", LABELS)
@pytest.mark.filterwarnings("ignore:Training stopped")
@pytest.mark.parametrize("cls", [SGDClassifier, LogisticRegression])
def test_labels_of_every_type(tmp_path, cls, labels):
    labels = LABELS[labels]
    X, y = random_rows(), random_labels(60, len(labels))
    model = cls(random_state=0, max_iter=5, tol=0.1).fit(X, labels[y])
    again = saved(model, tmp_path / "model")
    assert_same_model(model, again)
    assert_same(model.predict(X), again.predict(X))
    assert_same(model.predict_proba(X), again.predict_proba(X))


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"penalty": "l1", "alpha": np.float32(0.1), "max_iter": np.int64(3), "dtype": np.float32},
        {"penalty": None, "class_weight": {1: 2.0, 0: np.float64(0.5)}, "dtype": "float32", "tol": 0.1},
        {"penalty": "elasticnet", "random_state": np.random.RandomState(7), "batch_size": 7, "shuffle": False},
        {"class_weight": "balanced", "batch_size": "full", "random_state": 2**32 - 1, "tol": 0.5},
    ],
)
@pytest.mark.filterwarnings("ignore:Training stopped")
def test_parameters_of_every_type(backend, tmp_path, parameters):
    X, y = random_rows(), random_labels(60, 2)
    model = SGDClassifier(**{"max_iter": 2, **parameters}, backend=backend).fit(X, y)
    again = saved(model, tmp_path / "model")
    assert_same_model(model, again)
    assert again.get_params().keys() == model.get_params().keys()


def test_a_generator_goes_on_where_it_was(tmp_path):
    state = np.random.RandomState(3)
    state.normal()
    model = SGDClassifier(random_state=state).fit([[0.0], [1.0]], [0, 1])
    again = saved(model, tmp_path / "model")
    np.testing.assert_array_equal(again.random_state.normal(size=9), state.normal(size=9))


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize(
    "model",
    [
        LogisticRegression(C=np.inf, tol=0.1, backend="numpy"),
        LogisticRegression(l1_ratio=1.0, C=0.1),
        LogisticRegression(C=3, dtype="float32", class_weight="balanced"),
        LogisticRegressionCV(Cs=[0.1, 1.0], cv=2),
        LogisticRegressionCV(Cs=[0.1, 1.0], l1_ratios=(0.0, 0.5), cv=2, refit=False, scoring=None, fit_intercept=False),
        LogisticRegressionCV(Cs=np.array([0.1, 1.0]), cv=[(np.arange(30), np.arange(30, 60))]),
    ],
    ids=repr,
)
def test_exact_models(tmp_path, model, n_classes):
    X, y = random_rows(), random_labels(60, n_classes)
    model = copy.deepcopy(model).fit(X, y)
    again = saved(model, tmp_path / "model")
    assert_same_model(model, again)
    assert_same(model.predict_proba(X), again.predict_proba(X))
    if not math.isnan(getattr(model, "duality_gap_", math.nan)):
        assert fastlr.duality_gap(again, X, y) == fastlr.duality_gap(model, X, y)


def test_names_of_features(tmp_path):
    names = ["a", "", "ü\ud800", *map(str, range(37))]
    columns = pd.Index(names, dtype=object)  # where pyarrow is installed, pandas would have it encode the strings
    X = pd.DataFrame(random_rows().toarray(), columns=columns)
    model = SGDClassifier(random_state=0, max_iter=3).fit(X, random_labels(60, 2))
    again = saved(model, tmp_path / "model")
    assert_same_model(model, again)
    assert_same(model.predict(X), again.predict(X))
    with pytest.raises(ValueError, match="feature names should match"):
        again.predict(X.set_axis(pd.Index(["b", *names[1:]], dtype=object), axis=1))


@pytest.mark.parametrize("make", [sp.csr_array, sp.csr_matrix])
def test_sparse_coef_stays_sparse(backend, tmp_path, make):
    X, y = random_rows(), random_labels(60, 3)
    model = SGDClassifier(penalty="l1", alpha=0.02, random_state=0, backend=backend, max_iter=5).fit(X, y).sparsify()
    model.coef_ = make(model.coef_)
    again = saved(model, tmp_path / "model")
    assert_same_model(model, again)
    assert type(again.coef_) is make
    np.testing.assert_array_equal(again.densify().coef_, model.densify().coef_)
    assert_same(model.partial_fit(X, y).coef_, again.partial_fit(X, y).coef_)


@pytest.mark.parametrize("in_training", [False, True])
def test_weights_that_are_mostly_zero_are_stored_sparse_and_come_back_dense(compiled, tmp_path, in_training):
    n_features = 100_000
    X, y = sp.csr_array((np.ones(60), (np.arange(60), np.arange(60) * 1000)), (60, n_features)), random_labels(60, 3)
    model = SGDClassifier(penalty="l1", random_state=0, backend=compiled)
    model = model.partial_fit(X, y, classes=range(3)) if in_training else model.fit(X, y)
    if not in_training:
        model.coef_[1, 7] = -0.0
    again = saved(model, tmp_path / "model")
    assert_same_model(model, again)
    assert again.coef_.shape == (3, n_features)
    assert (tmp_path / "model").stat().st_size < 10_000
    assert in_training or np.signbit(again.coef_[1, 7])
    assert_same(model.partial_fit(X, y).coef_, again.partial_fit(X, y).coef_)


@pytest.mark.filterwarnings("ignore:Solver")
@pytest.mark.parametrize("solver", ["gd", "nesterov", "coordinate"])
def test_zeros_have_no_sign_that_would_have_to_be_stored(compiled, solver):
    X, y = random_rows(n_features=300), random_labels(60, 3)
    model = LogisticRegression(l1_ratio=1.0, C=0.5, solver=solver, tol=1e-2, backend=compiled).fit(X, y)
    zeros = model.coef_ == 0.0
    assert zeros.mean() > 0.5
    assert not np.signbit(model.coef_[zeros]).any()


@pytest.mark.parametrize("penalty", ["l2", "l1", "elasticnet", None])
@pytest.mark.parametrize("batch_size", [1, 7, "full"])
@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_partial_fit_goes_on_as_if_never_saved(backend, tmp_path, penalty, batch_size, n_classes, dtype):
    X, y = random_rows(dtype=dtype), random_labels(60, n_classes)
    model = SGDClassifier(penalty=penalty, batch_size=batch_size, backend=backend, alpha=0.01, random_state=5)
    twin = copy.deepcopy(model)
    for k in range(4):
        if k == 2 and batch_size != "full":  # a fit in between
            model.set_params(max_iter=2).fit(X, y)
            twin.set_params(max_iter=2).fit(X, y)
        else:
            model.partial_fit(X[:: k + 1], y[:: k + 1], classes=range(n_classes))
            twin.partial_fit(X[:: k + 1], y[:: k + 1], classes=range(n_classes))
        if k == 1:
            model.coef_  # noqa: B018 - to look at the weights changes nothing
        model = saved(model, tmp_path / "model")
        assert_same(model.coef_, twin.coef_)
        assert_same(model.intercept_, twin.intercept_)
        assert model.t_ == twin.t_
    assert model.coef_.any()


@pytest.mark.parametrize(
    "parameters",
    [
        {"average": True, "penalty": "elasticnet"},
        {"average": 90, "penalty": "l1", "batch_size": 7},
        {"average": True, "penalty": "l2", "batch_size": "full", "learning_rate": "lipschitz"},
        {"optimizer": "adagrad", "penalty": "l1"},
        {"optimizer": "ftrl", "penalty": "elasticnet", "batch_size": 7, "eta0": 0.3},
    ],
    ids=str,
)
@pytest.mark.filterwarnings("ignore:Training stopped")
@pytest.mark.parametrize("n_classes", [2, 3])
def test_means_and_sums_go_on_as_if_never_saved(backend, tmp_path, monkeypatch, parameters, n_classes):
    monkeypatch.setattr(lazy_steps, "MIN_HISTORY", 25)  # so that it is full now and then, and part of it when saved
    X, y = random_rows(dtype=np.float32), random_labels(60, n_classes)
    model = SGDClassifier(**parameters, backend=backend, alpha=0.01, random_state=5)
    twin = copy.deepcopy(model)
    for k in range(3):
        if k == 2:
            X = sp.hstack([X, X[:, :9]], format="csr")
        for one in (model, twin):
            if k == 2:
                one.resize_features(49)
            one.partial_fit(X[:: k + 1], y[:: k + 1], classes=range(n_classes))
        again = saved(model, tmp_path / "model")
        assert_same_model(model, again)
        model = again
        assert_same(model.coef_, twin.coef_)
        assert_same(model.intercept_, twin.intercept_)
    for one in (model, twin):
        one.set_params(max_iter=2).fit(X, y)
    model = saved(model, tmp_path / "model")
    assert_same(model.predict_proba(X), twin.predict_proba(X))
    for one in (model, twin):
        one.set_params(warm_start=True).fit(X, y)
    assert_same(model.coef_, twin.coef_)
    assert model.coef_.any()


def test_seeds_that_nobody_chose_are_kept(backend, tmp_path):
    X, y = random_rows(), random_labels(60, 2)
    model = SGDClassifier(backend=backend).partial_fit(X, y, classes=[0, 1])
    again = saved(model, tmp_path / "model")
    assert_same(model.partial_fit(X, y).coef_, again.partial_fit(X, y).coef_)


def test_a_stream_goes_on_with_the_other_compiler(tmp_path, monkeypatch):
    pytest.importorskip("numba", exc_type=ImportError)
    pytest.importorskip("fastlr.kernels.compilers.cython.log_loss_baseline", exc_type=ImportError)
    X, y = random_rows(), random_labels(60, 2)
    model = SGDClassifier(penalty="l1", backend="cython", random_state=0).partial_fit(X, y, classes=[0, 1])
    fastlr.save(model, tmp_path / "model")
    monkeypatch.setattr(fastlr.kernels.backend, "_why_missing", lambda name: "not here" if name == "cython" else None)
    again = fastlr.load(tmp_path / "model")
    np.testing.assert_allclose(again.coef_, model.coef_, rtol=1e-12)
    with pytest.raises(ImportError, match="not here"):
        again.partial_fit(X, y)  # as its parameter asks for Cython


@pytest.mark.parametrize("verify", [False, True])
def test_memory_mapped(backend, tmp_path, verify):
    X, y = random_rows(), random_labels(60, 3)
    model = SGDClassifier(random_state=0, backend=backend, max_iter=3).fit(X, y)
    again = saved(model, tmp_path / "model", mmap=True, verify=verify)
    assert_same_model(model, again)
    base = again.coef_
    while isinstance(base.base, np.ndarray):
        base = base.base
    assert isinstance(base, np.memmap)
    assert not again.coef_.flags.writeable
    assert_same(model.predict_proba(X), again.predict_proba(X))
    fastlr.save(again, tmp_path / "model")  # over the file that is mapped
    assert_same(model.partial_fit(X, y).coef_, again.partial_fit(X, y).coef_)


def test_safetensors_reads_them(tmp_path):
    X, y = random_rows(dtype=np.float32), random_labels(60, 3)
    model = SGDClassifier(random_state=0, max_iter=3).fit(X, np.array(["a", "b", "c"])[y])
    fastlr.save(model, tmp_path / "model.safetensors")
    with safe_open(tmp_path / "model.safetensors", framework="np") as file:
        history = {f"history_.{name}" for name in model.history_}
        assert set(file.keys()) == {"_coef", "_intercept", "classes_", *history}
        np.testing.assert_array_equal(file.get_tensor("_coef"), model.coef_.T)
        np.testing.assert_array_equal(file.get_tensor("_intercept"), model.intercept_)
        assert json.loads(file.metadata()["fastlr"])["class"] == "SGDClassifier"


def test_what_cannot_be_saved(tmp_path):
    X, y = random_rows(), random_labels(60, 2)
    path = tmp_path / "model"
    with pytest.raises(NotFittedError):
        fastlr.save(SGDClassifier(), path)
    model = SGDClassifier(max_iter=1).fit(X, y)
    with pytest.raises(
        TypeError,
        match="one of SGDClassifier, LogisticRegression, LogisticRegressionCV, TextClassifier; found Pipeline",
    ):
        fastlr.save(make_pipeline(MaxAbsScaler(), model), path)
    with pytest.raises(TypeError, match="found Own"):
        fastlr.save(type("Own", (SGDClassifier,), {})().fit(X, y), path)
    with pytest.raises(TypeError, match=r"cv is StratifiedKFold\(.*cannot be saved without code"):
        fastlr.save(LogisticRegressionCV(Cs=2, cv=StratifiedKFold(2)).fit(X, y), path)
    with pytest.raises(TypeError, match="scoring is <function"):
        fastlr.save(LogisticRegressionCV(Cs=2, cv=2, scoring=lambda *a: 0.0).fit(X, y), path)
    for change, message in (
        ({"own_": 1}, "cannot hold the attributes \\['own_'\\]"),
        ({"coef_": np.full((1, 40), np.nan)}, "NaN or infinity"),
        ({"coef_": np.zeros((2, 40))}, "coef_ must be an array of real numbers of shape"),
        ({"coef_": np.zeros((1, 40), complex)}, "_coef is an array of complex128"),
        ({"classes_": np.array([1, 0])}, "classes_ must be at least two different labels, sorted"),
        ({"alpha": -1.0}, "The 'alpha' parameter"),
    ):
        changed = copy.deepcopy(model)
        for name, value in change.items():
            setattr(changed, name, value)
        with pytest.raises((ValueError, TypeError), match=message):
            fastlr.save(changed, path)
    assert not path.exists()


@dataclasses.dataclass(frozen=True)
class FirstStreamDecay:
    """The automatic rate of a stream when the files were made."""

    eta0: float | str = "auto"

    def rates(self, first, n):
        return 3.0 * self.eta0 / (1.0 + np.arange(first, first + n) / 10000.0) ** 0.75


@pytest.mark.parametrize("name", ["stream", "sparse", "exact"])
@pytest.mark.parametrize("mmap", [False, True])
def test_golden_files(compiled, name, mmap):
    expected = json.loads((GOLDEN / "expected.json").read_text())[name]
    with fastlr.use_backend(compiled):
        model = fastlr.load(GOLDEN / f"{name}.safetensors", mmap=mmap)
        X = np.eye(model.n_features_in_)[: len(expected["probabilities"])]
        if name == "sparse":
            assert sp.issparse(model.coef_)
            X = pd.DataFrame(X, columns=model.feature_names_in_)
        assert model.classes_.tolist() == expected["classes"]
        np.testing.assert_allclose(
            model.predict_proba(X), expected["probabilities"], rtol=1e-6 if name == "sparse" else 1e-9
        )
        if name == "stream":
            model.set_params(learning_rate=FirstStreamDecay()).partial_fit(X[:2], model.classes_[:2])
            np.testing.assert_allclose(model.predict_proba(X), expected["after"], rtol=1e-9)
            assert model.t_ == expected["t"]
