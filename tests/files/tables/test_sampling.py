"""Lines from all over a file: labels of sorted files are found, whatever the file is."""

import gzip

import pytest
from helpers.readers import write

from fastlr.files.reader import HEAD, Reader

N = 40_000


def sorted_table(quote=""):
    """Rows whose first half has one label, and a column before it that looks like labels in every part."""
    kinds = (("neg", "a bad"),) * (N // 2) + (("pos", "a good"),) * (N // 2)
    rows = ((str(i % 3), label, f"{word} text, number {i} of many") for i, (label, word) in enumerate(kinds))
    return "".join("\t".join(f"{quote}{cell}{quote}" for cell in row) + "\n" for row in rows)


@pytest.mark.parametrize("quote", ["", '"'])
@pytest.mark.parametrize("compressed", [False, True])
def test_labels_of_a_sorted_file(tmp_path, quote, compressed):
    content = sorted_table(quote).encode()
    assert len(content) // 2 > HEAD
    path = write(tmp_path, "a.tsv.gz" if compressed else "a.tsv", gzip.compress(content) if compressed else content)
    with Reader(str(path)) as reader:
        assert (reader.layout.label, reader.layout.n_labels) == (1, 2)
        assert sum(map(len, reader)) == N  # and what was looked at is read again
    assert sorted(reader.labels.names) == ["neg", "pos"]


def test_places_within_quoted_fields(tmp_path):
    """Lines of a text that look like rows of another table are no rows."""
    text = "\n".join(f"{i}, is, in, a, text" for i in range(400))
    rows = "".join(f'{"neg" if i < 300 else "pos"},"{i} {text}"\n' for i in range(600))
    path = write(tmp_path, "a.csv", "label,text\n" + rows)
    with Reader(str(path)) as reader:
        assert (reader.layout.names, reader.layout.label) == (("label", "text"), 0)
        assert sum(map(len, reader)) == 600


def test_keys_and_columns_of_sorted_files(tmp_path):
    lines = "".join(f'{{"kind": "{"neg" if i < N // 2 else "pos"}", "words": "text {i} of many"}}\n' for i in range(N))
    path = write(tmp_path, "a.jsonl", lines)
    with Reader(str(path)) as reader:
        assert (reader.layout.names[reader.layout.label], reader.layout.n_labels) == ("kind", 2)
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet

    kinds, words = ["neg"] * (N // 2) + ["pos"] * (N // 2), [f"text {i} of many" for i in range(N)]
    for size in (N, 500):
        pyarrow.parquet.write_table(
            pa.table({"kind": kinds, "words": words}), tmp_path / "a.parquet", row_group_size=size
        )
        with Reader(str(tmp_path / "a.parquet")) as reader:
            assert (reader.layout.names[reader.layout.label], reader.layout.n_labels) == ("kind", 2)
