"""Checks of the labels and weights of documents."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from fastlr.data.labels import as_labels
from fastlr.data.weights import check_sample_weight
from fastlr.text.corpus import LabelledBatch, chunked
from fastlr.text.documents import Documents


def labelled(texts: Any, y: Any, sample_weight: Any = None) -> tuple[Documents, np.ndarray, np.ndarray | None]:
    """Return documents with their labels and weights, checked; weights of None stay None."""
    documents, y = Documents.from_texts(texts), as_labels(y)
    if y.shape != (len(documents),):
        raise ValueError(
            f"y must have one label per document; there are {len(documents)} documents, and y has the shape {y.shape}."
        )
    return documents, y, check_sample_weight(sample_weight, len(y))


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


def cut(documents: Documents, labels: np.ndarray, weights: np.ndarray | None = None) -> Iterator[LabelledBatch]:
    """Cut documents with their labels and weights into chunks to be hashed."""
    first = 0
    for chunk in chunked(documents):
        rows = slice(first, first + len(chunk))
        yield chunk, labels[rows], None if weights is None else weights[rows]
        first = rows.stop
