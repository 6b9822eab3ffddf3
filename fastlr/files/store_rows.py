"""Stores of rows, as they are read for the command line."""

from __future__ import annotations

from collections.abc import Iterator

from fastlr.files.row_batches import RowBatch
from fastlr.files.streams import ReadError, refusals
from fastlr.store import Store, open_store


def open_rows(path: str, with_labels: bool) -> Store:
    """Open a store, which must have labels if they are wanted."""
    with refusals():
        store = open_store(path)
    if with_labels and store.classes_ is None:
        raise ReadError("its rows have no labels")
    return store


def read_store(store: Store, with_labels: bool) -> Iterator[RowBatch]:
    """Yield the rows of a store, a chunk at a time; a damaged one is an error, as it has no lines to leave out."""
    with refusals():
        for X, y, weights in store:
            n_bytes = X.data.nbytes + X.indices.nbytes + X.indptr.nbytes
            yield RowBatch(X, y if with_labels else None, weights, n_bytes)
