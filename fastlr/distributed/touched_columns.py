"""The columns that rows touch, and the rows over these columns only."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from dataclasses import replace

import numpy as np

from fastlr.data.rows import Block, RowBlocks, Rows
from fastlr.utils.arrays import frozen

# So many columns are looked up at a time: NumPy makes them 64-bit numbers first, which stay in the cache. This takes
# 2 ns an entry, where ``place[indices]`` takes 12. "clip" spares a copy of the output; no index is out of range.
SLICE = 1 << 14


def touched(rows: RowBlocks) -> np.ndarray:
    """Return the columns in which a row has an entry, increasing, int32 or int64."""
    n_features = rows.shape[1]
    used = np.zeros(n_features, bool)
    with closing(rows.blocks()) as blocks:
        for block in blocks:
            used[block.rows.indices] = True
    return frozen(np.flatnonzero(used), np.int32 if n_features < 2**31 else np.int64)


def with_columns(rows: RowBlocks, columns: np.ndarray) -> RowBlocks:
    """Return the rows over these columns only, which are all that they touch."""
    if len(columns) == rows.shape[1]:
        return rows
    place = np.empty(rows.shape[1], columns.dtype)
    place[columns] = np.arange(len(columns), dtype=columns.dtype)
    renumbered = RenumberedRows(rows, place, len(columns))
    return renumbered.renumber(rows) if isinstance(rows, Rows) else renumbered


class RenumberedRows:
    """Rows that are not in memory, over the columns that they touch: a `fastlr.data.rows.RowBlocks`.

    Parameters
    ----------
    rows : RowBlocks
    place : ndarray of shape (n_features,)
        The number of each column that a row touches among these.
    n_columns : int
    """

    def __init__(self, rows: RowBlocks, place: np.ndarray, n_columns: int) -> None:
        self.rows, self.place = rows, place
        self.shape = rows.shape[0], n_columns
        self.nnz, self.dtype = rows.nnz, rows.dtype

    def renumber(self, rows: Rows) -> Rows:
        """Return rows in memory over the columns that are touched."""
        indices = np.empty(len(rows.indices), self.place.dtype)
        for start in range(0, len(indices), SLICE):
            here = slice(start, start + SLICE)
            np.take(self.place, rows.indices[here], out=indices[here], mode="clip")
        return replace(rows, indices=frozen(indices, rows.indices.dtype), shape=(rows.shape[0], self.shape[1]))

    def blocks(self) -> Generator[Block, None, None]:
        """Yield the rows in their order; a block is valid until the next one is requested."""
        with closing(self.rows.blocks()) as blocks:
            for first, rows in blocks:
                yield Block(first, self.renumber(rows))

    def squared(self) -> RenumberedRows:
        """Return the rows with the square of every entry."""
        return RenumberedRows(self.rows.squared(), self.place, self.shape[1])
