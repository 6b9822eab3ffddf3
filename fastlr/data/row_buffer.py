"""Collecting rows that arrive in chunks into one matrix."""

from __future__ import annotations

import numpy as np

from fastlr.utils.arrays import Csr

BLOCK_SIZE = 1 << 24  # entries of a block; memory that is never touched costs nothing


class RowBuffer:
    """Rows in CSR form, copied as they are appended.

    Entries are written to blocks of `BLOCK_SIZE`. If one block is enough, as for most corpora, `take` copies nothing.
    """

    def __init__(self) -> None:
        self._lengths: list[np.ndarray] = []
        self._blocks: list[tuple[np.ndarray, np.ndarray]] = []  # indices and data
        self._filled: list[int] = []  # entries of each block

    def append(self, chunk: Csr) -> None:
        """Add the rows of a chunk; all chunks must have the types of the first one."""
        indptr, indices, data = chunk
        n = len(indices)
        if not self._blocks or self._filled[-1] + n > len(self._blocks[-1][0]):
            size = max(BLOCK_SIZE, n)
            self._blocks.append((np.empty(size, indices.dtype), np.empty(size, data.dtype)))
            self._filled.append(0)
        for block, part in zip(self._blocks[-1], (indices, data), strict=True):
            block[self._filled[-1] : self._filled[-1] + n] = part
        self._filled[-1] += n
        self._lengths.append(np.diff(indptr))

    def take(self) -> Csr:
        """Return all rows and empty the buffer; indices have 32 bits if they fit."""
        nnz = sum(self._filled)
        index = np.dtype(np.int32 if nnz < 2**31 else np.int64)
        lengths = np.concatenate([np.empty(0, index), *self._lengths])
        indptr = np.zeros(len(lengths) + 1, index)
        np.cumsum(lengths, out=indptr[1:])
        if len(self._blocks) == 1 and index == self._blocks[0][0].dtype:
            indices, data = (array[:nnz] for array in self._blocks[0])
        else:
            dtype = self._blocks[0][1].dtype if self._blocks else np.dtype(np.float32)
            indices, data = np.empty(nnz, index), np.empty(nnz, dtype)
            first = 0
            for n in self._filled:
                block = self._blocks.pop(0)  # freed once copied, so that there are never two copies of all rows
                indices[first : first + n], data[first : first + n] = block[0][:n], block[1][:n]
                first += n
        self._lengths, self._blocks, self._filled = [], [], []
        return indptr, indices, data
