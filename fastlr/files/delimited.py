"""Tab- and comma-separated values."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from fastlr.files.batches import BadLine, DocumentBatch
from fastlr.files.columns import (
    LABEL_NAMES,
    NUMBER,
    TEXT_NAMES,
    choose_columns,
    find_column,
    find_others,
    split_columns,
)
from fastlr.files.layout import QUOTE, SEPARATORS, Layout, shortened
from fastlr.files.lines import invalid_utf8, slices, split, stripped
from fastlr.files.packer import Packer, joined
from fastlr.files.quotes import Records, first_records, has_quoted_fields
from fastlr.files.source import Source
from fastlr.files.streams import BLOCK, ReadError
from fastlr.files.text_output import Labelled, one_line, write_lines
from fastlr.files.weights import weight_of, weights_of, without_ones
from fastlr.text.documents import Documents

# Characters that end a label in TSV.
ENDS_COLUMN = re.compile(r"[\t\n\r\0]")


class Dialect(NamedTuple):
    """How fields are separated.

    Attributes
    ----------
    format : str
        Name of the format in `fastlr.files.registry`.
    sep : str
        Character that separates the fields.
    quoted : bool or None
        Whether fields may be quoted, and then hold separators and line ends. None detects it.
    quote : str
        Character around quoted fields.
    """

    format: str
    sep: str
    quoted: bool | None
    quote: str = QUOTE

    @classmethod
    def of(cls, format: str, source: Source) -> Dialect:
        """Return the dialect that the caller names, or the usual one of a format."""
        sep = SEPARATORS[format] if source.sep is None else source.sep
        if source.quote is not None:
            return cls(format, sep, source.quote != "", source.quote or QUOTE)
        return cls(format, sep, None if format == "tsv" else True)


# Names of columns are rarely longer, in characters.
MAX_NAME = 50

# What may separate fields of a file that was taken for another dialect, and the option that says so.
OTHER_SEPARATORS = {"\t": "tab", ";": "';'", "|": "'|'", ",": "','"}


def locate_tsv(source: Source) -> Layout:
    """Return the layout of a TSV file."""
    return locate(source, Dialect.of("tsv", source))


def locate_csv(source: Source) -> Layout:
    """Return the layout of a CSV file."""
    return locate(source, Dialect.of("csv", source))


def write_tsv(path: str, documents: Iterable[Labelled]) -> None:
    """Write labelled documents; tabs and line ends become spaces, in labels underscores."""
    write_lines(path, (f"{ENDS_COLUMN.sub('_', label)}\t{one_line(text)}\n" for label, text in documents))


def write_csv(path: str, documents: Iterable[Labelled]) -> None:
    """Write labelled documents under a header; zero bytes become spaces, in labels underscores."""
    records = ((label.replace("\0", "_"), text.replace("\0", " ")) for label, text in documents)
    write_lines(path, map(_csv_line, itertools.chain([("label", "text")], records)))


def _csv_line(record: Sequence[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(record)
    return line.getvalue()


def locate(source: Source, dialect: Dialect) -> Layout:
    """Return the layout of a file, by what the caller says, its header or its content.

    Raises
    ------
    ReadError
        If a column does not exist or cannot be detected.
    """
    quoted = has_quoted_fields("\n".join(source.lines), dialect.sep) if dialect.quoted is None else dialect.quoted
    rows = _first_rows(source.lines, dialect, bool(quoted))
    named = (source.label, *split_columns(source.text or (), rows[0]), source.weight, source.id)
    asked = [part for part in named if part]
    header = _has_header(source, rows, asked) if source.header is None else source.header
    names = tuple(rows[0]) if header else ()
    n_columns = len(names) or _usual_length(rows)
    body = [row for row in rows[header:] if len(row) == n_columns]
    columns = [[row[column] for row in body] for column in range(n_columns)]
    if n_columns == 1 and source.with_labels:
        _refuse_other_delimiter(dialect, rows[0][0])
    numbered = names or tuple(str(column + 1) for column in range(n_columns))
    label = None if source.label is None else find_column(source.label, numbered, True)
    text = None
    if source.text is not None:
        text = tuple(find_column(part, numbered, True) for part in split_columns(source.text, numbered))
    if source.known is not None:
        label, text = source.known.find(label, text, numbered, None if header else n_columns)
    if n_columns == 1 and text is None and not source.with_labels:
        text = (0,)
    others = find_others(source, numbered, True, label)
    label, text = choose_columns(names or ("",) * n_columns, columns, label, text, source.with_labels, others)
    by_name = [column for column in (label, *text, *others) if column is not None and str(column + 1) not in asked]
    _refuse_repeated_names([names[column] for column in by_name if header], names)
    return Layout(
        dialect.format, label, text, names, header, n_columns, None, quoted, *others, dialect.sep, dialect.quote
    )


def _first_rows(lines: Sequence[str], dialect: Dialect, quoted: bool) -> list[list[str]]:
    if quoted:
        try:
            rows = first_records(lines, dialect.sep, dialect.quote)
        except csv.Error as error:
            raise ReadError(f"is not CSV: {error}") from error
    else:
        rows = [line.split(dialect.sep) for line in lines if line]
    if not rows:
        raise ReadError("is empty")
    return rows


def _has_header(source: Source, rows: Sequence[Sequence[str]], asked: Sequence[str]) -> bool:
    named = any(name.strip().lower() in (*LABEL_NAMES, *TEXT_NAMES) for name in rows[0])
    known = source.known is not None and source.known.heads(rows[0])
    if known or any(not NUMBER.fullmatch(part) for part in asked):
        return True
    return (named or _is_above_numbers(rows)) and not _is_like_the_others(rows)


def _is_like_the_others(rows: Sequence[Sequence[str]]) -> bool:
    """Tell whether a cell of the first row is like those below it: one of their values, a number, or as long a text.

    Labels tell better than texts: if all values of a column but the first are repeated, that is a name.
    """
    columns = list(zip(*(row for row in rows if len(row) == len(rows[0]) and row != rows[0]), strict=True))
    has_name = has_text = False
    for first, others in zip(rows[0], columns, strict=bool(columns)):
        counts = Counter(others)
        if (first.strip() and first in counts) or all(map(NUMBER.fullmatch, (first, *counts))):
            return True
        has_name |= min(counts.values()) > 1
        has_text |= len(first) > MAX_NAME and sum(map(len, others)) > MAX_NAME * len(others)
    return has_text and not has_name


def _is_above_numbers(rows: Sequence[Sequence[str]]) -> bool:
    """Tell whether a column has a word in the first row and numbers in all the others, such as ratings or ids."""
    if len(rows) < 3 or any(len(row) != len(rows[0]) for row in rows[:3]):
        return False
    columns = zip(*(row for row in rows if len(row) == len(rows[0])), strict=True)
    return any(
        first.strip() != "" and not NUMBER.fullmatch(first) and all(map(NUMBER.fullmatch, others))
        for first, *others in columns
    )


def _usual_length(rows: Sequence[Sequence[str]]) -> int:
    """Return the number of columns of most rows: one may lack some, or have a delimiter in its text."""
    lengths = Counter(map(len, rows))
    return max(lengths, key=lambda length: (lengths[length], length))


def _refuse_repeated_names(chosen: Sequence[str], names: Sequence[str]) -> None:
    """Raise ReadError if a column that was chosen by its name shares it with another."""
    for name in chosen:
        if names.count(name) > 1:
            raise ReadError(f"{names.count(name)} columns are named {shortened(name)!r}; give the number of the column")


def _refuse_other_delimiter(dialect: Dialect, first: str) -> None:
    """Raise ReadError if the only field of the first line looks like several."""
    for mark, name in OTHER_SEPARATORS.items():
        if mark in first and mark != dialect.sep:
            raise ReadError(
                f"the first line has {mark!r} but no {dialect.sep!r}; pass --sep {name} if it separates the columns"
            )


def read(source: Source, layout: Layout) -> Iterator[DocumentBatch]:
    """Yield the documents of a file; fields may be quoted if it looks like that."""
    blocks, next_line, quoted, quote = iter(source.blocks), 1, layout.quoted, layout.quote.encode()
    for block in blocks:
        if quoted is None and quote in block:
            quoted = has_quoted_fields(block.decode("utf-8", "replace"), layout.sep)
        if quoted and quote in block:
            yield from _read_quoted(itertools.chain([block], blocks), next_line, source, layout)
            return
        batch, n_lines = _read_block(block, next_line, source, layout)
        next_line += n_lines
        yield batch


def _last(layout: Layout) -> int:
    """Return the last column that is needed."""
    others = (layout.label, layout.weight, layout.id)
    return max((*layout.text, *(column for column in others if column is not None)))


def _too_few(layout: Layout) -> str:
    return f"fewer than {_last(layout) + 1} columns"


def _too_many(layout: Layout) -> str:
    """Return the reason for refusing a line with more columns: a delimiter in its text, which would be cut there."""
    return f"more than {layout.n_columns} column{'s' if layout.n_columns > 1 else ''}"


def _read_block(block: bytearray, first_line: int, source: Source, layout: Layout) -> tuple[DocumentBatch, int]:
    """Return the documents of a block without quotes, as views of it, and the number of its lines."""
    bad = source.bad
    lines, n_lines = split(block, first_line, ord(layout.sep))
    if layout.header and first_line == 1:
        lines = lines.select(np.arange(len(lines.starts)) > 0)
    few, many = lines.n_delimiters < _last(layout), lines.n_delimiters >= layout.n_columns
    if few.any() or many.any():
        bad.add(lines.numbers[few], _too_few(layout))
        bad.add(lines.numbers[many], _too_many(layout))
        lines = lines.select(~(few | many))
    wrong = invalid_utf8(lines.buffer, lines.starts, lines.stops)
    if wrong.any():
        bad.add_undecodable(lines.numbers[wrong], lines.first(wrong))
        lines = lines.select(~wrong)
    codes = None
    if layout.label is not None:
        starts, stops = stripped(lines.buffer, *lines.field(layout.label))
        empty = starts == stops
        if empty.any():
            bad.add(lines.numbers[empty], "empty label")
            lines, starts, stops = lines.select(~empty), starts[~empty], stops[~empty]
        codes = source.labels.encode(slices(lines.buffer, starts, stops), len(starts))
    weights = ids = None
    if layout.weight is not None:
        weights = weights_of(slices(lines.buffer, *lines.field(layout.weight)), lines.numbers, bad)
        good = ~np.isnan(weights)
        lines, codes = lines.select(good), None if codes is None else codes[good]
        weights = without_ones(weights[good])
    bad.check()
    if layout.id is not None:
        ids = [value.decode() for value in slices(lines.buffer, *lines.field(layout.id))]
    fields = [lines.field(column) for column in layout.text]
    documents = Documents(lines.buffer, *fields[0]) if len(fields) == 1 else joined(lines.buffer, fields)
    return DocumentBatch(documents, codes, lines.numbers, len(block), weights, ids=ids), n_lines


def _read_quoted(
    blocks: Iterable[bytearray], first_line: int, source: Source, layout: Layout
) -> Iterator[DocumentBatch]:
    """Yield the documents of records whose fields may be quoted, and hold line ends."""
    bad = source.bad
    packer = Packer(None if layout.label is None else source.labels, bad)
    last, header = _last(layout), layout.header and first_line == 1
    for number, record, size in Records(blocks, first_line, layout, source.labels, bad):
        if header:
            header = False
            if not bad.count:  # otherwise the header itself was a bad record, and this is the first row
                continue
        if len(record) <= last:
            bad.add([number], _too_few(layout))
            continue
        if len(record) > layout.n_columns:
            bad.add([number], _too_many(layout))
            continue
        label = None if layout.label is None else record[layout.label]
        try:
            weight = 1.0 if layout.weight is None else weight_of(record[layout.weight])
        except BadLine as error:
            bad.add([number], str(error))
            continue
        id = None if layout.id is None else record[layout.id]
        packer.add(" ".join([record[column] for column in layout.text]), label, number, size, weight, id=id)
        if packer.n_bytes >= BLOCK:
            yield packer.batch()
    yield packer.batch()
