"""How fields are separated: by what the lines have in common, whatever the name of the file says."""

import csv
import io

import pytest
from helpers.readers import read, write

from fastlr.files.reader import Reader
from fastlr.files.streams import ReadError

ROWS = [("pos", "a fine film, and short; good"), ("neg", "a dull film"), ("pos", "fine acting | fine plot")] * 9


def written(rows, sep):
    text = io.StringIO()
    csv.writer(text, delimiter=sep, lineterminator="\n").writerows(rows)
    return text.getvalue()


@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.txt", "a"])
@pytest.mark.parametrize("sep", [",", ";", "|", "\t", "^", "\x01"])
@pytest.mark.parametrize("header", [True, False])
def test_separators_are_found(tmp_path, name, sep, header):
    path = write(tmp_path, name, written([("label", "text")] * header + ROWS, sep))
    assert read(path) == ROWS
    with Reader(str(path)) as reader:
        assert reader.layout.sep == sep
        assert reader.layout.header == header


def test_commas_of_numbers_do_not_separate(tmp_path):
    """Both would make columns; those of semicolons hold numbers and labels."""
    rows = [(f"{i},5", "xy"[i % 2], f"one, text {i}") for i in range(20)]
    path = write(tmp_path, "a.csv", "".join(";".join(row) + "\n" for row in rows))
    assert read(path) == [row[1:] for row in rows]


@pytest.mark.parametrize(
    ("name", "line", "title"),
    [
        ("train.csv", "__label__{} one, two", "fastText"),
        ("train.tsv", "__label__{} one", "fastText"),
        ("train.csv", '{{"label": "{}", "text": "one, two"}}', "JSON Lines"),
        ("train.txt", "{}\t1:1\t7:0.5", "svmlight, numeric features"),
    ],
)
def test_the_content_decides_before_the_name(tmp_path, name, line, title):
    path = write(tmp_path, name, "".join(line.format(i % 2) + "\n" for i in range(20)))
    with Reader(str(path)) as reader:
        assert str(reader.layout).startswith(title)
        assert sum(map(len, reader)) == 20


def test_one_column_is_no_table(tmp_path):
    path = write(tmp_path, "x.csv", "text\nfine film\ndull film\n")
    with pytest.raises(ReadError, match="cannot detect the label column: the file has only one column"):
        read(path)
