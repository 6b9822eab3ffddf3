import bz2
import csv
import gzip
import io
import json
import lzma
import os
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastlr.files import streams, svmlight
from fastlr.files.reader import HEAD, Reader
from fastlr.files.row_batches import with_columns
from fastlr.files.streams import ReadError, blocks_of_lines
from fastlr.files.svmlight import check_line, read_svmlight
from fastlr.files.vowpal_wabbit import BadLine, parse

ROWS = [("good", "a fine film"), ("bad", "a boring one"), ("good", "Größe, naïve 日本"), ("bad", "x")]
TSV = "".join(f"{label}\t{text}\n" for label, text in ROWS)


def rows_of(reader):
    """What a reader yields, as pairs of label and text."""
    rows = []
    for batch in reader:
        assert len(batch.documents) == len(batch.lines)
        labels = [None] * len(batch.documents) if batch.labels is None else batch.labels.tolist()
        texts = [text.decode() for text in batch.documents]
        rows += zip(labels, texts, strict=True)
    names = reader.labels.names
    return [(None if label is None else names[label], text) for label, text in rows]


def read(path, **options):
    with Reader(str(path), **options) as reader:
        return rows_of(reader)


def write(folder, name, content):
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


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


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
@pytest.mark.parametrize("name", ["a.tsv.gz", "a"])
def test_compressed_files_by_their_content(tmp_path, compress, name):
    assert read(write(tmp_path, name, compress(TSV.encode()))) == ROWS


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
def test_compressed_files_that_are_cut_off_or_damaged(tmp_path, compress):
    whole = compress(TSV.encode() * 50)
    damaged = bytearray(whole)
    damaged[len(whole) // 2] ^= 0xFF
    for content in (whole[:-10], bytes(damaged)):
        with pytest.raises(ReadError, match=r"truncated|damaged"):
            read(write(tmp_path, "a.tsv", content))


def test_zstandard(tmp_path):
    """Of several frames, as when files are appended to each other."""
    zstandard = pytest.importorskip("zstandard")
    compress = zstandard.ZstdCompressor(write_checksum=True).compress
    half = len(TSV) // 2
    whole = compress(TSV.encode()[:half]) + compress(TSV.encode()[half:])
    assert read(write(tmp_path, "a.tsv.zst", whole)) == ROWS
    damaged = bytearray(whole)
    damaged[10] ^= 0xFF
    for content in (whole[:-5], bytes(damaged)):
        with pytest.raises(ReadError, match=r"truncated|damaged"):
            read(write(tmp_path, "a.tsv.zst", content))


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
    with pytest.raises(ValueError, match="no whole Parquet"):
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


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="has no named pipes")
def test_a_pipe_is_not_read_for_its_size(tmp_path):
    """As that of a shell's <(...) is; opened without a writer, it would never end."""
    os.mkfifo(tmp_path / "pipe")
    assert streams.size_of(str(tmp_path / "pipe")) is None
    assert streams.size_of(str(write(tmp_path, "file", b"twelve bytes"))) == 12


def test_standard_input(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(TSV.encode()))))
    with Reader("-") as reader:
        assert rows_of(reader) == ROWS
        assert reader.name == "standard input"


def test_columns_by_name_and_number(tmp_path):
    path = write(tmp_path, "a.csv", "kind,title,body\nx,one,two\ny,three,four\nx,five,\n")
    expected = [("x", "one two"), ("y", "three four"), ("x", "five ")]
    assert read(path, label="kind", text="title,body") == expected
    assert read(path, label="1", text="2,3", header=True) == expected
    assert read(path, label="1", text="3", header=False)[0] == ("kind", "body")
    assert read(path, text="body", with_labels=False) == [(None, "two"), (None, "four"), (None, "")]


def test_columns_of_one_name(tmp_path):
    """They are a header nevertheless, and no data; which is meant a number says."""
    path = write(tmp_path, "a.csv", "label,id,id,text,text\nx,1,2,one,two\ny,1,2,three,four\nx,1,2,five,six\n")
    for options in ({}, {"text": "text"}, {"with_labels": False}):
        with pytest.raises(ReadError, match="2 columns are named 'text'; give the number of the column"):
            read(path, **options)
    assert read(path, text="5") == [("x", "two"), ("y", "four"), ("x", "six")]


