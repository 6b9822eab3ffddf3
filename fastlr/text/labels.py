"""Checks of the labels and weights of documents."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from numbers import Real
from typing import Any

import numpy as np

from fastlr.text.corpus import LabelledBatch, chunked
from fastlr.text.documents import Documents


def labelled(texts: Any, y: Any, sample_weight: Any = None) -> tuple[Documents, np.ndarray, np.ndarray | None]:
    """Return documents with their labels and weights, checked; weights of None stay None."""
    documents, given, y = Documents.from_texts(texts), y, np.asarray(y)
    if y.ndim == 0:
        raise ValueError(f"y must be an array or list with one label per document; got {type(given).__name__}.")
    if y.ndim != 1 or len(y) != len(documents):
        raise ValueError(
            f"y must have one label per document; there are {len(documents)} documents, and y has the shape {y.shape}."
        )
    if y.dtype.kind == "f" and not np.isfinite(y).all():
        raise ValueError("y contains NaN or infinity.")
    if y.dtype.kind in "Oc" or (y.dtype.kind in "US" and not isinstance(given, np.ndarray)):
        check_kinds(y.tolist() if y.dtype.kind in "Oc" else given)
    if isinstance(given, (list, tuple)) and y.dtype.kind in "fSU" and len(set(given)) > len(set(y.tolist())):
        raise ValueError(
            f"y contains labels that become equal when NumPy converts them to {y.dtype}; use labels of one type."
        )
    return documents, y, None if sample_weight is None else checked_weights(sample_weight, len(y))


def labelled_tuple(name: str, given: Any) -> tuple[Documents, np.ndarray, np.ndarray | None]:
    """Return the result of `labelled` for a tuple; errors begin with its name."""
    if not (isinstance(given, (tuple, list)) and len(given) in (2, 3)):
        found = type(given).__name__ + (f" of {len(given)}" if isinstance(given, (tuple, list)) else "")
        raise ValueError(f"{name} must be (texts, y) or (texts, y, sample_weight); got {found}.")
    try:
        documents, y, weights = labelled(*given)
        return documents.called(f"{name}: "), y, weights
    except TypeError as error:
        raise TypeError(f"{name}: {error}") from error
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error


def check_kinds(labels: Sequence[Any]) -> None:
    """Raise ValueError for labels that cannot be sorted, or that NumPy turned into strings, such as a missing one."""
    kinds = {type(label): label for label in labels}
    alike = len(kinds) <= 1 or any(all(issubclass(kind, base) for kind in kinds) for base in (Real, str, bytes))
    if not (alike and all(map(_has_order, kinds.values()))) or any(label != label for label in labels):
        found = ", ".join(sorted(kind.__name__ for kind in kinds))
        raise ValueError(f"Labels must be of one sortable type, without None and NaN; y contains {found}.")


def _has_order(label: Any) -> bool:
    try:
        return isinstance(label < label, (bool, np.bool_))
    except TypeError:
        return False


def checked_weights(weights: Any, n: int) -> np.ndarray:
    """Return the weights of ``n`` documents as float64."""
    weights = np.asarray(weights)
    if weights.shape != (n,) or weights.dtype.kind not in "biuf":
        raise ValueError(
            f"sample_weight must have one number per document; there are {n} documents, and it is {weights.dtype} of "
            f"shape {weights.shape}."
        )
    weights = weights.astype(np.float64)
    if not (np.isfinite(weights) & (weights >= 0)).all():
        raise ValueError("sample_weight must be finite and 0 or more for every document.")
    return weights


def cut(documents: Documents, labels: np.ndarray, weights: np.ndarray | None = None) -> Iterator[LabelledBatch]:
    """Cut documents with their labels and weights into chunks to be hashed."""
    first = 0
    for chunk in chunked(documents):
        rows = slice(first, first + len(chunk))
        yield chunk, labels[rows], None if weights is None else weights[rows]
        first = rows.stop
