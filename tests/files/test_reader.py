"""Files of texts in every format: what is read, what is guessed, and which lines are bad."""

import csv
import io
import json
import os
import sys

import numpy as np
import pytest
from helpers.readers import ROWS, TSV, read, rows_of, write
from hypothesis import given, settings
from hypothesis import strategies as st

from fastlr.files.reader import HEAD, Reader
from fastlr.files.streams import ReadError


def test_formats_say_the_same(tmp_path):
    quoted = io.StringIO()
    csv.writer(quoted).writerows([("label", "text"), *ROWS])
    contents = {
        "a.tsv": TSV,
        "a.txt": TSV,
        "b.tsv": "id\ttext\tlabel\n" + "".join(f"{i}\t{text}\t{label}\n" for i, (label, text) in enumerate(ROWS)),
        "windows.tsv": TSV.replace("\n", "\r\n"),
        "marked.tsv": "\ufeff" + TSV,
        "blank.tsv": "\n" + TSV.replace("\n", "\n\n"),
        "open.tsv": TSV.rstrip("\n"),
        "a.csv": quoted.getvalue(),
        "a.jsonl": "".join(json.dumps({"n": 1, "text": text, "label": label}) + "\n" for label, text in ROWS),
        "any": "".join(json.dumps({"body": text, "class": label}, ensure_ascii=False) + "\n" for label, text in ROWS),
        "a.ft": "".join(f"__label__{label} {text}\n" for label, text in ROWS),
        "a.vw": "".join(f"{label} | {text}\n" for label, text in ROWS),
    }
    for name, content in contents.items():
        assert read(write(tmp_path, name, content)) == ROWS, name


def test_guesses_are_said(tmp_path):
    path = write(tmp_path, "a.tsv", "".join(f"{i}\t{label}\t{text}\n" for i, (label, text) in enumerate(ROWS)))
    with Reader(str(path)) as reader:
        assert str(reader.layout) == "TSV without a header; label in column 2, text in column 3"
        assert rows_of(reader) == ROWS


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        ("", {}, ": is empty"),
        ("\n \n", {}, ": is empty"),
        ("a\0b\tc\n", {}, "zero bytes"),
        ("a\tb\n", {"label": "c"}, "there is no column 'c'; the 2 columns are: a, b"),
        ("a\tb\n", {"label": "3"}, "there is no column '3'"),
        ("a\tb\n", {"label": "-1"}, "there is no column '-1'; the 2 columns are: 1, 2"),
        ("\n\n", {"with_labels": False, "format": "tsv"}, ": is empty"),
        ("one\ttwo\nthree\tfour\nfive\tsix\n", {}, "cannot detect the label column: no column has short"),
        ("only text\nin lines\n", {}, "is plain text without labels"),
        ("not json\n", {"format": "jsonl"}, "none of its first lines is a JSON object"),
        ('["label", 1]\n["label", 2]\n', {"format": "jsonl"}, "none of its first lines is a JSON object"),
        ('{"a": 1}\n', {"header": True}, "--header does not apply"),
        (
            '{"text":"a"}\n{"text":"b"}\n{"text":"a"}\n',
            {},
            r"cannot detect the label column: the file has only one column \('text'\)",
        ),
        (
            '{"y":["a"],"text":"b"}\n',
            {},
            r"""'y' holds several labels per document, such as '\["a"\]', which training""",
        ),
        ('{"y":["a"],"text":"b"}\n', {"label": "y", "classes": True}, "'y' holds several labels per document, such as"),
        ('{"y":{"z":1},"text":"b"}\n', {"label": "y"}, "the value of 'y' must be .* is an object"),
        ('{"y":1,"text":null}\n', {"text": "text"}, "the value of 'text' must be .* is null"),
        ('{"y":1,"text":"a"}\n', {"label": "x"}, "there is no column 'x'; the 2 columns are: y, text"),
        ("a\nb\na\nb\n", {"format": "tsv"}, "cannot detect the label column: the file has only one column$"),
        (
            "a\nb\na\nb\n",
            {"format": "csv", "text": "1"},
            "cannot detect the label column: the file has only one column$",
        ),
        ("__label__a b\n", {"text": "2"}, r"--text does not apply to this format \(fastText\)"),
        ("1 3:0.5 7:1\n-1 2:1\n", {"rows": False}, r"expected documents, but .* numeric features \(svmlight"),
        ("a\tb\nb\tc\na\td\n", {"label": "1", "rows": True}, r"expected numeric features, but .* documents \(TSV"),
        ("a\tb\n", {"format": "lines"}, "is plain text without labels"),
        ("a\tb\nb\tc\na\td\n", {"label": "1", "text": "2,1"}, "label column must not also be a text column"),
        ("a\t" + 50 * "b" + "\n", {"label": "c"}, r"the 2 columns are: a, b{40}\.\.\.$"),
        (
            '{"y": NaN, "text": "a"}\n{"y": 1, "text": "b"}\n',
            {"label": "y"},
            r"1 bad line: line 1 \(no label in 'y'\); pass --skip",
        ),
    ],
)
def test_what_cannot_be_read_is_said_in_a_sentence(tmp_path, content, options, message):
    path = write(tmp_path, "file", content)
    with pytest.raises(ReadError, match=message) as caught:
        read(path, **options)
    assert str(caught.value).startswith(f"{path}: ")


