"""The columns that rows touch, and the rows over these columns only."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import replace
from typing import overload

import numpy as np

from fastlr.data.problem import Problem
from fastlr.data.rows import Block, RowBlocks, Rows
from fastlr.store.problem import StoredProblem
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


@overload
def with_columns(rows: Rows, columns: np.ndarray) -> Rows: ...


@overload
def with_columns(rows: RowBlocks, columns: np.ndarray) -> RowBlocks: ...


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


class RenumberedProblem:
    """A stored problem over the columns that its rows touch: its parts are renumbered as they are read.

    Parameters
    ----------
    problem : StoredProblem
    columns : ndarray of shape (n_columns,)
        All columns that the rows touch, increasing.
    """

    def __init__(self, problem: StoredProblem, columns: np.ndarray) -> None:
        self.problem, self.columns = problem, columns
        self.shape, self.dtype = (problem.shape[0], len(columns)), problem.dtype
        self.n_parts, self.n_classes, self.n_outputs = problem.n_parts, problem.n_classes, problem.n_outputs
        self.n_active, self.n_nonzeros, self.total_weight = problem.n_active, problem.n_nonzeros, problem.total_weight

    def _renumbered(self, part: Problem[Rows]) -> Problem[Rows]:
        return replace(part, rows=with_columns(part.rows, self.columns))

    def exclude(self, rows: np.ndarray) -> RenumberedProblem:
        """Return the problem without the rows of these numbers."""
        return RenumberedProblem(self.problem.exclude(rows), self.columns)

    def subset(self, rows: np.ndarray) -> RenumberedProblem:
        """Return the problem of the rows of these numbers."""
        return RenumberedProblem(self.problem.subset(rows), self.columns)

    def sample(self, n: int) -> Problem[Rows]:
        """Return the problem of a copy of up to ``n`` active rows at equal distances."""
        return self._renumbered(self.problem.sample(n))

    def parts(self) -> Iterator[Problem[Rows]]:
        """Yield the parts, which together have all rows in their order."""
        yield from map(self._renumbered, self.problem.parts())

    def shuffled_parts(
        self, rng: np.random.Generator | None, batch_size: int, chosen: slice = slice(None)
    ) -> Iterator[tuple[Problem[Rows], np.ndarray]]:
        """Yield the chosen parts of an epoch, each with the order of its rows."""
        for part, order in self.problem.shuffled_parts(rng, batch_size, chosen):
            yield self._renumbered(part), order

    def targets(self) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
        """Yield stretches of rows: the number of the first row, the labels, and which of the rows are active."""
        return self.problem.targets()

    def identity(self) -> dict[str, tuple[np.ndarray, ...]]:
        """Return the arrays that distinguish the matrix, the labels and the weights from others."""
        return self.problem.identity()
