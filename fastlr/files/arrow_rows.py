"""Rows of numbers in Parquet and Arrow files, of which some may be none: read row by row, with what is wrong with each.

`fastlr.files.arrow.parquet_to_store` takes a file whole or refuses it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp

from fastlr.files.arrow import (
    INDICES,
    VALUES,
    list_column,
    numpy_of,
    plain,
    record_batches,
    refuse_other_labels,
    require_pyarrow,
)

if TYPE_CHECKING:
    import pyarrow as pa


class Faults:
    """Which rows of a batch are none, and why; a row has one reason.

    Attributes
    ----------
    good : ndarray of bool
        The rows that are left.
    found : list of tuple (ndarray, str)
        Rows, counted from 0, with what is wrong with them.
    """

    def __init__(self, n: int) -> None:
        self.good = np.ones(n, bool)
        self.found: list[tuple[np.ndarray, str]] = []

    def add(self, wrong: np.ndarray, reason: str) -> None:
        """Take note of rows, a mask."""
        wrong = wrong & self.good
        if wrong.any():
            self.found.append((np.flatnonzero(wrong), reason))
            self.good &= ~wrong

    def add_entries(self, rows: np.ndarray, wrong: np.ndarray, reason: str) -> None:
        """Take note of the rows of entries: ``rows`` of all, and a mask of those that are wrong."""
        if wrong.any():
            self.add(np.isin(np.arange(len(self.good)), rows[wrong]), reason)


def row_batches(
    path: str | os.PathLike[str],
    *,
    n_features: int | None,
    label: str | None,
    weight: str | None,
    batch_size: int = 10_000,
) -> Iterator[tuple[sp.csr_array, np.ndarray | None, np.ndarray | None, Faults]]:
    """Yield the rows of a Parquet or Arrow file that are whole, some at a time, and what is wrong with the others.

    Parameters
    ----------
    path : str or path
    n_features : int or None
        Indices must be less; None takes what there is.
    label, weight : str or None
        Columns; None reads none.
    batch_size : int, default=10_000
        Rows at a time, at most.

    Yields
    ------
    X : csr_array of shape (n_good, n_features), float32 or float64
    y : ndarray or None
    weights : ndarray of float64 or None
    faults : Faults
        Of all rows of the batch.

    Raises
    ------
    ImportError
        Without pyarrow.
    ValueError
        If the file is damaged, or its columns are of other types.
    """  # fmt: skip
    columns = list(dict.fromkeys([INDICES, VALUES, *(name for name in (label, weight) if name is not None)]))
    for batch in record_batches(path, columns, batch_size):
        faults = Faults(batch.num_rows)
        pa = require_pyarrow()
        for name in columns:
            faults.add(_nulls(batch.column(name)), f"{name} is null")
        (lengths, rows, indices), (other_lengths, value_rows, values) = (
            _flat(list_column(path, batch, name), name, faults) for name in (INDICES, VALUES)
        )
        faults.add(lengths != other_lengths, f"not as many {INDICES} as {VALUES}")
        faults.add_entries(rows, indices < 0, "a negative index")
        faults.add_entries(rows, indices >= (n_features or 2**31), f"an index above {(n_features or 2**31) - 1}")
        faults.add_entries(value_rows, ~np.isfinite(values), "a value that is not finite")
        y = None if label is None else _checked_labels(path, batch.column(label), label, faults)
        weights = None if weight is None else _checked_weights(path, batch.column(weight), weight, faults)
        good = faults.good
        indices, lengths = indices[good[rows]].astype(np.int64), lengths[good]
        width = n_features or int(indices.max(initial=0)) + 1
        X = sp.csr_array((len(lengths), width), dtype=values.dtype)
        X.indptr = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
        X.indices, X.data = indices, values[good[value_rows]]
        if y is not None:
            y = numpy_of(y.filter(pa.array(good)))
        yield X, y, None if weights is None else weights[good], faults


def _nulls(column: pa.Array) -> np.ndarray:
    return np.asarray(column.is_null().to_numpy(zero_copy_only=False), bool)


def _flat(column: pa.ListArray, name: str, faults: Faults) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return how many entries each row has, the row of each, and the entries; of null rows there are none."""
    lengths = column.value_lengths().fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
    rows = np.repeat(np.arange(len(lengths)), lengths)
    entries = column.flatten()
    faults.add_entries(rows, _nulls(entries), f"a null among its {name}")
    entries = entries.fill_null(0).to_numpy(zero_copy_only=False)
    if name == VALUES and entries.dtype != np.float32:
        entries = entries.astype(np.float64)
    return lengths, rows, entries


def _checked_labels(path: Any, column: pa.Array, name: str, faults: Faults) -> pa.Array:
    """Return the labels; real numbers that are not whole are none."""
    column = plain(column)
    refuse_other_labels(path, column, name)
    if require_pyarrow().types.is_floating(column.type):
        values = column.fill_null(0).to_numpy(zero_copy_only=False).astype(np.float64)
        faults.add(~(np.isfinite(values) & (values == np.floor(values))), f"{name} is no whole number")
    return column


def _checked_weights(path: Any, column: pa.Array, name: str, faults: Faults) -> np.ndarray:
    """Return the weights; what is not finite, or negative, is none."""
    pa = require_pyarrow()
    if not (pa.types.is_floating(column.type) or pa.types.is_integer(column.type)):
        raise ValueError(f"{os.fspath(path)!r}: column {name!r} must hold numbers; found {column.type}.")
    weights = column.fill_null(0).to_numpy(zero_copy_only=False).astype(np.float64)
    faults.add(~(np.isfinite(weights) & (weights >= 0)), f"{name} is not finite, or negative")
    return weights
