"""The labels of texts: as many as there are texts, and of one type."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from numbers import Real
from typing import Any

import numpy as np

from fastlr.text.corpus import LabelledBatch, chunked
from fastlr.text.documents import Documents


def labelled(texts: Any, y: Any, sample_weight: Any = None) -> tuple[Documents, np.ndarray, np.ndarray | None]:
    """Return checked texts, as many checked labels, and as many checked weights, if there are any."""
    documents, given, y = Documents.from_texts(texts), y, np.asarray(y)
    if y.ndim == 0:
        raise ValueError(f"y must be an array or a list of one label a text; got {type(given).__name__}.")
    if y.ndim != 1 or len(y) != len(documents):
        raise ValueError(
            f"y must hold one label a text; there are {len(documents)} texts, and y is of shape {y.shape}."
        )
    if y.dtype.kind == "f" and not np.isfinite(y).all():
        raise ValueError("y holds NaN or infinity.")
    if y.dtype.kind in "Oc" or (y.dtype.kind in "US" and not isinstance(given, np.ndarray)):
        check_kinds(y.tolist() if y.dtype.kind in "Oc" else given)
    if isinstance(given, (list, tuple)) and y.dtype.kind in "fSU" and len(set(given)) > len(set(y.tolist())):
        raise ValueError(f"y holds different labels that NumPy makes one of, as {y.dtype}: pass other labels.")
    return documents, y, None if sample_weight is None else checked_weights(sample_weight, len(y))


def labelled_tuple(name: str, given: Any) -> tuple[Documents, np.ndarray, np.ndarray | None]:
    """Return what `labelled` does of a tuple, which errors call by this name."""
    if not (isinstance(given, (tuple, list)) and len(given) in (2, 3)):
        found = type(given).__name__ + (f" of {len(given)}" if isinstance(given, (tuple, list)) else "")
        raise ValueError(f"{name} must be (texts, y) or (texts, y, sample_weight); got {found}.")
    try:
        documents, *rest = labelled(*given)
        return documents.called(f"{name}: "), *rest
    except TypeError as error:
        raise TypeError(f"{name}: {error}") from error
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error


def check_kinds(labels: Sequence[Any]) -> None:
    """Refuse labels that have no order, or that NumPy has made strings of: a missing one among them above all."""
    kinds = {type(label): label for label in labels}
    alike = len(kinds) <= 1 or any(all(issubclass(kind, base) for kind in kinds) for base in (Real, str, bytes))
    if not (alike and all(map(_has_order, kinds.values()))) or any(label != label for label in labels):
        found = ", ".join(sorted(kind.__name__ for kind in kinds))
        raise ValueError(f"The labels must be of one type that has an order, and none None or NaN; y holds {found}.")


def _has_order(label: Any) -> bool:
    try:
        return isinstance(label < label, (bool, np.bool_))
    except TypeError:
        return False


def checked_weights(weights: Any, n: int) -> np.ndarray:
    """Return the weights of ``n`` texts as float64."""
    weights = np.asarray(weights)
    if weights.shape != (n,) or weights.dtype.kind not in "biuf":
        raise ValueError(
            f"sample_weight must hold a number a text; there are {n} texts, and it is {weights.dtype} of shape "
            f"{weights.shape}."
        )
    weights = weights.astype(np.float64)
    if not (np.isfinite(weights) & (weights >= 0)).all():
        raise ValueError("sample_weight must be finite, and 0 or more, for every text.")
    return weights


def cut(documents: Documents, labels: np.ndarray, weights: np.ndarray | None = None) -> Iterator[LabelledBatch]:
    """Cut documents with their labels and weights into chunks to be hashed."""
    first = 0
    for chunk in chunked(documents):
        rows = slice(first, first + len(chunk))
        yield chunk, labels[rows], None if weights is None else weights[rows]
        first = rows.stop
