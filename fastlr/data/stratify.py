"""Stratified splits."""

from __future__ import annotations

import numpy as np


def stratified_parts(
    labels: np.ndarray, sizes: tuple[int, ...], random: np.random.RandomState | None
) -> tuple[np.ndarray, ...]:
    """Split rows into parts in which every class has its share, to within one row.

    Parameters
    ----------
    labels : ndarray of shape (n_samples,)
        Class codes, 0 or more.
    sizes : tuple of int
        Sizes of all parts but the first, which has the rest. The first keeps at least one row of each class, so the
        others are smaller if there are classes of one row.
    random : RandomState or None
        Draws the rows. With None, the last rows of each class go to the last part, and so on.

    Returns
    -------
    tuple of ndarray of intp
        The row numbers of each part, in increasing order.
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
        chosen = np.minimum(np.floor(share + 1e-9).astype(np.intp), room)
        ties = np.arange(len(counts)) if random is None else random.permutation(len(counts))
        by_remainder = ties[np.argsort((chosen - share)[ties], kind="stable")]
        by_remainder = by_remainder[chosen[by_remainder] < room[by_remainder]]
        chosen[by_remainder[: max(size - int(chosen.sum()), 0)]] += 1
        stop = ends - (counts - left)
        parts.append(np.concatenate([order[b - n : b] for b, n in zip(stop, chosen, strict=True)]))
        left = left - chosen
    begin = ends - counts
    parts.append(np.concatenate([order[a : a + n] for a, n in zip(begin, left, strict=True)]))
    return tuple(np.sort(part) for part in reversed(parts))
