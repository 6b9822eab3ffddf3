"""An open store, and its rows in chunks that fit into memory."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np
import scipy.sparse as sp

from fastlr.data.rows import Rows
from fastlr.persistence import tensor_file
from fastlr.store.manifest import Manifest
from fastlr.store.pieces import PIECE_BYTES, Buffer, cut_shards, read_rows
from fastlr.store.shard import Shard
from fastlr.utils.arrays import frozen
from fastlr.utils.parallel import prefetch_one

# Size of the chunks that iterating over a store yields.
CHUNK_BYTES = 1 << 25


class Chunk(NamedTuple):
    """Some rows of a store.

    Attributes
    ----------
    X : csr_array of shape (n, n_features)
    y : ndarray of shape (n,) or None
        Labels.
    sample_weight : ndarray of shape (n,) or None
    """

    X: sp.csr_array
    y: np.ndarray | None
    sample_weight: np.ndarray | None


class Store:
    """Rows on disk, with their labels and weights; `open_store` and `write_store` return one.

    ``len(store)`` is the number of rows. Iterating yields them all, in chunks of about 32 MB; a thread reads the next
    chunk in the background.

    Attributes
    ----------
    path : Path
        The folder.
    shape : tuple of int
        ``(n_samples, n_features)``.
    nnz : int
        Number of stored entries.
    dtype : dtype
        Type of the values.
    classes_ : ndarray or None
        The sorted classes; None if the rows have no labels.
    weighted : bool
        Whether the rows have weights.
    n_shards : int
    metadata : dict
        The metadata passed to the writer.
    """

    in_memory: ClassVar[bool] = False

    def __init__(self, path: Path, manifest: Manifest) -> None:
        self.path = path
        self._describe(manifest)

    def _describe(self, manifest: Manifest) -> None:
        """Set everything that follows from the manifest."""
        path = self.path
        self._manifest = manifest
        self.shards = tuple(Shard(path / entry.name, entry, manifest) for entry in manifest.shards)
        self.n_shards = len(self.shards)
        self.shape = sum(entry.n_samples for entry in manifest.shards), manifest.n_features
        self.nnz = sum(entry.nnz for entry in manifest.shards)
        self.dtype = np.dtype(manifest.dtype)
        self.weighted = manifest.weighted
        self.metadata = manifest.metadata
        self.classes_ = None if manifest.classes is None else np.sort(manifest.classes)

    def __len__(self) -> int:
        return self.shape[0]

    def __repr__(self) -> str:
        labels = "no labels" if self.classes_ is None else f"{len(self.classes_)} classes"
        return (
            f"<Store {os.fspath(self.path)!r}: {self.shape[0]} rows, {self.shape[1]} features, {self.nnz} entries of "
            f"{self.dtype}, {labels}{', weighted' if self.weighted else ''}, {self.n_shards} shard(s)>"
        )

    @property
    def fingerprint(self) -> str:
        """A checksum of everything in the store, computed from the checksums of its shards."""
        return self._manifest.fingerprint

    def __iter__(self) -> Iterator[Chunk]:
        return prefetch_one(self._chunks())

    def _chunks(self) -> Iterator[Chunk]:
        for shard in self.shards:
            pieces = cut_shards([shard], CHUNK_BYTES)
            for k in range(len(pieces)):
                rows = read_rows([shard], pieces[k : k + 1], self.shape[1], self.dtype, Buffer(), None)
                with shard.opened() as reader:
                    bounds = int(pieces[k]["start"]), int(pieces[k]["stop"])
                    codes, weights = reader.labels(*bounds), reader.weights(*bounds)
                yield Chunk(rows.csr, None if codes is None else self.code_classes()[codes], weights)

    def code_classes(self) -> np.ndarray:
        """Return the class of each code, in order of first appearance.

        Raises
        ------
        ValueError
            If the rows have no labels.
        """
        if self._manifest.classes is None:
            raise ValueError(f"The store {os.fspath(self.path)!r} has no labels; pass y.")
        return self._manifest.classes

    def labels(self) -> np.ndarray | None:
        """Return the label of each row, shape (n_samples,); None if there are no labels."""
        if self.classes_ is None:
            return None
        codes = []
        for shard in self.shards:
            with shard.opened() as reader:
                codes.append(np.asarray(reader.labels(0, shard.entry.n_samples)))
        return self.code_classes()[np.concatenate(codes)]

    def weights(self) -> np.ndarray | None:
        """Return the weight of each row, float64, shape (n_samples,); None if there are no weights."""
        if not self.weighted:
            return None
        weights = []
        for shard in self.shards:
            with shard.opened() as reader:
                weights.append(np.asarray(reader.weights(0, shard.entry.n_samples)))
        return np.concatenate(weights)

    def to_csr(self) -> sp.csr_array:
        """Return all rows as one matrix.

        If the store has a single shard, its arrays are memory-mapped and read-only: data are loaded when they are used,
        and the file must not change as long as the matrix is in use. Several shards are loaded into memory.

        Returns
        -------
        csr_array of shape (n_samples, n_features)

        Raises
        ------
        ValueError
            If a file is damaged.
        """
        if self.n_shards > 1:
            return read_rows(
                self.shards, cut_shards(self.shards, PIECE_BYTES), self.shape[1], self.dtype, Buffer(), None
            ).csr
        shard = self.shards[0]
        shard.verify()
        _, tensors = tensor_file.read(shard.path, mmap=True, verify=False)
        index = tensors["indices"].dtype
        return Rows(frozen(tensors["indptr"], index), tensors["indices"], tensors["data"], self.shape).csr

    def append(self, X: Any, y: Any = None, sample_weight: Any = None, *, shard_bytes: int = 1 << 26) -> Store:
        """Append rows, in new shards; append thousands of rows at a time rather than one.

        Parameters
        ----------
        X : sparse matrix, or array of shape (n_samples, n_features)
            Converted to the type of the store's values.
        y, sample_weight : array of shape (n_samples,)
            Required if the store has labels or weights. New classes are allowed.
        shard_bytes : int, default=2 ** 26
            Maximal size of a shard.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If the rows are malformed, not finite or do not fit the store, which then stays unchanged.
        """
        from fastlr.store.writer import StoreWriter  # here, because it imports this module

        with StoreWriter(self.path, append=True, shard_bytes=shard_bytes) as writer:
            writer.add(X, y, sample_weight)
        self._describe(Manifest.read(self.path))
        return self

    def verify(self) -> Store:
        """Compare every file with its checksum, even if that has been done before.

        Returns
        -------
        self

        Raises
        ------
        OSError
            If a file is missing or cannot be read.
        ValueError
            If a file is damaged.
        """
        for shard in self.shards:
            shard.verify()
        return self


def open_store(path: str | os.PathLike[str]) -> Store:
    """Open a store that `write_store` or `StoreWriter` wrote.

    Only the manifest is read. A shard is compared with its checksum when it is first needed, and its content is checked
    every time it is read, so that even a hostile file cannot cause access out of bounds.

    Parameters
    ----------
    path : str or path
        The folder.

    Returns
    -------
    Store

    Raises
    ------
    OSError
        If there is no store.
    ValueError
        If its manifest is damaged, or was written by a newer version.

    Examples
    --------
    >>> import tempfile
    >>> import fastlr
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = fastlr.write_store(folder, [[1.0, 0.0], [0.0, 2.0]], ["a", "b"])
    ...     store = fastlr.open_store(folder).append([[3.0, 4.0]], ["c"])
    ...     [chunk.y.tolist() for chunk in store], store.classes_.tolist()
    ([['a', 'b'], ['c']], ['a', 'b', 'c'])
    """
    path = Path(path)
    return Store(path, Manifest.read(path))
