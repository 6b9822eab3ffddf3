"""Numeric rows with their labels: in memory, or in a store on disk once they exceed a limit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import scipy.sparse as sp

from fastlr.data.labels import as_labels, encode_labels, join_classes
from fastlr.files.row_batches import RowBatch
from fastlr.store import Store, StoreWriter, open_store
from fastlr.store.problem import StoredTargets
from fastlr.store.row_source import row_source
from fastlr.utils.arrays import joined_weights
from fastlr.utils.temporary import TemporaryFolder


class RowCorpus:
    """Labelled rows of a file.

    Parameters
    ----------
    max_bytes : int or None
        Rows of more bytes are written to a store in a temporary folder; None keeps all of them in memory.
    n_features : int or None
        Number of columns; None takes that of the widest row.

    Attributes
    ----------
    X : csr_array or Store
    classes : ndarray of shape (n_classes,)
        Sorted labels.
    codes : ndarray of int32, shape (n_samples,)
        Class codes.
    weights : ndarray of float64, shape (n_samples,), or None
        None if all weights are 1.
    """

    def __init__(self, max_bytes: int | None = None, n_features: int | None = None) -> None:
        self.max_bytes, self.n_features = max_bytes, n_features
        self.X: sp.csr_array | Store = sp.csr_array((0, n_features or 0))
        self.classes: np.ndarray = np.empty(0, np.int64)
        self.codes: np.ndarray = np.empty(0, np.int32)
        self.weights: np.ndarray | None = None
        self._batches: list[RowBatch] = []
        self._n_bytes = 0
        self._folder: TemporaryFolder | None = None
        self._writer: StoreWriter | None = None

    def collect(self, data: Store | Iterable[RowBatch]) -> None:
        """Take in the rows of a store, which stay where they are, or of batches as they come.

        Raises
        ------
        ValueError
            If labels are of different types.
        """
        if isinstance(data, Store):
            self._take_store(data)
            return
        classes = None
        for batch in data:
            if len(batch):
                classes = join_classes(classes, as_labels(batch.y))
                self._add(batch)
        if self._writer is not None:
            self._writer.commit()
            self._take_store(open_store(self._writer.path))
        elif classes is not None:
            self._join_batches(np.sort(classes))

    def _add(self, batch: RowBatch) -> None:
        self._batches.append(batch)
        self._n_bytes += batch.X.data.nbytes + batch.X.indices.nbytes + batch.X.indptr.nbytes
        if self._writer is None and self.max_bytes is not None and self._n_bytes > self.max_bytes:
            self._folder = TemporaryFolder(prefix="fastlr-")
            self._writer = StoreWriter(Path(self._folder.name) / "rows", n_features=self.n_features)
        if self._writer is not None:
            for rows in self._batches:
                self._writer.add(rows.X, rows.y, rows.weights)
            self._batches.clear()

    def _join_batches(self, classes: np.ndarray) -> None:
        """Join the batches to one matrix in memory."""
        width = self.n_features or max(batch.X.shape[1] for batch in self._batches)
        for batch in self._batches:
            batch.X.resize(len(batch), width)
        labels = [np.asarray(batch.y) for batch in self._batches]
        self.X = sp.vstack([batch.X for batch in self._batches], format="csr")
        self.classes, self.codes = classes, encode_labels(np.concatenate(labels), classes)
        self.weights = joined_weights([batch.weights for batch in self._batches], labels)
        self._batches.clear()

    def _take_store(self, store: Store) -> None:
        """Take the rows of a store, of which only the labels and weights are read."""
        self.X, self.classes = store, np.sort(store.code_classes())
        parts = list(StoredTargets(store, self.classes, store.dtype).all())
        self.codes = np.concatenate([self.codes, *(codes for _, codes, _ in parts)])
        self.weights = joined_weights([weights for *_, weights in parts], [codes for _, codes, _ in parts])

    def __len__(self) -> int:
        return len(self.codes)

    def labels(self) -> np.ndarray | None:
        """Return the labels to pass to an estimator: None for a store, which has its own."""
        return self.classes[self.codes] if row_source(self.X).in_memory else None

    def chunks(self) -> Iterator[sp.csr_array]:
        """Yield the rows in their order, as many at a time as may be in memory."""
        for chunk in row_source(self.X):
            yield chunk.X

    def close(self) -> None:
        """Remove the temporary folder."""
        if self._folder is not None:
            self._folder.cleanup()
