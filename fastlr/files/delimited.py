"""Tab- and comma-separated values."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterable, Iterator

import numpy as np

from fastlr.files.batches import BadLines, Batch, Labels
from fastlr.files.layout import DELIMITERS, Layout, long_fields
from fastlr.files.lines import TAB, invalid_utf8, slices, split, stripped
from fastlr.files.packer import Packer, joined
from fastlr.files.streams import BLOCK
from fastlr.text.documents import Documents


def read_delimited(blocks: Iterable[bytearray], layout: Layout, labels: Labels, bad: BadLines) -> Iterator[Batch]:
    """Yield the documents of TSV, which knows no quotes, or of CSV, in which a field may be quoted."""
    blocks, next_line = iter(blocks), 1
    for block in blocks:
        if layout.format == "csv" and b'"' in block:
            yield from _read_quoted(itertools.chain([block], blocks), next_line, layout, labels, bad)
            return
        batch, n_lines = _read_block(block, next_line, layout, labels, bad)
        next_line += n_lines
        yield batch


def _last(layout: Layout) -> int:
    """Return the last column that is needed of a line."""
    return max(layout.text if layout.label is None else (*layout.text, layout.label))


def _few(layout: Layout) -> str:
    return f"fewer than {_last(layout) + 1} columns"


def _many(layout: Layout) -> str:
    """Return what is wrong with a line of more columns: a delimiter in its text, which would be cut there."""
    return f"more than {layout.n_columns} column{'s' if layout.n_columns > 1 else ''}"


def _read_block(block: bytearray, first_line: int, layout: Layout, labels: Labels, bad: BadLines) -> tuple[Batch, int]:
    """Return the documents of a block without quotes, as views of it, and the number of its lines."""
    delimiter = TAB if layout.format == "tsv" else ord(DELIMITERS[layout.format])
    lines, n_lines = split(block, first_line, delimiter)
    if layout.header and first_line == 1:
        lines = lines.select(np.arange(len(lines.starts)) > 0)
    few, many = lines.n_delimiters < _last(layout), lines.n_delimiters >= layout.n_columns
    if few.any() or many.any():
        bad.add(lines.numbers[few], _few(layout))
        bad.add(lines.numbers[many], _many(layout))
        lines = lines.select(~(few | many))
    wrong = invalid_utf8(lines.buffer, lines.starts, lines.stops)
    if wrong.any():
        bad.add(lines.numbers[wrong], "not UTF-8")
        lines = lines.select(~wrong)
    codes = None
    if layout.label is not None:
        starts, stops = stripped(lines.buffer, *lines.field(layout.label))
        empty = starts == stops
        if empty.any():
            bad.add(lines.numbers[empty], "empty label")
            lines, starts, stops = lines.select(~empty), starts[~empty], stops[~empty]
        codes = labels.encode(slices(lines.buffer, starts, stops), len(starts))
    bad.check()
    fields = [lines.field(column) for column in layout.text]
    documents = Documents(lines.buffer, *fields[0]) if len(fields) == 1 else joined(lines.buffer, fields)
    return Batch(documents, codes, lines.numbers, len(block)), n_lines


def _read_quoted(
    blocks: Iterable[bytearray], first_line: int, layout: Layout, labels: Labels, bad: BadLines
) -> Iterator[Batch]:
    """Yield the documents of records whose fields may be quoted, and hold line ends."""
    packer = Packer(labels if layout.label is not None else None, bad)
    last, header = _last(layout), layout.header and first_line == 1
    for number, record, size in _records(blocks, first_line, bad):
        if header:
            header = False
            if not bad.count:  # else the header was itself a bad record, and this is the first row
                continue
        if len(record) <= last:
            bad.add([number], _few(layout))
            continue
        if len(record) > layout.n_columns:
            bad.add([number], _many(layout))
            continue
        label = None if layout.label is None else record[layout.label]
        packer.add(" ".join([record[column] for column in layout.text]), label, number, size)
        if packer.n_bytes >= BLOCK:
            yield packer.batch()
    yield packer.batch()


def _records(blocks: Iterable[bytearray], first_line: int, bad: BadLines) -> Iterator[tuple[int, list[str], int]]:
    """Yield the number of each record's first line, its fields, and the bytes that it took."""
    taken, ended = [0], False

    def lines() -> Iterator[str]:  # by line feeds: str.splitlines knows more line ends than an editor does
        nonlocal ended
        for block in blocks:
            for line in block.decode("utf-8", "surrogateescape").split("\n")[:-1]:
                taken[0] += len(line) + 1
                yield line + "\n"
        ended = True

    reader = csv.reader(lines(), strict=True)  # else what is behind a closing quote would join the field
    number = first_line
    while True:
        try:
            with long_fields():
                record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if ended:  # it asked for one more line
                bad.add([number], "a quote that is never closed")
                return
            next_line = first_line + reader.line_num
            bad.add(range(number, next_line), f"not CSV: {error}")
            number = next_line
            continue
        size, taken[0] = taken[0], 0
        if record:
            yield number, record, size
        number = first_line + reader.line_num