@pytest.mark.parametrize(
    ("name", "content", "bad"),
    [
        ("a.tsv", b"x\tone\nlonely\n\ttwo\ny\tthree\nx\t\xff\ny\tfour\n", {2: "fewer than 2", 3: "empty", 5: "UTF-8"}),
        ("a.csv", b'x,"one\nline"\nlonely\n,two\ny,three\nx,"\xff"\ny,four\n', {3: "fewer", 4: "empty", 6: "UTF-8"}),
        (
            "a.jsonl",
            b'{"label":"x","text":"one"}\n{"label":"x"}\n{\n[1]\n{"label":null,"text":"t"}\n'
            b'{"label":"y","text":"three"}\n{"label":"y","text":"\xff"}\n{"label":"y","text":"four"}\n',
            {2: "no text", 3: "not JSON", 4: "not a JSON object", 5: "no label", 7: "UTF-8"},
        ),
        (
            "a.fasttext",
            b"__label__x one\nplain\n__label__x __label__y two\n__label__ three\n__label__y four\n",
            {2: "has no __label__", 3: "several labels", 4: "empty label"},
        ),
    ],
)
def test_bad_lines_are_counted_by_number(tmp_path, name, content, bad):
    path = write(tmp_path, name, content)
    columns = {"label": "1", "text": "2"} if name in ("a.tsv", "a.csv") else {}
    columns["encoding"] = "utf-8"
    with pytest.raises(ReadError, match=f"{len(bad)} bad lines: line {min(bad)}"):
        read(path, **columns)
    with Reader(str(path), **columns, skip_bad_lines=True) as reader:
        rows = rows_of(reader)
        assert {label for label, _ in rows} == {"x", "y"}
        assert reader.bad.count == len(bad)
        for (line, reason), (expected, words) in zip(reader.bad.listed, sorted(bad.items()), strict=True):
            assert line == expected
            assert words in reason


def test_blank_lines_alone_are_texts(tmp_path):
    """A line each, as among others."""
    assert read(write(tmp_path, "a", "\n  \n"), with_labels=False) == [(None, ""), (None, "  ")]
    assert read(write(tmp_path, "a", "\n"), with_labels=False, format="lines") == [(None, "")]


def test_a_deep_line_of_json_is_a_bad_line(tmp_path):
    path = write(tmp_path, "a.jsonl", '{"y":1,"text":"a"}\n' + 100_000 * "[" + '\n{"y":2,"text":"b"}\n')
    with pytest.raises(ReadError, match=r"1 bad line: line 2 \(not JSON\)"):
        read(path)
    assert read(path, skip_bad_lines=True) == [("1", "a"), ("2", "b")]


@settings(max_examples=100)
@given(
    content=st.binary(min_size=1, max_size=200),
    name=st.sampled_from(["a.tsv", "a.csv", "a.jsonl", "a.fasttext", "a.vw", "a"]),
)
def test_any_bytes_are_read_or_refused(tmp_path_factory, content, name):
    path = tmp_path_factory.mktemp("bytes") / name
    path.write_bytes(content)
    for skip in (False, True):
        try:
            for label, text in read(path, skip_bad_lines=skip):
                assert label
                assert isinstance(text, str)
        except ReadError:
            continue


