"""Quoted fields of CSV and TSV: read as the module csv writes them, and quotes that swallow rows are found."""

import csv
import io
import itertools

import pytest
from helpers.readers import read, write
from hypothesis import given, settings
from hypothesis import strategies as st

from fastlr.files import streams
from fastlr.files.batches import BadLines, Labels
from fastlr.files.layout import Layout
from fastlr.files.reader import Reader
from fastlr.files.streams import ReadError
from fastlr.files.tables.quotes import Records, has_quoted_fields


def written(rows, **dialect):
    text = io.StringIO()
    csv.writer(text, **{"lineterminator": "\n", **dialect}).writerows(rows)
    return text.getvalue()


dialects = st.fixed_dictionaries(
    {
        "delimiter": st.sampled_from(",\t"),
        "quoting": st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
        "lineterminator": st.sampled_from(["\n", "\r\n"]),
    }
)
cells = st.text("ab\"\n\r\t, ;'é", max_size=12) | st.text(
    st.characters(codec="utf-8", exclude_characters="\0"), max_size=9
)


@settings(max_examples=200)
@given(
    rows=st.integers(1, 4).flatmap(lambda n: st.lists(st.lists(cells, min_size=n, max_size=n), max_size=12)),
    dialect=dialects,
    block=st.integers(1, 60),
)
def test_records_are_the_table_that_was_written(rows, dialect, block):
    if dialect["lineterminator"] == "\n":  # the module csv quotes no carriage return then
        rows = [[cell.replace("\r", "") for cell in row] for row in rows]
    content, bad = written(rows, **dialect).encode(), BadLines()
    blocks = streams.blocks_of_lines(io.BytesIO(content), block=block)
    found = list(Records(blocks, 1, Layout("csv", n_columns=1, sep=dialect["delimiter"]), Labels(), bad))
    assert [fields for _, fields, _ in found] == rows
    assert not bad.count
    lines = content.decode().split("\n")
    assert all(lines[number - 1].startswith(("", '"')) for number, _, _ in found)


in_a_line = st.text("ab\", \t;'é", max_size=12)
over_lines = st.text("ab\"\n 'é", max_size=12)


@settings(max_examples=100)
@given(
    rows=st.lists(st.tuples(st.sampled_from(["x", 'y "z"', "a, b"]), in_a_line | over_lines), min_size=1, max_size=12),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    label_first=st.booleans(),
    block=st.integers(1, 60),
)
def test_csv_is_read_as_it_was_written(tmp_path_factory, rows, quoting, label_first, block):
    """Whether blocks have quotes or not, which are read in two ways."""
    table = [("label", "text"), *rows] if label_first else [("text", "label"), *(row[::-1] for row in rows)]
    path = tmp_path_factory.mktemp("rows") / "a.csv"
    path.write_bytes(written(table, quoting=quoting).encode())
    before = streams.blocks_of_lines.__defaults__
    streams.blocks_of_lines.__defaults__ = (False, block)
    try:
        assert read(path, label="label", text="text") == rows
    finally:
        streams.blocks_of_lines.__defaults__ = before


TEXTS = [
    "plain",
    'with "quotes"',
    "two\nlines",
    "a tab\tand\nlines",
    "a comma, and\nlines, really",
    "",
    "\n\nblank\n\n",
    '"',
]
TABLE = [("xy"[i % 2], text) for i, text in enumerate(TEXTS * 3)]


