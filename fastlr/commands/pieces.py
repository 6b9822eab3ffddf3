"""Documents in pieces whose probabilities take little memory, however many classes there are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastlr.text.documents import Documents

# Probabilities that are computed at once, some 20 bytes each.
MOST = 1 << 22


def pieces(documents: Documents, n_classes: int) -> Iterator[tuple[Documents, slice]]:
    """Yield the documents of a batch, of many classes a few at a time, and where in it they are."""
    step = max(MOST // n_classes, 1)
    for first in range(0, len(documents), step):
        where = slice(first, first + step)
        yield type(documents)(documents.buffer, documents.starts[where], documents.stops[where]), where
