"""What users pass as ``X``, ``y`` and ``sample_weight``, cut into partitions.

Nothing is read or computed here: every partition becomes one delayed `fastlr.dask.blocks.Block`, and a block is put
together where its parts are.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
from dask.base import is_dask_collection
from dask.delayed import Delayed, delayed
from distributed import Future

from fastlr.dask.blocks import make_block, read_store, shard_runs
from fastlr.distributed.driver import call
from fastlr.files.file_block import FileBlock
from fastlr.store import Store

ACCEPTED = (
    "a dask array, dataframe, series or bag, a list of delayed objects, a list of paths or URLs, a store, or a list of "
    "stores"
)


@dataclass(frozen=True)
class Cut:
    """An argument in partitions.

    Attributes
    ----------
    parts : list
        Delayed objects, futures or values, one a partition.
    sizes : list of int or None
        The number of rows of each partition; None if they are not known yet.
    labelled : bool
        Whether the parts bring labels, and perhaps weights.
    """

    parts: list[Any]
    sizes: list[int] | None = None
    labelled: bool = False

    def __len__(self) -> int:
        return len(self.parts)


def blocks_of(X: Any, y: Any, sample_weight: Any, of_texts: bool, with_labels: bool = True) -> list[Delayed]:
    """Return a delayed `Block` for each partition.

    Parameters
    ----------
    X : dask collection, list of delayed objects, list of paths, Store, or list of stores
    y, sample_weight : dask collection, list of as many objects, array, or None
        A weight may be one number for all rows.
    of_texts : bool
        Whether ``X`` must be texts, or else rows with numeric features.
    with_labels : bool
        Whether labels are needed.

    Raises
    ------
    TypeError, ValueError
        If an argument is of another kind or shape, or has other partitions than ``X``.
    """
    cut = cut_X(X, of_texts, with_labels)
    if not len(cut):
        raise ValueError("X has no partitions.")
    if y is None and with_labels and not cut.labelled:
        raise ValueError("y is missing. Only files and stores have labels of their own.")
    labels = [None] * len(cut) if y is None else _cut_beside("y", y, cut)
    if sample_weight is None or isinstance(sample_weight, Real):
        weights = [sample_weight] * len(cut)
    else:
        weights = _cut_beside("sample_weight", sample_weight, cut)
    make = delayed(make_block, pure=False)
    return [make(k, *parts, of_texts=of_texts) for k, parts in enumerate(zip(cut.parts, labels, weights, strict=True))]


def cut_X(X: Any, of_texts: bool, with_labels: bool) -> Cut:
    """Return the partitions of rows or documents; see `blocks_of`."""
    if isinstance(X, (Store, str, os.PathLike)):
        X = [X]
    if is_dask_collection(X) and not isinstance(X, Delayed):
        return _cut_collection("X", X, n_dimensions=1 if of_texts else 2)
    if isinstance(X, Delayed):
        X = [X]
    if not isinstance(X, (list, tuple)):
        where = "fastlr.TextClassifier" if of_texts else "fastlr.LogisticRegression"
        raise TypeError(f"X must be {ACCEPTED}; got {type(X).__name__}. For data in memory, use {where}.")
    if all(isinstance(part, (Delayed, Future)) for part in X):
        return Cut(list(X))
    if all(isinstance(part, Store) for part in X) and not of_texts:
        return _cut_stores(X, with_labels)
    if all(isinstance(part, (str, os.PathLike)) for part in X):
        return _cut_paths([os.fspath(part) for part in X], of_texts, with_labels)
    kinds = sorted({type(part).__name__ for part in X})
    raise TypeError(f"X must be {ACCEPTED}; got a {type(X).__name__} of {', '.join(kinds)}.")


def _cut_stores(stores: Sequence[Store], with_labels: bool) -> Cut:
    parts: list[Any] = []
    sizes = []
    read = delayed(read_store, pure=False)
    for store in stores:
        if with_labels:
            store.code_classes()  # raises an error if there are none
        for run in shard_runs(store):
            parts.append(read(len(parts), os.path.abspath(store.path), store.fingerprint, run))
            sizes.append(sum(store.shards[k].entry.n_samples for k in run))
    return Cut(parts, sizes, labelled=True)


def _cut_paths(paths: Sequence[str], of_texts: bool, with_labels: bool) -> Cut:
    known = delayed(call, pure=False)(0, FileBlock.columns, FileBlock(paths[0], not of_texts, with_labels))
    block = delayed(FileBlock, pure=False)
    return Cut([block(path, not of_texts, with_labels, known) for path in paths], labelled=True)


def _cut_beside(name: str, data: Any, X: Cut) -> list[Any]:
    """Return the partitions of labels or weights, which must be those of ``X``."""
    n = len(X)
    if is_dask_collection(data) and not isinstance(data, Delayed):
        if _is_array(data) and X.sizes is not None and not np.isnan(data.shape).any() and data.ndim == 1:
            if data.shape[0] != sum(X.sizes):
                raise ValueError(f"X has {sum(X.sizes):,} rows, but {name} has {data.shape[0]:,}.")
            data = data.rechunk((tuple(X.sizes),))
        parts = _cut_collection(name, data, n_dimensions=1).parts
    elif isinstance(data, (list, tuple)) and data and all(map(_is_part, data)):
        parts = list(data)
    else:
        if X.sizes is None:
            raise ValueError(
                f"{name} is in memory, but the sizes of the partitions of X are not known. Pass a dask collection or a "
                f"list with the {name} of each partition, or call X.compute_chunk_sizes() before."
            )
        if len(data) != sum(X.sizes):
            raise ValueError(f"X has {sum(X.sizes):,} rows, but {name} has {len(data):,}.")
        ends = list(itertools.accumulate(X.sizes, initial=0))
        data = data.to_numpy() if hasattr(data, "to_numpy") else data
        parts = [data[start:stop] for start, stop in itertools.pairwise(ends)]
    if len(parts) != n:
        raise ValueError(f"X has {n} partitions, but {name} has {len(parts)}. Give them the same ones.")
    return parts


def _is_part(part: Any) -> bool:
    """Return whether an item of a list is the labels or weights of a partition, rather than a label or a weight."""
    return isinstance(part, (Delayed, Future, list, tuple)) or getattr(part, "ndim", 0) == 1


def _is_array(data: Any) -> bool:
    return hasattr(data, "chunks") and hasattr(data, "rechunk")


def _cut_collection(name: str, data: Any, n_dimensions: int) -> Cut:
    if not _is_array(data):
        if not hasattr(data, "npartitions"):
            raise TypeError(f"{name} must be {ACCEPTED}; got {type(data).__name__}.")
        return Cut(list(data.to_delayed()))
    if data.ndim != n_dimensions and not (data.ndim == 2 and data.shape[1] == 1):
        raise ValueError(f"{name} must have {n_dimensions} dimension(s); got a dask array with {data.ndim}.")
    if data.ndim == 2 and data.numblocks[1] > 1:
        raise ValueError(
            f"{name} has its columns in {data.numblocks[1]} blocks, but a partition needs all columns of its rows. "
            f"Pass {name}.rechunk({{1: -1}})."
        )
    rows = data.chunks[0]
    sizes = None if np.isnan(rows).any() else [int(n) for n in rows]
    return Cut(list(data.to_delayed().ravel()), sizes)


def are_paths(X: Any) -> bool:
    """Return whether rows are in files, of which each has as many columns as its rows need."""
    parts = X if isinstance(X, (list, tuple)) else [X]
    return all(isinstance(part, (str, os.PathLike)) for part in parts)


def is_distributed(X: Any, of_texts: bool) -> bool:
    """Return whether rows or documents are in partitions, rather than in memory or in one store.

    Strings are paths of rows, and documents themselves: files of documents are `os.PathLike`.
    """
    if is_dask_collection(X):
        return True
    kinds = (Delayed, Future, os.PathLike) if of_texts else (Delayed, Future, os.PathLike, Store, str)
    return isinstance(X, (list, tuple)) and bool(X) and all(isinstance(part, kinds) for part in X)
