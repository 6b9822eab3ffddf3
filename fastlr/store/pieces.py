"""Pieces of a store: runs of rows of about half a megabyte, each read at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fastlr.data.rows import Rows
from fastlr.store.shard import Shard
from fastlr.utils.arrays import frozen

PIECE_BYTES = 1 << 19

# The columns of a table of pieces: the shard, the rows and the entries in it, and the first row's number in the store.
PIECE = np.dtype([(name, np.int64) for name in ("shard", "start", "stop", "first", "last", "row")])


def cut_shards(shards: Sequence[Shard], n_bytes: int) -> np.ndarray:
    """Cut shards into pieces of about ``n_bytes``, or of a single larger row; return an array of ``PIECE``."""
    tables, row = [], 0
    for number, shard in enumerate(shards):
        n = shard.entry.n_samples
        with shard.opened() as reader:
            indptr = reader.indptr(0, n)
        ends = indptr * shard.entry_bytes + np.arange(n + 1) * shard.row_bytes
        n_pieces = max(1, round(int(ends[-1]) / n_bytes))
        bounds = np.searchsorted(ends, np.linspace(0, ends[-1], n_pieces + 1)[1:-1])
        bounds = np.unique(np.concatenate([[0], bounds, [n]]))
        table = np.zeros(len(bounds) - 1, PIECE)
        table["shard"] = number
        table["start"], table["stop"] = bounds[:-1], bounds[1:]
        table["first"], table["last"] = indptr[bounds[:-1]], indptr[bounds[1:]]
        table["row"] = row + bounds[:-1]
        tables.append(table)
        row += n
    return np.concatenate(tables)


class Buffer:
    """Reusable arrays that rows are read into; they grow when a larger one is needed."""

    def __init__(self) -> None:
        self.arrays: dict[str, np.ndarray] = {}

    def take(self, name: str, length: int, dtype: np.dtype) -> np.ndarray:
        """Return an array to write to; its previous content is lost."""
        array = self.arrays.get(name)
        if array is None or len(array) < length or array.dtype != dtype:
            self.arrays.pop(name, None)
            array = self.arrays[name] = np.empty(length, dtype)
        return array[:length]


def read_rows(
    shards: Sequence[Shard], pieces: np.ndarray, n_features: int, dtype: np.dtype, buffer: Buffer, carried: Rows | None
) -> Rows:
    """Read the rows of pieces into a buffer, after the rows ``carried`` over.

    Raises
    ------
    OSError
        If a file cannot be read.
    ValueError
        If a file is damaged, or has changed since it was cut into pieces.
    """
    n_rows = int((pieces["stop"] - pieces["start"]).sum())
    nnz = int((pieces["last"] - pieces["first"]).sum())
    row, entry, largest = 0, 0, 0.0
    if carried is not None:
        n_rows, nnz = n_rows + carried.shape[0], nnz + carried.nnz
    index = np.dtype(np.int32 if max(nnz, n_features) < 2**31 else np.int64)
    indptr = buffer.take("indptr", n_rows + 1, index)
    indices, data = buffer.take("indices", nnz, index), buffer.take("data", nnz, dtype)
    indptr[0] = 0
    if carried is not None:
        row, entry, largest = carried.shape[0], carried.nnz, carried.largest
        indptr[: row + 1], indices[:entry], data[:entry] = carried.indptr, carried.indices, carried.data
    for number, start, stop, first, last, _ in pieces.tolist():
        with shards[number].opened() as reader:
            bounds = reader.indptr(start, stop)
            if bounds[0] != first or bounds[-1] != last:
                raise shards[number].damaged("it has changed since it was opened")
            n, m = stop - start, last - first
            indptr[row + 1 : row + n + 1] = bounds[1:] + (entry - first)
            features, values = indices[entry : entry + m], data[entry : entry + m]
            found_indices = reader.indices(first, last, features)
            if found_indices is not features:
                features[:] = found_indices
            found, of_piece = reader.data(first, last, values)
            if found is not values:
                if of_piece > np.finfo(dtype).max:
                    raise ValueError(f"The store contains values up to {of_piece}, too large for {np.dtype(dtype)}.")
                values[:] = found
            row, entry, largest = row + n, entry + m, max(largest, of_piece)
    rows = Rows(frozen(indptr), frozen(indices), frozen(data), (n_rows, n_features))
    vars(rows)["largest"] = float(np.dtype(dtype).type(largest))  # known already, so it need not be computed
    return rows
