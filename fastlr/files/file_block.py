"""A file as a partition, which is read by the process that trains on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from fastlr.distributed.partition import Block
from fastlr.files.reader import Reader
from fastlr.files.row_corpus import RowCorpus
from fastlr.text.documents import Documents
from fastlr.text.known_columns import KnownColumns
from fastlr.text.valued_documents import ValuedDocuments
from fastlr.utils.arrays import joined_weights


@dataclass(frozen=True)
class FileBlock:
    """A file of documents or of rows with numeric features, of any format that `fastlr.files` reads.

    Attributes
    ----------
    path : str
        A path or a URL.
    rows : bool
        Whether it must hold rows, or else documents.
    with_labels : bool, default=True
        Whether to read the labels.
    known : KnownColumns or None, default=None
        The columns to read; None detects them.
    options : mapping
        Further arguments of `Reader`.
    """

    path: str
    rows: bool
    with_labels: bool = True
    known: KnownColumns | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    def _reader(self) -> Reader:
        return Reader(
            self.path, rows=self.rows, with_labels=self.with_labels, classes=self.with_labels, known=self.known,
            **self.options,
        )  # fmt: skip

    def columns(self) -> KnownColumns | None:
        """Return which columns hold what, so that other files are read alike; None if the file has no columns."""
        with self._reader() as reader:
            return reader.layout.known()

    def read(self) -> Block:
        """Return the documents or rows of the file, with their labels and weights.

        Raises
        ------
        OSError, ReadError
            If the file cannot be read.
        """
        with self._reader() as reader:
            return self._read_rows(reader) if self.rows else self._read_documents(reader)

    def _read_rows(self, reader: Reader) -> Block:
        if reader.store is not None:
            return Block(reader.store)
        corpus = RowCorpus()
        corpus.collect(reader)
        return Block(corpus.X, corpus.labels() if self.with_labels else None, corpus.weights)

    def _read_documents(self, reader: Reader) -> Block:
        texts: list[bytes] = []
        codes, weights = [np.empty(0, np.int32)], [None]
        for batch in reader:
            if isinstance(batch.documents, ValuedDocuments):
                raise ValueError(f"{self.path}: documents with features that have values cannot be partitions")
            texts += batch.documents
            codes.append(np.zeros(len(batch), np.int32) if batch.labels is None else batch.labels)
            weights.append(batch.weights)
        labels = np.array(reader.labels.names, str)[np.concatenate(codes)] if self.with_labels else None
        return Block(Documents.from_texts(texts), labels, joined_weights(weights, codes))
