"""Lines from all over a file, because sorted files have one label at their beginning."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator

from fastlr.files.source import Source
from fastlr.files.streams import size_of

# Places to look at, besides the first lines, and how much of each.
N_PLACES = 16
WIDTH = 1 << 15
MAX_LINES = 64

# Blocks of a compressed file that are read ahead.
N_BLOCKS = 4


def lines_all_over(source: Source) -> Iterator[list[str]]:
    """Yield lines that follow each other, from several places behind the first lines of a file.

    A plain file is read at these places. Of a compressed file, the first blocks are looked at if its labels are wanted,
    and the first one of a pipe, which may have no more to give for now. Lines may begin within a quoted field.
    """
    skipped = sum(len(line.encode("utf-8", "replace")) + 1 for line in source.lines)
    size = size_of(source.path)
    if size is not None and _is_plain(source):
        encoding = (source.bad.file and source.bad.file.encoding) or "utf-8"
        with open(source.path, "rb") as file:
            for place, width in _places(skipped, size, N_PLACES):
                file.seek(place)
                yield _whole_lines(file.read(width), place + width >= size, encoding)
        return
    taken = list(itertools.islice(source.blocks, N_BLOCKS if source.with_labels and os.path.isfile(source.path) else 1))
    source.blocks = itertools.chain(taken, source.blocks)
    for number, block in enumerate(taken):
        for place, width in _places(0 if number else skipped, len(block), N_PLACES // len(taken)):
            yield _whole_lines(bytes(block[place : place + width]), place + width >= len(block))


def _is_plain(source: Source) -> bool:
    """Tell whether the lines are those of the file as it is."""
    head = source.lines[0].encode("utf-8", "replace")[:WIDTH] if source.lines else b""
    with open(source.path, "rb") as file:
        return head in file.read(2 * WIDTH)


def _places(first: int, size: int, n: int) -> list[tuple[int, int]]:
    """Return up to ``n`` places between two others, and how much to look at in each; they do not overlap."""
    step = max(-(-(size - first) // n), WIDTH)
    return [(place, min(WIDTH, size - place)) for place in range(first, size, step)]


def _whole_lines(data: bytes, is_last: bool, encoding: str = "utf-8") -> list[str]:
    """Return the lines that begin and end in some data."""
    lines = data.decode(encoding, "replace").split("\n")[1 : None if is_last else -1]
    return [line.removesuffix("\r") for line in lines if line.strip()][:MAX_LINES]
