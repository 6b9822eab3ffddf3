"""svmlight files: numbers written are the numbers read, and a faulty line is named."""

import bz2
import gzip
import io
import lzma

import numpy as np
import pytest
import scipy.sparse as sp
from helpers import random_labels, random_rows
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import dump_svmlight_file, load_svmlight_file

from fastlr import open_store, read_svmlight, write_store, write_svmlight
from fastlr.files import svmlight


@pytest.fixture
def small_chunks(monkeypatch):
    monkeypatch.setattr(svmlight, "CHUNK_BYTES", 100)


class OneWay(io.BytesIO):
    """A pipe."""

    def seek(self, *args):
        raise OSError("not seekable")


finite = {width: st.floats(allow_nan=False, allow_infinity=False, width=width) for width in (32, 64)}


@settings(max_examples=60)
@given(
    width=st.sampled_from([32, 64]),
    zero_based=st.booleans(),
    rows=st.lists(st.dictionaries(st.integers(0, 9), st.integers(0, 2**64 - 1), max_size=5), min_size=1, max_size=8),
    draw=st.data(),
)
def test_round_trip(width, zero_based, rows, draw):
    dtype = np.dtype(f"float{width}")
    X = np.zeros((len(rows), 10), dtype)
    for i, row in enumerate(rows):
        for j in row:
            X[i, j] = draw.draw(finite[width])
    y = np.array(draw.draw(st.lists(finite[64], min_size=len(rows), max_size=len(rows))))
    file = io.BytesIO()
    write_svmlight(file, sp.csr_array(X), y, zero_based=zero_based)
    file.seek(0)
    again, labels = read_svmlight(file, n_features=10, zero_based=zero_based, dtype=dtype)
    np.testing.assert_array_equal(again.toarray(), X)
    assert again.dtype == dtype
    np.testing.assert_array_equal(labels, y)


def test_unsorted_and_duplicate_entries_are_summed_and_nothing_is_changed(tmp_path):
    X, y = random_rows(), random_labels(60, 3)
    before = X.indices.copy(), X.data.copy()
    write_svmlight(tmp_path / "rows.txt", X, y)
    np.testing.assert_array_equal(X.indices, before[0])
    np.testing.assert_array_equal(X.data, before[1])
    again, labels = load_svmlight_file(str(tmp_path / "rows.txt"), n_features=40, zero_based=False)
    np.testing.assert_array_equal(again.toarray(), X.toarray())
    np.testing.assert_array_equal(labels, y)


@pytest.mark.parametrize("name", ["rows.svm", "rows.svm.gz", "rows.svm.bz2"])
@pytest.mark.parametrize("zero_based", [True, False])
def test_chunks_are_the_whole(tmp_path, small_chunks, name, zero_based):
    X, y = sp.random(50, 30, 0.2, "csr", random_state=0), np.arange(50) % 4 - 1
    X = sp.hstack([np.eye(50, 1), X[:, 1:]], format="csr")
    path = tmp_path / name
    write_svmlight(path, X, y, zero_based=zero_based)
    again, labels = read_svmlight(path, n_features=30)
    np.testing.assert_array_equal(again.toarray(), X.toarray())
    np.testing.assert_array_equal(labels, y)
    store = read_svmlight(path, n_features=30, store=tmp_path / "store")
    np.testing.assert_array_equal(store.to_csr().toarray(), X.toarray())
    assert store.classes_.tolist() == [-1, 0, 1, 2]
    write_svmlight(tmp_path / "again.svm", store, zero_based=zero_based)
    again, labels = load_svmlight_file(str(tmp_path / "again.svm"), n_features=30, zero_based=zero_based)
    np.testing.assert_array_equal(again.toarray(), X.toarray())
    np.testing.assert_array_equal(labels, y)


def test_it_reads_what_scikit_learn_reads(tmp_path, small_chunks):
    text = b"# header 0:1\n1 qid:0 2:0.5 7:1e-3  # comment 0:1\n\n-1 3:-2.5 # 0:9\n  +1  1:1\t9:2 \r\n2\n"
    path = tmp_path / "file"
    path.write_bytes(text)
    for zero_based in ("auto", True, False):
        X, y = read_svmlight(path, zero_based=zero_based)
        expected, labels = load_svmlight_file(io.BytesIO(text), zero_based=zero_based)
        np.testing.assert_array_equal(X.toarray(), expected.toarray())
        np.testing.assert_array_equal(y, labels)
    X, y = random_rows(40, 20), random_labels(40, 3)
    X.sum_duplicates()
    file = io.BytesIO()
    dump_svmlight_file(X, y, file)
    file.seek(0)
    np.testing.assert_allclose(read_svmlight(file)[0].toarray(), X.toarray()[:, :19], rtol=1e-14)
    file = OneWay(b"1 1:2\n")
    with pytest.raises(ValueError, match="reads the file twice"):
        read_svmlight(file)
    assert read_svmlight(file, zero_based=False)[0].toarray().tolist() == [[2.0]]


