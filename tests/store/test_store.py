"""Stores: what is written is what is read, whatever happens, and models trained on them are those of the rows."""

import json
import os
import pickle
import signal
import subprocess
import sys
import threading
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp
from helpers import random_labels, random_rows, short_slices
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import fastlr
from fastlr import SGDClassifier, StoreWriter, open_store, write_store
from fastlr.solvers.stochastic.sgd import LazySGD
from fastlr.store import manifest as manifest_module
from fastlr.store import problem as problem_module
from fastlr.store import shard as shard_module
from fastlr.store.problem import deal
from fastlr.utils.parallel import prefetch_one
from fastlr.utils.time_slices import TimeSlices

NAMES = np.array(["ham", "spam", "eggs"])


@pytest.fixture(autouse=True)
def no_waiting_for_the_disk(monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda file: None)


@pytest.fixture
def small_parts(monkeypatch):
    """Parts of a few rows, so that little stores have many."""
    monkeypatch.setattr(problem_module, "PART_BYTES", 2000)
    monkeypatch.setattr(problem_module, "PIECE_BYTES", 300)
    monkeypatch.setattr(problem_module, "MIN_PIECE_BYTES", 100)


def data(n_rows=240, n_classes=3, dtype=np.float64):
    X, y = random_rows(n_rows, 40, dtype=dtype), NAMES[random_labels(n_rows, n_classes)]
    weights = np.random.default_rng(1).integers(0, 3, n_rows).astype(float)
    return X, y, weights


def same_rows(X, Y):
    X, Y = sp.csr_array(X), sp.csr_array(Y)
    assert X.shape == Y.shape
    assert X.dtype == Y.dtype
    for name in ("indptr", "indices", "data"):
        np.testing.assert_array_equal(getattr(X, name), getattr(Y, name), err_msg=name)


def forged(folder, **changes):
    """Change the description of a store, with a checksum that fits."""
    path = Path(folder) / "store.json"
    content = json.loads(path.read_text())
    del content["sha256"]
    content.update(changes)
    path.write_text(json.dumps({**content, "sha256": manifest_module._checksum(content)}))


# What is written is what is read.

labels_of = {
    "int8": st.integers(-128, 127),
    "int64": st.integers(-(2**63), 2**63 - 1),
    "uint64": st.integers(0, 2**64 - 1),
    "float32": st.integers(-1000, 1000).map(float),
    "float64": st.integers(-(2**60), 2**60).map(float),
    "bool": st.booleans(),
    "U": st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=5),
    "object": st.text(max_size=5),
}


@st.composite
def matrices(draw, n_features=7):
    n_rows = draw(st.integers(1, 12))
    lengths = draw(st.lists(st.integers(0, 6), min_size=n_rows, max_size=n_rows))
    nnz = sum(lengths)
    width = draw(st.sampled_from([32, 64]))
    X = sp.csr_array((n_rows, n_features), dtype=f"float{width}")
    index = draw(st.sampled_from([np.int32, np.int64]))
    X.indptr = np.r_[0, np.cumsum(lengths)].astype(index)
    X.indices = np.array(draw(st.lists(st.integers(0, n_features - 1), min_size=nnz, max_size=nnz)), index)
    values = st.floats(allow_nan=False, allow_infinity=False, width=width)
    X.data = np.array(draw(st.lists(values, min_size=nnz, max_size=nnz)), X.dtype)
    return X


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chunks=st.lists(matrices(), min_size=1, max_size=4), draw=st.data(), shard_bytes=st.integers(1, 500))
def test_round_trip(tmp_path_factory, chunks, draw, shard_bytes):
    folder = tmp_path_factory.mktemp("store")
    kind = draw.draw(st.sampled_from([None, *labels_of]))
    weighted = draw.draw(st.booleans())
    labels, weights = [], []
    with StoreWriter(folder, shard_bytes=shard_bytes, dtype="float64") as writer:
        for X in chunks:
            n = X.shape[0]
            y = kind and np.array(draw.draw(st.lists(labels_of[kind], min_size=n, max_size=n)), kind)
            s = draw.draw(st.lists(st.floats(0, 1e300), min_size=n, max_size=n)) if weighted else None
            writer.add(X, y, s)
            labels.append(y)
            weights.append(s)
    store = open_store(folder).verify()
    whole = sp.csr_array((sum(X.shape[0] for X in chunks), 7))
    whole.indptr = np.r_[0, np.cumsum(np.concatenate([np.diff(X.indptr) for X in chunks]))]
    whole.indices = np.concatenate([X.indices for X in chunks])
    whole.data = np.concatenate([X.data for X in chunks]).astype(np.float64)
    same_rows(store.to_csr(), whole)
    assert store.shape == whole.shape
    assert len(store) == whole.shape[0]
    assert store.nnz == len(whole.data)
    parts = list(store)
    np.testing.assert_array_equal(np.concatenate([part.X.data for part in parts]), whole.data)
    if kind is None:
        assert store.labels() is None
    else:
        y = np.concatenate(labels)
        np.testing.assert_array_equal(store.labels(), y)
        assert store.labels().dtype == y.dtype
        np.testing.assert_array_equal(store.classes_, np.unique(y))
        np.testing.assert_array_equal(np.concatenate([part.y for part in parts]), y)
    if weighted:
        np.testing.assert_array_equal(store.weights(), np.concatenate(weights))
    else:
        assert store.weights() is None
    for shard in store.shards:
        assert shard.entry.n_samples == 1 or shard.path.stat().st_size < shard_bytes + 4096


