"""From batches of rows to what a model is trained on: in memory, or in a store if they are too many for that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import scipy.sparse as sp

from fastlr.data.validation import encode_labels
from fastlr.files.row_batches import RowBatch
from fastlr.store import Store, StoreWriter, open_store
from fastlr.store.labels import check_labels, join_classes
from fastlr.store.problem import StoredTargets
from fastlr.utils.temporary import TemporaryFolder


class RowCorpus:
    """Labelled rows.

    Parameters
    ----------
    most : int or None
        Bytes of rows from which on they are written to a store in a temporary folder; None keeps them all in memory.
    n_features : int or None
        Columns; None is as many as there are.

    Attributes
    ----------
    X : csr_array or Store
    classes : ndarray of shape (n_classes,)
        Sorted labels.
    codes : ndarray of int32, shape (n_samples,)
        Of the classes.
    weights : ndarray of float64, shape (n_samples,), or None
        None where every row weighs 1.
    """

    def __init__(self, most: int | None = None, n_features: int | None = None) -> None:
        self.most, self.n_features = most, n_features
        self._batches: list[RowBatch] = []
        self._n_bytes = 0
        self._classes: np.ndarray | None = None
        self._folder: TemporaryFolder | None = None
        self._writer: StoreWriter | None = None

    def gather(self, batches: Iterable[RowBatch], name: str) -> RowCorpus:
        """Take batches of the file of this name as they come; return self.

        Raises
        ------
        ValueError
            If labels are of different types, or there are no rows.
        """
        for batch in batches:
            if len(batch):
                self._classes = join_classes(self._classes, check_labels(batch.y, len(batch)))
                self._add(batch)
        if self._writer is not None:
            self._writer.commit()
            return self.take(open_store(self._writer.path))
        if not self._batches:
            raise ValueError(f"{name}: there are no rows in it")
        width = self.n_features or max(batch.X.shape[1] for batch in self._batches)
        for batch in self._batches:
            batch.X.resize(len(batch), width)
        self.X = sp.vstack([batch.X for batch in self._batches], format="csr")
        self.classes = np.sort(self._classes)
        self.codes = encode_labels(np.concatenate([batch.y for batch in self._batches]), self.classes)
        self.weights = None
        if self._batches[0].weights is not None:
            self.weights = np.concatenate([batch.weights for batch in self._batches])
        self._batches.clear()
        return self

    def _add(self, batch: RowBatch) -> None:
        self._batches.append(batch)
        self._n_bytes += batch.X.data.nbytes + batch.X.indices.nbytes + batch.X.indptr.nbytes
        if self._writer is None and self.most is not None and self._n_bytes > self.most:
            self._folder = TemporaryFolder(prefix="fastlr-")
            self._writer = StoreWriter(Path(self._folder.name) / "rows", n_features=self.n_features)
        if self._writer is not None:
            for rows in self._batches:
                self._writer.add(rows.X, rows.y, rows.weights)
            self._batches.clear()

    def take(self, store: Store) -> RowCorpus:
        """Take the rows of a store, of which no more than the labels and weights are read; return self."""
        self.X, self.classes = store, store.classes_
        parts = list(StoredTargets(store, self.classes, store.dtype).all())
        self.codes = np.concatenate([codes for _, codes, _ in parts])
        self.weights = np.concatenate([weights for *_, weights in parts]) if store.weighted else None
        return self

    def __len__(self) -> int:
        return len(self.codes)

    def labels(self) -> np.ndarray | None:
        """Return the labels to train with: None for a store, which has them itself."""
        return None if isinstance(self.X, Store) else self.classes[self.codes]

    def chunks(self) -> Iterator[sp.csr_array]:
        """Yield the rows in their order, as many at a time as are to be in memory."""
        if isinstance(self.X, Store):
            for chunk in self.X:
                yield chunk.X
        else:
            yield self.X

    def close(self) -> None:
        """Remove what was written to disk."""
        if self._folder is not None:
            self._folder.cleanup()

    def __enter__(self) -> RowCorpus:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
