"""Rows that come a chunk at a time, in arrays that grow as they do."""

from __future__ import annotations

import numpy as np

from fastlr.text.reading import grown

Chunk = tuple[np.ndarray, np.ndarray, np.ndarray]  # indptr, indices and data of some rows

FIRST_ROOM = 1 << 24  # entries; memory that is never touched costs nothing


class GrowingRows:
    """Rows in CSR form. What has been appended is copied: its memory may be used again."""

    def __init__(self) -> None:
        self.nnz = 0
        self._lengths: list[np.ndarray] = []
        self._indices: np.ndarray | None = None
        self._data: np.ndarray | None = None

    def append(self, chunk: Chunk) -> None:
        """Add the rows of a chunk, of the types of the first one."""
        indptr, indices, data = chunk
        if self._indices is None:
            self._indices, self._data = np.empty(FIRST_ROOM, indices.dtype), np.empty(FIRST_ROOM, data.dtype)
        n, room = self.nnz + len(indices), len(self._indices)
        if n > room:
            room = max(2 * room, n)
            self._indices, self._data = grown(self._indices, self.nnz, room), grown(self._data, self.nnz, room)
        self._indices[self.nnz : n] = indices
        self._data[self.nnz : n] = data
        self._lengths.append(np.diff(indptr))
        self.nnz = n

    def take(self) -> Chunk:
        """Return all rows, and let go of them; indices are of 64 bits only where they must be."""
        lengths = np.concatenate([np.empty(0, np.int32), *self._lengths])
        index = np.int32 if self.nnz < 2**31 else np.int64
        indptr = np.zeros(len(lengths) + 1, index)
        np.cumsum(lengths, out=indptr[1:])
        if self._indices is None:
            return indptr, np.empty(0, index), np.empty(0, np.float32)
        chunk = indptr, self._indices[: self.nnz].astype(index, copy=False), self._data[: self.nnz]
        self.nnz, self._lengths, self._indices, self._data = 0, [], None, None
        return chunk
