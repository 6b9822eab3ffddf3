"""Batches of sparse rows with their labels and weights."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import scipy.sparse as sp

from fastlr.files.batches import NO_LINES, Labels


def label_name(label: object) -> str:
    """Return a label as it is printed and compared: 1, 1.0 and "1" are the same."""
    return str(int(label)) if isinstance(label, float) and label.is_integer() else str(label)


@dataclass(frozen=True)
class RowBatch:
    """Some rows of a file, in their order.

    Attributes
    ----------
    X : csr_array of shape (n, n_features)
        With as many columns as the file declares, or, if it declares none, as the batch needs.
    y : ndarray of shape (n,) or None
        Labels; None if they are not wanted.
    weights : ndarray of float64, shape (n,), or None
        None if all weights are 1.
    n_bytes : int
        Size of the data that the batch comes from.
    lines : ndarray of int64, shape (n,)
        Number of the line or row of the file that each row comes from, from 1.
    skipped : ndarray of int64
        Numbers of the bad lines among these lines and since the batch before.
    ids, skipped_ids : list or None
        The id of each row and of each bad one; None if they are not read. The id of a bad row may be None.
    """

    X: sp.csr_array
    y: np.ndarray | None
    weights: np.ndarray | None
    n_bytes: int
    lines: np.ndarray
    skipped: np.ndarray = field(default_factory=NO_LINES.copy)
    ids: list[Any] | None = None
    skipped_ids: list[Any] | None = None

    def __len__(self) -> int:
        return self.X.shape[0]

    @property
    def n_empty(self) -> int:
        """Number of rows without entries."""
        return int(np.count_nonzero(np.diff(self.X.indptr) == 0))

    def codes(self, labels: Labels) -> np.ndarray:
        """Return the codes of the names of the labels, int32."""
        values, places = np.unique(np.asarray(self.y), return_inverse=True)
        return labels.encode((label_name(value).encode() for value in values.tolist()), len(values))[places]


def with_columns(X: sp.csr_array, n_features: int) -> tuple[sp.csr_array, int]:
    """Return the rows with ``n_features`` columns, and the number of entries dropped because they lie beyond."""
    if X.shape[1] == n_features:
        return X, 0
    beyond = X.indices >= n_features
    n_beyond = int(np.count_nonzero(beyond))
    if not n_beyond:
        return sp.csr_array((X.data, X.indices, X.indptr), shape=(X.shape[0], n_features)), 0
    stays = ~beyond
    indptr = np.concatenate([[0], np.cumsum(stays)])[X.indptr]
    return sp.csr_array((X.data[stays], X.indices[stays], indptr), shape=(X.shape[0], n_features)), n_beyond
