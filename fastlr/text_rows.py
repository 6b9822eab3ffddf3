"""From batches of texts to the rows that a model is trained on: hashed in threads, counted, weighted."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from fastlr.arrays import frozen
from fastlr.columns import Chunk, Columns, count_columns
from fastlr.pipeline import in_order
from fastlr.problem import Rows
from fastlr.text.documents import Documents
from fastlr.text.hasher import Hasher

# Texts are hashed by pieces of this many bytes.
PIECE = 1 << 21


def hashed(hasher: Hasher, documents: Documents, backend: str) -> Chunk:
    """Return the rows of documents, of which there are fewer than 2^31 entries, with indices of 32 bits."""
    indptr, indices, data = hasher.transform(documents, backend)
    return indptr.astype(np.int32), indices, data


def pieces(documents: Documents) -> Iterable[Documents]:
    """Cut documents into pieces of about `PIECE` bytes."""
    ends = np.cumsum(documents.stops - documents.starts)
    cuts = np.searchsorted(ends, np.arange(PIECE, int(ends[-1]) + PIECE, PIECE)) + 1 if len(ends) else []
    first = 0
    for last in [*cuts, len(documents)]:
        last = min(int(last), len(documents))
        if last > first:
            yield Documents(documents.buffer, documents.starts[first:last], documents.stops[first:last])
            first = last


@dataclass
class Corpus:
    """Hashed documents with their labels, in memory.

    Attributes
    ----------
    chunks : list of Chunk
        Values ``1 + log(count)`` over the hashed columns.
    labels : list of ndarray of int32
        Codes, an array a chunk.
    counts : ndarray of int32, shape (n_hashed,)
        In how many documents each column occurs.
    """

    chunks: list[Chunk] = field(default_factory=list)
    labels: list[np.ndarray] = field(default_factory=list)
    counts: np.ndarray | None = None

    @classmethod
    def gather(
        cls,
        batches: Iterable[tuple[Documents, np.ndarray]],
        hasher: Hasher,
        backend: str,
        n_threads: int,
    ) -> Corpus:
        """Hash batches of documents and labels as they come, in threads."""
        corpus = cls()
        corpus.counts = np.zeros(hasher.n_features, np.int32)
        lock = threading.Lock()

        def work(batch: tuple[Documents, np.ndarray]) -> tuple[np.ndarray, Chunk]:
            documents, labels = batch
            chunk = hashed(hasher, documents, backend)
            with lock:  # the counts are shared by the threads
                count_columns(chunk, corpus.counts, backend)
            return labels, chunk

        for labels, chunk in in_order(work, batches, n_threads):
            corpus.chunks.append(chunk)
            corpus.labels.append(labels)
        return corpus

    def __len__(self) -> int:
        return sum(map(len, self.labels))

    def weighted(self, columns: Columns, backend: str) -> tuple[Rows, np.ndarray]:
        """Return the rows over the columns that are kept, and their labels; the hashed rows are let go of."""
        n_entries = sum(len(indices) for _, indices, _ in self.chunks)
        taken = (self.chunks.pop(0) for _ in range(len(self.chunks)))
        kept = columns.keep(taken, len(self), n_entries, backend)
        labels = np.concatenate(self.labels) if self.labels else np.empty(0, np.int32)
        return make_rows(kept, len(columns)), labels


def make_rows(chunk: Chunk, n_features: int) -> Rows:
    """Return checked rows of arrays that are right by construction."""
    indptr, indices, data = chunk
    return Rows(frozen(indptr), frozen(indices), frozen(data), (len(indptr) - 1, n_features))


def take(rows: Rows, chosen: np.ndarray) -> Rows:
    """Return a copy of some of the rows, in the order in which they are chosen."""
    starts, lengths = rows.indptr[chosen], np.diff(rows.indptr)[chosen]
    indptr = np.zeros(len(chosen) + 1, rows.indptr.dtype)
    np.cumsum(lengths, out=indptr[1:])
    places = np.arange(int(indptr[-1])) + np.repeat(starts - indptr[:-1], lengths)
    return make_rows((indptr, rows.indices[places], rows.data[places]), rows.shape[1])