def test_one_shard_is_memory_mapped_and_float32_stays(tmp_path):
    X, y, _ = data(dtype=np.float32)
    store = write_store(tmp_path, X, y)
    matrix = store.to_csr()
    same_rows(matrix, sp.csr_array(X))
    assert not matrix.data.flags.writeable
    assert matrix.data.base is not None
    store = write_store(tmp_path, X, y, shard_bytes=2000)
    same_rows(store.to_csr(), sp.csr_array(X))
    assert write_store(tmp_path / "other", store, dtype="float64").dtype == np.float64


def test_a_store_is_written_from_a_store(tmp_path):
    X, y, s = data()
    store = write_store(tmp_path / "a", X, y, s, shard_bytes=3000, metadata={"language": "en"})
    other = write_store(tmp_path / "b", store)
    assert other.n_shards == 1
    assert other.metadata == {"language": "en"}
    same_rows(other.to_csr(), sp.csr_array(X))
    np.testing.assert_array_equal(other.labels(), y)
    np.testing.assert_array_equal(other.weights(), s)
    assert write_store(tmp_path / "c", store, np.arange(240) % 2).classes_.tolist() == [0, 1]
    with pytest.raises(ValueError, match="itself"):
        write_store(tmp_path / "a", store)
    with pytest.raises(ValueError, match="y must hold an entry for each of 240 rows"):
        write_store(tmp_path / "c", store, y[:-1])


def test_appending(tmp_path):
    X, y, s = data()
    store = write_store(tmp_path, X, y, s, metadata={"a": 1})
    before = open_store(tmp_path)
    store.append(X[:50], np.repeat("toast", 50), s[:50])
    assert store.shape == (290, 40)
    assert store.classes_.tolist() == ["eggs", "ham", "spam", "toast"]
    np.testing.assert_array_equal(store.labels(), [*y, *["toast"] * 50])
    assert store.metadata == {"a": 1}
    np.testing.assert_array_equal(before.labels(), y)  # what was opened is what it was
    assert before.fingerprint != store.fingerprint


