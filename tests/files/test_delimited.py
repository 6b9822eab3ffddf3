"""CSV and TSV: columns, headers and quotes."""

import csv
import io

import pytest
from helpers.readers import read, write
from hypothesis import given, settings
from hypothesis import strategies as st

from fastlr.files import streams
from fastlr.files.reader import Reader
from fastlr.files.streams import ReadError


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


@pytest.mark.parametrize("name", ["a", "a.csv", "a.tsv", "a.txt"])
@pytest.mark.parametrize("sep", [",", ";", "|", "\t", "^", " "])
def test_the_caller_names_the_separator(tmp_path, name, sep):
    """Other marks, of which each line has several, do not count, and quotes protect the separator."""
    rows = [("kind", "text"), ("x", "a;b|c,d"), ("y", "a;b|c,d^e"), ("x", f'say {sep} "no" {sep}')]
    content = "".join(f'{kind}{sep}"{text.replace(chr(34), 2 * chr(34))}"\n' for kind, text in rows)
    assert read(write(tmp_path, name, content), sep=sep, quote='"') == rows[1:]


@pytest.mark.parametrize("name", ["a.csv", "a.tsv"])
def test_the_caller_names_the_quote(tmp_path, name):
    sep = "," if name == "a.csv" else "\t"
    content = f"label{sep}text\nx{sep}'it''s, as \"said\"\nin {sep}lines'\ny{sep}\"plain\"\nx{sep}end\n"
    path = write(tmp_path, name, content)
    assert read(path, quote="'") == [("x", f'it\'s, as "said"\nin {sep}lines'), ("y", '"plain"'), ("x", "end")]
    path = write(tmp_path, name, f'label{sep}text\nx{sep}"open\ny{sep}5\'10"\nx{sep}""\n')
    assert read(path, quote="") == [("x", '"open'), ("y", "5'10\""), ("x", '""')]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sep": "||"}, r"--sep must be one character of ASCII, and no line end; got '\|\|'"),
        ({"sep": "¦"}, "--sep must be one character of ASCII"),
        ({"quote": "\n"}, "--quote must be one character of ASCII"),
        ({"sep": "'", "quote": "'"}, '--sep and --quote must differ; both are "\'"'),
    ],
)
def test_separators_and_quotes_are_one_character_each(tmp_path, options, message):
    with pytest.raises(ReadError, match=message):
        read(write(tmp_path, "a.csv", "label,text\nx,one\n"), **options)


def test_separators_apply_to_columns_of_text_only(tmp_path):
    with pytest.raises(ReadError, match=r"--sep does not apply to this format \(JSON Lines\)"):
        read(write(tmp_path, "a.jsonl", '{"label": "x", "text": "one"}\n'), format="jsonl", sep=";")


@pytest.mark.parametrize(
    ("content", "header"),
    [
        ("rating\topinion\n5\tgood one\n1\tbad one\n5\tfine\n", True),
        ("opinion\trating\ngood one\t5.0\nbad one\t-1e0\nfine\t5.0\n", True),
        ("a\tgood one\n1\tbad one\na\tfine\n", False),
        ("7\tgood one\n1\tbad one\n7\tfine\n", False),
        ("\tgood one\n" + 3 * "1\tbad one\n" + 3 * "2\tfine one\n", False),
        # A label or a text that is the name of a column elsewhere, too.
        ("topic\tgood one\nbody\tbad one\ntopic\tfine\nbody\tso so\n", False),
        ("7\ttitle\tgood one\n8\tclass\tbad one\n9\tclass\tfine\n", False),
        ("good one\ty\nbad one\tn\nfine\ty\nso so\tn\n", False),
        ("topic\t" + 9 * "good one " + "\n" + 6 * ("a\t" + 9 * "bad one " + "\n") + "b\tfine\n", False),
        # Names, even if a label is rare, a name is long, or the header is there again.
        ("label\ttext\n" + 4 * "a\tgood one\nb\tbad one\n" + "c\tfine\n", True),
        ("label\tPlease write in a few words what you think of it\n" + 4 * ("a\t" + 9 * "good " + "\n"), True),
        ("label\ttext\n" + 4 * "a\tgood one\nb\tbad one\n" + "label\ttext\na\tfine\n", True),
    ],
)
def test_a_header_is_unlike_the_rows_below(tmp_path, content, header):
    with Reader(str(write(tmp_path, "a.tsv", content)), skip_bad_lines=True) as reader:
        assert reader.layout.header == header


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


@pytest.mark.parametrize("name", ["a.tsv", "a.csv", "a"])
def test_what_is_a_line_end_to_python_alone(tmp_path, name):
    """A form feed, say: the layout is guessed of the lines that are read."""
    rows = [("x", "one\ftwo\x85"), ("y", "\u2028three\v"), ("x", "four")]
    delimiter = "," if name == "a.csv" else "\t"
    assert read(write(tmp_path, name, "".join(f"{label}{delimiter}{text}\n" for label, text in rows))) == rows


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


@settings(max_examples=60)
@given(
    rows=st.lists(
        st.tuples(
            st.text(st.characters(codec="utf-8", exclude_characters='\t\n\r\0 "'), min_size=1, max_size=70),
            st.text(st.characters(codec="utf-8", exclude_characters='\t\n\r\0"'), max_size=90),
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
        if path.read_bytes().strip():
            assert read(path, label="1", text="2", header=False) == rows
        else:
            with pytest.raises(ValueError, match="is empty"):
                read(path, label="1", text="2", header=False)
    finally:
        streams.blocks_of_lines.__defaults__ = before


def test_a_header_that_is_a_bad_record_takes_no_row_with_it(tmp_path):
    path = tmp_path / "bad.csv"
    path.write_text('"label"x,text\na,first one\n"b","second"\n' + "a,third\nb,fourth\n" * 5)
    with Reader(str(path), header=True, label="1", text="2", skip_bad_lines=True) as reader:
        texts = [text for batch in reader for text in batch.documents]
    assert texts[:2] == [b"first one", b"second"]
    assert reader.bad.count == 1
