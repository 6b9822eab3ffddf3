"""What the strength of the penalty is chosen by: rows that are held out, or texts of their own."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from fastlr.columns import Chunk, Columns, stacked
from fastlr.pipeline import in_order
from fastlr.problem import Rows
from fastlr.text.documents import Documents
from fastlr.text.hasher import Hasher
from fastlr.text_rows import hashed, make_rows


def read_evaluation(
    batches: Iterable[tuple[Documents, np.ndarray]], hasher: Hasher, columns: Columns, backend: str, n_threads: int
) -> tuple[Rows, np.ndarray]:
    """Return the rows and codes of batches to validate on."""
    parts, codes = [], []

    def rows(batch: tuple[Documents, np.ndarray]) -> tuple[Chunk, np.ndarray]:
        documents, labels = batch
        chunk = hashed(hasher, documents, backend)
        return columns.keep([chunk], len(documents), len(chunk[1]), backend), labels

    for chunk, labels in in_order(rows, batches, n_threads):
        parts.append(chunk)
        codes.append(labels)
    if not parts:
        raise ValueError("There are no texts to validate on.")
    return make_rows(stacked(parts), len(columns)), np.concatenate(codes)


def hold_out(labels: np.ndarray, fraction: float, random: np.random.Generator) -> np.ndarray:
    """Return rows to validate on, increasing, of each class its share, but no class's only row."""
    order = random.permutation(len(labels))
    by_class = order[np.argsort(labels[order], kind="stable")]
    counts = np.bincount(labels)
    place = np.arange(len(labels)) - np.repeat(np.cumsum(counts) - counts, counts)
    quota = np.minimum(np.floor(fraction * counts + random.random(len(counts))), np.maximum(counts - 1, 0))
    return np.sort(by_class[place < quota[labels[by_class]]])
