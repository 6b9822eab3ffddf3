"""Passes over all rows of a matrix, in one thread or several."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import closing
from functools import partial

import numpy as np

from fastlr.data.rows import Block, RowBlocks
from fastlr.utils.parallel import Team
from fastlr.utils.time_slices import TimeSlices

# Starting a thread takes a tenth of a millisecond, as long as this many products of an entry with a weight.
FEW = 1 << 18
# Adding up the threads' sums over features must not take longer than making them: a thread needs this many entries for
# each feature.
DENSE = 4


def n_parts(rows: RowBlocks, n_outputs: int, n_threads: int, sums: bool = False) -> int:
    """Return how many of up to ``n_threads`` threads are worth using for a pass.

    With ``sums``, each thread makes sums of its own for every feature.
    """
    n = min(n_threads, rows.nnz * n_outputs // FEW, rows.shape[0])
    return max(1, min(n, rows.nnz // max(DENSE * rows.shape[1], 1)) if sums else n)


def over_rows(rows: RowBlocks, n_parts: int, work: Callable[[Block, int, int, int], None], sliced: bool = True) -> None:
    """Call ``work(block, part, start, stop)`` for slices that together are all rows of all blocks.

    Each of the ``n_parts`` parts of a block has a thread. A part is consecutive rows with about as many entries as the
    other parts; where the parts begin depends on nothing but ``n_parts``. Row numbers count from the block's first row.
    Slices are short enough for Ctrl-C; with ``sliced=False`` each part is one slice.

    Raises
    ------
    KeyboardInterrupt
        On Ctrl-C, after every thread has ended.
    """
    with closing(rows.blocks()) as blocks:
        for block in blocks:
            n_rows, indptr = block.rows.shape[0], block.rows.indptr
            inner = []
            if n_parts > 1:
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
    """Call ``work(part, start, stop)`` for slices of each part, from ``bounds[part]`` to ``bounds[part + 1]``.

    Each part has a thread.
    """

    def make(part: int) -> None:
        for start, stop in slices(bounds[part], bounds[part + 1]):
            if team.stopping:
                return
            work(part, start, stop)

    if len(bounds) == 2:  # without the 20 us that it takes to make a team
        for start, stop in slices(*bounds):
            work(0, start, stop)
        return
    with Team(len(bounds) - 1) as team:
        team.run(make)


def summed(parts: Iterable[np.ndarray]) -> np.ndarray:
    """Return the sum of arrays, computed in the memory of the first."""
    first, *others = parts
    for part in others:
        first += part
    return first