@pytest.mark.parametrize(
    "line",
    [b"a 1:2", b"1 1:1 x:3", b"1 3:1 2:1", b"1 2:1 2:1", b"1 -1:2", b"1 1", b"1 99999999999999999999:1", b"1,2 1:3",
     b"\xff 1:1", b"1 1:1:2", b"1 1:", b"1 1:two", b":", b"1 1:nan", b"1 1:-inf", b"1 1:1e999", b"nan 1:1", b"inf",
     b"1 1:1_000", b"1 1_0:1", b"1_0 1:1"],
)  # fmt: skip
@pytest.mark.parametrize("number", [1, 2, 40])
def test_a_malformed_line_is_named(tmp_path, small_chunks, line, number):
    lines = [b"1 1:1 3:2 # comment"] * 50
    lines[number - 1] = line
    path = tmp_path / "file.svm"
    path.write_bytes(b"\n".join(lines))
    with pytest.raises(ValueError, match=rf"file\.svm', line {number}: "):
        read_svmlight(path)
    with pytest.raises(ValueError, match=rf"line {number}: "):
        read_svmlight(path, store=tmp_path / "store")
    with pytest.raises(FileNotFoundError):
        open_store(tmp_path / "store")


def test_underscores_of_comments_and_a_byte_order_mark():
    for text in (b"\xef\xbb\xbf1 1:1 # a_b\n", b"\xef\xbb\xbf1 1:1", b"# a_b\n1 1:1\n"):
        X, y = read_svmlight(io.BytesIO(text))
        assert (X.toarray().tolist(), y.tolist()) == ([[1.0]], [1.0])


def test_what_is_refused(tmp_path):
    with pytest.raises(ValueError, match="line 2: an index is 0, but zero_based=False"):
        read_svmlight(io.BytesIO(b"1 1:1 # 0:1\n1 0:2\n"), zero_based=False)
    with pytest.raises(ValueError, match="has at least 3 features, but n_features=2"):
        read_svmlight(io.BytesIO(b"1 1:1\n1 3:2\n"), n_features=2)
    with pytest.raises(ValueError, match="no rows"):
        read_svmlight(io.BytesIO(b"# nothing\n"))
    with pytest.raises(ValueError, match="at least one row"):
        read_svmlight(io.BytesIO(b""), store=tmp_path / "store")
    with pytest.raises(ValueError, match="zero_based must be"):
        read_svmlight(io.BytesIO(b"1 1:1"), zero_based="yes")
    with pytest.raises(TypeError, match="binary mode"):
        read_svmlight(io.StringIO("1 1:1"), zero_based=True)
    with pytest.raises(TypeError, match="path or a binary file"):
        read_svmlight(3)
    with pytest.raises(ValueError, match="NaN"):
        read_svmlight(io.BytesIO(b"1 1:nan\n"), store=tmp_path / "store")
    X, y = random_rows(), random_labels(60, 2)
    for labels, message in (
        (None, "y is required"),
        (y[1:], "for each of 60"),
        (y.astype(str), "must be finite numbers"),
    ):
        with pytest.raises(ValueError, match=message):
            write_svmlight(tmp_path / "file", X, labels)
    with pytest.raises(ValueError, match="must be finite numbers"):
        write_svmlight(tmp_path / "file", X, y * np.nan)
    with pytest.raises(ValueError, match="NaN"):
        write_svmlight(tmp_path / "file", X * np.nan, y)
    with pytest.raises(ValueError, match="cannot hold the weights"):
        write_svmlight(tmp_path / "file", write_store(tmp_path / "weighted", X, y, np.ones(60)))
    assert not (tmp_path / "file").exists()


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
def test_compressed_rows_are_read_whole_or_refused(tmp_path, compress):
    """Whatever the name of the file: several streams, padding, and a second stream that is broken."""
    first, second = compress(b"1 1:1\n-1 2:1\n" * 5), compress(b"1 1:1\n-1 2:1\n" * 50)
    path = tmp_path / "rows"
    path.write_bytes(first + bytes(8) + second)
    for zero_based in ("auto", False):
        X, y = read_svmlight(path, zero_based=zero_based)
        assert X.shape == (110, 2)
        assert y.tolist() == [1.0, -1.0] * 55
    for rest in (bytes([second[0] ^ 1]) + second[1:], second[:-5]):
        path.write_bytes(first + rest)
        with pytest.raises(OSError, match=r"rows' is damaged: "):
            read_svmlight(path)
