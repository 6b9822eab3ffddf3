"""A damaged or hostile model file gets one clear error."""

import hashlib
import json
import re
import struct
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from helpers import random_labels, random_rows
from helpers.model_files import JSON, assert_same_model, entry
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import fastlr
from fastlr import LogisticRegression, SGDClassifier
from fastlr.persistence import tensor_file
from fastlr.persistence.encoding import Decoder, Encoder

pytestmark = pytest.mark.usefixtures("no_waiting_for_the_disk")


GOLDEN = Path(__file__).parent / "golden"


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


@settings(max_examples=300)
@given(st.data())
def test_no_flipped_byte_goes_unnoticed(whole, data):
    content = bytearray(whole[0])
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    assert_refused_or_the_same(content, whole, mmap=data.draw(st.booleans()))


@settings(max_examples=100)
@given(st.data())
def test_no_cut_or_insertion_goes_unnoticed(whole, data):
    content = whole[0]
    start, stop = sorted(data.draw(st.tuples(*[st.integers(0, len(content))] * 2)))
    assert_refused_or_the_same(content[:start] + data.draw(st.binary(max_size=9)) + content[stop:], whole)


@settings(max_examples=100)
@given(st.binary(max_size=200))
@example(b"")
@example(struct.pack("<Q", 2**63) + b"{}")
@example(struct.pack("<Q", 0))
def test_garbage_is_refused(whole, content):
    whole[2].write_bytes(content)
    with pytest.raises(ValueError, match="is not an intact fastlr file"):
        fastlr.load(whole[2])


