"""The rows of a store in blocks, for solvers that repeatedly pass over all rows in order."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing
from typing import Any

import numpy as np

from fastlr.data.rows import Block
from fastlr.store.pieces import PIECE_BYTES, Buffer, cut_shards, read_rows
from fastlr.store.store import Store
from fastlr.utils.parallel import prefetch_one

# Two blocks are in memory at a time: one in use, and one that is being read.
BLOCK_BYTES = 1 << 25


class StoredRows:
    """Rows on disk, for passes over all of them in order: a `fastlr.data.rows.RowBlocks`.

    Parameters
    ----------
    store : Store
    dtype : dtype
        Type that the values are converted to.
    """

    def __init__(self, store: Store, dtype: np.dtype) -> None:
        self.store, self.dtype = store, np.dtype(dtype)
        self.shape, self.nnz = store.shape, store.nnz
        pieces = cut_shards(store.shards, PIECE_BYTES)
        lengths, n_rows = pieces["last"] - pieces["first"], pieces["stop"] - pieces["start"]
        ends = np.cumsum(lengths * (4 + self.dtype.itemsize) + n_rows * 8)
        self._blocks = np.split(pieces, np.flatnonzero(np.diff((ends - 1) // BLOCK_BYTES)) + 1)
        self._kept: list[Block] = []

    def __getstate__(self) -> dict[str, Any]:
        """Return the state for a pickle, without rows."""
        return {**vars(self), "_kept": []}

    def blocks(self) -> Generator[Block, None, None]:
        """Yield the rows in their order; a block is valid until the next one is requested.

        Files are checked every time they are read. If there are at most two blocks, they are kept in memory.

        Raises
        ------
        OSError, ValueError
            If a file cannot be read, or is damaged.
        """
        if len(self._blocks) > 2:
            yield from prefetch_one(self._read())
            return
        self._kept = self._kept or list(self._read())
        yield from self._kept

    def squared(self) -> SquaredRows:
        """Return the rows with every value squared."""
        return SquaredRows(self)

    def _read(self) -> Iterator[Block]:
        # Every pass has its own buffers, because an abandoned one may not be closed yet.
        buffers = [Buffer(), Buffer()]
        for pieces in self._blocks:
            buffers.reverse()
            rows = read_rows(self.store.shards, pieces, self.shape[1], self.dtype, buffers[0], None)
            yield Block(int(pieces["row"][0]), rows)


class SquaredRows:
    """The rows of a store with every value squared, in float64."""

    def __init__(self, rows: StoredRows) -> None:
        self.rows, self.dtype = rows, np.dtype(np.float64)
        self.shape, self.nnz = rows.shape, rows.nnz

    def blocks(self) -> Generator[Block, None, None]:
        """Yield the rows as `StoredRows.blocks` does."""
        with closing(self.rows.blocks()) as blocks:
            for first, rows in blocks:
                yield Block(first, rows.squared())