@pytest.mark.parametrize(
    ("content", "header"),
    [
        ("rating\topinion\n5\tgood one\n1\tbad one\n5\tfine\n", True),
        ("opinion\trating\ngood one\t5.0\nbad one\t-1e0\nfine\t5.0\n", True),
        ("a\tgood one\n1\tbad one\na\tfine\n", False),
        ("7\tgood one\n1\tbad one\n7\tfine\n", False),
        ("\tgood one\n" + 3 * "1\tbad one\n" + 3 * "2\tfine one\n", False),
    ],
)
def test_words_above_numbers_are_a_header(tmp_path, content, header):
    with Reader(str(write(tmp_path, "a.tsv", content)), skip_bad_lines=True) as reader:
        assert reader.layout.header == header


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
        ('[{"label": 1},\n{"label": 2}]\n', {"format": "jsonl"}, "none of its first lines is a JSON object"),
        ('{"a": 1}\n', {"header": True}, "--header does not apply"),
        (
            '{"text":"a"}\n{"text":"b"}\n{"text":"a"}\n',
            {},
            r"cannot detect the label column: the file has only one column \('text'\)",
        ),
        ('{"y":["a"],"text":"b"}\n', {}, r"cannot detect the label column: the file has only one column \('text'\)"),
        ('{"y":["a"],"text":"b"}\n', {"label": "y"}, "the value of 'y' must be a text or a number, and is a list"),
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
            {2: "begin with __label__", 3: "several labels", 4: "empty label"},
        ),
    ],
)
def test_bad_lines_are_counted_by_number(tmp_path, name, content, bad):
    path = write(tmp_path, name, content)
    columns = {"label": "1", "text": "2"} if name in ("a.tsv", "a.csv") else {}
    with pytest.raises(ReadError, match=f"{len(bad)} bad lines: line {min(bad)}"):
        read(path, **columns)
    with Reader(str(path), **columns, skip_bad_lines=True) as reader:
        rows = rows_of(reader)
        assert {label for label, _ in rows} == {"x", "y"}
        assert reader.bad.count == len(bad)
        for (line, reason), (expected, words) in zip(reader.bad.listed, sorted(bad.items()), strict=True):
            assert line == expected
            assert words in reason


@pytest.mark.parametrize("header", ["label,text\n", ""], ids=["header", "bare"])
@pytest.mark.parametrize(("name", "quoted"), [("a.csv", ""), ("a.csv", '"'), ("a.tsv", "")])
def test_more_columns_than_the_others_have(tmp_path, name, header, quoted):
    """A comma that was not quoted: the text would end there."""
    content = header + f"x,{quoted}one{quoted}\ny,two\nx,three, really\ny,four\nx,five,,\n"
    path = write(tmp_path, name, content.replace(",", "\t") if name == "a.tsv" else content)
    first = 4 if header else 3
    with pytest.raises(ReadError, match=rf"2 bad lines: line {first} \(more than 2 columns\), line {first + 2} "):
        read(path, label="1", text="2")
    assert read(path, label="1", text="2", skip_bad_lines=True) == [("x", "one"), ("y", "two"), ("y", "four")]


def test_a_column_of_text_alone_is_not_cut(tmp_path):
    path = write(tmp_path, "a.csv", "text\none\ntwo, three\nfour\n")
    with pytest.raises(ReadError, match=r"line 3 \(more than 1 column\)"):
        read(path, with_labels=False)


def test_quotes_that_are_never_closed(tmp_path):
    """What follows one is no text of its line."""
    path = write(tmp_path, "a.csv", 'x,"one"\ny,two\nx,"three\ny,four\nx,five\n')
    with pytest.raises(ReadError, match=r"1 bad line: line 3 \(a quote that is never closed\)"):
        read(path, label="1", text="2")
    assert read(path, label="1", text="2", skip_bad_lines=True) == [("x", "one"), ("y", "two")]


