"""Plain text: a document per line, without labels."""

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
        If labels are wanted.
    """
    if source.with_labels:
        raise ReadError("is plain text without labels; pass --format if it has another format")
    return Layout("lines")


def read(source: Source, layout: Layout) -> Iterator[DocumentBatch]:
    """Yield every line as a document, a blank one as an empty document, because callers expect a result per line."""
    next_line = 1
    for block in source.blocks:
        lines, n_lines = split(block, next_line, blank=True)
        next_line += n_lines
        wrong = invalid_utf8(lines.buffer, lines.starts, lines.stops)
        if wrong.any():
            source.bad.add_undecodable(lines.numbers[wrong], lines.first(wrong))
            lines = lines.select(~wrong)
        source.bad.check()
        yield DocumentBatch(Documents(lines.buffer, lines.starts, lines.stops), None, lines.numbers, len(block))
