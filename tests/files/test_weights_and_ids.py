"""Columns of weights and of ids, in every format that has columns."""

import json
import math

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fastlr.files.arrow_rows import row_batches
from fastlr.files.reader import Reader
from fastlr.files.streams import ReadError

NAMES = ("number", "label", "importance", "text")
ROWS = [(7, "good", 2.5, "a fine film"), (8, "bad", 0.0, "a dull film"), (9, "good", 1.0, "a fine plot")]


def delimited(path, rows, mark, quote=""):
    lines = [NAMES, *rows]
    path.write_text("".join(mark.join(f"{quote}{cell}{quote}" for cell in line) + "\n" for line in lines))


def write(path, rows):
    match path.suffix:
        case ".tsv":
            delimited(path, rows, "\t")
        case ".csv":
            delimited(path, rows, ",", '"')
        case ".jsonl":
            path.write_text("".join(json.dumps(dict(zip(NAMES, row, strict=True))) + "\n" for row in rows))
        case ".parquet":
            pq.write_table(pa.table([list(column) for column in zip(*rows, strict=True)], NAMES), path)
    return str(path)


def content(path, **options):
    """Return the weights, the ids and the number of bad lines."""
    with Reader(path, **options) as reader:
        batches = list(reader)
        ones = [np.ones(len(batch)) if batch.weights is None else batch.weights for batch in batches]
        ids = [id for batch in batches for id in batch.ids or []]
        return np.concatenate(ones).tolist(), ids, reader.bad.count


@pytest.mark.parametrize("suffix", ["tsv", "csv", "jsonl", "parquet"])
def test_columns_that_are_named_are_read(tmp_path, suffix):
    path = write(tmp_path / f"a.{suffix}", ROWS)
    weights, ids, _ = content(path, weight="importance", id="number")
    assert weights == [2.5, 0.0, 1.0]
    assert ids == ([7, 8, 9] if suffix in ("jsonl", "parquet") else ["7", "8", "9"])
    with Reader(path, weight="importance", id="number") as reader:
        assert str(reader.layout).endswith("label in 'label', text in 'text', weight in 'importance', id in 'number'")


@pytest.mark.parametrize("suffix", ["tsv", "csv"])
def test_columns_are_named_by_numbers(tmp_path, suffix):
    path = write(tmp_path / f"a.{suffix}", ROWS)
    assert content(path, weight="3", id="1")[:2] == ([2.5, 0.0, 1.0], ["7", "8", "9"])
    lines = (tmp_path / f"a.{suffix}").read_text().splitlines(keepends=True)[1:]
    (tmp_path / f"b.{suffix}").write_text("".join(lines))
    bare = content(str(tmp_path / f"b.{suffix}"), weight="3", id="1", label="2", text="4")
    assert bare[:2] == ([2.5, 0.0, 1.0], ["7", "8", "9"])


def test_weights_of_1_are_none(tmp_path):
    """So that the model is that of documents without weights."""
    path = write(tmp_path / "a.tsv", [(7, "good", 1.0, "a fine film"), (8, "bad", 1, "a dull film")])
    with Reader(path, weight="importance") as reader:
        assert [batch.weights for batch in reader] == [None]


@pytest.mark.parametrize("suffix", ["tsv", "csv", "jsonl", "parquet"])
@pytest.mark.parametrize("weight", [-1.0, math.nan, math.inf, "much", "", None, True])
def test_weights_that_are_none_are_bad_lines(tmp_path, suffix, weight):
    rows = [*ROWS[:2], (9, "good", weight, "a fine plot"), (10, "bad", 3.0, "a dull plot")]
    if suffix == "parquet":
        if not isinstance(weight, float):
            rows = [(a, b, None if w is None else str(w), c) for a, b, w, c in rows]
        line = 3
    else:
        line = 3 if suffix == "jsonl" else 4
    path = write(tmp_path / f"a.{suffix}", rows)
    with pytest.raises(ReadError, match=rf"line {line} \(weight .* is not a finite number of 0 or more\)"):
        content(path, weight="importance")
    weights, ids, n_bad = content(path, weight="importance", id="number", skip_bad_lines=True)
    assert weights == [2.5, 0.0, 3.0]
    assert [int(id) for id in ids] == [7, 8, 10]
    assert n_bad == 1


def test_columns_that_are_named_are_neither_labels_nor_text(tmp_path):
    """Without names, the label would be the column of the fewest values, and the text the longest one."""
    rows = [(1, f"id-{i // 2}-of-a-long-kind-{'x' * 30}", "ab"[i % 2], f"text {i}") for i in range(20)]
    path = tmp_path / "a.tsv"
    path.write_text("".join("\t".join(map(str, row)) + "\n" for row in rows))
    with Reader(str(path)) as reader:
        assert (reader.layout.label, reader.layout.text) == (2, (3,))
    with pytest.raises(ReadError, match=r"no column is clearly the label; the likeliest: column 2 \(10 values\)"):
        Reader(str(path), id="3", weight="1")
    with Reader(str(path), id="2", weight="1", with_labels=False) as reader:
        assert reader.layout.text == (3,)


@pytest.mark.parametrize("suffix", ["tsv", "csv", "jsonl", "parquet"])
def test_columns_that_are_not_there(tmp_path, suffix):
    path = write(tmp_path / f"a.{suffix}", ROWS)
    for option in ("weight", "id"):
        with pytest.raises(ReadError, match="there is no column 'stars'"):
            Reader(path, **{option: "stars"})
    with pytest.raises(ReadError, match="the weight column must not also be the label column"):
        Reader(path, label="label", weight="label")


def test_formats_without_columns_refuse_them(tmp_path):
    (tmp_path / "a.txt").write_text("__label__a some words\n__label__b others\n")
    for option in ("weight", "id"):
        with pytest.raises(ReadError, match=f"--{option} does not apply to this format"):
            Reader(str(tmp_path / "a.txt"), **{option: "1"})


def test_rows_of_parquet(tmp_path):
    columns = {
        "indices": [[0], [1, 2], [0]], "values": [[1.0], [2.0, 3.0], [math.nan]], "label": [0, 1, 1],
        "mass": [1.0, 0.5, 2.0], "key": ["a", None, "c"],
    }  # fmt: skip
    pq.write_table(pa.table(columns), tmp_path / "rows.parquet")
    path = str(tmp_path / "rows.parquet")
    assert content(path, weight="mass", id="key", skip_bad_lines=True) == ([1.0, 0.5], ["a", None], 1)
    batches = row_batches(path, n_features=None, label="label", weight=None)
    assert next(batches)[0].ids is None