def test_every_truncation_is_refused(whole):
    for n in range(0, len(whole[0]), 29):
        whole[2].write_bytes(whole[0][:n])
        with pytest.raises(ValueError, match="is not an intact fastlr file"):
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
    with pytest.raises(ValueError, match=r"is not an intact fastlr file: .*\."):
        fastlr.load(whole[2], mmap=mmap)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b'{"a": ' * 100_000 + b"1" + b"}" * 100_000, "nested too deeply"),
        (b"[" * 1_000_000, "nested too deeply"),
        (b'{"a": 1, "a": 2}', "a name is repeated"),
        (b'{"a": NaN}', "NaN is not JSON"),
        (b'{"a": 1' + b"0" * 10_000 + b"}", "digit"),
        (b"[]", "not written by fastlr"),
        (b"{}", "not written by fastlr"),
        (b'{"__metadata__": {}}', "not written by fastlr"),
        (b'{"__metadata__": {"fastlr": 1, "data_sha256": 2, "header_sha256": 3}}', "must be strings"),
        (b"\xff\xfe{}", "."),
        (b'"not an object"', "not written by fastlr"),
    ],
)
def test_hostile_json(whole, text, message):
    whole[2].write_bytes(struct.pack("<Q", len(text)) + text)
    with pytest.raises(ValueError, match=f"is not an intact fastlr file: .*{message}"):
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
    "wrong version": (put("format", 2), "its format is 2, written by fastlr"),
    "no version": (drop("format"), "its format is None"),
    "wrong kind": (put("kind", "checkpoint"), "its kind is 'checkpoint'"),
    "unknown class": (put("class", "Popen"), "its class 'Popen' is not one of SGDClassifier"),
    "class of an odd type": (put("class", ["SGDClassifier"]), "its class"),
    "another class": (put("class", "LogisticRegression"), "LogisticRegression has no parameters"),
    "unknown parameter": (put("parameters", "shell", True), "has no parameters"),
    "bad parameter": (put("parameters", "alpha", -1), "The 'alpha' parameter"),
    "parameters no object": (put("parameters", []), "its parameters must be an object"),
    "attributes missing": (drop("attributes"), "its attributes must be an object"),
    "unknown attribute": (put("attributes", "predict", 1), "cannot hold the attributes"),
    "dunder attribute": (put("attributes", "__class__", 1), "cannot hold the attributes"),
    "path as attribute": (put("attributes", "../../etc/passwd", 1), "cannot hold the attributes"),
    "attribute lost": (drop("attributes", "classes_"), "the attribute classes_ is missing"),
    "wrong type": (put("attributes", "t_", "4"), "t_ has the wrong type, str"),
    "negative count": (put("attributes", "n_features_in_", -1), "n_features_in_ has the wrong type"),
    "boolean count": (put("attributes", "t_", True), "t_ has the wrong type"),
    "more steps": (put("attributes", "t_", 4), "t_ is 4, but the training has taken 3 steps"),
    "too many features": (put("attributes", "n_features_in_", 10**6), "weights must be"),
    "huge": (put("attributes", "n_features_in_", 2**52), "."),
    "huge zeros": (put(*STATE, "dict", 0, 1, "mostly_zero", "shape", [2**45, 4]), "'mostly_zero' is malformed|big"),
    "absurd zeros": (put(*STATE, "dict", 0, 1, "mostly_zero", "shape", [2**62, 4]), "."),
    "zeros of many axes": (put(*STATE, "dict", 0, 1, "mostly_zero", "shape", [1] * 99), "."),
    "few zeros": (put(*STATE, "dict", 0, 1, "mostly_zero", "shape", [1, 4]), "must increase, between 0 and 3"),
    "odd shape": (put(*STATE, "dict", 0, 1, "mostly_zero", "shape", [-1, 4]), "a shape must be a list of sizes"),
    "unknown kind of value": (put("attributes", "t_", {"pickle": "gASV"}), "is not an encoded value"),
    "value of two kinds": (put("attributes", "t_", {"float": "inf", "list": []}), "is not an encoded value"),
    "infinite number": (put("attributes", "alpha_", {"float": "1"}), "'float' is malformed"),
    "deep": (put("attributes", "t_", DEEP), "malformed|deeply|wrong type"),
    "no array": (put("attributes", "classes_", {"array": {"tensor": "x"}}), "array 'x' is missing"),
    "array twice": (put("attributes", "_seed", {"array": {"tensor": "classes_"}}), "used twice"),
    "array of no name": (put("attributes", "classes_", {"array": {"tensor": ["x"]}}), "is missing, or used twice"),
    "array without name": (put("attributes", "classes_", {"array": {}}), "'array' is malformed"),
    "array of no object": (put("attributes", "classes_", {"array": 1}), "'array' is malformed"),
    "unknown record": (put("attributes", "_scale", {"record": ["Popen", {}]}), "'record' is malformed"),
    "record of other fields": (put("attributes", "_scale", {"record": ["RowScale", {}]}), "does not have the fields"),
    "record of words": (put("attributes", "_scale", "record", 1, "weight", "w"), "_scale has the wrong type"),
    "record of lists": (put("attributes", "_scale", "record", 1, "weight", {"dict": []}), "not a number, string"),
    "unhashable key": (put("parameters", "class_weight", {"dict": [[{"list": []}, 1]]}), "'dict' is malformed"),
    "key twice": (put("parameters", "class_weight", {"dict": [[1, 1], [1, 2]]}), "a key of a dict is repeated"),
    "dict of no pairs": (put("parameters", "class_weight", {"dict": [1]}), "not a list of pairs"),
    "unknown type": (put("parameters", "dtype", {"type": "int64"}), "'type' is malformed"),
    "random state": (put("parameters", "random_state", {"random_state": ["x", 1, 0, 0.0]}), "array 'x' is missing"),
    "extra tensor": (lambda header, tensors: tensors.update(evil=np.ones(3)), "unused arrays: \\['evil'\\]"),
    "no training": (put("training", None), "the attribute _coef is missing"),
    "odd training": (put("training", 3), "state of the training is malformed"),
    "training lost a part": (put("training", "dict", [["backend", "numba"]]), "state of the training is malformed"),
    "training of another backend": (put(*KIND, 1, 1, "os"), "unknown backend"),
    "training of another optimizer": (put(*KIND, 0, 1, "adam"), "unknown optimizer"),
    "training of odd kind": (put(*KIND, 4, 1, -1), "values of other types"),
    "training of no kind": (put("training", "dict", 0, 1, 3), "the configuration of the training is malformed"),
    "unknown state": (put(*STATE, "dict", 0, 0, "evil"), "The state of .* is"),
    "state of a wrong type": (put(*STATE, "dict", 2, 1, 3), "clock must be a ndarray; found a int"),
    "place out of range": (array(PLACES, entry(-1, 4000)), "must increase, between 0 and 3999"),
    "places out of order": (array(PLACES, lambda old: old[::-1].copy()), "must increase"),
    "places twice": (array(PLACES, entry(1, 12)), "must increase"),
    "negative place": (array(PLACES, lambda old: entry(0, -1)(old.astype(np.int64))), "must increase"),
    "fractional places": (array(PLACES, lambda old: old + 0.5), "is a 1-D array of float64"),
    "fewer values": (array(VALUES, lambda old: old[1:]), "places and values have different lengths"),
    "values of another type": (array(VALUES, lambda old: old.astype(np.float32)), "weights must be float64"),
    "NaN": (array(VALUES, entry(0, np.nan)), "weights holds NaN or infinity"),
    "infinity": (array("training.state.clock", entry(1, np.inf)), "clock holds"),
    "no scale": (array("training.state.clock", entry(0, 0.0)), "clock"),
    "half a step": (array("training.state.clock", entry(2, 2.5)), "clock"),
    "more outputs": (array("training.state.bias", np.zeros(4)), "bias must be float64 of shape \\(3,\\)"),
    "one class": (array("classes_", lambda old: old[:1]), "classes_ must be"),
    "two equal classes": (array("classes_", lambda old: old[[0, 0, 1]]), "classes_ must be"),
    "no letters": (array("classes_", lambda old: old + np.uint32(0x110000)), "a string array is malformed"),
    "letters of bytes": (array("classes_", lambda old: old.astype(np.uint8)), "a string array is malformed"),
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
    with pytest.raises(ValueError, match=f"is not a model that fastlr .* can load: .*({message})"):
        fastlr.load(path)


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