@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
@pytest.mark.parametrize("name", ["a.tsv", "a.csv", "a"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("order", [1, -1])
def test_tables_with_quotes(tmp_path, quoting, name, end, order):
    for delimiter in {"a.tsv": "\t", "a.csv": ","}.get(name, ",\t"):
        rows = [("label", "text")[::order], *(row[::order] for row in TABLE)]
        path = write(tmp_path, name, written(rows, delimiter=delimiter, quoting=quoting, lineterminator=end))
        assert read(path) == TABLE
        with Reader(str(path)) as reader:
            assert ("quoted TSV" in str(reader.layout)) == (delimiter == "\t")


RAW = [
    '"Great" film',
    '"unclosed',
    "5'10\"",
    'he said "x"',
    '""doubled"" at first',
    '"a", "b"',
    'it is "bad"',
]


@pytest.mark.parametrize(
    "texts", [RAW, RAW[::-1], ['"unclosed', "5'10\""], ["5'10\"", '"unclosed'], ['"whole"', "plain"]]
)
def test_tsv_whose_quotes_belong_to_the_texts(tmp_path, texts):
    rows = [("xy"[i % 2], text) for i, text in enumerate([*texts, *["plain"] * 9])]
    for n in (1, 200):  # behind the first lines, too
        many = [("x", "plain"), ("y", "plain")] * 2 * n + rows
        path = write(tmp_path, "a.tsv", "".join(f"{label}\t{text}\n" for label, text in many))
        assert read(path) == many


def test_tsv_whose_quotes_begin_late(tmp_path):
    """Behind the lines that the layout is detected from, the block tells."""
    plain = [("xy"[i % 2], f"text number {i}") for i in range(1500)]
    path = write(tmp_path, "a.tsv", written([("label", "text"), *plain, *TABLE], delimiter="\t"))
    assert read(path) == plain + TABLE


def test_too_little_to_tell():
    assert has_quoted_fields("x\tplain\n") is None
    assert has_quoted_fields('x\t"one"\n' + "y\ttwo\n" * 3) is None
    assert has_quoted_fields('x\t"one\ny\ttwo"\n' + "y\ttwo\n" * 3) is None
    assert has_quoted_fields('x\t"one\ntwo"\n' + "y\ttwo\n" * 3) is True
    assert has_quoted_fields('"x"\t"one"\n' * 3) is True
    assert has_quoted_fields('x\t"one" and\n') is False


ROWS = [("xy"[i % 2], f"text {i}") for i in range(9)]


@pytest.mark.parametrize("n_swallowed", [0, 1, 2, 30])
@pytest.mark.parametrize("label_first", [True, False])
@pytest.mark.parametrize("delimiter", [",", "\t"])
def test_an_open_quote_that_a_later_row_closes(tmp_path, n_swallowed, label_first, delimiter):
    """The rows between are not its text: it is bad, and they are read."""
    between = [("xy"[i % 2], f"between {i}") for i in range(n_swallowed)]
    closing = ("y", "a 5'10\"")
    rows = [*ROWS, ("x", '"awful he said'), *between, closing, *ROWS]
    content = "".join(delimiter.join(row if label_first else row[::-1]) + "\n" for row in rows)
    if delimiter == "\t":  # otherwise the quotes belong to the texts
        content = content.replace("text 1\t", '"text ""1"""\t').replace("text 1\n", '"text ""1"""\n')
    path = write(tmp_path, "a.csv" if delimiter == "," else "a.tsv", content)
    options = {"label": "1", "text": "2"} if label_first else {"label": "2", "text": "1"}
    line = 11 + n_swallowed
    with pytest.raises(
        ReadError, match=rf"1 bad line: line 10 \(an open quote, closed by one in line {line} after lines"
    ):
        read(path, **options)
    expected = [*ROWS, *between, closing, *ROWS]
    expected = [(label, 'text "1"' if text == "text 1" and delimiter == "\t" else text) for label, text in expected]
    assert read(path, **options, skip_bad_lines=True) == expected


def test_an_open_quote_where_spaces_follow_commas(tmp_path):
    """As in prose: the labels tell that the lines are rows."""
    rows = [("xy"[i % 2], f" text {i}") for i in range(20)]
    content = "".join(f"{label},{text}\n" for label, text in rows)
    path = write(tmp_path, "a.csv", f'{content}x,"awful\n{content}x, a 5\'10"\n')
    options = {"label": "1", "text": "2", "header": False}
    with pytest.raises(ReadError, match=r"1 bad line: line 21 \(an open quote, closed by one in line 42 after lines"):
        read(path, **options)
    assert read(path, **options, skip_bad_lines=True) == [*rows, *rows, ("x", " a 5'10\"")]


def test_an_open_quote_without_labels(tmp_path):
    """Lines of the form of rows are enough if they are many."""
    between = "".join(f"{i},between {i}\n" for i in range(5))
    path = write(tmp_path, "a.csv", f'id,text\n1,one\n2,"awful\n{between}3,a 5\'10"\n4,four\n')
    options = {"text": "text", "with_labels": False}
    with pytest.raises(ReadError, match=r"1 bad line: line 3 \(an open quote, closed by one in line 9 after lines"):
        read(path, **options)
    texts = [text for _, text in read(path, **options, skip_bad_lines=True)]
    assert texts == ["one", *(f"between {i}" for i in range(5)), "a 5'10\"", "four"]


@pytest.mark.parametrize("label_first", [True, False])
def test_texts_of_many_lines_are_no_rows(tmp_path, label_first):
    """Be they prose with commas, lists or tables of other widths, and whatever words they end and begin with."""
    texts = [
        "Dear all,\nplease, read this,\nand answer,\nif you can, really,\nx, y",
        "x, as I said\ny, too",
        "one,two,three\n1,2,3\n4,5,6\n7,8,9\n10,11,12",
        "x\ny\nx\ny\nx",
        "x\n\ny,\n\n",
        "He said\nit was\nfine",
    ]
    rows = [("xy"[i % 2], text) for i, text in enumerate(texts * 3)]
    for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_ALL):
        table = rows if label_first else [row[::-1] for row in rows]
        path = write(tmp_path, "a.csv", written(table, quoting=quoting))
        label, text = ("1", "2") if label_first else ("2", "1")
        assert read(path, label=label, text=text, header=False) == rows


def test_quotes_that_are_never_closed(tmp_path):
    """The rows behind one are read; lines that do not look like rows belong to its text."""
    path = write(tmp_path, "a.csv", 'x,"one"\ny,two\nx,"three\ny,four\nx,five\n')
    with pytest.raises(ReadError, match=r"1 bad line: line 3 \(a quote that is never closed\)"):
        read(path, label="1", text="2")
    expected = [("x", "one"), ("y", "two"), ("y", "four"), ("x", "five")]
    assert read(path, label="1", text="2", skip_bad_lines=True) == expected
    path = write(tmp_path, "b.csv", 'x,"one"\ny,two\nx,"three is a text\nof some\nlines\n')
    assert read(path, label="1", text="2", skip_bad_lines=True) == [("x", "one"), ("y", "two")]


def test_text_behind_a_closing_quote(tmp_path):
    """Here a quote that was not closed, up to the next one: only its line is bad, and that with the space."""
    path = write(tmp_path, "a.csv", 'x,one\ny,two\nx,"three\ny,"four, ""quoted"" four"\nx,"five" \ny,"six"\nx,7\n')
    reasons = r"line 3 \(an open quote, closed by one within a field in line 4\), line 5 \(not CSV: "
    with pytest.raises(ReadError, match=f"2 bad lines: {reasons}"):
        read(path, label="1", text="2")
    expected = [("x", "one"), ("y", "two"), ("y", 'four, "quoted" four'), ("y", "six"), ("x", "7")]
    assert read(path, label="1", text="2", skip_bad_lines=True) == expected


def test_many_open_quotes(tmp_path):
    """Every second row has one: all others are read, in their order."""
    rows = [("xy"[i % 2], f'"open {i}' if i % 2 else f"text {i}") for i in range(200)]
    path = write(tmp_path, "a.csv", "x,a\ny,b\n" + "".join(f"{label},{text}\n" for label, text in rows))
    found = read(path, label="1", text="2", header=False, skip_bad_lines=True)
    assert found == [("x", "a"), ("y", "b"), *itertools.islice(rows, 0, None, 2)]


def test_long_rows_behind_an_open_quote(tmp_path):
    rows = [("xy"[i % 2], "long " * 30_000) for i in range(3)]
    path = write(tmp_path, "a.csv", 'x,"open\n' + "".join(f"{label},{text}\n" for label, text in rows))
    assert read(path, label="1", text="2", header=False, skip_bad_lines=True) == rows
