"""The probabilities that a model gives to what a file holds, texts or rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastlr.cli._options import say, takes_rows
from fastlr.cli._pieces import pieces

if TYPE_CHECKING:
    import numpy as np

    from fastlr.files.batches import DocumentBatch
    from fastlr.files.reader import Reader
    from fastlr.files.row_batches import RowBatch
    from fastlr.linear_model.base import LinearClassifier
    from fastlr.text.classifier import TextClassifier


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
    """Yield pieces of the batches of a file: the batch, where in it the piece is, and its classes' probabilities.

    Rows may have fewer features than the model. What they have beyond is left out, as no weight of it is known, and
    it is said how much.
    """
    if not takes_rows(model):
        for batch in reader:
            for where in pieces(len(batch), len(model.classes_)):
                yield batch, where, model.predict_proba(batch.documents.part(where.start, where.stop))
        return
    from fastlr.files.row_batches import with_columns

    n_beyond = 0
    for batch in reader:
        X, n = with_columns(batch.X, model.n_features_in_)
        n_beyond += n
        for where in pieces(len(batch), len(model.classes_)):
            yield batch, where, model.predict_proba(X[where])
    if n_beyond:
        message = f"left out {n_beyond:,} values of features beyond the model's {model.n_features_in_:,}"
        say(quiet, f"{reader.name}: {message}")
