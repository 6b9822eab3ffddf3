"""fastlr stores as files of rows."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress

import numpy as np

from fastlr.files.layout import Layout
from fastlr.files.row_batches import RowBatch
from fastlr.files.source import Source
from fastlr.files.streams import ReadError, read_errors
from fastlr.store import StoreWriter, open_store


def locate(source: Source) -> Layout:
    """Open the store, as ``source.store``, and return its layout.

    Raises
    ------
    ReadError
        If it is damaged, or labels are wanted and it has none.
    """
    with read_errors():
        source.store = open_store(source.path)
    if source.with_labels and source.store.classes_ is None:
        raise ReadError("the rows have no labels")
    return Layout("store", n_features=source.store.shape[1])


def read(source: Source, layout: Layout) -> Iterator[RowBatch]:
    """Yield the rows of a store, a chunk at a time; damage is an error, because there are no lines to skip."""
    first = 1
    with read_errors():
        for X, y, weights in source.store or ():
            n_bytes = X.data.nbytes + X.indices.nbytes + X.indptr.nbytes
            lines = np.arange(first, first + X.shape[0])
            yield RowBatch(X, y if source.with_labels else None, weights, n_bytes, lines)
            first += X.shape[0]


def write(path: str, batches: Iterable[RowBatch], n_features: int | None) -> None:
    """Write rows to a store; if that fails, a new folder is removed."""
    is_new = not os.path.exists(path)
    try:
        with StoreWriter(path, n_features=n_features) as writer:
            for batch in batches:
                writer.add(batch.X, batch.y, batch.weights)
    except BaseException:
        if is_new:
            with suppress(OSError):
                os.rmdir(path)  # the writer has removed its files
        raise
