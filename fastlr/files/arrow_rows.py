"""Rows in Parquet and Arrow files, with the columns that `fastlr.files.arrow.store_to_parquet` writes.

Malformed rows are found one by one, so that they can be skipped. `fastlr.files.arrow.parquet_to_store` takes a file
whole or refuses it.
"""

from __future__ import annotations

import dataclasses
import itertools
import os
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp

from fastlr.files import store_rows
from fastlr.files.arrow import (
    INDICES,
    LABEL,
    VALUES,
    WEIGHT,
    column_names,
    kept_width,
    list_column,
    numpy_of,
    plain,
    record_batches,
    refuse_other_labels,
    require_pyarrow,
    store_to_parquet,
)
from fastlr.files.layout import Layout
from fastlr.files.row_batches import RowBatch
from fastlr.files.source import Source
from fastlr.files.streams import ReadError, read_errors
from fastlr.files.tables.columns import find_column
from fastlr.persistence.streams import is_stream
from fastlr.store import open_store
from fastlr.utils.temporary import TemporaryFolder

if TYPE_CHECKING:
    import pyarrow as pa

# Indices are below this if a file does not declare a number of features.
MOST_FEATURES = 2**31


class Faults:
    """The malformed rows of a batch, each with one reason.

    Attributes
    ----------
    good : ndarray of bool
        The rows without a fault.
    found : list of tuple (ndarray, str)
        Positions of rows in the batch, and what is wrong with them.
    ids : list or None
        The ids of all rows, if they are read.
    """

    def __init__(self, n: int) -> None:
        self.good = np.ones(n, bool)
        self.found: list[tuple[np.ndarray, str]] = []
        self.ids: list[Any] | None = None

    def add(self, wrong: np.ndarray, reason: str) -> None:
        """Record the rows where a mask is True."""
        wrong = wrong & self.good
        if wrong.any():
            self.found.append((np.flatnonzero(wrong), reason))
            self.good &= ~wrong

    def add_entries(self, rows: np.ndarray, wrong: np.ndarray, reason: str) -> None:
        """Record the rows of entries, given the row of every entry and a mask of the wrong entries."""
        if wrong.any():
            self.add(np.isin(np.arange(len(self.good)), rows[wrong]), reason)


def locate(source: Source) -> Layout:
    """Return the layout of a file of rows.

    Raises
    ------
    ReadError
        If there is no label column, and labels are wanted.
    """
    with read_errors(source.path):
        names = column_names(source.path)
        _, weight, id = (
            None if asked is None else find_column(asked, names, False)
            for asked in (source.label, source.weight, source.id)
        )
        n_features = kept_width(source.path)
    label = source.label or LABEL
    if weight is None and WEIGHT in names and label != WEIGHT:
        weight = names.index(WEIGHT)
    if source.with_labels and label not in names:
        raise ReadError(f"cannot detect the label column among: {', '.join(names[:20])}")
    place = names.index(label) if source.with_labels else None
    return Layout("parquet", place, names=tuple(names), n_features=n_features, weight=weight, id=id)


def read(source: Source, layout: Layout) -> Iterator[RowBatch]:
    """Yield the rows of a file, each of which counts as a line; nulls and numbers that are not finite are bad."""
    first = 1
    with read_errors(source.path):
        label, weight, id = (
            None if column is None else layout.names[column] for column in (layout.label, layout.weight, layout.id)
        )
        for batch, faults in row_batches(source.path, n_features=layout.n_features, label=label, weight=weight, id=id):
            for rows, reason in faults.found:
                source.bad.add(first + rows, reason, () if faults.ids is None else map(faults.ids.__getitem__, rows))
            source.bad.check()
            yield dataclasses.replace(batch, lines=first + batch.lines)
            first += len(faults.good)


def write(path: str, batches: Iterable[RowBatch], n_features: int | None) -> None:
    """Write rows to a Parquet file, by way of a temporary store: its columns depend on all of the rows."""
    beside = None if is_stream(path) else os.path.dirname(os.path.abspath(path))
    with TemporaryFolder(dir=beside) as folder:
        store_rows.write(folder, batches, n_features)
        store_to_parquet(open_store(folder), path)


