"""Checked rows in CSR form."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fastlr.utils.arrays import chunked_slices, frozen

if TYPE_CHECKING:
    import scipy.sparse as sp


# What those are told who ask for what a store cannot do.
INTO_MEMORY = "If it fits into memory, pass store.to_csr(), store.labels() and store.weights()."


@dataclass(frozen=True)
class Rows:
    """The rows of a checked matrix in CSR form, and what is known of their values.

    Passes over all rows (`fastlr.data.passes.over_rows`) ask for ``shape``, ``nnz``, ``dtype``, `blocks` and
    `squared` alone, which rows on disk have too, `fastlr.store.stored_rows.StoredRows`.

    Attributes
    ----------
    indptr, indices : ndarray of int32 or int64, of one dtype
        Row ``i`` is entries ``indptr[i]`` to ``indptr[i + 1] - 1``. Neither sorted nor free of duplicates.
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
        """Largest absolute value in ``data``; finite.

        Raises
        ------
        ValueError
            If a value is not.
        """
        return _largest(self.data)

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

    def blocks(self) -> Iterator[Block]:
        """Yield all rows in their order, in blocks each of which is in memory while it is looked at: here in one."""
        yield Block(0, self)

    def squared(self) -> Rows:
        """Return the rows with the square of every entry, in float64."""
        with np.errstate(over="ignore"):
            return replace(self, data=frozen(self.data.astype(np.float64) ** 2))

    def take(self, chosen: np.ndarray) -> Rows:
        """Return a copy of some of the rows, in the order in which they are chosen."""
        starts, lengths = self.indptr[chosen], np.diff(self.indptr)[chosen]
        indptr = np.zeros(len(chosen) + 1, self.indptr.dtype)
        np.cumsum(lengths, out=indptr[1:])
        entries = np.arange(int(indptr[-1])) + np.repeat(starts - indptr[:-1], lengths)
        shape = len(chosen), self.shape[1]
        return Rows(frozen(indptr), frozen(self.indices[entries]), frozen(self.data[entries]), shape)

    @functools.cached_property
    def csr(self) -> sp.csr_array:
        """Return the rows as a scipy array over the same memory."""
        import scipy.sparse as sp  # here, as texts are trained on and predicted without it, and it takes 0.1 s

        X = sp.csr_array(self.shape, dtype=self.data.dtype)
        # The constructor would copy what is a small part of a larger array, a memory-mapped file's for example.
        X.data, X.indices, X.indptr = self.data, self.indices, self.indptr
        return X


class Block(NamedTuple):
    """Rows next to each other.

    Attributes
    ----------
    first : int
        Number of the first one.
    rows : Rows
    """

    first: int
    rows: Rows

    def of(self, array: np.ndarray) -> np.ndarray:
        """Return a view of the entries of these rows in an array that has one for each row there is, or none at all."""
        return array[self.first : self.first + self.rows.shape[0]]


def _largest(data: np.ndarray) -> float:
    """Return the largest absolute value; refuse NaN and infinity."""
    largest = 0.0
    for piece in chunked_slices(len(data)):
        low, high = float(data[piece].min()), float(data[piece].max())
        if np.isnan(low):
            raise ValueError("Input X contains NaN. Logistic regression needs every value: impute, or drop the rows.")
        if np.isinf(low) or np.isinf(high):
            raise ValueError(f"Input X contains infinity or a value too large for {data.dtype}.")
        largest = max(largest, -low, high)
    return largest
