"""Partitions as the workers put them together: rows or documents with their labels and weights."""

from __future__ import annotations

import itertools
import os
from dataclasses import replace
from typing import Any

import numpy as np
import scipy.sparse as sp

from fastlr.dask.task import call
from fastlr.data.validation import to_csr
from fastlr.distributed.partition import Block
from fastlr.files.file_block import FileBlock
from fastlr.store import Store, open_store
from fastlr.text.documents import Documents

# A store is cut into so many partitions at most, each of whole shards.
MAX_RUNS = 128


def make_block(partition: int, X: Any, y: Any, sample_weight: Any, of_texts: bool) -> Block:
    """Return the block of a partition; labels and weights that are given take the place of those beside the rows."""
    return call(partition, _make_block, X, y, sample_weight, of_texts)


def _make_block(X: Any, y: Any, sample_weight: Any, of_texts: bool) -> Block:
    if isinstance(X, FileBlock):
        X = X.read()
    if isinstance(X, Block):
        y = X.y if y is None else y
        sample_weight = X.sample_weight if sample_weight is None else sample_weight
        X = X.X
    X = texts_of(X) if of_texts else matrix_of(X)
    n = X.shape[0] if hasattr(X, "shape") else len(X)
    for name, values in (("y", y), ("sample_weight", sample_weight)):
        if hasattr(values, "__len__") and len(values) != n:
            raise ValueError(f"X has {n:,} {'documents' if of_texts else 'rows'}, but {name} has {len(values):,}.")
    return Block(X, y, sample_weight)


def texts_of(X: Any) -> Documents:
    """Return the documents of a partition, which may be a column of a dataframe or of an array."""
    if hasattr(X, "columns"):
        if len(X.columns) != 1:
            raise ValueError(f"X must be one column of documents; got the columns {list(X.columns)}.")
        X = X.iloc[:, 0]
    if getattr(X, "ndim", 1) == 2 and X.shape[1] == 1:
        X = X[:, 0]
    return Documents.from_texts(X)


def matrix_of(X: Any) -> Any:
    """Return the rows of a partition as a CSR matrix, an array or a store."""
    if isinstance(X, Store):
        return X
    if sp.issparse(X):
        return to_csr(X)
    X = X.to_numpy() if hasattr(X, "to_numpy") else np.asarray(X)
    if X.ndim != 2 or X.dtype.kind not in "biuf":
        raise ValueError(
            "X must be rows with numeric features: a sparse matrix, or an array of numbers with two dimensions; got "
            f"{X.dtype} with {X.ndim}."
        )
    return X


def shard_runs(store: Store) -> list[range]:
    """Return which shards of a store make a partition: runs of one shard, or of more if there are many."""
    n_runs = min(store.n_shards, MAX_RUNS)
    bounds = [k * store.n_shards // n_runs for k in range(n_runs + 1)]
    return [range(a, b) for a, b in itertools.pairwise(bounds)]


def read_store(partition: int, path: str, fingerprint: str, shards: range) -> Block:
    """Return the part of a store that is some of its shards; the rows stay on disk."""
    return call(partition, _read_store, path, fingerprint, shards)


def _read_store(path: str, fingerprint: str, shards: range) -> Block:
    store = open_store(path)
    if store.fingerprint != fingerprint:
        raise ValueError(f"the store {os.fspath(path)!r} has changed since it was opened")
    manifest = replace(store._manifest, shards=store._manifest.shards[shards.start : shards.stop])
    return Block(Store(store.path, manifest))