@pytest.mark.parametrize("name", ["a.tsv", "a.csv", "a"])
def test_what_is_a_line_end_to_python_alone(tmp_path, name):
    """A form feed, say: the layout is guessed of the lines that are read."""
    rows = [("x", "one\ftwo\x85"), ("y", "\u2028three\v"), ("x", "four")]
    delimiter = "," if name == "a.csv" else "\t"
    assert read(write(tmp_path, name, "".join(f"{label}{delimiter}{text}\n" for label, text in rows))) == rows


def test_blank_lines_alone_are_texts(tmp_path):
    """A line each, as among others."""
    assert read(write(tmp_path, "a", "\n  \n"), with_labels=False) == [(None, ""), (None, "  ")]
    assert read(write(tmp_path, "a", "\n"), with_labels=False, format="lines") == [(None, "")]


def test_a_deep_line_of_json_is_a_bad_line(tmp_path):
    path = write(tmp_path, "a.jsonl", '{"y":1,"text":"a"}\n' + 100_000 * "[" + '\n{"y":2,"text":"b"}\n')
    with pytest.raises(ReadError, match=r"1 bad line: line 2 \(not JSON\)"):
        read(path)
    assert read(path, skip_bad_lines=True) == [("1", "a"), ("2", "b")]


def test_text_behind_a_closing_quote(tmp_path):
    """Here a quote that was not closed, up to the next one: no line of it is left out without being counted."""
    path = write(tmp_path, "a.csv", 'x,one\ny,two\nx,"three\ny,"four, ""quoted"" four"\nx,"five" \ny,"six"\nx,7\n')
    with pytest.raises(ReadError, match=r"3 bad lines: line 3 \(not CSV: .*\), line 4 \(not CSV: .*\), line 5 "):
        read(path, label="1", text="2")
    expected = [("x", "one"), ("y", "two"), ("y", "six"), ("x", "7")]
    assert read(path, label="1", text="2", skip_bad_lines=True) == expected


@pytest.mark.parametrize("name", ["a.csv", "a"])
def test_long_fields(tmp_path, name):
    """The module csv refuses fields of more than 131,072 characters by default."""
    rows = [("x", "long " * 30_000 + '"'), ("y", "short"), ("x", "other")]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    before = csv.field_size_limit()
    assert read(write(tmp_path, name, text.getvalue())) == rows
    assert csv.field_size_limit() == before


def test_quotes_that_begin_late(tmp_path, monkeypatch):
    """CSV is read directly until a quote appears."""
    monkeypatch.setattr(streams, "BLOCK", 64)
    monkeypatch.setattr(streams.blocks_of_lines, "__defaults__", (False, 64))
    plain = [("a" if i % 2 else "b", f"text number {i}") for i in range(20)]
    late = [("a", 'with "quotes", and a\nline end'), ("b", "after")]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(plain + late)
    path = write(tmp_path, "a.csv", text.getvalue())
    with Reader(str(path)) as reader:
        lines = [line for batch in reader for line in batch.lines.tolist()]
    assert lines == [*range(1, 22), 23]
    assert read(path) == plain + late


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(
        st.tuples(
            st.text(st.characters(codec="utf-8", exclude_characters="\t\n\r\0 "), min_size=1, max_size=70),
            st.text(st.characters(codec="utf-8", exclude_characters="\t\n\r\0"), max_size=90),
        ),
        min_size=1,
        max_size=30,
    ),
    block=st.integers(1, 200),
)
def test_tsv_is_what_split_says_whatever_the_blocks(tmp_path_factory, rows, block):
    path = tmp_path_factory.mktemp("rows") / "a.tsv"
    path.write_bytes("".join(f"{label}\t{text}\n" for label, text in rows).encode())
    before = streams.blocks_of_lines.__defaults__
    streams.blocks_of_lines.__defaults__ = (False, block)
    try:
        assert read(path, label="1", text="2", header=False) == rows
    finally:
        streams.blocks_of_lines.__defaults__ = before


