"""Passes over all rows of a matrix in one thread or several: slices short enough for Ctrl-C."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from fastlr.problem import Rows
from fastlr.solvers.pace import Pace
from fastlr.threads import Team

# A thread is worth its start, a tenth of a millisecond, for so many products of an entry with a weight.
FEW = 1 << 18


def n_parts(rows: Rows, n_outputs: int, n_threads: int) -> int:
    """Return in how many of up to ``n_threads`` threads a pass is made."""
    return max(1, min(n_threads, rows.nnz * n_outputs // FEW, rows.shape[0]))


def over_rows(rows: Rows, n_parts: int, work: Callable[[int, int, int], None]) -> None:
    """Call ``work(part, start, stop)`` for slices that together are all rows, each part's in a thread of its own.

    A part is rows next to each other, of about as many entries as another's: which ones depends on nothing but
    ``n_parts``.

    Raises
    ------
    KeyboardInterrupt
        On Ctrl-C, once every thread has ended.
    """
    if n_parts == 1:
        for start, stop in Pace().slices(0, rows.shape[0]):
            work(0, start, stop)
        return
    inner = np.searchsorted(rows.indptr, np.linspace(0, rows.nnz, n_parts + 1)[1:-1]).tolist()
    bounds = [0, *inner, rows.shape[0]]
    with Team(n_parts) as team:

        def make(part: int) -> None:
            for start, stop in Pace().slices(bounds[part], bounds[part + 1]):
                if team.stopping:
                    return
                work(part, start, stop)

        team.run(make)
