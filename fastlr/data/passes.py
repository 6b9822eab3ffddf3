"""Passes over all rows of a matrix, in one thread or several."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from functools import partial

import numpy as np

from fastlr.data.rows import Block, Rows
from fastlr.utils.parallel import Team
from fastlr.utils.time_slices import TimeSlices

# A thread is worth its start, a tenth of a millisecond, for so many products of an entry with a weight.
FEW = 1 << 18
# Nor are sums by features to take longer to add up than to make: so many entries there must be for each.
DENSE = 4


def n_parts(rows: Rows, n_outputs: int, n_threads: int, sums: bool = False) -> int:
    """Return in how many of up to ``n_threads`` threads a pass is made; with ``sums``, each has sums by features."""
    n = min(n_threads, rows.nnz * n_outputs // FEW, rows.shape[0])
    return max(1, min(n, rows.nnz // max(DENSE * rows.shape[1], 1)) if sums else n)


def over_rows(rows: Rows, n_parts: int, work: Callable[[Block, int, int, int], None], sliced: bool = True) -> None:
    """Call ``work(block, part, start, stop)`` for slices of blocks that together are all rows.

    Each part of a block has a thread of its own. It is rows next to each other, of about as many entries as another's:
    which ones depends on nothing but ``n_parts``. The slices, which count from the block's first row, are short enough
    for Ctrl-C; without ``sliced`` there is one for each part of a block.

    Raises
    ------
    KeyboardInterrupt
        On Ctrl-C, once every thread has ended.
    """
    with closing(rows.blocks()) as blocks:
        for block in blocks:
            n_rows, indptr = block.rows.shape[0], block.rows.indptr
            inner = np.searchsorted(indptr, np.linspace(0, block.rows.nnz, n_parts + 1)[1:-1]).tolist()
            in_parts([0, *inner, n_rows], _in_time if sliced else _at_once, partial(work, block))


def _in_time(start: int, stop: int) -> Iterable[tuple[int, int]]:
    return TimeSlices().slices(start, stop)


def _at_once(start: int, stop: int) -> Iterable[tuple[int, int]]:
    return [(start, stop)]


def in_parts(
    bounds: list[int],
    slices: Callable[[int, int], Iterable[tuple[int, int]]],
    work: Callable[[int, int, int], None],
) -> None:
    """Call ``work(part, start, stop)`` for the slices of each part between two bounds, in a thread of its own."""

    def make(part: int) -> None:
        for start, stop in slices(bounds[part], bounds[part + 1]):
            if team.stopping:
                return
            work(part, start, stop)

    with Team(len(bounds) - 1) as team:
        if team.size == 1:
            make(0)
        else:
            team.run(make)


def summed(parts: Sequence[np.ndarray]) -> np.ndarray:
    """Return the sum of arrays, in the memory of the first."""
    for part in parts[1:]:
        parts[0] += part
    return parts[0]
