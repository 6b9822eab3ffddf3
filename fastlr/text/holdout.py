"""What the strength of the penalty is chosen by: rows that are held out, or texts of their own."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from fastlr.data.row_buffer import RowBuffer
from fastlr.data.rows import Rows
from fastlr.text.column_selection import Columns
from fastlr.text.corpus import Labelled, hashed, make_rows
from fastlr.text.hasher import Hasher
from fastlr.utils.arrays import Csr, joined_weights, sum_of
from fastlr.utils.parallel import ordered_map


def read_evaluation(
    batches: Iterable[Labelled], hasher: Hasher, columns: Columns, backend: str, n_threads: int
) -> tuple[Rows, np.ndarray, np.ndarray | None]:
    """Return the rows, codes and weights of batches to validate on."""
    kept, codes, weights = RowBuffer(), [], []

    def rows(batch: Labelled) -> tuple[Csr, np.ndarray, np.ndarray | None]:
        documents, labels, *own = batch
        chunk = hashed(hasher, documents, backend)
        return columns.keep(chunk, backend, reuse=True), labels, own[0] if own else None

    for chunk, labels, own in ordered_map(rows, batches, n_threads):
        kept.append(chunk)
        codes.append(labels)
        weights.append(own)
    s = joined_weights(weights, codes)
    if not sum(map(len, codes)) or (s is not None and not s.any()):
        raise ValueError("There are no texts to validate on.")
    if s is not None and sum_of(s) == np.inf:
        raise ValueError("The weights of the texts to validate on must have a finite sum.")
    return make_rows(kept.take(), len(columns)), np.concatenate(codes), s


def hold_out(
    labels: np.ndarray, weights: np.ndarray | None, fraction: float, random: np.random.Generator
) -> np.ndarray:
    """Return rows to validate on, increasing, of each class its share, but no class's only row.

    Rows of weight 0 are as good as absent; ``weights`` None is 1 for all.
    """
    if weights is not None:
        present = np.flatnonzero(weights)
        return present[hold_out(labels[present], None, fraction, random)]
    order = random.permutation(len(labels))
    by_class = order[np.argsort(labels[order], kind="stable")]
    counts = np.bincount(labels)
    place = np.arange(len(labels)) - np.repeat(np.cumsum(counts) - counts, counts)
    quota = np.minimum(np.floor(fraction * counts + random.random(len(counts))), np.maximum(counts - 1, 0))
    return np.sort(by_class[place < quota[labels[by_class]]])
