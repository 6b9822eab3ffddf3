"""From batches of texts to the rows that a model is trained on: hashed in threads, counted, weighted."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from fastlr.data.problem import Problem
from fastlr.data.row_buffer import RowBuffer
from fastlr.data.rows import Rows
from fastlr.text.column_selection import Columns, count_columns
from fastlr.text.documents import Documents
from fastlr.text.hasher import Hasher
from fastlr.text.scanner import OutputBuffer
from fastlr.text.valued_documents import ValuedDocuments
from fastlr.utils.arrays import Csr, frozen, joined_weights
from fastlr.utils.parallel import ordered_map

if TYPE_CHECKING:
    from fastlr.store import StoreWriter
    from fastlr.store.problem import StoredProblem
    from fastlr.utils.temporary import TemporaryFolder

# Texts are hashed by pieces of this many bytes.
PIECE = 1 << 21

# Documents with the codes of their labels and, where they do not all weigh 1, their weights.
Labelled = tuple[Documents, np.ndarray] | tuple[Documents, np.ndarray, np.ndarray | None]


def hashed(hasher: Hasher, documents: Documents, backend: str, room: OutputBuffer | None = None) -> Csr:
    """Return the rows of documents, of which there must be fewer than 2^31 entries, with indices of 32 bits.

    ``room`` is where they are, unless it is None, until it is used again.
    """
    indptr, indices, data = hasher.transform_in(OutputBuffer() if room is None else room, documents, backend)
    chunk = indptr.astype(np.int32), indices, data
    return documents.add_to(chunk, hasher, backend) if isinstance(documents, ValuedDocuments) else chunk


def pieces(documents: Documents) -> Iterable[Documents]:
    """Cut documents into pieces of about `PIECE` bytes."""
    ends = np.cumsum(documents.stops - documents.starts)
    cuts = np.searchsorted(ends, np.arange(PIECE, int(ends[-1]) + PIECE, PIECE)) + 1 if len(ends) else []
    first = 0
    for last in [*cuts, len(documents)]:
        last = min(int(last), len(documents))
        if last > first:
            yield documents.part(first, last)
            first = last


class HashedCorpus:
    """Hashed documents with their labels, in memory, or on disk once they are more than is to be in memory.

    Parameters
    ----------
    n_hashed : int
        Columns that documents are hashed to.
    most : int or None
        Bytes of hashed rows from which on they are written to a store in a temporary folder; None keeps them all.

    Attributes
    ----------
    labels : list of ndarray of int32
        Codes, an array a batch.
    weights : list of ndarray of float64, or None
        An array a batch, None where all of it weigh 1.
    counts : ndarray of int32, shape (n_hashed,)
        In how many documents each column occurs.
    """

    def __init__(self, n_hashed: int, most: int | None) -> None:
        self.n_hashed, self.most = n_hashed, most
        self.labels: list[np.ndarray] = []
        self.weights: list[np.ndarray | None] = []
        self.counts = np.zeros(n_hashed, np.int32)
        self._rows = RowBuffer()  # values 1 + log(count) over the hashed columns
        self._n_bytes = 0
        self._folder: TemporaryFolder | None = None
        self._writer: StoreWriter | None = None

    def gather(self, batches: Iterable[Labelled], hasher: Hasher, backend: str, n_threads: int) -> HashedCorpus:
        """Hash batches of documents and labels as they come, in threads; return self."""
        lock = threading.Lock()
        rooms: list[OutputBuffer] = []  # that are free: memory that is new takes longer to write to

        def work(batch: Labelled) -> tuple[np.ndarray, np.ndarray | None, Csr, OutputBuffer]:
            documents, labels, *weights = batch
            try:
                room = rooms.pop()
            except IndexError:  # to ask first whether there is one would leave time for another thread to take it
                room = OutputBuffer()
            chunk = hashed(hasher, documents, backend, room)
            with lock:  # the counts are shared by the threads
                count_columns(chunk, self.counts, backend)
            return labels, weights[0] if weights else None, chunk, room

        for labels, weights, chunk, room in ordered_map(work, batches, n_threads):
            self.labels.append(labels)
            self.weights.append(weights)
            self._add(chunk)
            rooms.append(room)
        if self._writer is not None:
            self._writer.commit()
        return self

    def _add(self, chunk: Csr) -> None:
        indptr, indices, data = chunk
        if len(indptr) == 1:
            return
        self._n_bytes += indices.nbytes + data.nbytes + 4 * (len(indptr) - 1)
        if self._writer is not None:
            self._writer.add(make_rows(chunk, self.n_hashed).csr)
            return
        self._rows.append(chunk)
        if self.most is not None and self._n_bytes > self.most:
            # Here, as few corpora are that large, and these import SciPy.
            from pathlib import Path

            from fastlr.store import StoreWriter
            from fastlr.utils.temporary import TemporaryFolder

            self._folder = TemporaryFolder(prefix="fastlr-")
            self._writer = StoreWriter(Path(self._folder.name) / "hashed", n_features=self.n_hashed, dtype="float32")
            self._writer.add(make_rows(self._rows.take(), self.n_hashed).csr)

    def __len__(self) -> int:
        return sum(map(len, self.labels))

    @property
    def share_in_memory(self) -> float:
        """Which share of the rows may be in memory: all, or of those on disk so many that two copies have room."""
        return 1.0 if self._folder is None else 0.5 * self.most / self._n_bytes

    def close(self) -> None:
        """Remove what is on disk."""
        if self._folder is not None:
            self._folder.cleanup()

    def __enter__(self) -> HashedCorpus:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def codes(self) -> np.ndarray:
        """Return the codes of all labels."""
        return np.concatenate([np.empty(0, np.int32), *self.labels])

    def all_weights(self) -> np.ndarray | None:
        """Return the weights of all documents, float64; None if all weigh 1."""
        return joined_weights(self.weights, self.labels)

    def problem(
        self,
        columns: Columns,
        labels: np.ndarray,
        weights: np.ndarray | None,
        n_classes: int,
        held_out: np.ndarray,
        backend: str,
        n_threads: int,
    ) -> tuple[Problem | StoredProblem, Rows]:
        """Return the rows over the columns that are kept as a problem, less those held out, and the latter.

        The hashed rows are let go of.
        """
        if self._folder is not None:
            return self._stored_problem(columns, labels, weights, n_classes, held_out, backend)
        rows = make_rows(columns.keep(self._rows.take(), backend, reuse=True, n_threads=n_threads), len(columns))
        problem = Problem.make(rows, frozen(labels), None if weights is None else frozen(weights), n_classes)
        return problem.exclude(held_out) if len(held_out) else problem, rows.take(held_out)

    def _stored_problem(
        self,
        columns: Columns,
        labels: np.ndarray,
        weights: np.ndarray | None,
        n_classes: int,
        held_out: np.ndarray,
        backend: str,
    ) -> tuple[Problem | StoredProblem, Rows]:
        from pathlib import Path

        from fastlr.store import StoreWriter, open_store
        from fastlr.store.problem import StoredTargets

        folder, first, others = Path(self._folder.name), 0, RowBuffer()
        with StoreWriter(folder / "rows", n_features=max(len(columns), 1), dtype="float32") as writer:
            for chunk in open_store(folder / "hashed"):
                n = chunk.X.shape[0]
                arrays = chunk.X.indptr, chunk.X.indices, chunk.X.data
                rows = make_rows(columns.keep(arrays, backend), len(columns))
                a, b = np.searchsorted(held_out, [first, first + n])
                kept = rows.take(held_out[a:b] - first)
                others.append((kept.indptr, kept.indices, kept.data))
                own = None if weights is None else weights[first : first + n]
                writer.add(rows.csr, labels[first : first + n], own)
                first += n
        targets = StoredTargets(open_store(folder / "rows"), np.arange(n_classes), np.dtype(np.float32))
        problem = targets.problem(None, np.bincount(labels, minlength=n_classes).astype(np.float64))
        return problem.exclude(held_out) if len(held_out) else problem, make_rows(others.take(), len(columns))


def make_rows(chunk: Csr, n_features: int) -> Rows:
    """Return checked rows of arrays that are right by construction."""
    indptr, indices, data = chunk
    return Rows(frozen(indptr), frozen(indices), frozen(data), (len(indptr) - 1, n_features))
