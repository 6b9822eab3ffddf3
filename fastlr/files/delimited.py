"""Tab- and comma-separated values."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from fastlr.files.batches import BadLine, DocumentBatch
from fastlr.files.layout import Layout, shortened
from fastlr.files.lines import Lines, invalid_utf8, slices, split, stripped
from fastlr.files.packer import Packer, joined
from fastlr.files.registry import MOST
from fastlr.files.source import Source
from fastlr.files.streams import BLOCK, ReadError
from fastlr.files.tables.column_names import role_of
from fastlr.files.tables.column_profile import NUMBER
from fastlr.files.tables.columns import find_columns, split_columns
from fastlr.files.tables.dialect import Dialect, named_dialect
from fastlr.files.tables.header import is_header
from fastlr.files.tables.quotes import Records, has_quoted_fields
from fastlr.files.tables.sampling import lines_all_over
from fastlr.files.tables.weights import weight_of, weights_of, without_ones
from fastlr.files.text_output import Labelled, one_line, write_lines
from fastlr.text.documents import Documents

# The reason for refusing a line: files were put together.
HEADER_AGAIN = "the header again"

# Characters that end a label in TSV.
ENDS_COLUMN = re.compile(r"[\t\n\r\0]")


def locate_tsv(source: Source) -> Layout:
    """Return the layout of a TSV file."""
    return locate(source, "tsv")


def locate_csv(source: Source) -> Layout:
    """Return the layout of a CSV file."""
    return locate(source, "csv")


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


def locate(source: Source, format: str) -> Layout:
    """Return the layout of a file, by what the caller says, its header or its content.

    Raises
    ------
    ReadError
        If a column does not exist or cannot be detected.
    """
    dialect = named_dialect(format, source)
    rows = dialect.rows(source.lines)
    if not rows:
        raise ReadError("is empty")
    named = (source.label, *split_columns(source.text or (), rows[0]), source.weight, source.id)
    asked = [part for part in named if part]
    first = rows[0]
    rows[0] = _padded(rows)
    header = _has_header(source, rows, asked) if source.header is None else source.header
    if not header:
        rows[0] = first
    names = tuple(rows[0]) if header else ()
    n_columns = len(names) or _usual_length(rows)
    n_unnamed = None if header else n_columns
    numbered = names or tuple(str(column + 1) for column in range(n_columns))

    def sample() -> list[list[str]]:
        body = [*rows[header:], *_rows_all_over(source, dialect, n_columns)]
        fitting = [row for row in body if len(row) == n_columns]
        return [[row[column] for row in fitting] for column in range(n_columns)]

    columns = find_columns(source, numbered, n_unnamed, True, sample)
    used = (columns.label, *columns.text, columns.weight, columns.id)
    by_name = [column for column in used if column is not None and str(column + 1) not in asked]
    _refuse_repeated_names([names[column] for column in by_name if header], names)
    layout = Layout(format, names=names, header=header, n_columns=n_columns, **columns._asdict())
    return layout._replace(**dialect._asdict())


def _padded(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the first row, with a blank name if most others have one more column: of row names, or empty."""
    first, longer = list(rows[0]), [row for row in rows[1:] if len(row) == len(rows[0]) + 1]
    if not longer or len(longer) < MOST * (len(rows) - 1):
        return first
    return ["", *first] if any(row[-1].strip() for row in longer) else [*first, ""]


def _has_header(source: Source, rows: Sequence[Sequence[str]], asked: Sequence[str]) -> bool:
    known = source.known
    if (known is not None and known.heads(rows[0])) or any(not re.fullmatch(NUMBER, part.strip()) for part in asked):
        return True
    if known is not None and known.n_columns == len(rows[0]) and not any(map(role_of, rows[0])):
        return False  # as in training
    return is_header(rows)


def _rows_all_over(source: Source, dialect: Dialect, n_columns: int) -> Iterator[list[str]]:
    """Yield rows from all over a file."""
    for lines in lines_all_over(source):
        rows = dialect.rows(lines)
        if dialect.quoted and any(dialect.quote in line for line in lines):
            # The first line may be within a quoted field.
            inside = dialect.rows([dialect.quote + lines[0], *lines[1:]])
            rows = max(rows, inside, key=lambda some: sum(1 if len(row) == n_columns else -1 for row in some))[1:-1]
        yield from rows


def _usual_length(rows: Sequence[Sequence[str]]) -> int:
    """Return the number of columns of most rows: one may lack some, or have a delimiter in its text."""
    lengths = Counter(map(len, rows))
    return max(lengths, key=lambda length: (lengths[length], length))


def _refuse_repeated_names(chosen: Sequence[str], names: Sequence[str]) -> None:
    """Raise ReadError if a column that was chosen by its name shares it with another."""
    for name in chosen:
        if names.count(name) > 1:
            raise ReadError(f"{names.count(name)} columns are named {shortened(name)!r}; give the number of the column")


def read(source: Source, layout: Layout) -> Iterator[DocumentBatch]:
    """Yield the documents of a file; fields may be quoted if it looks like that."""
    blocks, next_line, quoted, quote = iter(source.blocks), 1, layout.quoted, layout.quote.encode()
    for block in blocks:
        if quoted is None and quote in block:
            quoted = has_quoted_fields(block.decode("utf-8", "replace"), layout.sep)
        if quoted and (quote in block or layout.spaced or layout.escape):
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
    again = _is_header_again(lines, layout)
    if again.any():
        bad.add(lines.numbers[again], HEADER_AGAIN)
        lines = lines.select(~again)
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


def _is_header_again(lines: Lines, layout: Layout) -> np.ndarray:
    """Return a mask of the lines that are the header, as where files were put together."""
    header = layout.sep.join(layout.names).encode()
    again = (lines.stops - lines.starts == len(header)) & (len(layout.names) > 1)
    for i in np.flatnonzero(again).tolist():
        again[i] = lines.buffer[lines.starts[i] : lines.stops[i]].tobytes() == header
    return again


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
        if len(record) > 1 and tuple(record) == layout.names:
            bad.add([number], HEADER_AGAIN)
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