@settings(max_examples=60, deadline=None)
@given(content=st.binary(max_size=300), block=st.integers(1, 100))
def test_blocks_are_the_file_in_whole_lines(content, block):
    blocks = list(blocks_of_lines(io.BytesIO(content), block=block))
    assert all(part.endswith(b"\n") for part in blocks)
    whole = b"".join(blocks)
    assert whole == (content if content.endswith(b"\n") or not content else content + b"\n")


@settings(max_examples=100, deadline=None)
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


WORDS_OF_ROWS = [
    "1",
    "-1",
    "+2",
    "0.5",
    "nan",
    "x",
    "qid:3",
    "1:2",
    "2:0.5",
    "3:-1e3",
    "0:1",
    "2:1",
    "7:nan",
    "5:1e39",
    "a:1",
]


@settings(max_examples=100, deadline=None)
@given(
    lines=st.lists(st.lists(st.sampled_from([*WORDS_OF_ROWS, "#", ":", "1:"]), max_size=5), min_size=1, max_size=8),
    zero_based=st.booleans(),
    block=st.integers(1, 60),
)
def test_rows_of_svmlight_are_what_the_library_reads(tmp_path_factory, lines, zero_based, block):
    """Of the lines that are left when the bad ones are skipped, whatever the blocks; and every bad line is counted."""
    path = tmp_path_factory.mktemp("rows") / "a.svm"
    texts = [" ".join(words) for words in lines]
    path.write_text("1 1:1\n" + "".join(f"{text}\n" for text in texts))
    before = streams.blocks_of_lines.__defaults__
    streams.blocks_of_lines.__defaults__ = (False, block)
    try:
        with Reader(str(path), zero_based=zero_based, skip_bad_lines=True) as reader:
            batches = list(reader)
    finally:
        streams.blocks_of_lines.__defaults__ = before
    good = ["1 1:1"]
    for text in texts:
        try:
            check_line(text.encode(), 0 if zero_based else 1, True)
            good.append(text)
        except svmlight.BadLine:
            continue
    assert reader.bad.count == len(texts) + 1 - len(good)
    X, y = read_svmlight(io.BytesIO("\n".join(good).encode()), zero_based=zero_based)
    assert np.concatenate([batch.y for batch in batches]).tolist() == y.tolist()
    rows = [row for batch in batches for row in with_columns(batch.X, X.shape[1])[0].toarray().tolist()]
    np.testing.assert_allclose(rows, X.toarray(), rtol=1e-6)


def test_a_long_line_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(streams, "MAX_LINE", 1000)
    monkeypatch.setattr(streams.blocks_of_lines, "__defaults__", (False, 100))
    path = write(tmp_path, "a.tsv", "x\tshort\ny\t" + "long " * 1000 + "\n")
    with pytest.raises(ReadError, match="longer than 1,000 bytes"):
        read(path, label="1", text="2")


@pytest.mark.parametrize("end", [b"\n", b"\nmore\n", b""])
def test_how_long_a_line_may_be(monkeypatch, end):
    """To the byte, wherever the pieces end that are read."""
    monkeypatch.setattr(streams, "MAX_LINE", 1000)
    for block in (1, 100, 300, 600, 999):
        line = b"short\n" + b"x" * 1000
        assert b"".join(streams.blocks_of_lines(io.BytesIO(line + end), block=block)) == line + (end or b"\n")
        with pytest.raises(ReadError, match="longer than 1,000 bytes"):
            list(streams.blocks_of_lines(io.BytesIO(line + b"x" + end), block=block))


def test_lines_come_as_soon_as_they_are_there():
    class Pipe(io.RawIOBase):
        def __init__(self):
            self.parts = [b"one\ntw", b"o\n", b"three\n"]
            self.asked = 0

        def readable(self):
            return True

        def readinto(self, buffer):
            self.asked += 1
            part = self.parts.pop(0) if self.parts else b""
            buffer[: len(part)] = part
            return len(part)

    pipe = Pipe()
    blocks = blocks_of_lines(io.BufferedReader(pipe), eager=True)
    assert next(blocks) == b"one\n"
    assert pipe.asked == 1
    assert [bytes(block) for block in blocks] == [b"two\n", b"three\n"]


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


