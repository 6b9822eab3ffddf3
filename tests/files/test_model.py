"""Model files: what comes back is what was saved, and a bad file gets one clear error."""

import contextlib
import copy
import dataclasses
import hashlib
import json
import math
import os
import re
import stat
import struct
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from helpers import random_labels, random_rows
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from safetensors import safe_open
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler

import fastlr
from fastlr import LogisticRegression, LogisticRegressionCV, SGDClassifier
from fastlr.persistence import tensor_file
from fastlr.persistence.encoding import Decoder, Encoder
from fastlr.schedules import Constant, LinearDecay, LinearRestarts, Lipschitz, StepDecay
from fastlr.solvers.stochastic import sgd as lazy_steps

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture(autouse=True)
def no_waiting_for_the_disk(monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda file: None)


def assert_same(a, b, where="value"):
    """Equal in kind and to the bit, but that NumPy's numbers may have become Python's."""
    if isinstance(a, np.generic):
        a = a.item()
    assert type(a) is type(b) or {type(a), type(b)} == {np.ndarray, np.memmap}, where
    if isinstance(a, np.ndarray):
        assert a.dtype == b.dtype, where
        assert a.shape == b.shape, where
        assert (a.flags.c_contiguous, a.flags.f_contiguous) == (b.flags.c_contiguous, b.flags.f_contiguous), where
        assert a.tobytes() == b.tobytes() or a.dtype == object, where
        np.testing.assert_array_equal(a, b)
    elif sp.issparse(a):
        assert (a.format, a.shape) == (b.format, b.shape), where
        for part in ("data", "indices", "indptr"):
            assert_same(getattr(a, part), getattr(b, part), f"{where}.{part}")
    elif isinstance(a, (list, tuple)):
        assert len(a) == len(b), where
        for k, (x, y) in enumerate(zip(a, b, strict=True)):
            assert_same(x, y, f"{where}[{k}]")
    elif isinstance(a, dict):
        assert list(map(repr, a)) == list(map(repr, b)), where
        for k in a:
            assert_same(a[k], b[k], f"{where}[{k!r}]")
    elif isinstance(a, np.random.RandomState):
        assert_same(list(a.get_state()), list(b.get_state()), where)
    elif hasattr(a, "state_dict"):
        assert_same(a.state_dict(), b.state_dict(), where)
    elif isinstance(a, float) and math.isnan(a):
        assert math.isnan(b), where
    else:
        assert a == b, where


def assert_same_model(model, again):
    assert type(again) is type(model)
    before = {name: value for name, value in vars(model).items() if value is not None or not name.startswith("_")}
    if before.get("_steps") is not None:  # what was shown of weights in training is not kept
        before = {name: value for name, value in before.items() if name not in ("_coef", "_intercept")}
    elif "_steps_kind" in before:
        del before["_steps_kind"]
    after = {name: value for name, value in vars(again).items() if value is not None or not name.startswith("_")}
    assert_same(dict(sorted(before.items())), dict(sorted(after.items())), type(model).__name__)


def saved(model, path, **how):
    fastlr.save(model, path)
    return fastlr.load(path, **how)


def entry(k, value):
    def change(old):
        new = old.copy()
        new[k] = value
        return new

    return change


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
@pytest.mark.filterwarnings("ignore:max_iter")
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
@pytest.mark.filterwarnings("ignore:max_iter")
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


@pytest.mark.filterwarnings("ignore:The relative duality gap")
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
@pytest.mark.filterwarnings("ignore:max_iter")
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


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("counts", entry(2, 10**6), "counts holds impossible numbers"),
        ("counts", entry(2, -1), "counts holds impossible numbers"),
        ("counts", entry(1, 7), "counts holds impossible numbers"),
        ("counts", lambda old: old.astype(np.int32), "counts must be int64"),
        ("history", lambda old: -old, "history does not increase"),
        ("history", lambda old: old[:-1], "history must be float64 of shape"),
        ("clock", lambda old: old[:4], "clock must be float64 of shape"),
    ],
)
def test_hostile_means(compiled, tmp_path, name, change, message):
    X, y = random_rows(), random_labels(60, 2)
    fastlr.save(
        SGDClassifier(penalty="l1", average=True, backend=compiled).partial_fit(X, y, classes=[0, 1]),
        tmp_path / "model",
    )
    header, tensors = tensor_file.read(tmp_path / "model")
    decoded = Decoder(tensors).decode(header["training"])
    decoded["state"][name] = change(decoded["state"][name])
    encoder = Encoder()
    header["training"] = encoder.encode(decoded, "training")
    kept = {key: value for key, value in tensors.items() if not key.startswith("training")}
    tensor_file.write(tmp_path / "model", header, {**kept, **encoder.tensors})
    with pytest.raises(ValueError, match=message):
        fastlr.load(tmp_path / "model")


