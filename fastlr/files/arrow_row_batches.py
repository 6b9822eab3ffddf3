"""Parquet and Arrow files of rows of numbers, as `fastlr.files.arrow.store_to_parquet` writes them."""

from __future__ import annotations

from collections.abc import Iterator

from fastlr.files.arrow import WEIGHT, kept_width
from fastlr.files.arrow_rows import row_batches
from fastlr.files.batches import BadLines
from fastlr.files.layout import Layout
from fastlr.files.row_batches import RowBatch
from fastlr.files.streams import refusals


def width_of(path: str) -> int | None:
    """Return the number of features that a file says it has, if it does."""
    with refusals():
        return kept_width(path)


def read_arrow_rows(path: str, layout: Layout, bad: BadLines) -> Iterator[RowBatch]:
    """Yield the rows of a file; a row is a line. Nulls and what is not finite make bad ones."""
    first = 1
    weight = WEIGHT if WEIGHT in layout.names and layout.label != WEIGHT else None
    with refusals():
        for X, y, weights, faults in row_batches(path, n_features=width_of(path), label=layout.label, weight=weight):
            for rows, reason in faults.found:
                bad.add(first + rows, reason)
            bad.check()
            first += len(faults.good)
            n_bytes = X.data.nbytes + X.indices.nbytes + X.indptr.nbytes
            yield RowBatch(X, y, weights, n_bytes)
