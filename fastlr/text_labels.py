"""The labels of texts: as many as there are texts, and of one type."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from numbers import Real
from typing import Any

import numpy as np

from fastlr.text.documents import Documents
from fastlr.text_rows import pieces


def labelled(texts: Any, y: Any) -> tuple[Documents, np.ndarray]:
    """Return checked texts and as many checked labels."""
    documents, given, y = Documents.from_texts(texts), y, np.asarray(y)
    if y.ndim != 1 or len(y) != len(documents):
        raise ValueError(
            f"y must hold one label a text; there are {len(documents)} texts, and y is of shape {y.shape}."
        )
    if y.dtype.kind == "f" and not np.isfinite(y).all():
        raise ValueError("y holds NaN or infinity.")
    if y.dtype.kind == "O" or (y.dtype.kind in "US" and not isinstance(given, np.ndarray)):
        check_kinds(given)
    return documents, y


def check_kinds(labels: Sequence[Any]) -> None:
    """Refuse labels that have no order, or that NumPy has made strings of: a missing one among them above all."""
    kinds = {type(label) for label in labels}
    alike = len(kinds) <= 1 or any(all(issubclass(kind, base) for kind in kinds) for base in (Real, str, bytes))
    if not alike or any(label != label for label in labels):
        found = ", ".join(sorted(kind.__name__ for kind in kinds))
        raise ValueError(f"The labels must be of one type, and none None or NaN; y holds {found}.")


def cut(documents: Documents, labels: np.ndarray) -> Iterator[tuple[Documents, np.ndarray]]:
    """Cut texts with their labels into pieces to be hashed."""
    first = 0
    for piece in pieces(documents):
        yield piece, labels[first : first + len(piece)]
        first += len(piece)
