"""How fields are separated: by what the lines have in common, whatever the name of the file says."""

import csv
import io

import pytest
from helpers.readers import read, write

from fastlr.files.reader import Reader
from fastlr.files.streams import ReadError
from fastlr.text.known_columns import KnownColumns

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


@pytest.mark.parametrize("first", ["sep=;\n", '"sep=;"\r\n'])
def test_a_line_for_excel_that_names_the_separator(tmp_path, first):
    path = write(tmp_path, "a.csv", first + written([("label", "text"), *ROWS], ";"))
    assert read(path) == ROWS
    with Reader(str(path)) as reader:
        assert next(iter(reader)).lines[0] == 3


def test_rows_with_names_of_their_own(tmp_path):
    """As R writes them: the header has no name for them. Or every row ends with a separator."""
    rows = [f'"{i}","{label}","{text}"' for i, (label, text) in enumerate(ROWS)]
    assert read(write(tmp_path, "a.csv", "\n".join(['"label","text"', *rows]) + "\n")) == ROWS
    rows = [f'"{label}","{text}",' for label, text in ROWS]
    assert read(write(tmp_path, "b.csv", "\n".join(["label,text", *rows]) + "\n")) == ROWS


@pytest.mark.parametrize("sep", [",", "\t"])
def test_a_header_again_is_no_row(tmp_path, sep):
    """Files were put together: the line is bad, rather than the only text of a class."""
    rows = [(label, text.replace(",", "")) for label, text in ROWS]
    content = written([("label", "text"), *rows], sep)
    for quote in ("", "x" + sep + '"a ""text"""\n'):
        path = write(tmp_path, "a", content + content + quote)
        with pytest.raises(ReadError, match=r"1 bad line: line 29 \(the header again\)"):
            read(path)
        assert len(read(path, skip_bad_lines=True)) == 2 * len(rows) + bool(quote)


def test_bars_of_a_table_and_of_vowpal_wabbit(tmp_path):
    table = "unused|votes|target|title\n" + "".join(f"|{i % 3}|{'xy'[i % 2]}|a text {i} of words\n" for i in range(20))
    with Reader(str(write(tmp_path, "a", table))) as reader:
        assert reader.layout.sep == "|"
    lines = "".join(f"{i % 2} | a text {i} of words\n" for i in range(20))
    with Reader(str(write(tmp_path, "b", lines))) as reader:
        assert str(reader.layout) == "Vowpal Wabbit"


def test_the_text_alone_under_its_name_in_training(tmp_path):
    """A line of one field, and separators in the texts below."""
    known = KnownColumns(("words",), "kind", None)
    path = write(tmp_path, "a", "words\n" + "".join(f"a\tb {i}\n" for i in range(9)))
    with Reader(str(path), with_labels=False, known=known) as reader:
        assert [bytes(text).decode() for batch in reader for text in batch.documents] == [f"a\tb {i}" for i in range(9)]


@pytest.mark.parametrize(("name", "shown"), [("a.tsv", "TSV"), ("a.csv", "CSV"), ("a", "CSV")])
def test_the_text_alone_has_the_separator_of_the_file_name(tmp_path, name, shown):
    path = write(tmp_path, name, "text\na good film\n")
    with Reader(str(path), with_labels=False, known=KnownColumns(("text",), "label", None)) as reader:
        assert str(reader.layout) == f"{shown} with a header; text in 'text'"


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("sep", [",", ";", "\t"])
def test_escaped_quotes(tmp_path, sep, end):
    rows = [(label, f'{text} "so" it is, {i}; really') for i, (label, text) in enumerate(ROWS)]
    lines = [sep.join('"' + cell.replace('"', '\\"') + '"' for cell in row) for row in [("label", "text"), *rows]]
    assert read(write(tmp_path, "a.csv", end.join(lines) + end)) == rows


def test_spaces_behind_separators(tmp_path):
    lines = [f'"{label}", "{text}"' for label, text in [("label", "text"), *ROWS]]
    assert read(write(tmp_path, "a.csv", "\n".join(lines) + "\n")) == ROWS


def test_spaces_behind_separators_of_rows_of_several_lines(tmp_path):
    rows = [(label, "\n".join([text] * 3)) for label, text in ROWS]
    lines = [f'"{label}", "{text}"' for label, text in [("label", "text"), *rows]]
    assert read(write(tmp_path, "a.csv", "\n".join(lines) + "\n")) == rows


def test_a_separator_a_space_and_a_quote_in_a_text(tmp_path):
    texts = [f' a film; "so" {i}' if i % 4 == 0 else f" a film {i}" for i in range(20)]
    rows = [("ab"[i % 2], text) for i, text in enumerate(texts)]
    cells = [text if '"' not in text else '"' + text.replace('"', '""') + '"' for text in texts]
    lines = [f"{label};{cell}" for (label, _), cell in zip(rows, cells, strict=True)]
    assert read(write(tmp_path, "a.csv", "\n".join(["label;text", *lines]) + "\n")) == rows


def test_spaces_behind_separators_of_columns_that_training_numbered(tmp_path):
    """Commas and spaces are in prose, too: columns of few values tell the table."""
    known = KnownColumns(("1",), "3", 3)
    texts = [f"one, two {i}" for i in range(9)]
    table = write(tmp_path, "a.csv", "".join(f'"{text}", 0, {i % 2}\n' for i, text in enumerate(texts)))
    with Reader(str(table), with_labels=False, known=known) as reader:
        assert [bytes(text).decode() for batch in reader for text in batch.documents] == texts
    prose = [f"one, two, {word}" for word in ["the", "of", "and", "to", "in"]]
    with Reader(str(write(tmp_path, "b", "\n".join(prose))), with_labels=False, known=known) as reader:
        assert str(reader.layout) == "plain text"


def test_quotes_that_belong_to_the_text_of_csv(tmp_path):
    rows = [(label, f'he said "{text.partition(",")[0]}"') for label, text in ROWS] + [("pos", '"Great" film')] * 3
    assert read(write(tmp_path, "a.csv", "".join(",".join(row) + "\n" for row in [("label", "text"), *rows]))) == rows
