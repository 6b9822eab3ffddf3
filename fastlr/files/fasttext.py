"""fastText's lines: ``__label__name`` followed by the text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import numpy as np

from fastlr.files.batches import DocumentBatch
from fastlr.files.layout import Layout
from fastlr.files.lines import invalid_utf8, split
from fastlr.files.source import Source
from fastlr.files.streams import ReadError
from fastlr.files.text_output import Labelled, one_line, write_lines
from fastlr.text.documents import Documents

PREFIX = b"__label__"

# Labels in a line, and what separates them from the text.
LABELS = re.compile(r"(?<!\S)__label__")
SPACES = b" \t"

# More than this share of the lines with several labels means that the task has several.
MANY = 0.2

# Characters that end a label.
ENDS_LABEL = re.compile(r"[\s\0]")


def locate(source: Source) -> Layout:
    """Return the layout.

    Raises
    ------
    ReadError
        If labels are wanted, and many lines have several.
    """
    lines = [line for line in source.lines if line.strip()]
    n_several = sum(len(LABELS.findall(line)) > 1 for line in lines)
    if source.with_labels and not source.bad.skip and n_several > MANY * len(lines):
        raise ReadError(
            f"{n_several} of the first {len(lines)} lines have several labels, which training does not support yet; "
            "keep one label per line, or pass --skip-bad-lines to leave these lines out"
        )
    return Layout("fasttext")


def _without_labels(block: bytearray, start: int, stop: int) -> tuple[list[bytes], int, int]:
    """Return the labels at both ends of a line, and where the text between them starts and stops."""
    labels = []
    while True:
        while start < stop and block[start] in SPACES:
            start += 1
        if not block.startswith(PREFIX, start, stop):
            break
        space = min(end for end in (block.find(b" ", start, stop), block.find(b"\t", start, stop), stop) if end >= 0)
        labels.append(bytes(block[start + len(PREFIX) : space]))
        start = min(space + 1, stop)
    while block.find(PREFIX, start, stop) > start:
        end = stop
        while block[end - 1] in SPACES:
            end -= 1
        space = max(block.rfind(b" ", start, end), block.rfind(b"\t", start, end))
        if space < 0 or not block.startswith(PREFIX, space + 1, end):
            break
        labels.append(bytes(block[space + 1 + len(PREFIX) : end]))
        stop = space
    return labels, start, stop


def read(source: Source, layout: Layout) -> Iterator[DocumentBatch]:
    """Yield the documents of a file; a line with several labels is bad, because a document has one class.

    Labels are at the beginning or the end of a line. If they are not wanted, they are removed all the same, and a line
    need not have one.
    """
    next_line = 1
    for block in source.blocks:
        lines, n_lines = split(block, next_line)
        next_line += n_lines
        wrong = invalid_utf8(lines.buffer, lines.starts, lines.stops)
        if wrong.any():
            source.bad.add(lines.numbers[wrong], "not UTF-8")
            lines = lines.select(~wrong)
        found, several, starts, stops = [], [], lines.starts.copy(), lines.stops.copy()
        for i, (start, stop) in enumerate(zip(starts.tolist(), stops.tolist(), strict=True)):
            labels, starts[i], stops[i] = _without_labels(block, start, stop)
            found.append(labels[0] if labels else b"")
            several.append(len(labels))
        counts = np.array(several, np.int64)
        codes = None
        if source.with_labels:
            good = counts == 1
            for chosen, reason in (
                (counts == 0, f"has no {PREFIX.decode()} at its beginning or end"),
                (counts > 1, "several labels"),
                (good & np.array([not label for label in found], bool), "empty label"),
            ):
                if chosen.any():
                    source.bad.add(lines.numbers[chosen], reason)
                    good &= ~chosen
            codes = source.labels.encode(
                (label for label, use in zip(found, good.tolist(), strict=True) if use), int(good.sum())
            )
            lines, starts, stops = lines.select(good), starts[good], stops[good]
        source.bad.check()
        yield DocumentBatch(Documents(lines.buffer, starts, stops), codes, lines.numbers, len(block))


def write(path: str, documents: Iterable[Labelled]) -> None:
    """Write labelled documents; line ends become spaces, white space in labels underscores."""
    prefix = PREFIX.decode()
    write_lines(
        path,
        # fastText takes a word with the prefix for one more label, wherever it is.
        (f"{prefix}{ENDS_LABEL.sub('_', label)} {one_line(text.replace(prefix, ' '))}\n" for label, text in documents),
    )
