"""Reading a file on a worker: documents, or rows with numeric features, with their labels and weights."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastlr.dask.blocks import Labelled
from fastlr.distributed.driver import call
from fastlr.files.reader import Reader
from fastlr.files.row_corpus import RowCorpus
from fastlr.text.documents import Documents
from fastlr.text.valued_documents import ValuedDocuments
from fastlr.utils.arrays import joined_weights


def file_columns(path: str, of_texts: bool, with_labels: bool) -> Any:
    """Return which columns of a file hold what, so that the other files are read alike; None if it has no columns."""
    return call(0, _file_columns, path, of_texts, with_labels)


def _file_columns(path: str, of_texts: bool, with_labels: bool) -> Any:
    with Reader(path, with_labels=with_labels, classes=with_labels, rows=not of_texts) as reader:
        return reader.layout.known()


def read_file(partition: int, path: str, known: Any, of_texts: bool, with_labels: bool) -> Labelled:
    """Return the documents or rows of a file, of any format that `fastlr.files` reads."""
    return call(partition, _read_documents if of_texts else _read_rows, path, known, with_labels)


def _read_documents(path: str, known: Any, with_labels: bool) -> Labelled:
    texts: list[bytes] = []
    codes, weights = [], []
    with Reader(path, with_labels=with_labels, classes=with_labels, rows=False, known=known) as reader:
        for batch in reader:
            if isinstance(batch.documents, ValuedDocuments):
                raise ValueError(f"{path}: documents with numeric features beside their words cannot be read here yet")
            texts += batch.documents
            codes.append(batch.labels if with_labels else np.zeros(len(batch), np.int32))
            weights.append(batch.weights)
        names = np.array(reader.labels.names)
    labels = names[np.concatenate(codes)] if with_labels and codes else None
    return Labelled(Documents.from_texts(texts), labels, joined_weights(weights, codes))


def _read_rows(path: str, known: Any, with_labels: bool) -> Labelled:
    corpus = RowCorpus()
    with Reader(path, with_labels=with_labels, classes=with_labels, rows=True, known=known) as reader:
        if reader.store is not None:
            return Labelled(reader.store, None, None)
        corpus.collect(reader)
    return Labelled(corpus.X, corpus.labels() if with_labels else None, corpus.weights)
