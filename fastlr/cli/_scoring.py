"""Probabilities that a model gives to the documents or rows of a file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastlr.cli._options import say, takes_rows

if TYPE_CHECKING:
    import numpy as np

    from fastlr.files.batches import DocumentBatch
    from fastlr.files.reader import Reader
    from fastlr.files.row_batches import RowBatch
    from fastlr.linear_model.base import LinearClassifier
    from fastlr.text.classifier import TextClassifier

# Number of probabilities to compute at a time; each takes about 20 bytes.
MAX_PROBABILITIES = 1 << 22


def class_names(model: TextClassifier | LinearClassifier) -> list[str]:
    """Return the names of a model's classes, as files have them."""
    labels = model.classes_.tolist()
    if not takes_rows(model):
        return [str(label) for label in labels]
    from fastlr.files.row_batches import label_name

    return [label_name(label) for label in labels]


def scored(
    model: TextClassifier | LinearClassifier, reader: Reader, quiet: bool
) -> Iterator[tuple[DocumentBatch | RowBatch, slice, np.ndarray]]:
    """Yield a file in chunks: the batch, where in it the chunk is, and the class probabilities of the chunk.

    Rows may have fewer features than the model. Features that the model does not know are ignored, with a warning.
    """
    from fastlr.utils.arrays import chunked_slices

    chunk_size = max(MAX_PROBABILITIES // len(model.classes_), 1)
    if not takes_rows(model):
        for batch in reader:
            for where in chunked_slices(len(batch), chunk_size):
                yield batch, where, model.predict_proba(batch.documents.part(where.start, where.stop))
        return
    from fastlr.files.row_batches import with_columns

    n_unknown = 0
    for batch in reader:
        X, n = with_columns(batch.X, model.n_features_in_)
        n_unknown += n
        for where in chunked_slices(len(batch), chunk_size):
            yield batch, where, model.predict_proba(X[where])
    if n_unknown:
        message = f"ignored {n_unknown:,} values of features that the model, with {model.n_features_in_:,}, lacks"
        say(quiet, f"{reader.name}: {message}")
