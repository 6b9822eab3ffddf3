"""Cutting rows into parts in each of which every class has its share."""

from __future__ import annotations

import numpy as np


def stratified_parts(
    labels: np.ndarray, sizes: tuple[int, ...], random: np.random.RandomState | None
) -> tuple[np.ndarray, ...]:
    """Cut rows into parts in each of which every class has its share, to within one row.

    Parameters
    ----------
    labels : ndarray of shape (n_samples,)
        Class codes, 0 or more.
    sizes : tuple of int
        Of all parts but the first, which has the rest. The first keeps a row of each class at least, so that the others
        are smaller than this where classes are of one row.
    random : RandomState or None
        Chooses the rows; None gives the last rows of each class to the last part, and so on.

    Returns
    -------
    tuple of ndarray of intp
        The rows of the parts, in their order.
    """
    order = np.arange(len(labels)) if random is None else random.permutation(len(labels))
    order = order[np.argsort(labels[order], kind="stable")]  # class by class
    counts = np.bincount(labels)
    ends = np.cumsum(counts)
    left = counts.copy()
    parts = []
    for size in reversed(sizes):
        share = counts * (size / len(labels))
        room = np.maximum(left - 1, 0)
        taken = np.minimum(np.floor(share + 1e-9).astype(np.intp), room)
        ties = np.arange(len(counts)) if random is None else random.permutation(len(counts))
        by_remainder = ties[np.argsort((taken - share)[ties], kind="stable")]
        by_remainder = by_remainder[taken[by_remainder] < room[by_remainder]]
        taken[by_remainder[: max(size - taken.sum(), 0)]] += 1
        stop = ends - (counts - left)
        parts.append(np.concatenate([order[b - n : b] for b, n in zip(stop, taken, strict=True)]))
        left = left - taken
    begin = ends - counts
    parts.append(np.concatenate([order[a : a + n] for a, n in zip(begin, left, strict=True)]))
    return tuple(np.sort(part) for part in reversed(parts))