@settings(max_examples=300, suppress_health_check=list(HealthCheck))
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


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("coef_.indices", np.array([0, 40]), "is not between 0 and 39"),
        ("coef_.indices", np.array([0, -1]), "is not between 0 and 39"),
        ("coef_.indices", np.array([0]), "indices and values have different lengths"),
        ("coef_.indices", np.array([0.0, 1.0]), "1-D array of float64"),
        ("coef_.indptr", np.array([0, 3]), "indices and values have different lengths"),
        ("coef_.indptr", np.array([1, 2]), "must increase from 0"),
        ("coef_.indptr", np.array([0, 3, 2]), "must increase from 0"),
        ("coef_.data", np.array([1.0, np.inf]), "infinity"),
        ("coef_.data", np.array([1.0, np.nan]), "NaN"),
        ("coef_.data", np.array([[1.0, 2.0]]), "2-D array"),
        ("intercept_", np.array([np.nan]), "NaN"),
        ("intercept_", np.zeros((1, 1)), "intercept_ must be an array of real numbers of shape"),
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
        ("feature_names_in_.ends", np.arange(40) * 10**12, "must increase to the length of their text"),
        ("feature_names_in_.ends", -np.arange(40), "must increase to the length of their text"),
        ("feature_names_in_.ends", np.array([70]), "feature_names_in_ must be 40 strings"),
        ("feature_names_in_.text", np.full(70, 0xFF, np.uint8), "utf-8"),
    ):
        tensor_file.write(path, header, {**tensors, name: value})
        with pytest.raises(ValueError, match=message):
            fastlr.load(path)
