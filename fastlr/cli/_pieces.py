"""Batches in pieces whose probabilities take little memory, however many classes there are."""

from __future__ import annotations

from collections.abc import Iterator

# Probabilities that are computed at once, some 20 bytes each.
MOST = 1 << 22


def pieces(n: int, n_classes: int) -> Iterator[slice]:
    """Yield where in a batch of ``n`` its pieces are, of many classes a few rows each."""
    step = max(MOST // n_classes, 1)
    for first in range(0, n, step):
        yield slice(first, min(first + step, n))
