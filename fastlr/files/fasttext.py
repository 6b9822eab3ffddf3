"""fastText's lines: ``__label__name`` and then the text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from fastlr.files.batches import BadLines, Batch, Labels
from fastlr.files.layout import Layout
from fastlr.files.lines import invalid_utf8, split
from fastlr.text.documents import Documents

PREFIX = b"__label__"


def read_fasttext(blocks: Iterable[bytearray], layout: Layout, labels: Labels, bad: BadLines) -> Iterator[Batch]:
    """Yield the documents of lines that begin with a label; one with several labels is bad, for a text has one class.

    If no labels are wanted, they are left out all the same, and a line need not have one.
    """
    next_line = 1
    wanted = layout.label is not None
    for block in blocks:
        lines, n_lines = split(block, next_line)
        next_line += n_lines
        wrong = invalid_utf8(lines.buffer, lines.starts, lines.stops)
        if wrong.any():
            bad.add(lines.numbers[wrong], "not UTF-8")
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
        if wanted:
            good = counts == 1
            for chosen, reason in (
                (counts == 0, f"no {PREFIX.decode()} at its beginning"),
                (counts > 1, "several labels"),
                (good & np.array([not label for label in found], bool), "empty label"),
            ):
                if chosen.any():
                    bad.add(lines.numbers[chosen], reason)
                    good &= ~chosen
            codes = labels.encode(
                (label for label, use in zip(found, good.tolist(), strict=True) if use), int(good.sum())
            )
            lines, starts = lines.select(good), starts[good]
        bad.check()
        yield Batch(Documents(lines.buffer, starts, lines.stops), codes, lines.numbers, len(block))
