"""Batches of documents to the rows that a model is trained on: hashed in threads, counted and weighted."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from fastlr.data.problem import Problem
from fastlr.data.protocols import TrainingProblem
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
    from fastlr.utils.temporary import TemporaryFolder

# Documents are hashed in chunks of this many bytes.
CHUNK_BYTES = 1 << 21

# Documents, the codes of their labels and, unless all are 1, their weights.
LabelledBatch = tuple[Documents, np.ndarray] | tuple[Documents, np.ndarray, np.ndarray | None]


def unpacked(batch: LabelledBatch) -> tuple[Documents, np.ndarray, np.ndarray | None]:
    """Return the documents, codes and weights of a batch; None if it has no weights."""
    return batch if len(batch) == 3 else (*batch, None)


def hash_rows(hasher: Hasher, documents: Documents, backend: str, output: OutputBuffer | None = None) -> Csr:
    """Return the rows of documents, which must have fewer than 2^31 entries, with 32-bit indices.

    They are in ``output``, unless it is None, until it is used again.
    """
    indptr, indices, data = hasher.transform_in(OutputBuffer() if output is None else output, documents, backend)
    rows = indptr.astype(np.int32), indices, data
    return documents.add_to(rows, hasher, backend) if isinstance(documents, ValuedDocuments) else rows


def chunked(documents: Documents) -> Iterator[Documents]:
    """Cut documents into chunks of about `CHUNK_BYTES` bytes."""
    ends = np.cumsum(documents.stops - documents.starts)
    bounds = np.arange(CHUNK_BYTES, int(ends[-1]) + CHUNK_BYTES, CHUNK_BYTES) if len(ends) else np.empty(0, np.int64)
    first = 0
    for last in [*(np.searchsorted(ends, bounds) + 1).tolist(), len(documents)]:
        last = min(last, len(documents))
        if last > first:
            yield documents.part(first, last)
            first = last


class HashedCorpus:
    """Hashed documents with their labels: in memory, or on disk once they exceed a limit.

    Parameters
    ----------
    n_hashed : int
        Number of columns that documents are hashed to.
    max_bytes : int or None
        Hashed rows of more bytes are written to a store in a temporary folder; None keeps all of them in memory.

    Attributes
    ----------
    labels : list of ndarray of int32
        Class codes, one array per batch.
    weights : list of ndarray of float64 or None
        One array per batch; None if all weights of the batch are 1.
    counts : ndarray of int32, shape (n_hashed,)
        Number of documents in which each column occurs.
    """

    def __init__(self, n_hashed: int, max_bytes: int | None) -> None:
        self.n_hashed, self.max_bytes = n_hashed, max_bytes
        self.labels: list[np.ndarray] = []
        self.weights: list[np.ndarray | None] = []
        self.counts = np.zeros(n_hashed, np.int32)
        self._rows = RowBuffer()  # values 1 + log(count) over the hashed columns
        self._n_bytes = 0
        self._folder: TemporaryFolder | None = None
        self._writer: StoreWriter | None = None

    def collect(self, batches: Iterable[LabelledBatch], hasher: Hasher, backend: str, n_threads: int) -> HashedCorpus:
        """Hash batches of labelled documents as they come, in threads; return self."""
        lock = threading.Lock()
        free: list[OutputBuffer] = []  # used again, because writing to new memory takes longer

        def work(batch: LabelledBatch) -> tuple[np.ndarray, np.ndarray | None, Csr, OutputBuffer]:
            documents, labels, weights = unpacked(batch)
            try:
                output = free.pop()
            except IndexError:  # a check beforehand would let another thread take the last one in between
                output = OutputBuffer()
            chunk = hash_rows(hasher, documents, backend, output)
            with lock:  # the threads share the counts
                count_columns(chunk, self.counts, backend)
            return labels, weights, chunk, output

        for labels, weights, chunk, output in ordered_map(work, batches, n_threads):
            self.labels.append(labels)
            self.weights.append(weights)
            self._add(chunk)
            free.append(output)
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
        if self.max_bytes is not None and self._n_bytes > self.max_bytes:
            # Imported here, because few corpora are so large, and these import SciPy.
            from pathlib import Path

            from fastlr.store import StoreWriter
            from fastlr.utils.temporary import TemporaryFolder

            self._folder = TemporaryFolder(prefix="fastlr-")
            self._writer = StoreWriter(Path(self._folder.name) / "hashed", n_features=self.n_hashed, dtype="float32")
            self._writer.add(make_rows(self._rows.take(), self.n_hashed).csr)

    def __len__(self) -> int:
        return sum(map(len, self.labels))

    @property
    def max_fraction_in_memory(self) -> float:
        """Fraction of the rows that may be in memory: 1, or, if they were written to disk, half of ``max_bytes``."""
        if self._folder is None or self.max_bytes is None:
            return 1.0
        return 0.5 * self.max_bytes / self._n_bytes

    def close(self) -> None:
        """Remove the temporary folder."""
        if self._folder is not None:
            self._folder.cleanup()

    def __enter__(self) -> HashedCorpus:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def codes(self) -> np.ndarray:
        """Return the class codes of all documents."""
        return np.concatenate([np.empty(0, np.int32), *self.labels])

    def all_weights(self) -> np.ndarray | None:
        """Return the weights of all documents, float64; None if all weights are 1."""
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
    ) -> tuple[TrainingProblem, Rows]:
        """Return the problem of all rows over the kept columns, and the held-out rows. The hashed rows are released."""
        if self._folder is not None:
            return self._stored_problem(self._folder.name, columns, labels, weights, n_classes, held_out, backend)
        rows = make_rows(columns.keep(self._rows.take(), backend, reuse=True, n_threads=n_threads), len(columns))
        problem = Problem.make(rows, frozen(labels), None if weights is None else frozen(weights), n_classes)
        return problem, rows.take(held_out)

    def _stored_problem(
        self,
        name: str,
        columns: Columns,
        labels: np.ndarray,
        weights: np.ndarray | None,
        n_classes: int,
        held_out: np.ndarray,
        backend: str,
    ) -> tuple[TrainingProblem, Rows]:
        from pathlib import Path

        from fastlr.store import StoreWriter, open_store
        from fastlr.store.problem import StoredTargets

        folder, first, validation = Path(name), 0, RowBuffer()
        with StoreWriter(folder / "rows", n_features=max(len(columns), 1), dtype="float32") as writer:
            for chunk in open_store(folder / "hashed"):
                n = chunk.X.shape[0]
                arrays = chunk.X.indptr, chunk.X.indices, chunk.X.data
                rows = make_rows(columns.keep(arrays, backend), len(columns))
                a, b = np.searchsorted(held_out, [first, first + n])
                kept = rows.take(held_out[a:b] - first)
                validation.append((kept.indptr, kept.indices, kept.data))
                own = None if weights is None else weights[first : first + n]
                writer.add(rows.csr, labels[first : first + n], own)
                first += n
        targets = StoredTargets(open_store(folder / "rows"), np.arange(n_classes), np.dtype(np.float32))
        problem = targets.problem(None, np.bincount(labels, minlength=n_classes).astype(np.float64))
        return problem, make_rows(validation.take(), len(columns))


def make_rows(chunk: Csr, n_features: int) -> Rows:
    """Return arrays that are correct by construction as `Rows`, without checking them."""
    indptr, indices, data = chunk
    return Rows(frozen(indptr), frozen(indices), frozen(data), (len(indptr) - 1, n_features))