FAULTS = {
    "columns": (lambda X, y, s: (X[:, :3], y, s), "X has 3 features, but the store has 40"),
    "no labels": (lambda X, y, s: (X, None, s), "y must be given with every chunk or with none"),
    "no weights": (lambda X, y, s: (X, y), "sample_weight must be given with every chunk"),
    "other labels": (lambda X, y, s: (X, np.arange(240), s), "y holds integers, but the labels so far are strings"),
    "few labels": (lambda X, y, s: (X, y[1:], s), "a label for each of 240 rows"),
    "missing labels": (lambda X, y, s: (X, [None] * 240, s), "must hold strings; found None"),
    "continuous": (lambda X, y, s: (X, np.arange(240) / 2, s), "must be whole; y holds 0.5"),
    "bytes": (lambda X, y, s: (X, np.repeat(b"a", 240), s), "y must hold booleans"),
    "weights": (lambda X, y, s: (X, y, -s), "sample_weight must be finite, and 0 or more"),
    "few weights": (lambda X, y, s: (X, y, s[1:]), "sample_weight must hold a number for each of 240"),
    "NaN": (lambda X, y, s: (X * np.nan, y, s), "X contains NaN"),
    "text": (lambda X, y, s: (y[:, None], y, s), "X must hold real numbers"),
    "one row": (lambda X, y, s: (np.ones(40), y, s), "X must have rows and columns"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_does_not_go_with_the_rows_changes_nothing(tmp_path, fault):
    X, y, s = data()
    store = write_store(tmp_path, X, y, s)
    files = {file: file.read_bytes() for file in tmp_path.iterdir()}
    change, message = FAULTS[fault]
    with pytest.raises(ValueError, match=message):
        store.append(*change(X, y, s))
    assert {file: file.read_bytes() for file in tmp_path.iterdir()} == files


def test_faulty_writers(tmp_path):
    X, y, _ = data()
    for name, value in (("n_features", 0), ("n_features", 2.5), ("shard_bytes", 0), ("dtype", "int32")):
        with pytest.raises(ValueError, match=name):
            StoreWriter(tmp_path, **{name: value})
    with pytest.raises(TypeError, match="metadata must be a dict"):
        StoreWriter(tmp_path, metadata=[1])
    with pytest.raises(FileNotFoundError):
        StoreWriter(tmp_path, append=True)
    with pytest.raises(ValueError, match="one row at least"), StoreWriter(tmp_path):
        pass
    with pytest.raises(FileNotFoundError):
        open_store(tmp_path)
    write_store(tmp_path, X, y)
    with pytest.raises(ValueError, match="n_features is 40"):
        StoreWriter(tmp_path, append=True, n_features=41)
    with pytest.raises(ValueError, match="dtype is float64"):
        StoreWriter(tmp_path, append=True, dtype="float32")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "letter.txt").write_text("mine")
    with pytest.raises(FileExistsError, match="no store to replace"):
        write_store(tmp_path / "folder", X, y)
    with pytest.raises(TypeError):
        write_store(tmp_path / "c", X, y, metadata={"a": {1, 2}})


def test_wider_chunks_widen_a_store_that_nobody_has_said_the_width_of(tmp_path):
    with StoreWriter(tmp_path) as writer:
        writer.add([[1.0, 2.0]])
        writer.add([[1.0, 2.0, 3.0]])
    np.testing.assert_array_equal(open_store(tmp_path).to_csr().toarray(), [[1, 2, 0], [1, 2, 3]])


@pytest.mark.parametrize("n_features", [2**31 - 1, 2**31, 2**31 + 1, 2**40])
def test_more_features_than_int32_counts(tmp_path, n_features):
    X = sp.csr_array((np.array([1.0, 2.0]), np.array([0, n_features - 1]), np.array([0, 2])), shape=(1, n_features))
    store = write_store(tmp_path, X, ["a"]).append(X, ["b"]).verify()
    for matrix in (store.to_csr(), *(chunk.X for chunk in store)):
        assert matrix.shape[1] == n_features
        assert matrix.indices[-1] == n_features - 1
    assert store.shards[0].places["indices"].dtype == ("<i4" if n_features <= 2**31 else "<i8")


def test_two_writers_at_a_time_are_noticed(tmp_path):
    X, y, _ = data()
    write_store(tmp_path, X, y)
    first, second = StoreWriter(tmp_path, append=True), StoreWriter(tmp_path, append=True)
    first.add(X, y)
    first.commit()
    second.add(X, y)
    with pytest.raises(ValueError, match="another writer"):
        second.commit()
    assert len(open_store(tmp_path).verify()) == 480


# Crashes and faulty files.


@pytest.mark.parametrize("append", [False, True])
def test_a_crash_leaves_the_old_store_or_the_new(tmp_path, monkeypatch, append):
    """Whichever system call does not come back."""
    X, y, _ = data(60)
    write_store(tmp_path, X, y, shard_bytes=2000)
    n_calls = 0

    class Killed(BaseException):
        pass

    for k in range(1, 100):
        calls = iter(range(1, 1000))
        rename, unlink = os.replace, Path.unlink

        def dying(call, calls=calls, k=k):
            def method(*args, **kwargs):
                if next(calls) >= k:
                    raise Killed
                return call(*args, **kwargs)

            return method

        with monkeypatch.context() as patch:
            patch.setattr(os, "replace", dying(rename))
            patch.setattr(Path, "unlink", dying(unlink))
            patch.setattr(StoreWriter, "__exit__", lambda self, kind, *rest: kind or (self.commit() and None))
            try:
                if append:
                    open_store(tmp_path).append(X, y, shard_bytes=2000)
                else:
                    write_store(tmp_path, X[::-1], y[::-1], shard_bytes=1500)
            except Killed:
                n_calls += 1
        store = open_store(tmp_path).verify()
        assert len(store) in ((60, 120) if append else (60,))
        new = len(store) == 120 if append else (store.labels() == y[::-1]).all()
        if new:
            break
        np.testing.assert_array_equal(store.labels(), y)
    assert n_calls > 3
    store.append(X, y)  # removes what was left behind
    names = {entry.name for entry in store._manifest.shards} | {"store.json"}
    assert {file.name for file in tmp_path.iterdir()} == names


WRITER = """
import sys, numpy as np, scipy.sparse as sp
import fastlr
X, y = sp.random(50, 40, 0.2, "csr", random_state=0), np.arange(50) % 3
print("ready", flush=True)
while True:
    fastlr.open_store(sys.argv[1]).append(X, y, shard_bytes=1000)
"""


@pytest.mark.skipif(os.name != "posix", reason="kill -9")
def test_kill_9_while_appending(tmp_path):
    X, y = sp.random(50, 40, 0.2, "csr", random_state=0), np.arange(50) % 3
    write_store(tmp_path, X, y)
    environment = {**os.environ, "PYTHONPATH": str(Path(fastlr.__file__).parents[1])}
    for k in range(2):
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, tmp_path], stdout=subprocess.PIPE, env=environment, text=True
        )
        assert process.stdout.readline() == "ready\n"
        n = len(open_store(tmp_path))
        while len(open_store(tmp_path)) < n + 100 * (k + 1):
            pass
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        store = open_store(tmp_path).verify()
        assert len(store) % 50 == 0
        np.testing.assert_array_equal(store.labels(), np.tile(y, len(store) // 50))


def test_damaged_files_are_refused(tmp_path, small_parts):
    """Any byte may be another, and any end be missing: an error that names the file."""
    X, y, s = data(60)
    store = write_store(tmp_path, X, y, s, shard_bytes=4000)
    rng = np.random.default_rng(0)
    for file in sorted(tmp_path.iterdir()):
        content = file.read_bytes()
        for k in range(60):
            damaged = bytearray(content)
            if k % 4 == 0:
                del damaged[rng.integers(len(damaged)) :]
            else:
                for place in rng.integers(0, len(damaged), k % 4):
                    damaged[place] = rng.integers(256)
            file.write_bytes(damaged)
            if bytes(damaged) == content:
                continue
            with pytest.raises(ValueError, match=file.name.replace(".", r"\.")):  # nothing goes unnoticed
                open_store(tmp_path).verify()
            with pytest.raises(ValueError, match=file.name.replace(".", r"\.")):
                SGDClassifier(max_iter=1, backend="cython" if fastlr.get_backend() == "cython" else None).fit(
                    open_store(tmp_path)
                )
        file.write_bytes(content)
    store.verify()


@pytest.mark.parametrize(
    "use",
    [
        pytest.param(lambda store, model: SGDClassifier().fit(store), id="fit"),
        pytest.param(lambda store, model: fastlr.LogisticRegression().fit(store), id="exact"),
        pytest.param(lambda store, model: model.predict_proba(store), id="predict_proba"),
        pytest.param(lambda store, model: list(store), id="iterating"),
        pytest.param(lambda store, model: store.labels(), id="labels"),
        pytest.param(lambda store, model: store.to_csr(), id="to_csr"),
        pytest.param(lambda store, model: store.verify(), id="verify"),
    ],
)
@pytest.mark.parametrize("n_bytes", [4000, 1 << 26], ids=["several", "one"])
def test_values_that_have_changed_are_noticed(tmp_path, use, n_bytes):
    X, y, _ = data(60)
    store = write_store(tmp_path, X, y, shard_bytes=n_bytes)
    model = SGDClassifier(max_iter=1).fit(X, y)
    shard = store.shards[-1]
    content = bytearray(shard.path.read_bytes())
    place = shard.places["data"]
    content[place.offset + place.dtype.itemsize * (shard.entry.nnz // 2)] ^= 1
    shard.path.write_bytes(content)
    with pytest.raises(ValueError, match=f"{shard.entry.name}.*its checksum is wrong"):
        use(open_store(tmp_path), model)


def test_files_are_compared_with_their_checksums_once(tmp_path, monkeypatch):
    X, y, _ = data(60)
    store = open_store(write_store(tmp_path, X, y, shard_bytes=4000).path)
    compared = []
    monkeypatch.setattr(shard_module, "check_rest", lambda file, sha256: compared.append(file.name))
    SGDClassifier(max_iter=2).fit(store).predict(store)
    assert compared == [str(shard.path) for shard in store.shards]
    store.verify()
    assert len(compared) == 2 * store.n_shards


@pytest.mark.parametrize(
    "changes",
    [
        {"n_features": 10},
        {"n_features": -1},
        {"n_features": 2**70},
        {"n_features": True},
        {"dtype": "float32"},
        {"dtype": "object"},
        {"dtype": ["float64"]},
        {"weighted": True},
        {"classes": None},
        {"classes": {"type": "str", "values": ["a", "b"]}},
        {"classes": {"type": "str", "values": ["a", "a", "b"]}},
        {"classes": {"type": "str", "values": ["a", 1, "b"]}},
        {"classes": {"type": "int8", "values": [1, 2, 300]}},
        {"classes": {"type": "datetime64", "values": []}},
        {"classes": 3},
        {"shards": []},
        {"shards": [["../../../etc/passwd", 10, 10, "0" * 64]]},
        {"shards": [["shard-000000-0123456789abcdef.safetensors", 10, 10, "0" * 64]]},
        {"shards": {"a": 1}},
        {"metadata": []},
        {"format": 2},
        {"kind": "model"},
        {"more": 1},
    ],
    ids=str,
)
def test_hostile_descriptions_are_refused(tmp_path, changes):
    X, y, _ = data(60)
    write_store(tmp_path, X, y)
    forged(tmp_path, **changes)
    with pytest.raises((ValueError, FileNotFoundError), match=str(tmp_path)):
        SGDClassifier(max_iter=1, backend="numpy").fit(open_store(tmp_path))


@pytest.mark.parametrize("name", ["indptr", "indices", "data", "labels", "weights"])
def test_hostile_shards_are_never_read_out_of_bounds(compiled, tmp_path, small_parts, name):
    """A shard with a fitting checksum that points anywhere; it is replaced after the store was opened, too."""
    X, y, s = data(60)
    for k, bad in enumerate([-1, 2**31 - 1, np.nan]):
        store = write_store(tmp_path / str(k), X, y, s)
        shard = store.shards[0]
        _ = shard.places if k else None
        tensors = dict(fastlr.persistence.tensor_file.read(shard.path)[1])
        tensors[name] = np.array(tensors[name])
        if np.isnan(bad) and tensors[name].dtype.kind == "i":
            continue
        tensors[name][len(tensors[name]) // 2] = bad if name not in ("data", "weights") else np.nan
        checksum = fastlr.persistence.tensor_file.write(shard.path, {"kind": "shard"}, tensors)
        if k == 0:
            forged(tmp_path / str(k), shards=[[shard.entry.name, 60, shard.entry.nnz, checksum]])
            store = open_store(tmp_path / str(k))
        model = SGDClassifier(max_iter=1, backend=compiled)
        with pytest.raises(ValueError, match=shard.entry.name):
            model.fit(store)
        with pytest.raises(ValueError, match=shard.entry.name):
            store.verify()
        assert not hasattr(model, "coef_")


def test_a_shard_that_is_cut_off_while_training(compiled, tmp_path, small_parts):
    X, y, _ = data()
    store = write_store(tmp_path, X, y)
    problem = problem_module.StoredTargets(store, store.classes_, np.float64).problem(None, np.ones(3))
    parts = problem.shuffled_parts(np.random.default_rng(0), 1)
    next(parts)
    os.truncate(store.shards[0].path, 1000)
    with pytest.raises(ValueError, match="truncated"):
        list(parts)


# Training.

SETTINGS = [
    {},
    {"penalty": "l1", "alpha": 1e-3, "class_weight": "balanced"},
    {"penalty": "elasticnet", "batch_size": 7, "dtype": "float32"},
    {"early_stopping": True, "n_iter_no_change": 2, "class_weight": {"ham": 2.0}},
    {"optimizer": "ftrl", "batch_size": 3},
    {"average": True, "tol": 1e-3, "learning_rate": "invscaling"},
    {"learning_rate": "lipschitz", "history": "full"},
]


def same_models(model, other):
    for name in ("coef_", "intercept_", "t_", "n_iter_", "alpha_"):
        np.testing.assert_array_equal(getattr(model, name), getattr(other, name), err_msg=name)
    for name in set(model.history_) - {"seconds", "nonzeros_per_second"}:
        np.testing.assert_array_equal(model.history_[name], other.history_[name], err_msg=name)
    assert model.__dict__.keys() == other.__dict__.keys()


@pytest.mark.filterwarnings("ignore:max_iter")
@pytest.mark.parametrize("parameters", SETTINGS, ids=str)
@pytest.mark.parametrize("weighted", [False, True])
def test_a_store_of_one_part_makes_the_model_of_its_rows_bit_for_bit(backend, tmp_path, parameters, weighted):
    X, y, s = data(60)
    s = s if weighted else None
    store = write_store(tmp_path, X, y, s)
    model = SGDClassifier(**{"max_iter": 4, "random_state": 0, "backend": backend, **parameters})
    expected = pickle.loads(pickle.dumps(model)).fit(X, y, s)
    same_models(model.fit(store), expected)
    for method in ("predict", "predict_proba", "predict_log_proba", "decision_function"):
        np.testing.assert_array_equal(getattr(model, method)(store), getattr(model, method)(X))
    assert model.score(store) == pytest.approx(model.score(X, y, s))
    assert model.score(store, y[::-1]) == model.score(X, y[::-1])


@pytest.mark.filterwarnings("ignore:max_iter")
@pytest.mark.parametrize("batch_size", [1, 7, 50, 1000])
@pytest.mark.parametrize("parameters", SETTINGS[:3], ids=str)
def test_parts_in_order_make_the_same_steps_bit_for_bit(backend, tmp_path, small_parts, parameters, batch_size):
    X, y, s = data()
    store = write_store(tmp_path, X, y, s, shard_bytes=7000)
    fixed = {"alpha": 1e-3, "eta0": 0.1, "learning_rate": "constant", "shuffle": False, "max_iter": 2}
    model = SGDClassifier(**{**parameters, **fixed, "batch_size": batch_size, "backend": backend})
    expected = pickle.loads(pickle.dumps(model)).fit(X, y, s)
    model.fit(store)
    np.testing.assert_array_equal(model.coef_, expected.coef_)
    np.testing.assert_array_equal(model.intercept_, expected.intercept_)
    assert model.t_ == expected.t_
    np.testing.assert_allclose(model.history_["training_loss"], expected.history_["training_loss"])
    model = SGDClassifier(**{**model.get_params(), "max_iter": None}).partial_fit(store).partial_fit(store)
    np.testing.assert_array_equal(model.coef_, expected.coef_)


def test_every_row_comes_once_an_epoch(tmp_path, small_parts):
    X, y, s = data()
    X = sp.csr_array((np.arange(1.0, 241.0), np.zeros(240, int), np.arange(241)), shape=(240, 1))  # a row's number
    store = write_store(tmp_path, X, y, s, shard_bytes=3000)
    targets = problem_module.StoredTargets(store, store.classes_, np.float64)
    problem = targets.problem(None, targets.class_mass())
    assert problem.n_parts > 2
    held_out = np.flatnonzero(s)[::5]
    for one, rows in (
        (problem, np.flatnonzero(s)),
        (problem.exclude(held_out), np.setdiff1d(np.flatnonzero(s), held_out)),
        (problem.subset(held_out), held_out),
    ):
        assert one.n_active == len(rows)
        assert one.total_weight == s[rows].sum()
        assert one.n_nonzeros == len(rows)
        np.testing.assert_array_equal(one.active_rows, rows)
        for rng in (None, np.random.default_rng(0)):
            for batch_size in (1, 6, 100):
                seen = [part.rows.data[order] - 1 for part, order in one.shuffled_parts(rng, batch_size)]
                assert all(len(part) % batch_size == 0 for part in seen[:-1])
                np.testing.assert_array_equal(np.sort(np.concatenate(seen)), rows)
                assert (rng is None) == (np.concatenate(seen).tolist() == rows.tolist())
        np.testing.assert_array_equal(one.sample(10).rows.data - 1, rows[:: len(rows) // 10][:10])


def test_a_part_has_pieces_from_all_over():
    for n_pieces, n_parts in ((64, 4), (63, 4), (5, 5), (1000, 7)):
        parts = list(deal(n_pieces, n_parts, np.random.default_rng(0)))
        np.testing.assert_array_equal(np.sort(np.concatenate(parts)), np.arange(n_pieces))
        for part in parts:
            assert (np.diff(part) > 0).all()
            np.testing.assert_array_equal(
                part // n_parts, np.arange(len(part)) if len(part) == -(-n_pieces // n_parts) else part // n_parts
            )
            assert len(part) in (n_pieces // n_parts, -(-n_pieces // n_parts))


def test_the_same_seed_makes_the_same_model(compiled, tmp_path, small_parts):
    X, y, _ = data()
    store = write_store(tmp_path, X, y, shard_bytes=5000)
    fits = [SGDClassifier(random_state=seed, max_iter=3, backend=compiled).fit(store).coef_ for seed in (0, 0, 1)]
    np.testing.assert_array_equal(fits[0], fits[1])
    assert (fits[0] != fits[2]).any()


@pytest.mark.filterwarnings("ignore:max_iter")
def test_settings_on_many_parts(backend, tmp_path, small_parts):
    X, y, s = data()
    store = write_store(tmp_path, X, y, s, shard_bytes=5000)
    for parameters in SETTINGS:
        model = SGDClassifier(**{"max_iter": 3, "random_state": 0, "backend": backend, **parameters})
        model.fit(store, eval_set=[store, (X, y, s)])
        for name in ("loss", "accuracy"):
            np.testing.assert_allclose(model.history_[f"validation_0_{name}"], model.history_[f"validation_1_{name}"])
        other = SGDClassifier(**model.get_params()).fit(store, y, s, eval_set=(store, y, s))
        np.testing.assert_array_equal(model.coef_, other.coef_)
    model = SGDClassifier(early_stopping=True, max_iter=3, random_state=0, backend=backend).fit(store)
    held_out = model.validation_indices_
    weights, intercept = model.coef_.T, model.intercept_
    expected = fastlr.training.evaluation.evaluate(
        fastlr.data.problem.Problem.make(
            fastlr.data.validation.as_rows(sp.csr_matrix(X)[held_out]),
            np.searchsorted(model.classes_, y[held_out]).astype(np.int32),
            s[held_out],
            3,
        ),
        weights,
        intercept,
    )
    assert model.best_loss_ == pytest.approx(expected.loss)
    assert 10 <= len(held_out) <= 25
    assert (s[held_out] > 0).all()


def test_rows_sorted_by_class_train_as_well_as_mixed_ones(compiled, tmp_path, monkeypatch):
    X, y = fastlr.datasets.make_bag_of_words(12_000, 3000, mean_length=15, n_classes=20, random_state=0)
    monkeypatch.setattr(problem_module, "PART_BYTES", 1 << 17)
    monkeypatch.setattr(problem_module, "PIECE_BYTES", 1 << 13)
    monkeypatch.setattr(problem_module, "MIN_PIECE_BYTES", 1 << 9)
    order = np.argsort(y[:10_000], kind="stable")
    losses = []
    for name, rows in (("mixed", np.arange(10_000)), ("sorted", order)):
        store = write_store(tmp_path / name, X[rows], y[rows])
        model = SGDClassifier(random_state=0, max_iter=5, backend=compiled).fit(store)
        losses.append(-model.predict_log_proba(X[10_000:])[np.arange(2000), y[10_000:]].mean())
    assert problem_module.StoredTargets(store, store.classes_, np.float64).problem(None, np.ones(20)).n_parts > 10
    whole = SGDClassifier(random_state=0, max_iter=5, backend=compiled).fit(X[:10_000], y[:10_000])
    losses.append(-whole.predict_log_proba(X[10_000:])[np.arange(2000), y[10_000:]].mean())
    assert losses == pytest.approx([losses[2]] * 3, rel=0.01)


def test_a_stream_of_stores(compiled, tmp_path, small_parts):
    X, y, _ = data()
    two = write_store(tmp_path / "two", X, np.where(y == "eggs", "ham", y))
    three = write_store(tmp_path / "three", X, y)
    model = SGDClassifier(random_state=0, class_weight="balanced", backend=compiled).partial_fit(two)
    assert model.classes_.tolist() == ["ham", "spam"]
    with pytest.raises(ValueError, match="not in classes"):
        model.partial_fit(three)
    model.partial_fit(three, classes=["eggs", "ham", "spam"])
    assert model.t_ == 480
    assert model.coef_.shape == (3, 40)


@pytest.mark.filterwarnings("ignore:max_iter")
@pytest.mark.parametrize("parameters", [{}, {"batch_size": 7, "early_stopping": True}], ids=str)
def test_checkpoints(compiled, tmp_path, small_parts, monkeypatch, parameters):
    X, y, s = data()
    store = write_store(tmp_path / "store", X, y, s, shard_bytes=5000)
    model = SGDClassifier(random_state=0, max_iter=3, backend=compiled, **parameters)
    expected = SGDClassifier(**model.get_params()).fit(store)
    original, ticks = fastlr.training.checkpoint.Checkpoint.tick, []
    monkeypatch.setattr(TimeSlices, "slices", short_slices)

    class Killed(BaseException):
        pass

    for k in (1, 4, 20, 30):
        ticks.clear()

        def tick(self, k=k):
            ticks.append(0)
            self.every = 0.0
            original(self)
            if len(ticks) == k:
                raise Killed

        monkeypatch.setattr(fastlr.training.checkpoint.Checkpoint, "tick", tick)
        with pytest.raises(Killed):
            model.fit(store, checkpoint=tmp_path / "checkpoint")
        monkeypatch.setattr(fastlr.training.checkpoint.Checkpoint, "tick", original)
        same_models(model.fit(store, checkpoint=tmp_path / "checkpoint", resume=True), expected)
    store.append(X, y, s)
    with pytest.raises(ValueError, match="the shape of X"):
        model.fit(store, checkpoint=tmp_path / "checkpoint", resume=True)
    with pytest.raises(ValueError, match="the checksum of X"):
        model.fit(write_store(tmp_path / "o", -X, y, s), checkpoint=tmp_path / "checkpoint", resume=True)


def test_ctrl_c_leaves_a_fitted_model_and_no_thread(compiled, tmp_path, small_parts, monkeypatch):
    X, y, _ = data()
    store = write_store(tmp_path, X, y, shard_bytes=5000)
    original, calls = LazySGD.run, []

    def run(self, *args):
        calls.append(0)
        if len(calls) == 9:
            raise KeyboardInterrupt
        return original(self, *args)

    monkeypatch.setattr(LazySGD, "run", run)
    model = SGDClassifier(random_state=0, max_iter=3, backend=compiled)
    with pytest.raises(KeyboardInterrupt):
        model.fit(store)
    assert 0 < model.t_ < 720
    assert model.predict(store).shape == (240,)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("fastlr-read")]


def test_a_bar_and_callbacks(compiled, tmp_path, small_parts, capsys):
    callback = pytest.importorskip("sklearn.callback")
    X, y, s = data()
    store = write_store(tmp_path, X, y, s)
    monitor = callback.ScoringMonitor(scoring="accuracy")
    model = SGDClassifier(random_state=0, max_iter=3, verbose=1, backend=compiled).set_callbacks(monitor).fit(store)
    assert "100%" in capsys.readouterr().err
    assert monitor.get_logs().data_as_pandas["accuracy"].iloc[-1] == pytest.approx(model.score(store))
    with pytest.raises(ValueError, match="Callbacks cannot be shown some rows of a store"):
        model.set_params(early_stopping=True).fit(store)
    model.fit(store, eval_set=store)


@pytest.mark.filterwarnings("ignore:max_iter")
def test_what_is_refused(tmp_path):
    X, y, _ = data()
    store, bare = write_store(tmp_path / "a", X, y), write_store(tmp_path / "b", X)
    with pytest.raises(ValueError, match=r"batch_size='full' needs the whole matrix.*to_csr"):
        SGDClassifier(batch_size="full").fit(store)
    with pytest.raises(ValueError, match="n_jobs=2 does not go with a store"):
        SGDClassifier(n_jobs=2).fit(store)
    with pytest.raises(ValueError, match="batch_size='full' needs the whole matrix"):
        SGDClassifier(batch_size="full").partial_fit(store)
    assert len(SGDClassifier(batch_size="full", max_iter=2, tol=0.0).fit(X, y, eval_set=store).history_["epoch"]) == 2
    with pytest.raises(ValueError, match=r"LogisticRegressionCV needs the whole matrix.*to_csr"):
        fastlr.LogisticRegressionCV().fit(store, y)
    with pytest.raises(ValueError, match="has no labels: pass y"):
        SGDClassifier().fit(bare)
    with pytest.raises(ValueError, match="inconsistent numbers"):
        SGDClassifier().fit(bare, y[1:])
    with pytest.raises(ValueError, match="1 class"):
        SGDClassifier().fit(bare, np.zeros(240))
    with pytest.raises(ValueError, match="nothing to fit"):
        SGDClassifier().fit(store, sample_weight=np.zeros(240))
    model = SGDClassifier(max_iter=1, random_state=0).fit(bare, y)
    with pytest.raises(ValueError, match="has no labels"):
        model.score(bare)
    with pytest.raises(ValueError, match="3 features"):
        model.predict(write_store(tmp_path / "c", X[:, :3]))
    with pytest.raises(ValueError, match="3 features"):
        model.partial_fit(write_store(tmp_path / "c", X[:, :3], y))
    with pytest.raises(ValueError, match="requires y"):
        model.fit(X)


def test_memory_is_that_of_the_weights_and_two_parts(compiled, tmp_path, monkeypatch):
    monkeypatch.setattr(problem_module, "PART_BYTES", 1 << 20)
    monkeypatch.setattr(problem_module, "PIECE_BYTES", 1 << 16)
    monkeypatch.setattr(fastlr.store.store, "CHUNK_BYTES", 1 << 20)
    rng = np.random.default_rng(0)
    with StoreWriter(tmp_path, shard_bytes=1 << 21) as writer:
        for _ in range(20):
            indices = rng.integers(0, 50_000, 80_000)
            X = sp.csr_array((np.ones(80_000), indices, np.arange(0, 80_001, 20)), shape=(4000, 50_000))
            writer.add(X, rng.integers(0, 2, 4000))
    store = open_store(tmp_path)
    assert store.nnz * 12 > 18 << 20
    small = write_store(tmp_path / "small", X[:50], np.arange(50) % 2)
    SGDClassifier(max_iter=1, backend=compiled).fit(small)  # compiles
    tracemalloc.start()
    try:
        model = SGDClassifier(max_iter=2, early_stopping=True, backend=compiled).fit(store)
        peak = tracemalloc.get_traced_memory()[1]
        assert peak < 5 * 8 * 50_000 + 4 * (1 << 20) + 8 * 80_000
        tracemalloc.reset_peak()
        model.predict(store)
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


def test_the_next_part_is_read_meanwhile():
    both = threading.Barrier(2, timeout=10)

    def items():
        for k in range(3):
            if k == 2:
                both.wait()
            yield k

    seen = []
    for k in prefetch_one(items()):
        if k == 1:
            both.wait()  # passes only if the third is being made
        seen.append(k)
    assert seen == [0, 1, 2]
    with pytest.raises(ZeroDivisionError):
        list(prefetch_one(1 // k for k in (1, 0)))


def test_the_store_needs_no_scikit_learn(tmp_path):
    code = (
        "import sys, fastlr, numpy as np\n"
        f"s = fastlr.write_store({str(tmp_path)!r}, np.eye(5), np.arange(5))\n"
        "assert len(s.to_csr().data) == 5 and 'sklearn' not in sys.modules"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(fastlr.__file__).parents[1])}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)
