"""Which hashed columns a model keeps, and their weights: a power of the inverse document frequency.

A corpus fills some of the hashed columns. The columns that are kept are renumbered, so that the model has no more
weights than it needs and they lie close together.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from fastlr import kernels
from fastlr.utils.arrays import Csr, frozen
from fastlr.utils.elementary import exp, log, power
from fastlr.utils.parallel import ordered_map

# For corpora of at least so many documents, the number of documents in which a column must occur. Test log-loss with
# 1 / 2 / 3: 2,000 titles of 20 classes 1.22 / 1.32 / -, 6,000 descriptions of 58 classes 1.35 / 1.40 / -, 30,000 short
# messages of 71 classes 1.25 / 1.25 / 1.26, 48,000 descriptions .95 / .93 / .92, 46,000 abstracts .438 / .432 / .429.
MIN_DOCUMENTS = ((30_000, 3), (10_000, 2), (0, 1))

# The inverse document frequency of a column enters its weight, 1 + log((1 + n) / (1 + n_documents)), to this power.
# Test log-loss with powers 1 / 1.5 / 2, calibrated: 2,000 titles of 20 classes 1.27 / 1.22 / 1.20, 500 abstracts 1.12 /
# 1.14 / 1.19, 6,000 abstracts .566 / .561 / .564, 6,000 descriptions of 58 classes 1.33 / 1.34 / 1.37. With 1.25 / 1.5:
# 27,000 reviews .276 / .272, 46,000 abstracts .444 / .441, 48,000 descriptions of which 1% are of one class .0069 /
# .0076, 48,000 titles likewise .0199 / .0201: what tells a rare class may be one common word.
POWER = 1.25

SLICE_ENTRIES = 1 << 18  # entries that a thread weights at a time: they are moved while they are in its cache


def count_columns(chunk: Csr, counts: np.ndarray, backend: str) -> None:
    """Add the number of rows of a chunk in which each column occurs to ``counts``, int32."""
    _, indices, _ = chunk
    kernels.load(backend).count_columns(indices, counts)


@dataclass(frozen=True)
class Columns:
    """The columns that a model keeps.

    Attributes
    ----------
    kept : ndarray of int32, shape (n_kept,)
        Hashed columns, in increasing order; their positions are the features of the model.
    weights : ndarray of float32, shape (n_kept,)
        Factors by which the values of the columns are multiplied.
    n_hashed : int
        Number of hashed columns.
    power : float, default=2.0
        Power of the inverse document frequency in the weights. The default is that of models that do not tell.
    """

    kept: np.ndarray
    weights: np.ndarray
    n_hashed: int
    power: float = 2.0

    @classmethod
    def choose(cls, counts: np.ndarray, n_documents: int, max_columns: int | None = None) -> Columns:
        """Choose columns by the number of documents in which they occur.

        Parameters
        ----------
        counts : ndarray of int, shape (n_hashed,)
            The number of documents for each column.
        n_documents : int
        max_columns : int or None
            Keep no more than this many columns, the most frequent ones.

        Raises
        ------
        ValueError
            If no column is left.
        """
        least = next(least for n, least in MIN_DOCUMENTS if n_documents >= n)
        kept = np.flatnonzero(counts >= least)
        if not len(kept):
            raise ValueError(f"No word occurs in at least {least} of the documents, so there is nothing to learn from.")
        if max_columns is not None and len(kept) > max_columns:
            order = np.argsort(-counts[kept], kind="stable")[:max_columns]
            kept = np.sort(kept[order])
        rarity = 1.0 + log((1.0 + n_documents) / (1.0 + counts[kept]))
        return cls(frozen(kept, np.int32), frozen(power(rarity, POWER), np.float32), len(counts), POWER)

    def __len__(self) -> int:
        return len(self.kept)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "ranks"}  # quickly computed again

    def importance(self, features: np.ndarray, n_documents: int) -> np.ndarray:
        """Return factors that make the weights of features comparable, in a model trained on so many documents.

        A factor is the column's weight times the root of its document frequency: a word that decides often is more
        important than one that decides rarely.
        """
        weights = self.weights[features]
        counts = (1.0 + n_documents) / exp(power(weights, 1.0 / self.power) - 1.0) - 1.0
        return weights * np.sqrt(np.maximum(counts, 0.0))

    def places_of(self, hashed: np.ndarray) -> np.ndarray:
        """Return the features that hashed columns became; -1 for columns that were dropped."""
        places = np.searchsorted(self.kept, hashed)
        return np.where(self.kept[np.minimum(places, len(self.kept) - 1)] == hashed, places, -1)

    @cached_property
    def ranks(self) -> np.ndarray:
        """Bit sets and ranks that map hashed columns to features, uint64; see the kernel ``keep_columns``."""
        word, n_words = self.kept >> 5, -(-self.n_hashed // 32)
        bits = np.bincount(word, weights=np.ldexp(1.0, self.kept & 31), minlength=n_words).astype(np.uint64)
        counts = np.bincount(word, minlength=n_words)
        return frozen(bits | (np.cumsum(counts) - counts).astype(np.uint64) << np.uint64(32))

    def keep(self, chunk: Csr, backend: str, reuse: bool = False, n_threads: int = 1) -> Csr:
        """Return the rows of a chunk over the kept columns, weighted, each divided by its length.

        Parameters
        ----------
        chunk : Csr
        backend : {"numba", "cython", "numpy"}
        reuse : bool
            Whether to write the rows over the chunk, which saves the memory of a copy.
        n_threads : int
        """
        index = np.int32 if len(chunk[1]) < 2**31 else np.int64
        indptr, indices, data = chunk[0].astype(index, copy=False), chunk[1].astype(index, copy=False), chunk[2]
        ends = np.zeros(len(indptr), index)
        out_indices, out_data = (indices, data) if reuse else (np.empty_like(indices), np.empty_like(data))
        if not kernels.load(backend).supports("columns"):
            self._keep_reference((indptr, indices, data), ends, out_indices, out_data)
        else:
            kernel, ranks = kernels.load(backend).keep_columns, self.ranks

            def work(rows: slice) -> np.ndarray:
                own = np.empty(rows.stop - rows.start + 1, index)
                own[0] = indptr[rows.start]
                kernel(
                    frozen(indptr[rows.start : rows.stop + 1]), frozen(indices), frozen(data), ranks, self.weights, own,
                    out_indices, out_data,
                )  # fmt: skip
                return own

            slices = _slices(indptr)
            # The generator is not assigned to a name, because a traceback would then keep its threads alive.
            for rows, own in zip(
                slices, map(work, slices) if n_threads == 1 else ordered_map(work, slices, n_threads), strict=True
            ):
                # The rows move up to the end of those before them.
                first, last, n = int(own[0]), int(own[-1]), int(ends[rows.start])
                ends[rows.start + 1 : rows.stop + 1] = own[1:] - (first - n)
                if n < first:
                    for array in (out_indices, out_data):
                        array[n : n + last - first] = array[first:last]
        last = int(ends[-1])
        return ends, out_indices[:last], out_data[:last]

    def _keep_reference(self, chunk: Csr, ends: np.ndarray, out_indices: np.ndarray, out_data: np.ndarray) -> None:
        indptr, indices, data = chunk
        new = self.places_of(indices)
        stays = new >= 0
        new = new[stays]
        ends[1:] = np.concatenate([[0], np.cumsum(stays)])[indptr[1:]]
        values = data[stays] * self.weights[new].astype(np.float64)
        rows = np.repeat(np.arange(len(indptr) - 1), np.diff(ends))
        lengths = np.sqrt(np.bincount(rows, weights=np.square(values), minlength=len(indptr) - 1))
        out_indices[: ends[-1]] = new
        out_data[: ends[-1]] = values / lengths[rows]


def _slices(indptr: np.ndarray) -> list[slice]:
    """Cut rows into slices of about `SLICE_ENTRIES` entries."""
    cuts = np.searchsorted(indptr, np.arange(SLICE_ENTRIES, int(indptr[-1]), SLICE_ENTRIES).astype(indptr.dtype))
    return [slice(a, b) for a, b in itertools.pairwise([0, *cuts.tolist(), len(indptr) - 1]) if a < b]
