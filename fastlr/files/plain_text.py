"""Lines of text, a document each, without labels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fastlr.files.batches import BadLines, Batch
from fastlr.files.lines import invalid_utf8, split
from fastlr.text.documents import Documents


def read_lines(blocks: Iterable[bytearray], bad: BadLines) -> Iterator[Batch]:
    """Yield every line as a document, blank ones as an empty one: who reads them counts on a result a line."""
    next_line = 1
    for block in blocks:
        lines, n_lines = split(block, next_line, blank=True)
        next_line += n_lines
        wrong = invalid_utf8(lines.buffer, lines.starts, lines.stops)
        if wrong.any():
            bad.add(lines.numbers[wrong], "not UTF-8")
            lines = lines.select(~wrong)
        bad.check()
        yield Batch(Documents(lines.buffer, lines.starts, lines.stops), None, lines.numbers, len(block))
