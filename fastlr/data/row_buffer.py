"""Rows that come a chunk at a time, and are one matrix in the end."""

from __future__ import annotations

import numpy as np

from fastlr.utils.arrays import Csr

ROOM = 1 << 24  # entries of a block; memory that is never touched costs nothing


class RowBuffer:
    """Rows in CSR form. What has been appended is copied: its memory may be used again.

    They are written to blocks of `ROOM` entries. Those of one block, as of most corpora, need not be copied once more.
    """

    def __init__(self) -> None:
        self._lengths: list[np.ndarray] = []
        self._blocks: list[tuple[np.ndarray, np.ndarray]] = []  # indices and data
        self._filled: list[int] = []  # entries of each

    def append(self, chunk: Csr) -> None:
        """Add the rows of a chunk, of the types of the first one."""
        indptr, *new = chunk
        n = len(new[0])
        if not self._blocks or self._filled[-1] + n > len(self._blocks[-1][0]):
            self._blocks.append(tuple(np.empty(max(ROOM, n), array.dtype) for array in new))
            self._filled.append(0)
        for whole, part in zip(self._blocks[-1], new, strict=True):
            whole[self._filled[-1] : self._filled[-1] + n] = part
        self._filled[-1] += n
        self._lengths.append(np.diff(indptr))

    def take(self) -> Csr:
        """Return all rows, and let go of them; indices are of 64 bits only where they must be."""
        nnz = sum(self._filled)
        index = np.int32 if nnz < 2**31 else np.int64
        lengths = np.concatenate([np.empty(0, index), *self._lengths])
        indptr = np.zeros(len(lengths) + 1, index)
        np.cumsum(lengths, out=indptr[1:])
        if len(self._blocks) == 1 and index == self._blocks[0][0].dtype:
            indices, data = (array[:nnz] for array in self._blocks[0])
        else:
            dtype = self._blocks[0][1].dtype if self._blocks else np.float32
            indices, data = np.empty(nnz, index), np.empty(nnz, dtype)
            first = 0
            for i, n in enumerate(self._filled):
                for whole, block in zip((indices, data), self._blocks[i], strict=True):
                    whole[first : first + n] = block[:n]
                self._blocks[i] = None  # so that there are never two copies of all
                first += n
        self._lengths, self._blocks, self._filled = [], [], []
        return indptr, indices, data
