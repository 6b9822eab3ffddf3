"""fastText's lines: ``__label__name`` followed by the text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import numpy as np

from fastlr.files.batches import DocumentBatch
from fastlr.files.layout import Layout
from fastlr.files.lines import invalid_utf8, split
from fastlr.files.source import Source
from fastlr.files.text_output import Labelled, one_line, write_lines
from fastlr.text.documents import Documents

PREFIX = b"__label__"

# Characters that end a label.
ENDS_LABEL = re.compile(r"[\s\0]")


def read(source: Source, layout: Layout) -> Iterator[DocumentBatch]:
    """Yield the documents of a file; a line with several labels is bad, because a document has one class.

    If labels are not wanted, they are removed all the same, and a line need not have one.
    """
    next_line = 1
    for block in source.blocks:
        lines, n_lines = split(block, next_line)
        next_line += n_lines
        wrong = invalid_utf8(lines.buffer, lines.starts, lines.stops)
        if wrong.any():
            source.bad.add_undecodable(lines.numbers[wrong], lines.first(wrong))
            lines = lines.select(~wrong)
        found, several, starts = [], [], lines.starts.copy()
        for i, (start, stop) in enumerate(zip(lines.starts.tolist(), lines.stops.tolist(), strict=True)):
            label, count = b"", 0
            while block.startswith(PREFIX, start, stop):
                space = min(
                    end for end in (block.find(b" ", start, stop), block.find(b"\t", start, stop), stop) if end >= 0
                )
                label, count, start = bytes(block[start + len(PREFIX) : space]), count + 1, min(space + 1, stop)
            found.append(label)
            several.append(count)
            starts[i] = start
        counts = np.array(several, np.int64)
        codes = None
        if source.with_labels:
            good = counts == 1
            for chosen, reason in (
                (counts == 0, f"does not begin with {PREFIX.decode()}"),
                (counts > 1, "several labels"),
                (good & np.array([not label for label in found], bool), "empty label"),
            ):
                if chosen.any():
                    source.bad.add(lines.numbers[chosen], reason)
                    good &= ~chosen
            codes = source.labels.encode(
                (label for label, use in zip(found, good.tolist(), strict=True) if use), int(good.sum())
            )
            lines, starts = lines.select(good), starts[good]
        source.bad.check()
        yield DocumentBatch(Documents(lines.buffer, starts, lines.stops), codes, lines.numbers, len(block))


def write(path: str, documents: Iterable[Labelled]) -> None:
    """Write labelled documents; line ends become spaces, white space in labels underscores."""
    prefix = PREFIX.decode()
    write_lines(
        path,
        # fastText takes a word with the prefix for one more label, wherever it is.
        (f"{prefix}{ENDS_LABEL.sub('_', label)} {one_line(text.replace(prefix, ' '))}\n" for label, text in documents),
    )