def test_labels_of_many_lengths(tmp_path):
    labels = ["x", "", "y" * 64, "z" * 65, "é" * 30, "a b"]
    rows = [(label or "w", f"text {i}") for i, label in enumerate(labels * 2)]
    path = write(tmp_path, "a.tsv", "".join(f"{label}\t{text}\n" for label, text in rows))
    assert read(path, label="1", text="2") == rows


def test_zero_bytes_within_labels(tmp_path):
    """NumPy's strings lose them at their end."""
    content = (b"x\t" + b"plain " * 200 + b"\n") * 2000 + b"x\0\ttext\n"
    path = write(tmp_path, "a.tsv", content)
    with Reader(str(path), label="1", text="2") as reader:
        n = sum(np.bincount(batch.labels, minlength=2) for batch in reader)
    assert reader.labels.names == ["x", "x\0"]
    assert n.tolist() == [2000, 1]


@pytest.mark.parametrize("name", ["a.tsv", "a.csv", "quoted.csv", "a.fasttext", "a.vw"])
@pytest.mark.parametrize("before", [0, 30_000])
def test_zero_bytes_within_texts(tmp_path, name, before):
    """Read wherever they stand: at the beginning of a file they are no reason to refuse it, either."""
    forms = {"tsv": "{}\t{}", "csv": "{},{}", "fasttext": "__label__{} {}", "vw": "{} | {}"}
    if "csv" in name and sys.version_info < (3, 11):
        pytest.skip("the module csv of Python 3.10 refuses zero bytes")
    form = '{},"{}"' if name == "quoted.csv" else forms[name.partition(".")[2]]
    rows = [("x", "a text of some length"), ("y", "another one")] * before + [("x", "zero\0byte"), ("y", "and no more")]
    path = write(tmp_path, name, "".join(form.format(*row) + "\n" for row in rows))
    assert os.path.getsize(path) > HEAD or not before
    assert read(path, **({"label": "1", "text": "2"} if "sv" in name else {})) == rows


QUOTED = [("good", 'a "fine", film'), ("bad", "two\nlines"), ("good", " a space first"), ("bad", "plain")]


@pytest.mark.parametrize("with_labels", [True, False])
@pytest.mark.parametrize("suffix", ["csv", "tsv", "jsonl", "vw", "fasttext", "raw.tsv"])
def test_a_pipe_is_read_as_a_file(tmp_path, monkeypatch, suffix, with_labels):
    """Without a name that tells the format; with spaces where prose has them, and texts over lines."""
    rows = (
        [(label, text.replace("\n", " ")) for label, text in ROWS * 9]
        if suffix in ("vw", "fasttext", "raw.tsv")
        else QUOTED * 9
    )
    text = io.StringIO()
    if suffix in ("csv", "tsv"):
        csv.writer(text, delimiter="," if suffix == "csv" else "\t").writerows([("label", "text"), *rows])
    else:
        templates = {"vw": "{} | {}\n", "fasttext": "__label__{} {}\n", "raw.tsv": "{}\t{}\n"}
        for label, words in rows:
            line = json.dumps({"label": label, "text": words}) + "\n" if suffix == "jsonl" else templates[suffix]
            text.write(line if suffix == "jsonl" else line.format(label, words))
    content = text.getvalue().encode()
    expected = read(write(tmp_path, f"a.{suffix}", content), with_labels=with_labels)
    assert len(expected) == len(rows)
    for eager in (False, True):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(content), 2**16)))
        with Reader("-", with_labels=with_labels, eager=eager) as reader:
            assert rows_of(reader) == expected
    assert read(write(tmp_path, "unnamed", content), with_labels=with_labels) == expected


@pytest.mark.parametrize(
    "line", ["| plum fig", "|f plum", "1 |f plum", "1 0.5 'tag|f plum", "pos | plum", "pos 2 'tag |f plum"]
)
def test_lines_of_vowpal_wabbit(tmp_path, line):
    path = write(tmp_path, "a", f"{line}\n" * 3)
    with Reader(str(path), with_labels=False) as reader:
        assert str(reader.layout) == "Vowpal Wabbit"


@pytest.mark.parametrize("content", ["id,text\n", "id,text\n1, plum\n", "text,id\nplum,1\nfig, saw\n"])
def test_names_of_columns_tell_csv_from_prose(tmp_path, content):
    with Reader(str(write(tmp_path, "a", content)), with_labels=False) as reader:
        assert str(reader.layout) == "CSV with a header; text in 'text'"
        assert sum(map(len, reader)) == content.count("\n") - 1
