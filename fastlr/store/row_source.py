"""What estimators ask of the rows passed as ``X``, whether they are a matrix in memory or a store on disk."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np

from fastlr.data.rows import INTO_MEMORY
from fastlr.store.store import Chunk, Store


class RowSource(Protocol):
    """Rows in chunks, with the labels and weights that are stored beside them; a `Store` is one."""

    @property
    def in_memory(self) -> bool:
        """Whether all rows are in memory."""

    def __iter__(self) -> Iterator[Chunk]:
        """Yield the rows in their order, as many at a time as fit into memory."""

    def code_classes(self) -> np.ndarray | None:
        """Return the classes of the stored labels; None if the source cannot have labels.

        Raises
        ------
        ValueError
            If the source could have labels and has none.
        """

    def labels(self) -> np.ndarray | None:
        """Return the stored label of each row; None if there are none."""

    def weights(self) -> np.ndarray | None:
        """Return the stored weight of each row; None if there are none."""


class MatrixSource:
    """A matrix as a `RowSource`: one chunk, without labels or weights of its own."""

    in_memory = True

    def __init__(self, X: Any) -> None:
        self.X = X

    def __iter__(self) -> Iterator[Chunk]:
        yield Chunk(self.X, None, None)

    def code_classes(self) -> None:
        """Return None: a matrix has no labels."""

    def labels(self) -> None:
        """Return None: a matrix has no labels."""

    def weights(self) -> None:
        """Return None: a matrix has no weights."""


def row_source(X: Any) -> RowSource:
    """Return a store as it is, and anything else as a `MatrixSource`."""
    return X if isinstance(X, Store) else MatrixSource(X)


def refuse_store(X: Any, who: str) -> None:
    """Raise ValueError if ``X`` is a store."""
    if not row_source(X).in_memory:
        raise ValueError(f"{who} needs the whole matrix at once, but X is a store. {INTO_MEMORY}")