def test_seeds_that_nobody_chose_are_kept(backend, tmp_path):
    X, y = random_rows(), random_labels(60, 2)
    model = SGDClassifier(backend=backend).partial_fit(X, y, classes=[0, 1])
    again = saved(model, tmp_path / "model")
    assert_same(model.partial_fit(X, y).coef_, again.partial_fit(X, y).coef_)


def test_a_stream_goes_on_with_the_other_compiler(tmp_path, monkeypatch):
    pytest.importorskip("numba", exc_type=ImportError)
    pytest.importorskip("fastlr.kernels.compilers.cython.entry", exc_type=ImportError)
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
    with pytest.raises(TypeError, match=r"cv is StratifiedKFold\(.*cannot be written to a file that runs no code"):
        fastlr.save(LogisticRegressionCV(Cs=2, cv=StratifiedKFold(2)).fit(X, y), path)
    with pytest.raises(TypeError, match="scoring is <function"):
        fastlr.save(LogisticRegressionCV(Cs=2, cv=2, scoring=lambda *a: 0.0).fit(X, y), path)
    for change, message in (
        ({"own_": 1}, "do not know the attributes \\['own_'\\]"),
        ({"coef_": np.full((1, 40), np.nan)}, "NaN or infinity"),
        ({"coef_": np.zeros((2, 40))}, "coef_ must hold real numbers in shape"),
        ({"coef_": np.zeros((1, 40), complex)}, "_coef is an array of complex128"),
        ({"classes_": np.array([1, 0])}, "classes_ are not two different labels or more, in order"),
        ({"alpha": -1.0}, "The 'alpha' parameter"),
    ):
        changed = copy.deepcopy(model)
        for name, value in change.items():
            setattr(changed, name, value)
        with pytest.raises((ValueError, TypeError), match=message):
            fastlr.save(changed, path)
    assert not path.exists()


