"""Probabilities that a model gives to the documents or rows of a file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

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

    An empty batch is an empty chunk. Rows may have fewer features than the model. Features that the model does not know
    are ignored, with a warning, and documents that have no others are counted.
    """
    import numpy as np

    from fastlr.utils.arrays import chunked_slices

    n_classes = len(model.classes_)
    n_features = model.n_features_in_ if takes_rows(model) else None
    chunk_size, n_unknown = max(MAX_PROBABILITIES // n_classes, 1), 0
    n_wordless, of_nothing = 0, None if takes_rows(model) else model.predict_proba([""])
    for batch in reader:
        X: Any = None
        if n_features is not None:
            from fastlr.files.row_batches import with_columns

            X, n = with_columns(batch.X, n_features)
            n_unknown += n
        for where in chunked_slices(len(batch), chunk_size) if len(batch) else [slice(0, 0)]:
            part = batch.documents.part(where.start, where.stop) if X is None else X[where]
            p = model.predict_proba(part) if len(batch) else np.empty((0, n_classes))
            if of_nothing is not None:
                n_wordless += int(np.count_nonzero((p == of_nothing).all(axis=1)))
            yield batch, where, p
    if n_unknown:
        message = f"ignored {n_unknown:,} values of features that the model, with {n_features:,}, lacks"
        say(quiet, f"{reader.name}: {message}")
    if n_wordless > reader.n_empty:
        message = f"{n_wordless - reader.n_empty:,} of {reader.n_read:,} documents have no word that the model knows"
        say(quiet, f"{reader.name}: {message}")


def bad_rows(batch: DocumentBatch | RowBatch, where: slice) -> tuple[np.ndarray, list[Any]]:
    """Return, for each bad row that belongs to a chunk of a batch, how many of its rows precede it, and its id."""
    places = batch.lines.searchsorted(batch.skipped)
    first = where.start if where.start else -1
    inside = (places > first) & ((places <= where.stop) | (where.stop == len(batch)))
    ids = batch.skipped_ids or [None] * len(places)
    return places[inside] - where.start, [ids[i] for i in inside.nonzero()[0].tolist()]
