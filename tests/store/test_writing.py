"""Stores: what is written is what is read, and what does not fit is refused."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp
from helpers.stores import data, same_rows
from hypothesis import given, settings
from hypothesis import strategies as st

import fastlr
from fastlr import StoreWriter, open_store, write_store

pytestmark = pytest.mark.usefixtures("no_waiting_for_the_disk")


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


@settings(max_examples=30)
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
    with pytest.raises(ValueError, match="y must have one label for each of 240 rows"):
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
    "no labels": (lambda X, y, s: (X, None, s), "y must be passed with every chunk or with none"),
    "no weights": (lambda X, y, s: (X, y), "sample_weight must be passed with every chunk"),
    "other labels": (lambda X, y, s: (X, np.arange(240), s), "y contains integers, but the labels so far are strings"),
    "few labels": (lambda X, y, s: (X, y[1:], s), "one label for each of 240 rows"),
    "missing labels": (lambda X, y, s: (X, [None] * 240, s), "y has 240 missing labels"),
    "continuous": (lambda X, y, s: (X, np.arange(240) / 2, s), "y contains the float 0.5"),
    "bytes": (lambda X, y, s: (X, np.repeat(b"a", 240), s), "y contains bytes, but the labels so far are strings"),
    "weights": (lambda X, y, s: (X, y, -s), "sample_weight must be finite and 0 or more"),
    "few weights": (lambda X, y, s: (X, y, s[1:]), r"sample_weight.shape == \(239,\), expected \(240,\)"),
    "NaN": (lambda X, y, s: (X * np.nan, y, s), "X contains NaN"),
    "text": (lambda X, y, s: (y[:, None], y, s), "X must contain real numbers"),
    "one row": (lambda X, y, s: (np.ones(40), y, s), "X must have at least one row and one column"),
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
    with pytest.raises(ValueError, match="at least one row"), StoreWriter(tmp_path):
        pass
    with pytest.raises(FileNotFoundError):
        open_store(tmp_path)
    write_store(tmp_path, X, y)
    with pytest.raises(ValueError, match="has n_features=40"):
        StoreWriter(tmp_path, append=True, n_features=41)
    with pytest.raises(ValueError, match="has dtype=float64"):
        StoreWriter(tmp_path, append=True, dtype="float32")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "letter.txt").write_text("mine")
    with pytest.raises(FileExistsError, match="is not a store"):
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


def test_the_store_needs_no_scikit_learn(tmp_path):
    code = (
        "import sys, fastlr, numpy as np\n"
        f"s = fastlr.write_store({str(tmp_path)!r}, np.eye(5), np.arange(5))\n"
        "assert len(s.to_csr().data) == 5 and 'sklearn' not in sys.modules"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(fastlr.__file__).parents[1])}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)
