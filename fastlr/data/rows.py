"""Checked rows in CSR form, and what a pass over rows asks of them wherever they are."""

from __future__ import annotations

import functools
import sys
from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from fastlr.utils.arrays import chunked_slices, frozen

if TYPE_CHECKING:
    import scipy.sparse as sp


# Ends the messages about operations that a store does not support.
INTO_MEMORY = "If it fits into memory, pass store.to_csr(), store.labels() and store.weights()."


class RowBlocks(Protocol):
    """Rows for passes over all of them in their order.

    `Rows` are in memory, `fastlr.store.stored_rows.StoredRows` on disk.
    """

    @property
    def shape(self) -> tuple[int, int]:
        """``(n_samples, n_features)``."""

    @property
    def nnz(self) -> int:
        """Number of stored entries."""

    @property
    def dtype(self) -> np.dtype:
        """Type of the values."""

    def blocks(self) -> Generator[Block, None, None]:
        """Yield all rows in their order, in blocks; a block may be gone once the next one is asked for."""

    def squared(self) -> RowBlocks:
        """Return the rows with the square of every entry, in float64."""


@dataclass(frozen=True)
class Rows:
    """The rows of a checked matrix in CSR form, in memory.

    Attributes
    ----------
    indptr, indices : ndarray of int32 or int64, of one dtype
        Row ``i`` has the entries ``indptr[i]`` to ``indptr[i + 1] - 1``; they may be unsorted and hold duplicates.
    data : ndarray of float32 or float64
    shape : tuple
        ``(n_samples, n_features)``.
    """

    indptr: np.ndarray
    indices: np.ndarray
    data: np.ndarray
    shape: tuple[int, int]

    @functools.cached_property
    def largest(self) -> float:
        """Largest absolute value in ``data``.

        Raises
        ------
        ValueError
            If a value is NaN or infinite.
        """
        return largest_entry(self.data)

    def refuse_infinite(self) -> None:
        """Raise the ValueError of `largest` if a value is NaN or infinite."""
        _ = self.largest

    @property
    def nnz(self) -> int:
        """Number of stored entries."""
        return int(self.indptr[-1])

    @property
    def dtype(self) -> np.dtype:
        """Type of the values."""
        return self.data.dtype

    def blocks(self) -> Generator[Block, None, None]:
        """Yield all rows as one block."""
        yield Block(0, self)

    def squared(self) -> Rows:
        """Return the rows with the square of every entry, in float64."""
        with np.errstate(over="ignore"):
            return replace(self, data=frozen(np.square(self.data, dtype=np.float64)))

    def take(self, numbers: np.ndarray) -> Rows:
        """Return a copy of the rows of these numbers, in their order."""
        index = self.indptr.dtype
        if "scipy.sparse" in sys.modules:  # ten times as fast, but its import takes as long as 100,000 rows
            X = self.csr[numbers]
            return Rows(frozen(X.indptr, index), frozen(X.indices, index), frozen(X.data), X.shape)
        starts, lengths = self.indptr[numbers], np.diff(self.indptr)[numbers]
        indptr = np.zeros(len(numbers) + 1, index)
        np.cumsum(lengths, out=indptr[1:])
        entries = np.arange(int(indptr[-1])) + np.repeat(starts - indptr[:-1], lengths)
        shape = len(numbers), self.shape[1]
        return Rows(frozen(indptr), frozen(self.indices[entries]), frozen(self.data[entries]), shape)

    def without_repeats(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the row, the feature and the value of each entry, float64; those of the same feature are summed."""
        numbers = np.repeat(np.arange(self.shape[0]), np.diff(self.indptr))
        places, entries = np.unique(numbers * self.shape[1] + self.indices, return_inverse=True)
        values = np.bincount(entries, weights=self.data, minlength=len(places))
        return places // self.shape[1], places % self.shape[1], values

    @functools.cached_property
    def csr(self) -> sp.csr_array:
        """Return the rows as a scipy array over the same memory."""
        import scipy.sparse as sp  # here: importing it takes 0.1 s, and training on documents does without it

        X = sp.csr_array(self.shape, dtype=self.data.dtype)
        # The constructor would copy a small part of a larger array, of a memory-mapped file for example.
        X.data, X.indices, X.indptr = self.data, self.indices, self.indptr
        return X


class Block(NamedTuple):
    """Consecutive rows.

    Attributes
    ----------
    first : int
        Number of the first row.
    rows : Rows
    """

    first: int
    rows: Rows

    def of(self, array: np.ndarray) -> np.ndarray:
        """Return a view of these rows' part of an array with an entry a row; of an empty array, an empty view."""
        return array[self.first : self.first + self.rows.shape[0]]


def largest_entry(data: np.ndarray) -> float:
    """Return the largest absolute value; raise ValueError for NaN and infinity."""
    largest = 0.0
    for chunk in chunked_slices(len(data)):
        low, high = float(data[chunk].min()), float(data[chunk].max())
        if np.isnan(low):
            raise ValueError("Input X contains NaN. Impute the missing values, or drop their rows.")
        if np.isinf(low) or np.isinf(high):
            raise ValueError(f"Input X contains infinity or a value too large for {data.dtype}.")
        largest = max(largest, -low, high)
    return largest
