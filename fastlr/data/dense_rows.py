"""A dense matrix as rows, for the kernels that take sparse ones."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np

from fastlr.data.rows import Block, Rows, largest_entry
from fastlr.utils.arrays import frozen

# Entries of a block.
BLOCK_SIZE = 1 << 20


class DenseRows:
    """Rows with an entry for every feature, as `fastlr.data.rows.RowBlocks`; all blocks share their indices.

    The order of the sums is that of the kernels, while that of a BLAS depends on the machine.

    Parameters
    ----------
    X : ndarray of float32 or float64, shape (n_samples, n_features)
    """

    def __init__(self, X: np.ndarray) -> None:
        self.X = frozen(X)
        self.shape: tuple[int, int] = X.shape
        self.nnz, self.dtype = X.size, X.dtype

    def blocks(self) -> Generator[Block, None, None]:
        """Yield all rows in their order."""
        n_samples, n_features = self.shape
        size = min(max(BLOCK_SIZE // n_features, 1), n_samples)
        indices = frozen(np.tile(np.arange(n_features, dtype=np.int32), size))
        indptr = frozen(np.arange(0, size * n_features + 1, n_features, dtype=np.int32))
        for first in range(0, n_samples, size):
            X = self.X[first : first + size]
            yield Block(first, Rows(indptr[: len(X) + 1], indices[: X.size], X.ravel(), X.shape))

    def refuse_infinite(self) -> None:
        """Raise ValueError if a value is NaN or infinite."""
        largest_entry(self.X.ravel())

    def squared(self) -> DenseRows:
        """Return the rows with the square of every entry, in float64."""
        with np.errstate(over="ignore"):
            return DenseRows(np.square(self.X, dtype=np.float64))
