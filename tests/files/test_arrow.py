"""Parquet and Arrow files: a store goes into one and comes back, and texts are read in batches."""

import builtins

import numpy as np
import pytest
from helpers import random_labels, random_rows

from fastlr import open_store, write_store
from fastlr.files.arrow import parquet_to_store, store_to_parquet, text_batches

pa = pytest.importorskip("pyarrow")
pytest.importorskip("pyarrow.parquet")

LABELS = {
    "int64": np.array([-5, 0, 7]),
    "int8": np.array([1, 2, 3], np.int8),
    "float": np.array([-1.0, 0.0, 2.0]),
    "bool": np.array([True, False, True]),
    "object": np.array(["ham", "späm", ""], object),
}


@pytest.mark.parametrize("kind", [None, *LABELS])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_store_goes_to_parquet_and_comes_back(tmp_path, kind, dtype):
    X = random_rows(dtype=dtype)
    y = None if kind is None else LABELS[kind][random_labels(60, 3)]
    weights = None if kind == "bool" else np.random.default_rng(0).random(60)
    store = write_store(tmp_path / "a", X, y, weights, shard_bytes=2000, metadata={"a": [1, None]})
    store_to_parquet(store, tmp_path / "rows.parquet")
    again = parquet_to_store(tmp_path / "rows.parquet", tmp_path / "b", batch_size=17)
    assert again.shape == store.shape
    assert again.dtype == dtype
    assert again.metadata == store.metadata
    for name in ("indptr", "indices", "data"):
        np.testing.assert_array_equal(getattr(again.to_csr(), name), getattr(store.to_csr(), name))
    if y is None:
        assert again.labels() is None
    else:
        np.testing.assert_array_equal(again.labels(), y)
        assert again.labels().dtype == y.dtype
    if weights is None:
        assert again.weights() is None
    else:
        np.testing.assert_array_equal(again.weights(), weights)
        bare = parquet_to_store(tmp_path / "rows.parquet", tmp_path / "c", label=None, weight=None)
        assert bare.labels() is None
        assert bare.weights() is None


def table(**columns):
    rows = {"indices": [[0, 2], [], [1]], "values": [[1.0, 2.0], [], [3.0]], "label": ["a", "b", "a"]}
    return pa.table({name: column for name, column in {**rows, **columns}.items() if column is not None})


def test_files_of_others(tmp_path):
    path, folder = tmp_path / "file", tmp_path / "store"
    pa.parquet.write_table(table(label=pa.array(["a", "b", "a"]).dictionary_encode()), path)
    store = parquet_to_store(path, folder)
    np.testing.assert_array_equal(store.to_csr().toarray(), [[1, 0, 2], [0, 0, 0], [0, 3, 0]])
    assert store.labels().tolist() == ["a", "b", "a"]
    assert parquet_to_store(path, folder, n_features=9).shape == (3, 9)
    large = table(indices=pa.array([[0, 2], [], [1]], pa.large_list(pa.uint32())), values=[[1, 2], [], [3]], label=None)
    for write in (pa.ipc.new_file, pa.ipc.new_stream):
        with write(path, large.schema) as writer:
            writer.write_table(large, max_chunksize=2)
        store = parquet_to_store(path, folder, batch_size=1)
        np.testing.assert_array_equal(store.to_csr().toarray(), [[1, 0, 2], [0, 0, 0], [0, 3, 0]])
        assert store.labels() is None


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"values": None}, "no column 'values'"),
        ({"indices": None}, "no column 'indices'"),
        ({"values": [[1.0], [], [3.0]]}, "row 0, counted from 0: indices and values have different lengths"),
        ({"indices": [[0, -2], [], [1]]}, "index -2 is not between"),
        ({"indices": [[0, 2], None, [1]]}, "column 'indices' is null in row 1"),
        ({"indices": [[0, None], [], [1]]}, "contains a null"),
        ({"indices": [[0.0, 2.0], [], [1.0]]}, "must hold lists of numbers"),
        ({"indices": [1, 2, 3]}, "must hold lists of numbers"),
        ({"values": [["a", "b"], [], ["c"]]}, "column 'values' must hold lists of numbers"),
        ({"values": [[1.0, float("nan")], [], [3.0]]}, "NaN"),
        ({"label": ["a", None, "b"]}, "column 'label' is null in row 1"),
        ({"label": [[1], [2], [3]]}, "y"),
    ],
    ids=str,
)
def test_malformed_rows_are_refused(tmp_path, columns, message):
    pa.parquet.write_table(table(**columns), tmp_path / "file")
    with pytest.raises(ValueError, match=message):
        parquet_to_store(tmp_path / "file", tmp_path / "store")
    with pytest.raises(FileNotFoundError):
        open_store(tmp_path / "store")


