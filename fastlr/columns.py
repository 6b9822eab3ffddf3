"""Which hashed columns a model keeps, and how they are weighted: inverse document frequency, squared.

Of ``2 ** b`` hashed columns a corpus fills some, and a column that a single document fills tells nothing of others. The
rest are numbered anew, so that the weights of a model lie close together, and are as few as they need be.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from fastlr import kernels
from fastlr.arrays import frozen
from fastlr.pipeline import in_order

# So many documents, and from then on the columns in fewer documents than that are left out.
MIN_DOCUMENTS = ((10_000, 3), (100, 2), (0, 1))

# The inverse document frequency of a column enters its weight, 1 + log((1 + n) / (1 + n_documents)), to this power.
# Words and pairs of words, two epochs, test log-loss with powers 1 / 1.5 / 2 / 3: abstracts of 2 classes .138 / .132 /
# .129 / .132, of 20 classes - / .435 / .428 / -; titles of 200 classes - / 1.89 / 1.93 / 2.10. The rates that SGD gives
# to rare words are then those that AdaGrad finds.
POWER = 2.0

Chunk = tuple[np.ndarray, np.ndarray, np.ndarray]  # indptr, indices and data of some rows


def count_columns(chunk: Chunk, counts: np.ndarray, backend: str) -> None:
    """Add to ``counts``, of int32, in how many rows of a chunk each column occurs; a row holds it once."""
    indptr, indices, _ = chunk
    if backend == "numpy":
        counts += np.bincount(indices, minlength=len(counts)).astype(np.int32)
    else:
        kernels.load(backend).count_columns(indptr, indices, 0, len(indptr) - 1, counts)


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

    @cached_property
    def places(self) -> np.ndarray:
        """The place of every hashed column among those that are kept, -1 for the others, int32."""
        places = np.full(self.n_hashed, -1, np.int32)
        places[self.kept] = np.arange(len(self.kept), dtype=np.int32)
        return frozen(places)

    def keep(self, chunk: Chunk, backend: str, reuse: bool = False) -> Chunk:
        """Return the rows of a chunk over the kept columns, weighted, each divided by its length.

        Parameters
        ----------
        chunk : Chunk
        backend : {"numba", "cython", "numpy"}
        reuse : bool
            Whether the rows may take the place of the chunk, which saves as much memory.
        """
        index = np.int32 if len(chunk[1]) < 2**31 else np.int64
        indptr, indices, data = chunk[0].astype(index, copy=False), chunk[1].astype(index, copy=False), chunk[2]
        out = np.zeros(len(indptr), index), *((indices, data) if reuse else map(np.empty_like, (indices, data)))
        if backend == "numpy":
            self._keep_naively((indptr, indices, data), *out)
        else:
            kernels.load(backend).keep_columns(
                indptr, indices, data, 0, len(indptr) - 1, self.places, self.weights, *out
            )
        last = int(out[0][-1])
        return out[0], out[1][:last], out[2][:last]

    def _keep_naively(self, chunk: Chunk, ends: np.ndarray, out_indices: np.ndarray, out_data: np.ndarray) -> None:
        indptr, indices, data = chunk
        new = self.places[indices]
        stays = new >= 0
        new = new[stays]
        ends[1:] = np.concatenate([[0], np.cumsum(stays)])[indptr[1:]]
        values = data[stays] * self.weights[new].astype(np.float64)
        rows = np.repeat(np.arange(len(indptr) - 1), np.diff(ends))
        lengths = np.sqrt(np.bincount(rows, weights=values**2, minlength=len(indptr) - 1))
        out_indices[: ends[-1]] = new
        out_data[: ends[-1]] = values / lengths[rows]


def stacked(chunks: list[Chunk], n_threads: int = 1) -> Chunk:
    """Return the rows of several chunks as one, with indices of 64 bits only where they must be.

    A chunk is taken out of the list once it is copied, so that there are never two copies of all.
    """
    stops = np.cumsum([len(indices) for _, indices, _ in chunks])
    index = np.int32 if stops[-1] < 2**31 else np.int64
    indptr = np.zeros(1 + sum(len(indptr) - 1 for indptr, _, _ in chunks), index)
    np.cumsum(np.concatenate([np.diff(indptr) for indptr, _, _ in chunks]), out=indptr[1:])
    rest = np.empty(stops[-1], index), np.empty(stops[-1], chunks[0][2].dtype)

    def copy(i: int) -> None:
        for whole, part in zip(rest, chunks[i][1:], strict=True):
            whole[stops[i] - len(part) : stops[i]] = part
        chunks[i] = None

    for _ in in_order(copy, range(len(chunks)), n_threads):
        pass
    chunks.clear()
    return indptr, *rest
