"""Which hashed columns a model keeps, and how they are weighted: inverse document frequency, squared.

Of ``2 ** b`` hashed columns a corpus fills some, and a column that a single document fills tells nothing of others. The
rest are numbered anew, so that the weights of a model lie close together, and are as few as they need be.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from fastlr import kernels
from fastlr.utils.arrays import Csr, frozen
from fastlr.utils.parallel import ordered_map

# So many documents, and from then on the columns in fewer documents than that are left out.
MIN_DOCUMENTS = ((10_000, 3), (100, 2), (0, 1))

# The inverse document frequency of a column enters its weight, 1 + log((1 + n) / (1 + n_documents)), to this power.
# Words and pairs of words, two epochs, test log-loss with powers 1 / 1.5 / 2 / 3: abstracts of 2 classes .138 / .132 /
# .129 / .132, of 20 classes - / .435 / .428 / -; titles of 200 classes - / 1.89 / 1.93 / 2.10. The rates that SGD gives
# to rare words are then those that AdaGrad finds.
POWER = 2.0

PART = 1 << 18  # entries that a thread weights at a time: they are moved up while they are in its cache


def count_columns(chunk: Csr, counts: np.ndarray, backend: str) -> None:
    """Add to ``counts``, of int32, in how many rows of a chunk each column occurs; a row holds it once."""
    _, indices, _ = chunk
    kernels.load(backend).count_columns(indices, counts)


@dataclass(frozen=True)
class Columns:
    """The columns that are kept.

    Attributes
    ----------
    kept : ndarray of int32, shape (n_kept,)
        Hashed columns, increasing; their places are the features of the model.
    weights : ndarray of float32, shape (n_kept,)
        By which the values of each are multiplied.
    n_hashed : int
        The number of hashed columns there are.
    """

    kept: np.ndarray
    weights: np.ndarray
    n_hashed: int

    @classmethod
    def choose(cls, counts: np.ndarray, n_documents: int, most: int | None = None) -> Columns:
        """Choose columns by the number of documents that they occur in.

        Parameters
        ----------
        counts : ndarray of int, shape (n_hashed,)
        n_documents : int
        most : int or None
            Of more columns than this the most frequent ones are kept.

        Raises
        ------
        ValueError
            If none is left.
        """
        least = next(least for n, least in MIN_DOCUMENTS if n_documents >= n)
        kept = np.flatnonzero(counts >= least)
        if not len(kept):
            raise ValueError(f"No word of the texts is in {least} of them or more: there is nothing to learn from.")
        if most is not None and len(kept) > most:
            order = np.argsort(-counts[kept], kind="stable")[:most]
            kept = np.sort(kept[order])
        rarity = 1.0 + np.log((1.0 + n_documents) / (1.0 + counts[kept]))
        return cls(frozen(kept, np.int32), frozen(rarity**POWER, np.float32), len(counts))

    def __len__(self) -> int:
        return len(self.kept)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "ranks"}  # which are soon made again

    def importance(self, features: np.ndarray, n_documents: int) -> np.ndarray:
        """Return by what the weights of features are multiplied to compare them, in a model of so many documents.

        That is a column's weight, and the root of the number of documents that it is in: a word that turns the scale is
        worth more the more often it does.
        """
        weights = self.weights[features]
        counts = (1.0 + n_documents) / np.exp(weights ** (1.0 / POWER) - 1.0) - 1.0
        return weights * np.sqrt(np.maximum(counts, 0.0))

    def places_of(self, hashed: np.ndarray) -> np.ndarray:
        """Return the places of hashed columns among those that are kept, -1 for the others."""
        places = np.searchsorted(self.kept, hashed)
        return np.where(self.kept[np.minimum(places, len(self.kept) - 1)] == hashed, places, -1)

    @cached_property
    def ranks(self) -> np.ndarray:
        """What tells the place of every hashed column, uint64: see `fastlr/kernels/columns.py`."""
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
            Whether the rows may take the place of the chunk, which saves as much memory.
        n_threads : int
        """
        index = np.int32 if len(chunk[1]) < 2**31 else np.int64
        indptr, indices, data = chunk[0].astype(index, copy=False), chunk[1].astype(index, copy=False), chunk[2]
        ends = np.zeros(len(indptr), index)
        out_indices, out_data = (indices, data) if reuse else (np.empty_like(indices), np.empty_like(data))
        if not kernels.load(backend).supports("columns"):
            self._keep_naively((indptr, indices, data), ends, out_indices, out_data)
        else:
            kernel, ranks = kernels.load(backend).keep_columns, self.ranks

            def work(part: slice) -> np.ndarray:
                own = np.empty(part.stop - part.start + 1, index)
                own[0] = indptr[part.start]
                kernel(
                    indptr[part.start : part.stop + 1], indices, data, ranks, self.weights, own, out_indices, out_data
                )  # fmt: skip
                return own

            parts = _parts(indptr)
            # The generator has no name, with which a traceback would keep its threads.
            for part, own in zip(
                parts, map(work, parts) if n_threads == 1 else ordered_map(work, parts, n_threads), strict=True
            ):
                # The rows are moved up behind those before them.
                first, last, n = int(own[0]), int(own[-1]), int(ends[part.start])
                ends[part.start + 1 : part.stop + 1] = own[1:] - (first - n)
                if n < first:
                    for array in (out_indices, out_data):
                        array[n : n + last - first] = array[first:last]
        last = int(ends[-1])
        return ends, out_indices[:last], out_data[:last]

    def _keep_naively(self, chunk: Csr, ends: np.ndarray, out_indices: np.ndarray, out_data: np.ndarray) -> None:
        indptr, indices, data = chunk
        new = self.places_of(indices)
        stays = new >= 0
        new = new[stays]
        ends[1:] = np.concatenate([[0], np.cumsum(stays)])[indptr[1:]]
        values = data[stays] * self.weights[new].astype(np.float64)
        rows = np.repeat(np.arange(len(indptr) - 1), np.diff(ends))
        lengths = np.sqrt(np.bincount(rows, weights=values**2, minlength=len(indptr) - 1))
        out_indices[: ends[-1]] = new
        out_data[: ends[-1]] = values / lengths[rows]


def _parts(indptr: np.ndarray) -> list[slice]:
    """Cut rows into parts of about `PART` entries."""
    cuts = np.searchsorted(indptr, np.arange(PART, int(indptr[-1]), PART, indptr.dtype))
    return [slice(a, b) for a, b in itertools.pairwise([0, *cuts.tolist(), len(indptr) - 1]) if a < b]