def test_damaged_files_are_refused(tmp_path):
    path = tmp_path / "file"
    store = write_store(tmp_path / "a", random_rows(), random_labels(60, 3))
    store_to_parquet(store, path)
    content = path.read_bytes()
    for damaged in (content[:50], content[:-20], b"", b"hello, world", b"PAR1" + b"\0" * 100):
        path.write_bytes(damaged)
        with pytest.raises(ValueError, match="is not an intact Parquet, Arrow or ORC file"):
            parquet_to_store(path, tmp_path / "b")
    for about in (b"{", b"{}", b'{"n_features": -1, "metadata": {}}', b'{"n_features": "a", "metadata": {}}'):
        pa.parquet.write_table(table().replace_schema_metadata({"fastlr": about}), path)
        with pytest.raises(ValueError, match="its metadata on the store are malformed"):
            parquet_to_store(path, tmp_path / "b")
    pa.parquet.write_table(table().replace_schema_metadata({"fastlr": b'{"n_features": 2, "metadata": {}}'}), path)
    with pytest.raises(ValueError, match="index 2 is not between 0 and 1"):
        parquet_to_store(path, tmp_path / "b")


@pytest.mark.parametrize("kind", ["parquet", "file", "stream"])
def test_texts_come_in_batches(tmp_path, kind):
    texts = [f"text {k} ü" for k in range(25)]
    data = pa.table({"label": np.arange(25) % 3, "text": texts, "other": texts})
    path = tmp_path / "texts"
    if kind == "parquet":
        pa.parquet.write_table(data, path)
    else:
        with (pa.ipc.new_file if kind == "file" else pa.ipc.new_stream)(path, data.schema) as writer:
            writer.write_table(data)
    batches = list(text_batches(path, batch_size=10))
    assert [len(some) for some, _ in batches] == [10, 10, 5]
    assert [text for some, _ in batches for text in some] == texts
    np.testing.assert_array_equal(np.concatenate([labels for _, labels in batches]), np.arange(25) % 3)
    assert next(text_batches(path, text="other", label=None))[1] is None
    with pytest.raises(ValueError, match=r"no column 'words'; its columns are \['label', 'text', 'other'\]"):
        next(text_batches(path, text="words"))
    with pytest.raises(ValueError, match="column 'label' must hold strings; found int64"):
        next(text_batches(path, text="label"))


def test_columns_of_one_name(tmp_path):
    data = pa.Table.from_arrays([pa.array(["a"])] * 3, ["label", "text", "text"])
    pa.parquet.write_table(data, tmp_path / "texts")
    with pytest.raises(ValueError, match=r"has 2 columns 'text'; its columns are \['label', 'text', 'text'\]"):
        next(text_batches(tmp_path / "texts"))


def test_strings_of_every_kind(tmp_path):
    views = getattr(pa, "string_view", pa.string)  # pyarrow 14 has none
    for kind in (pa.string(), pa.large_string(), views(), pa.dictionary(pa.int8(), pa.string())):
        column = pa.array(["a", None, "b"], kind)
        pa.parquet.write_table(pa.table({"text": column, "label": column}), tmp_path / "texts")
        ((texts, labels),) = text_batches(tmp_path / "texts", nulls=True)
        assert texts == labels.tolist() == ["a", None, "b"]


@pytest.mark.parametrize("label", [["x"], {"x": 1}], ids=str)
def test_labels_of_other_types_are_refused(tmp_path, label):
    pa.parquet.write_table(pa.table({"text": ["a"], "label": [label]}), tmp_path / "texts")
    with pytest.raises(ValueError, match="column 'label' must hold numbers, booleans or strings; found"):
        next(text_batches(tmp_path / "texts", nulls=True))


def test_missing_texts_are_named(tmp_path):
    pa.parquet.write_table(pa.table({"text": [*"abc", None], "label": [1, 2, 3, 4]}), tmp_path / "texts")
    batches = text_batches(tmp_path / "texts", batch_size=2)
    next(batches)
    with pytest.raises(ValueError, match="column 'text' is null in row 3"):
        next(batches)


def test_without_pyarrow(tmp_path, monkeypatch):
    real = builtins.__import__

    def missing(name, *args, **kwargs):
        if name.startswith("pyarrow"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(ImportError, match=r"pip install 'fastlr\[arrow\]'"):
        next(text_batches(tmp_path / "texts"))