@pytest.mark.parametrize(
    ("line", "label", "weight", "words", "values"),
    [
        ("1 | a b", "1", 1, "a b", {}),
        ("-1 |f a b", "-1", 1, "f__a f__b", {}),
        ("2 1.0 0 'tag |f a:2 b |g c:0 d", "2", 1, "f__b g__d", {"f__a": 2.0}),
        ("1 0.25 tag|f:1 a:b 3:2", "1", 0.25, "f__a f__b", {"f__3": 2.0}),
        ("1 'tag| a", "1", 1, "a", {}),
        ("1 3 | a:0.5 b:-1e3 size.max:2", "1", 3, "", {"a": 0.5, "b": -1000.0, "size_2e_max": 2.0}),
        ("1 |f:0.5 a b:4 |:2 c", "1", 1, "", {"f__a": 0.5, "f__b": 2.0, "c": 2.0}),
        ("1 |f:0 a |g don't", "1", 1, "g__don'g__t", {}),
        ("1 |a-b c", "1", 1, "a_2d_b__c", {}),
    ],
)
def test_lines_of_vowpal_wabbit(line, label, weight, words, values):
    """Lines with values have a constant besides."""
    found = parse(line)
    assert (found.label, found.weight) == (label, weight)
    assert found.text.split() == words.split()
    assert found.values == ([*values.items(), ("constant__", 1.0)] if values else [])


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("1 a b", r"no \|"),
        ("| a", "no label"),
        ("'tag | a", "no label"),
        ("1 -2.0 | a", "importance -2.0 is not a non-negative number"),
        ("1 much | a", "importance much is not a non-negative number"),
        ("1 inf | a", "importance inf is not a non-negative number"),
        ("1 1 0.5 | a", "initial prediction 0.5"),
        ("1 2 3 4 | a", "4 words before"),
        ("1:0.5 2:1 | a", "label 1:0.5: several labels and costs are not supported"),
        ("1,3 | a", "several labels and costs"),
        ("1 | a:nan", "a:nan: the value is not finite"),
        ("1 | a:1e31", "the value is not finite, or too large"),
        ("1 | :3", ":3: a value without a feature name"),
        ("1 |f:x a", "weight x of namespace f is not a number"),
        ("1 |f:nan a", "weight nan of namespace f"),
        ("1 | \udcff:2", "not UTF-8"),
    ],
)
def test_lines_of_vowpal_wabbit_that_are_not_read(line, reason):
    with pytest.raises(BadLine, match=reason):
        parse(line)


def test_importance_and_values_in_batches(tmp_path):
    path = write(tmp_path, "a.vw", "x 2 | a b\ny |f c:3 d:4\n\nx | e\n")
    with Reader(str(path)) as reader:
        (batch,) = reader
    assert batch.weights.tolist() == [2, 1, 1]
    assert [bytes(name) for name in batch.documents.names] == [b"f__c", b"f__d", b"constant__"]
    assert batch.documents.rows.tolist() == [1, 1, 1]
    assert batch.documents.values.tolist() == [3, 4, 1]
    part = batch.documents.part(1, 3)
    assert (len(part), part.rows.tolist()) == (2, [0, 0, 0])
    assert len(batch.documents.part(2, 3).values) == 0
    with Reader(str(path), with_labels=False) as reader:
        (batch,) = reader
    assert batch.weights is None


def test_a_header_that_is_a_bad_record_takes_no_row_with_it(tmp_path):
    path = tmp_path / "bad.csv"
    path.write_text('"label"x,text\na,first one\n"b","second"\n' + "a,third\nb,fourth\n" * 5)
    with Reader(str(path), header=True, label="1", text="2", skip_bad_lines=True) as reader:
        texts = [text for batch in reader for text in batch.documents]
    assert texts[:2] == [b"first one", b"second"]
    assert reader.bad.count == 1