# Files that are broken.


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Bytes of a small file, its model, and a place to write others."""
    folder = tmp_path_factory.mktemp("whole")
    X = sp.csr_array(([1.0, 2.0, 1.0], ([0, 1, 2], [3, 900, 999])), (3, 1000))
    model = SGDClassifier(penalty="l1", random_state=0, class_weight={"b": 2.0})
    model.partial_fit(X, ["a", "b", "c"], classes=["a", "b", "c"])
    fastlr.save(model, folder / "model")
    return (folder / "model").read_bytes(), model, folder / "broken"


def assert_refused_or_the_same(content, whole, **how):
    _, model, path = whole
    path.write_bytes(content)
    try:
        again = fastlr.load(path, **how)
    except ValueError as error:
        assert str(path) in str(error)  # noqa: PT017
        assert len(str(error)) < 1000  # noqa: PT017
    else:
        assert_same_model(model, again)


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.data())
def test_no_flipped_byte_goes_unnoticed(whole, data):
    content = bytearray(whole[0])
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    assert_refused_or_the_same(content, whole, mmap=data.draw(st.booleans()))


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.data())
def test_no_cut_or_insertion_goes_unnoticed(whole, data):
    content = whole[0]
    start, stop = sorted(data.draw(st.tuples(*[st.integers(0, len(content))] * 2)))
    assert_refused_or_the_same(content[:start] + data.draw(st.binary(max_size=9)) + content[stop:], whole)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.binary(max_size=200))
@example(b"")
@example(struct.pack("<Q", 2**63) + b"{}")
@example(struct.pack("<Q", 0))
def test_garbage_is_refused(whole, content):
    whole[2].write_bytes(content)
    with pytest.raises(ValueError, match="is not a whole, unchanged file of fastlr"):
        fastlr.load(whole[2])


def test_every_truncation_is_refused(whole):
    for n in range(0, len(whole[0]), 29):
        whole[2].write_bytes(whole[0][:n])
        with pytest.raises(ValueError, match="is not a whole, unchanged file of fastlr"):
            fastlr.load(whole[2], verify=False)


def sealed(table, data=b"", **metadata):
    """The bytes of a file whose checksums are right, whatever its header says."""
    metadata = {"fastlr": "{}", "data_sha256": hashlib.sha256(data).hexdigest(), **metadata}
    text = json.dumps([metadata["fastlr"], metadata["data_sha256"], table], sort_keys=True)
    metadata.setdefault("header_sha256", hashlib.sha256(text.encode()).hexdigest())
    text = json.dumps({"__metadata__": metadata, **table}).encode()
    return struct.pack("<Q", len(text)) + text + data


@pytest.mark.parametrize(
    ("entry", "data"),
    [
        ({"dtype": "F64", "shape": [2**40], "data_offsets": [0, 2**43]}, b""),
        ({"dtype": "F64", "shape": [2**62, 2**62], "data_offsets": [0, 0]}, b""),
        ({"dtype": "F64", "shape": [-1], "data_offsets": [0, 0]}, b""),
        ({"dtype": "F64", "shape": [1.0], "data_offsets": [0, 8]}, b"12345678"),
        ({"dtype": "F64", "shape": [True], "data_offsets": [0, 8]}, b"12345678"),
        ({"dtype": "F64", "shape": [1], "data_offsets": [8, 16]}, b"1234567812345678"),
        ({"dtype": "F64", "shape": [1], "data_offsets": [8, 0]}, b"12345678"),
        ({"dtype": "F64", "shape": [1], "data_offsets": [0]}, b"12345678"),
        ({"dtype": "F64", "shape": [1], "data_offsets": "08"}, b"12345678"),
        ({"dtype": "F64", "shape": [1] * 100, "data_offsets": [0, 8]}, b"12345678"),
        ({"dtype": "object", "shape": [1], "data_offsets": [0, 8]}, b"12345678"),
        ({"dtype": ["F64"], "shape": [1], "data_offsets": [0, 8]}, b"12345678"),
        ({"dtype": "F64", "shape": [1]}, b"12345678"),
        ({"dtype": "F64", "shape": [1], "data_offsets": [0, 8], "more": 1}, b"12345678"),
        ({"dtype": "BOOL", "shape": [1], "data_offsets": [0, 1]}, b"\2"),
        ({"dtype": "U8", "shape": [1], "data_offsets": [0, 1]}, b"12"),
        ([], b""),
        (None, b""),
    ],
)
@pytest.mark.parametrize("mmap", [False, True])
def test_hostile_arrays(whole, entry, data, mmap):
    whole[2].write_bytes(sealed({"x": entry}, data))
    with pytest.raises(ValueError, match=r"is not a whole, unchanged file of fastlr: .*\."):
        fastlr.load(whole[2], mmap=mmap)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b'{"a": ' * 100_000 + b"1" + b"}" * 100_000, "nested too deeply"),
        (b"[" * 1_000_000, "nested too deeply"),
        (b'{"a": 1, "a": 2}', "a name comes twice"),
        (b'{"a": NaN}', "NaN is not JSON"),
        (b'{"a": 1' + b"0" * 10_000 + b"}", "digit"),
        (b"[]", "not written by fastlr"),
        (b"{}", "not written by fastlr"),
        (b'{"__metadata__": {}}', "not written by fastlr"),
        (b'{"__metadata__": {"fastlr": 1, "data_sha256": 2, "header_sha256": 3}}', "not strings"),
        (b"\xff\xfe{}", "."),
        (b'"not an object"', "not written by fastlr"),
    ],
)
def test_hostile_json(whole, text, message):
    whole[2].write_bytes(struct.pack("<Q", len(text)) + text)
    with pytest.raises(ValueError, match=f"is not a whole, unchanged file of fastlr: .*{message}"):
        fastlr.load(whole[2])
    inner = sealed({}, fastlr=text.decode("latin-1"))
    whole[2].write_bytes(inner)
    with pytest.raises(ValueError, match=re.escape(str(whole[2]))):
        fastlr.load(whole[2])


def test_files_of_safetensors_that_are_not_ours(tmp_path):
    from safetensors.numpy import save_file

    save_file({"coef_": np.ones(3)}, tmp_path / "other")
    with pytest.raises(ValueError, match="not written by fastlr"):
        fastlr.load(tmp_path / "other")
    with pytest.raises(FileNotFoundError):
        fastlr.load(tmp_path / "nothing")


def put(*path_and_value):
    *path, value = path_and_value

    def change(header, tensors):
        for key in path[:-1]:
            header = header[key]
        header[path[-1]] = value

    return change


def drop(*path):
    def change(header, tensors):
        for key in path[:-1]:
            header = header[key]
        del header[path[-1]]

    return change


def array(name, value):
    def change(header, tensors):
        assert name in tensors
        tensors[name] = value(tensors[name]) if callable(value) else value

    return change


DEEP = 1
for _ in range(400):
    DEEP = {"list": [DEEP]}
KIND = ("training", "dict", 0, 1, "dict")
STATE = ("training", "dict", 1, 1)
PLACES, VALUES = "training.state.weights.places", "training.state.weights.values"

HOSTILE = {
    "wrong version": (put("format", 2), "it is of format 2, written by fastlr"),
    "no version": (drop("format"), "it is of format None"),
    "wrong kind": (put("kind", "checkpoint"), "it is a file of kind 'checkpoint'"),
    "unknown class": (put("class", "Popen"), "its class 'Popen' is none of SGDClassifier"),
    "class of an odd type": (put("class", ["SGDClassifier"]), "its class"),
    "another class": (put("class", "LogisticRegression"), "LogisticRegression has no parameters"),
    "unknown parameter": (put("parameters", "shell", True), "has no parameters"),
    "bad parameter": (put("parameters", "alpha", -1), "The 'alpha' parameter"),
    "parameters no object": (put("parameters", []), "its parameters are not an object"),
    "attributes missing": (drop("attributes"), "its attributes are not an object"),
    "unknown attribute": (put("attributes", "predict", 1), "do not know the attributes"),
    "dunder attribute": (put("attributes", "__class__", 1), "do not know the attributes"),
    "path as attribute": (put("attributes", "../../etc/passwd", 1), "do not know the attributes"),
    "attribute lost": (drop("attributes", "classes_"), "it lacks the attribute classes_"),
    "wrong type": (put("attributes", "t_", "4"), "t_ is of a wrong type, str"),
    "negative count": (put("attributes", "n_features_in_", -1), "n_features_in_ is of a wrong type"),
    "boolean count": (put("attributes", "t_", True), "t_ is of a wrong type"),
    "more steps": (put("attributes", "t_", 4), "t_ is 4, but the training has made 3 steps"),
    "too many features": (put("attributes", "n_features_in_", 10**6), "weights must be"),
    "huge": (put("attributes", "n_features_in_", 2**52), "."),
    "huge zeros": (put(*STATE, "dict", 0, 1, "mostly_zero", "shape", [2**45, 4]), "'mostly_zero' is malformed|big"),
    "absurd zeros": (put(*STATE, "dict", 0, 1, "mostly_zero", "shape", [2**62, 4]), "."),
    "zeros of many axes": (put(*STATE, "dict", 0, 1, "mostly_zero", "shape", [1] * 99), "."),
    "few zeros": (put(*STATE, "dict", 0, 1, "mostly_zero", "shape", [1, 4]), "do not increase from 0 to 3"),
    "odd shape": (put(*STATE, "dict", 0, 1, "mostly_zero", "shape", [-1, 4]), "a shape is no list of sizes"),
    "unknown kind of value": (put("attributes", "t_", {"pickle": "gASV"}), "is no value"),
    "value of two kinds": (put("attributes", "t_", {"float": "inf", "list": []}), "is no value"),
    "infinite number": (put("attributes", "alpha_", {"float": "1"}), "'float' is malformed"),
    "deep": (put("attributes", "t_", DEEP), "malformed|deeply|wrong type"),
    "no array": (put("attributes", "classes_", {"array": {"tensor": "x"}}), "there is no array 'x'"),
    "array twice": (put("attributes", "_seed", {"array": {"tensor": "classes_"}}), "used twice"),
    "array of no name": (put("attributes", "classes_", {"array": {"tensor": ["x"]}}), "there is no array"),
    "array without name": (put("attributes", "classes_", {"array": {}}), "'array' is malformed"),
    "array of no object": (put("attributes", "classes_", {"array": 1}), "'array' is malformed"),
    "unknown record": (put("attributes", "_scale", {"record": ["Popen", {}]}), "'record' is malformed"),
    "record of other fields": (put("attributes", "_scale", {"record": ["RowScale", {}]}), "has other fields"),
    "record of words": (put("attributes", "_scale", "record", 1, "weight", "w"), "_scale is of a wrong type"),
    "record of lists": (put("attributes", "_scale", "record", 1, "weight", {"dict": []}), "neither number, string"),
    "unhashable key": (put("parameters", "class_weight", {"dict": [[{"list": []}, 1]]}), "'dict' is malformed"),
    "key twice": (put("parameters", "class_weight", {"dict": [[1, 1], [1, 2]]}), "a key twice"),
    "dict of no pairs": (put("parameters", "class_weight", {"dict": [1]}), "no list of pairs"),
    "unknown type": (put("parameters", "dtype", {"type": "int64"}), "'type' is malformed"),
    "random state": (put("parameters", "random_state", {"random_state": ["x", 1, 0, 0.0]}), "there is no array 'x'"),
    "extra tensor": (lambda header, tensors: tensors.update(evil=np.ones(3)), "that belong to nothing: \\['evil'\\]"),
    "no training": (put("training", None), "lacks the attribute _coef"),
    "odd training": (put("training", 3), "state of the training is malformed"),
    "training lost a part": (put("training", "dict", [["backend", "numba"]]), "state of the training is malformed"),
    "training of another backend": (put(*KIND, 1, 1, "os"), "unknown backend"),
    "training of another optimizer": (put(*KIND, 0, 1, "adam"), "unknown optimizer"),
    "training of odd kind": (put(*KIND, 4, 1, -1), "values of other types"),
    "training of no kind": (put("training", "dict", 0, 1, 3), "the kind of the training is malformed"),
    "unknown state": (put(*STATE, "dict", 0, 0, "evil"), "The state of .* is"),
    "state of a wrong type": (put(*STATE, "dict", 2, 1, 3), "clock must be a ndarray; found a int"),
    "place out of range": (array(PLACES, entry(-1, 4000)), "do not increase from 0 to 3999"),
    "places out of order": (array(PLACES, lambda old: old[::-1].copy()), "do not increase"),
    "places twice": (array(PLACES, entry(1, 12)), "do not increase"),
    "negative place": (array(PLACES, lambda old: entry(0, -1)(old.astype(np.int64))), "do not increase"),
    "fractional places": (array(PLACES, lambda old: old + 0.5), "is a 1-D array of float64"),
    "fewer values": (array(VALUES, lambda old: old[1:]), "not as many places as values"),
    "values of another type": (array(VALUES, lambda old: old.astype(np.float32)), "weights must be float64"),
    "NaN": (array(VALUES, entry(0, np.nan)), "weights holds NaN or infinity"),
    "infinity": (array("training.state.clock", entry(1, np.inf)), "clock holds"),
    "no scale": (array("training.state.clock", entry(0, 0.0)), "clock"),
    "half a step": (array("training.state.clock", entry(2, 2.5)), "clock"),
    "more outputs": (array("training.state.bias", np.zeros(4)), "bias must be float64 of shape \\(3,\\)"),
    "one class": (array("classes_", lambda old: old[:1]), "classes_ are not"),
    "two equal classes": (array("classes_", lambda old: old[[0, 0, 1]]), "classes_ are not"),
    "no letters": (array("classes_", lambda old: old + np.uint32(0x110000)), "a text is not of letters"),
    "letters of bytes": (array("classes_", lambda old: old.astype(np.uint8)), "a text is not of letters"),
}  # fmt: skip


@pytest.mark.parametrize("how", HOSTILE)
def test_hostile_models_with_good_checksums(compiled, tmp_path, how):
    change, message = HOSTILE[how]
    X = sp.csr_array(([1.0, 2.0, 1.0], ([0, 1, 2], [3, 900, 999])), (3, 1000))
    model = SGDClassifier(penalty="l1", random_state=0, backend=compiled)
    model.partial_fit(X, ["a", "b", "c"], classes=["a", "b", "c"])
    path = tmp_path / "model"
    fastlr.save(model, path)
    header, tensors = tensor_file.read(path)
    change(header, tensors)
    tensor_file.write(path, header, tensors)
    with pytest.raises(ValueError, match=f"holds no model that fastlr .* can load: .*({message})"):
        fastlr.load(path)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5) | st.sampled_from(["classes_", "_coef", "numba", "inf", "RowScale"]),
    lambda parts: st.lists(parts, max_size=4)
    | st.dictionaries(st.sampled_from([*Decoder._DECODERS, "tensor", "places", "shape"]), parts, max_size=2),
    max_leaves=8,
)  # fmt: skip
ARRAYS = st.sampled_from(
    [
        np.zeros(0), np.array(1.0), np.full(3, np.nan), np.arange(4000), -np.arange(3), np.ones((40, 3), np.float32),
        np.array([True]), np.array([2**64 - 1], np.uint64), np.full((3, 1), 97, np.uint32), np.zeros((3, 0), np.uint32),
    ]
)  # fmt: skip


def places_in(value, path=()):
    """Every place of a JSON value."""
    yield path
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        yield from places_in(part, (*path, key))


@settings(max_examples=300, suppress_health_check=list(HealthCheck), deadline=None)
@given(st.data())
def test_nothing_but_a_valueerror_comes_of_a_hostile_model(whole, data):
    """Anything may be anywhere in a file with good checksums: it is refused, or is a model that predicts."""
    path = whole[2]
    name = data.draw(st.sampled_from(["stream", "sparse", "exact"]))
    header, tensors = tensor_file.read(GOLDEN / f"{name}.safetensors")
    for _ in range(data.draw(st.integers(0, 2))):
        places = [place for place in places_in(header) if place]
        put(*data.draw(st.sampled_from(places)), data.draw(JSON))(header, tensors)
    for _ in range(data.draw(st.integers(0, 1))):
        tensors[data.draw(st.sampled_from(sorted(tensors)))] = data.draw(ARRAYS)
    tensor_file.write(path, header, tensors)
    try:
        model = fastlr.load(path, mmap=data.draw(st.booleans()), verify=data.draw(st.booleans()))
    except ValueError:
        return
    X = sp.csr_array(([1.0], ([0], [model.n_features_in_ - 1])), (2, model.n_features_in_))
    vars(model).pop("feature_names_in_", None)
    assert model.predict_proba(X).shape == (2, len(model.classes_))
    assert set(model.predict(X)) <= set(model.classes_.tolist())


@settings(max_examples=300, deadline=None)
@given(JSON)
def test_decoding_anything(encoded):
    with contextlib.suppress(ValueError):
        Decoder({"classes_": np.arange(3), "_coef": np.ones((40, 3))}).decode(encoded)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("coef_.indices", np.array([0, 40]), "does not lie between 0 and 39"),
        ("coef_.indices", np.array([0, -1]), "does not lie between 0 and 39"),
        ("coef_.indices", np.array([0]), "indices and values have different lengths"),
        ("coef_.indices", np.array([0.0, 1.0]), "1-D array of float64"),
        ("coef_.indptr", np.array([0, 3]), "indices and values have different lengths"),
        ("coef_.indptr", np.array([1, 2]), "does not increase from 0"),
        ("coef_.indptr", np.array([0, 3, 2]), "does not increase from 0"),
        ("coef_.data", np.array([1.0, np.inf]), "infinity"),
        ("coef_.data", np.array([1.0, np.nan]), "NaN"),
        ("coef_.data", np.array([[1.0, 2.0]]), "2-D array"),
        ("intercept_", np.array([np.nan]), "NaN"),
        ("intercept_", np.zeros((1, 1)), "intercept_ must hold real numbers in shape"),
    ],
)
def test_hostile_sparse_weights(tmp_path, name, value, message):
    model = LogisticRegression(backend="numpy").fit(random_rows(), random_labels(60, 2))
    model.coef_ = sp.csr_array(([1.0, 2.0], ([0, 0], [3, 7])), (1, 40))
    path = tmp_path / "model"
    fastlr.save(model, path)
    header, tensors = tensor_file.read(path)
    assert name in tensors
    tensors[name] = value
    tensor_file.write(path, header, tensors)
    with pytest.raises(ValueError, match=message):
        fastlr.load(path)


def test_hostile_names(tmp_path):
    X = pd.DataFrame(random_rows().toarray(), columns=map(str, range(40)))
    model = SGDClassifier(max_iter=1, backend="numpy").fit(X, random_labels(60, 2))
    path = tmp_path / "model"
    fastlr.save(model, path)
    header, tensors = tensor_file.read(path)
    for name, value, message in (
        ("feature_names_in_.ends", np.arange(40) * 10**12, "do not increase to the end of their text"),
        ("feature_names_in_.ends", -np.arange(40), "do not increase to the end of their text"),
        ("feature_names_in_.ends", np.array([70]), "feature_names_in_ are not 40 strings"),
        ("feature_names_in_.text", np.full(70, 0xFF, np.uint8), "utf-8"),
    ):
        tensor_file.write(path, header, {**tensors, name: value})
        with pytest.raises(ValueError, match=message):
            fastlr.load(path)


# How files are written.


def test_writing_is_atomic(tmp_path, monkeypatch):
    model = SGDClassifier(max_iter=1).fit([[0.0], [1.0]], [0, 1])
    path = tmp_path / "model"
    fastlr.save(model, path)
    before = path.read_bytes()
    model.fit([[0.0], [2.0]], [0, 1])
    for name in ("replace", "fsync"):
        with monkeypatch.context() as patch:

            def fail(*arguments):
                raise OSError("disk full")

            patch.setattr(os, name, fail)
            with pytest.raises(OSError, match="disk full"):
                fastlr.save(model, path)
        assert path.read_bytes() == before
        assert os.listdir(tmp_path) == ["model"]
    fastlr.save(model, path)
    assert path.read_bytes() != before
    with pytest.raises(FileNotFoundError):
        fastlr.save(model, tmp_path / "no folder" / "model")


@pytest.mark.skipif(os.name != "posix", reason="modes and links of POSIX")
def test_files_have_the_usual_mode_and_links_stay(tmp_path):
    model = SGDClassifier(max_iter=1).fit([[0.0], [1.0]], [0, 1])
    (tmp_path / "plain").write_text("")
    (tmp_path / "link").symlink_to("real")
    fastlr.save(model, tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert stat.S_IMODE((tmp_path / "real").stat().st_mode) == stat.S_IMODE((tmp_path / "plain").stat().st_mode)
    assert_same_model(model, fastlr.load(tmp_path / "real"))


VALUES_OF_ANY_KIND = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text()
    | st.sampled_from([np.float32, np.float64, np.int8(-3), np.float16(0.1), np.bool_(True), np.str_("x")]),
    lambda parts: st.lists(parts, max_size=4)
    | st.tuples(parts, parts)
    | st.dictionaries(st.text() | st.integers() | st.booleans() | st.floats(allow_nan=False), parts, max_size=4),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(VALUES_OF_ANY_KIND)
def test_values_come_back_through_json(value):
    encoder = Encoder()
    text = json.dumps(encoder.encode(value, "value"), allow_nan=False)
    assert_same(value, Decoder(encoder.tensors).decode(json.loads(text)))


@pytest.mark.parametrize(
    "schedule", [Constant(0.1), LinearDecay(1.0, 7), LinearRestarts(), Lipschitz(), StepDecay(epochs=[1, 2.5])]
)
def test_schedules_come_back(schedule):
    encoder = Encoder()
    assert Decoder({}).decode(encoder.encode(schedule, "learning_rate")) == schedule


# Files of format 1, as they were first written. They are never written anew: a fastlr that cannot read them has lost
# its users' models.


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
