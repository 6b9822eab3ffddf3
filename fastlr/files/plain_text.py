"""Plain text: a document per line, without labels unless the names of several files tell them."""

from __future__ import annotations

from collections.abc import Iterator

from fastlr.files.batches import DocumentBatch
from fastlr.files.layout import Layout
from fastlr.files.lines import invalid_utf8, split
from fastlr.files.source import Source
from fastlr.files.streams import ReadError
from fastlr.text.documents import Documents


def locate(source: Source) -> Layout:
    """Return the layout.

    Raises
    ------
    ReadError
        If labels are wanted, and the names of several files do not tell them.
    """
    if source.path in source.file_labels:
        return Layout("lines", names=tuple(source.file_labels.values()))
    if source.with_labels:
        raise ReadError("is plain text without labels; pass --format if it has another format")
    return Layout("lines")


def read(source: Source, layout: Layout) -> Iterator[DocumentBatch]:
    """Yield every line as a document, a blank one as an empty document, because callers expect a result per line.

    Blank lines of files with a label are left out.
    """
    next_line, label = 1, source.file_labels.get(source.path)
    for block in source.blocks:
        lines, n_lines = split(block, next_line, blank=label is None)
        next_line += n_lines
        wrong = invalid_utf8(lines.buffer, lines.starts, lines.stops)
        if wrong.any():
            source.bad.add_undecodable(lines.numbers[wrong], lines.first(wrong))
            lines = lines.select(~wrong)
        source.bad.check()
        n = len(lines.starts)
        codes = None if label is None else source.labels.encode([label.encode()] * n, n)
        yield DocumentBatch(Documents(lines.buffer, lines.starts, lines.stops), codes, lines.numbers, len(block))
