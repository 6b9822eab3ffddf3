"""Documents with additional numeric features, as in Vowpal Wabbit's format."""

from __future__ import annotations

import numpy as np

from fastlr.text.documents import Documents
from fastlr.text.hasher import Hasher
from fastlr.utils.arrays import Csr


class ValuedDocuments(Documents):
    """Documents with numeric features, each of which goes to the column of its name.

    Parameters
    ----------
    texts : Documents
    names : Documents
        The name of each feature, one word.
    rows : ndarray of int64, shape (n_features,)
        The number of the document that each feature belongs to, in increasing order.
    values : ndarray of float32, shape (n_features,)
    """

    def __init__(self, texts: Documents, names: Documents, rows: np.ndarray, values: np.ndarray) -> None:
        super().__init__(texts.buffer, texts.starts, texts.stops)
        self.names, self.rows, self.values = names, rows, values

    def part(self, first: int, last: int) -> ValuedDocuments:
        """Return documents ``first`` to ``last - 1``, with their features."""
        a, b = np.searchsorted(self.rows, [first, last])
        texts = super().part(first, last)
        part = ValuedDocuments(texts, self.names.part(a, b), self.rows[a:b] - first, self.values[a:b])
        part._named_as_in(self, first)
        return part

    def columns(self, hasher: Hasher, backend: str) -> np.ndarray:
        """Return the column of each feature, whose name is one word also in scripts without spaces."""
        whole = Hasher(n_features=hasher.n_features, norm=None, signed=False)
        indptr, indices, _ = whole.transform(self.names, backend)
        if (np.diff(indptr) != 1).any():
            raise ValueError("The name of a numeric feature is not one word.")
        return indices

    def add_to(self, chunk: Csr, hasher: Hasher, backend: str) -> Csr:
        """Return the rows of the documents with the features added; values in one column are summed, zeros dropped."""
        indptr, indices, data = chunk
        rows = np.concatenate([np.repeat(np.arange(len(self)), np.diff(indptr)), self.rows])
        keys = rows.astype(np.int64) << 32 | np.concatenate([indices, self.columns(hasher, backend)])
        order = np.argsort(keys, kind="stable")
        keys = keys[order]
        begins = np.diff(keys, prepend=-1) != 0
        firsts = np.flatnonzero(begins)
        values = np.concatenate([data, self.values])[order].astype(np.float64)
        sums = np.bincount(np.cumsum(begins) - 1, weights=values).astype(data.dtype)
        stays = sums != 0
        keys = keys[firsts][stays]
        ends = np.searchsorted(keys >> 32, np.arange(len(self)), "right")
        indptr = np.concatenate([[0], ends]).astype(indptr.dtype)
        return indptr, (keys & 0xFFFFFFFF).astype(indices.dtype), sums[stays]