def row_batches(
    path: str | os.PathLike[str],
    *,
    n_features: int | None,
    label: str | None,
    weight: str | None,
    id: str | None = None,
    batch_size: int = 10_000,
) -> Iterator[tuple[RowBatch, Faults]]:
    """Yield the well-formed rows of a Parquet or Arrow file in batches, and the faults of the others.

    Parameters
    ----------
    path : str or path
    n_features : int or None
        Bound of the indices; None takes as many columns as a batch needs.
    label, weight, id : str or None
        Names of the columns; None reads none.
    batch_size : int, default=10_000
        Maximal number of rows of a batch.

    Yields
    ------
    batch : RowBatch
        With values of float32 or float64. Its lines are counted from 0, within the batch.
    faults : Faults
        Of all rows of the batch.

    Raises
    ------
    ImportError
        If pyarrow is not installed.
    ValueError
        If the file is damaged, or a column has the wrong type.
    """
    pa = require_pyarrow()
    needed = list(dict.fromkeys([INDICES, VALUES, *(name for name in (label, weight) if name is not None)]))
    columns = list(dict.fromkeys([*needed, *([] if id is None else [id])]))
    bound = n_features or MOST_FEATURES
    for batch in record_batches(path, columns, batch_size):
        faults = Faults(batch.num_rows)
        for name in needed:
            faults.add(_nulls(batch.column(name)), f"{name} is null")
        (lengths, rows, indices), (other_lengths, value_rows, values) = (
            _flat(list_column(path, batch, name), name, faults) for name in (INDICES, VALUES)
        )
        faults.add(lengths != other_lengths, f"{INDICES} and {VALUES} have different lengths")
        faults.add_entries(rows, indices < 0, "a negative index")
        faults.add_entries(rows, indices >= bound, f"an index above {bound - 1}")
        faults.add_entries(value_rows, ~np.isfinite(values), "a value that is not finite")
        y = None if label is None else _checked_labels(path, batch.column(label), label, faults)
        weights = None if weight is None else _checked_weights(path, batch.column(weight), weight, faults)
        good = faults.good
        indices, lengths = indices[good[rows]].astype(np.int64), lengths[good]
        width = n_features or int(indices.max(initial=0)) + 1
        X = sp.csr_array((len(lengths), width), dtype=values.dtype)
        X.indptr = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
        X.indices, X.data = indices, values[good[value_rows]]
        n_bytes = X.data.nbytes + X.indices.nbytes + X.indptr.nbytes
        labels = None if y is None else numpy_of(y.filter(pa.array(good)))
        faults.ids = None if id is None else batch.column(id).to_pylist()
        ids = None if faults.ids is None else list(itertools.compress(faults.ids, good.tolist()))
        lines = np.flatnonzero(good)
        yield RowBatch(X, labels, None if weights is None else weights[good], n_bytes, lines, ids=ids), faults


def _nulls(column: pa.Array) -> np.ndarray:
    return np.asarray(column.is_null().to_numpy(zero_copy_only=False), bool)


def _flat(column: pa.ListArray, name: str, faults: Faults) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the number of entries of each row, the row of each entry, and the entries; null rows have none."""
    lengths = column.value_lengths().fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
    rows = np.repeat(np.arange(len(lengths)), lengths)
    entries = column.flatten()
    faults.add_entries(rows, _nulls(entries), f"a null among its {name}")
    entries = entries.fill_null(0).to_numpy(zero_copy_only=False)
    if name == VALUES and entries.dtype != np.float32:
        entries = entries.astype(np.float64)
    return lengths, rows, entries


def _checked_labels(path: Any, column: pa.Array, name: str, faults: Faults) -> pa.Array:
    """Return the labels; those of floating point must be whole numbers."""
    column = plain(column)
    refuse_other_labels(path, column, name)
    if require_pyarrow().types.is_floating(column.type):
        values = column.fill_null(0).to_numpy(zero_copy_only=False).astype(np.float64)
        faults.add(~(np.isfinite(values) & (values == np.floor(values))), f"{name} is not a whole number")
    return column


def _checked_weights(path: Any, column: pa.Array, name: str, faults: Faults) -> np.ndarray:
    """Return the weights, which must be finite and not negative."""
    pa = require_pyarrow()
    if not (pa.types.is_floating(column.type) or pa.types.is_integer(column.type)):
        raise ValueError(f"{os.fspath(path)!r}: column {name!r} must hold numbers; found {column.type}.")
    weights = column.fill_null(0).to_numpy(zero_copy_only=False).astype(np.float64)
    faults.add(~(np.isfinite(weights) & (weights >= 0)), f"{name} is not finite, or negative")
    return weights
