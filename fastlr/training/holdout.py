"""Choosing rows to hold out of training, to validate on."""

from __future__ import annotations

import numpy as np


def hold_out(
    labels: np.ndarray, weights: np.ndarray | None, fraction: float, random: np.random.Generator
) -> np.ndarray:
    """Return the numbers of random rows, in increasing order: a fraction of each class, but never its only row.

    Rows of weight 0 are treated as absent. If ``weights`` is None, all weights are 1.
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
