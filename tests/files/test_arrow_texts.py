"""Texts of Parquet and Arrow files in batches."""

import numpy as np
import pytest
from helpers.readers import ROWS, read, write

from fastlr.files.reader import Reader
from fastlr.files.streams import ReadError


def test_parquet_and_arrow(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import feather, parquet

    labels, texts = zip(*ROWS, strict=True)
    table = pyarrow.table({"n": list(range(len(ROWS))), "Text": texts, "class": labels})
    parquet.write_table(table, tmp_path / "a.parquet")
    feather.write_feather(table, tmp_path / "a", compression="uncompressed")
    for name in ("a.parquet", "a"):
        assert read(tmp_path / name) == ROWS
        assert read(tmp_path / name, label="n")[1] == ("1", ROWS[1][1])
        assert read(tmp_path / name, with_labels=False)[0] == (None, ROWS[0][1])
        with pytest.raises(ReadError, match="there is no column 'x'; the 3 columns are: n, Text, class"):
            read(tmp_path / name, text="x")
    whole = (tmp_path / "a.parquet").read_bytes()
    with pytest.raises(ValueError, match="is not an intact Parquet"):
        read(write(tmp_path, "cut.parquet", whole[:-20]))


@pytest.mark.parametrize(
    "labels", [["a", None, "b", " ", "b"], [1, None, 2, None, 2], [1.5, None, 2.0, np.nan, 2.0]], ids=str
)
def test_rows_of_parquet_without_text_or_label(tmp_path, labels):
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet as parquet

    path = tmp_path / "a.parquet"
    parquet.write_table(pa.table({"label": labels, "text": ["u", "v", "w", "x", None]}), path)
    with pytest.raises(
        ReadError, match=r"3 bad lines: line 2 \(empty label\), line 4 \(empty label\), line 5 \(no text\)"
    ):
        read(path)
    assert read(path, skip_bad_lines=True) == [(str(labels[0]), "u"), (str(labels[2]), "w")]
    with Reader(str(path), with_labels=False, skip_bad_lines=True) as reader:
        assert [bytes(text) for batch in reader for text in batch.documents] == [b"u", b"v", b"w", b"x"]
