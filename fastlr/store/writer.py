"""Writing a store: rows are collected and written in shards of bounded size."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from numbers import Integral
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import scipy.sparse as sp

from fastlr.data.labels import as_labels, codes_of, join_classes
from fastlr.data.rows import Rows
from fastlr.data.validation import check_rows, to_csr
from fastlr.data.weights import check_sample_weight
from fastlr.persistence import tensor_file
from fastlr.store.manifest import NAME, SHARD_NAME, Manifest, ShardEntry
from fastlr.store.shard import write_shard
from fastlr.store.store import Store, open_store

SHARD_BYTES = 1 << 26


class StoreWriter:
    """Writes a store chunk by chunk, in the memory of a few shards.

    Use it as a context manager: leaving the context completes the store, and an exception leaves everything unchanged.

    Parameters
    ----------
    path : str or path
        The folder, created if necessary. An existing store in it is replaced at the end, unless ``append=True``.
    append : bool, default=False
        Whether to append to the existing store.
    n_features : int or None, default=None
        Number of columns. None takes that of the widest chunk or, with ``append=True``, of the store.
    dtype : {None, "float32", "float64"}, default=None
        Type of the values. None takes that of the existing store when appending; otherwise float32 if the first chunk
        is float32, and float64 if not.
    shard_bytes : int, default=2 ** 26
        Maximal size of a shard; a larger row gets a shard of its own. Peak memory is about twice this plus one chunk.
    metadata : dict, default=None
        JSON values, available as ``Store.metadata``. None keeps the existing ones when appending.

    Raises
    ------
    FileExistsError
        If the folder contains files, but no store.
    FileNotFoundError
        If there is no store to append to.

    Notes
    -----
    A store must have only one writer at a time. It may be read meanwhile, because appending changes no shard.

    Examples
    --------
    >>> import tempfile
    >>> import fastlr
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with fastlr.StoreWriter(folder, n_features=3) as writer:
    ...         writer.add([[1.0, 0.0, 2.0]], ["spam"])
    ...         writer.add([[0.0, 3.0, 0.0], [0.0, 0.0, 1.0]], ["ham", "spam"])
    ...     fastlr.open_store(folder).shape
    (3, 3)
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        append: bool = False,
        n_features: int | None = None,
        dtype: Any = None,
        shard_bytes: int = SHARD_BYTES,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        if n_features is not None and not (_is_whole(n_features) and n_features >= 1):
            raise ValueError(f"n_features must be a positive integer or None; got {n_features!r}.")
        if not (_is_whole(shard_bytes) and shard_bytes >= 1):
            raise ValueError(f"shard_bytes must be a positive integer; got {shard_bytes!r}.")
        if not (metadata is None or isinstance(metadata, dict)):
            raise TypeError(f"metadata must be a dict of JSON values; got {type(metadata).__name__}.")
        if not (dtype is None or np.dtype(dtype) in (np.float32, np.float64)):
            raise ValueError(f"dtype must be 'float32', 'float64' or None; got {dtype!r}.")
        self.path = Path(path)
        self.n_features = None if n_features is None else int(n_features)
        self.dtype = None if dtype is None else np.dtype(dtype)
        self.shard_bytes = int(shard_bytes)
        self.metadata = metadata
        self.classes: np.ndarray | None = None
        self.weighted: bool | None = None  # unknown before the first chunk, like the following
        self.labelled: bool | None = None
        self.shards: list[ShardEntry] = []
        self.n_columns = 0
        self.found = Manifest.read(self.path) if append or (self.path / NAME).exists() else None
        if append and self.found is not None:
            self._continue(self.found)
        elif self.found is None and self.path.is_dir() and not all(map(_is_ours, self.path.iterdir())):
            raise FileExistsError(f"{os.fspath(path)!r} contains other files and is not a store.")
        self.path.mkdir(parents=True, exist_ok=True)
        tensor_file.remove_leftovers(self.path / NAME)
        self._remove_other_shards()
        self.n_written = len(self.shards)
        self._forget()

    def _continue(self, manifest: Manifest) -> None:
        """Take over what the existing store has."""
        if self.n_features not in (None, manifest.n_features):
            raise ValueError(
                f"The store {os.fspath(self.path)!r} has n_features={manifest.n_features}; got {self.n_features}."
            )
        if self.dtype not in (None, np.dtype(manifest.dtype)):
            raise ValueError(f"The store {os.fspath(self.path)!r} has dtype={manifest.dtype}; got {self.dtype}.")
        self.n_features, self.dtype = manifest.n_features, np.dtype(manifest.dtype)
        self.classes, self.labelled, self.weighted = manifest.classes, manifest.classes is not None, manifest.weighted
        self.shards = list(manifest.shards)
        if self.metadata is None:
            self.metadata = dict(manifest.metadata)

    def _forget(self) -> None:
        """Forget the rows collected for a shard."""
        self.pending: dict[str, list[np.ndarray]] = {}
        self.n_pending = self.n_bytes = 0

    def _remove_other_shards(self) -> None:
        """Remove files left behind by writers that were killed."""
        known = {entry.name for manifest in [self.found] if manifest for entry in manifest.shards}
        for file in self.path.iterdir():
            if file.name not in known and _is_ours(file):
                file.unlink(missing_ok=True)

    def __enter__(self) -> StoreWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if kind is None:
            self.commit()
            return
        for entry in self.shards[self.n_written :]:
            with suppress(OSError):
                (self.path / entry.name).unlink()

    def add(self, X: Any, y: Any = None, sample_weight: Any = None) -> None:
        """Append rows.

        Parameters
        ----------
        X : sparse matrix, or array of shape (n_samples, n_features)
            Finite numbers. Indices may be unsorted or repeated; they are stored as they are.
        y : array of shape (n_samples,), default=None
            Labels: booleans, integers, whole floats, strings, bytes, dates or durations. Pass them with every chunk or
            with none.
        sample_weight : float or array of shape (n_samples,), default=None
            Finite, non-negative weights. Pass them with every chunk or with none.

        Raises
        ------
        ValueError
            If the chunk is malformed, not finite, or does not fit the others; it is then not added.
        """
        rows = self._check_rows(X)
        n = rows.shape[0]
        classes = self.classes
        for name, given, known in (("y", y, self.labelled), ("sample_weight", sample_weight, self.weighted)):
            if known is not None and known != (given is not None):
                raise ValueError(
                    f"{name} must be passed with every chunk or with none; the first had {'one' if known else 'none'}."
                )
        if y is not None:
            y = as_labels(y)
            if y.shape != (n,):
                raise ValueError(f"y must have one label for each of {n} rows; found an array of shape {y.shape}.")
            classes = join_classes(classes, y)
        sample_weight = check_sample_weight(sample_weight, n)
        self.labelled, self.weighted = y is not None, sample_weight is not None
        self.classes, self.dtype = classes, rows.data.dtype
        self.n_columns = max(self.n_columns, rows.shape[1])
        codes = None if y is None or classes is None else codes_of(y, classes)
        entry_bytes = rows.data.itemsize + (4 if rows.shape[1] <= 2**31 else 8)
        ends = rows.indptr.astype(np.int64) * entry_bytes + np.arange(n + 1) * (16 if self.weighted else 8)
        start = 0
        while start < n:
            room = self.shard_bytes - self.n_bytes
            stop = int(np.searchsorted(ends, ends[start] + room, "right")) - 1
            if stop > start or self.n_pending == 0:  # a row larger than a shard gets one of its own
                stop = max(stop, start + 1)
                self._collect(rows, codes, sample_weight, start, stop)
                self.n_bytes += int(ends[stop] - ends[start])
                start = stop
            if start < n:
                self._cut()

    def _check_rows(self, X: Any) -> Rows:
        if sp.issparse(X):
            X = to_csr(X)
        else:
            X = np.asarray(X)
            if X.dtype.kind not in "biuf":
                raise ValueError(f"X must contain real numbers; found dtype {X.dtype}.")
        if X.ndim != 2 or 0 in X.shape:
            raise ValueError(f"X must have at least one row and one column; found shape {X.shape}.")
        if self.n_features is not None and X.shape[1] != self.n_features:
            raise ValueError(f"X has {X.shape[1]} features, but the store has {self.n_features}.")
        return check_rows(X, self.dtype)

    def _collect(self, rows: Rows, codes: Any, weights: Any, start: int, stop: int) -> None:
        """Copy rows to the arrays for the next shard."""
        first, last = int(rows.indptr[start]), int(rows.indptr[stop])
        index = np.int32 if rows.shape[1] <= 2**31 else np.int64
        parts = {
            "lengths": np.diff(rows.indptr[start : stop + 1].astype(np.int64)),
            "indices": rows.indices[first:last].astype(index),
            "data": rows.data[first:last].copy(),
        }
        if codes is not None:
            parts["labels"] = codes[start:stop].copy()
        if weights is not None:
            parts["weights"] = weights[start:stop].copy()
        for name, part in parts.items():
            self.pending.setdefault(name, []).append(part)
        self.n_pending += stop - start

    def _cut(self) -> None:
        """Write the collected rows as a shard."""
        tensors = {name: np.concatenate(parts) for name, parts in self.pending.items()}
        n = self.n_pending
        self._forget()
        indptr = np.zeros(n + 1, np.int64)
        np.cumsum(tensors.pop("lengths"), out=indptr[1:])
        tensors["indptr"] = indptr.astype(np.int32 if indptr[-1] < 2**31 else np.int64)
        name = f"shard-{len(self.shards):06d}-{secrets.token_hex(8)}.safetensors"
        checksum = write_shard(self.path / name, tensors)
        self.shards.append(ShardEntry(name, n, int(indptr[-1]), checksum))

    def commit(self) -> None:
        """Complete the store with all rows added so far; more may follow.

        Raises
        ------
        ValueError
            If there are no rows, or another writer has changed the store.
        """
        if self.n_pending:
            self._cut()
        if not self.shards or self.dtype is None:
            raise ValueError("A store needs at least one row; none was added.")
        now = Manifest.read(self.path) if (self.path / NAME).exists() else None
        if (now and now.fingerprint) != (self.found and self.found.fingerprint) or not all(
            (self.path / entry.name).exists() for entry in self.shards[self.n_written :]
        ):
            raise ValueError(f"{os.fspath(self.path)!r} was changed by another writer in the meantime.")
        n_features = self.n_features or self.n_columns
        manifest = Manifest(
            n_features, self.dtype.name, self.classes, bool(self.weighted), tuple(self.shards), self.metadata or {}
        )
        manifest.write(self.path)
        self.found, self.n_written = manifest, len(self.shards)
        self._remove_other_shards()


def _is_whole(value: Any) -> bool:
    return isinstance(value, Integral) and not isinstance(value, (bool, np.bool_))


def _is_ours(file: Path) -> bool:
    """Return whether a file is a shard, or a temporary file of a shard or a manifest."""
    name = file.name.split(tensor_file.TEMPORARY)[0]
    return any(
        SHARD_NAME.fullmatch(whole) or (whole == NAME and name != NAME) for whole in (name, name.rpartition(".")[0])
    )


def write_store(
    path: str | os.PathLike[str],
    X: Any,
    y: Any = None,
    sample_weight: Any = None,
    *,
    dtype: Any = None,
    shard_bytes: int = SHARD_BYTES,
    metadata: dict[str, Any] | None = None,
) -> Store:
    """Write rows to a store, to train on them without loading all of them into memory.

    Parameters
    ----------
    path : str or path
        The folder, created if necessary. An existing store in it is replaced; a crash leaves the old one or the new.
    X : sparse matrix, array of shape (n_samples, n_features), or Store
        Finite numbers. Another store is copied with its labels and weights, unless these are passed; copying changes
        the type of the values or the size of the shards.
    y : array of shape (n_samples,), default=None
        Labels: booleans, integers, whole floats, strings, bytes, dates or durations.
    sample_weight : float or array of shape (n_samples,), default=None
        Finite, non-negative weights.
    dtype : {None, "float32", "float64"}, default=None
        Type of the values. None keeps float32 and converts everything else to float64. float32 takes two thirds of the
        space and of the time to read, and changes a model by less than the noise of training.
    shard_bytes : int, default=2 ** 26
        Maximal size of a shard; a larger row gets a shard of its own.
    metadata : dict, default=None
        JSON values, available as ``Store.metadata``.

    Returns
    -------
    Store

    Raises
    ------
    FileExistsError
        If the folder contains files, but no store.
    OSError
        If the files cannot be written.
    ValueError
        If an argument is malformed, or a value is not finite.

    See Also
    --------
    StoreWriter : Write a store chunk by chunk.

    Examples
    --------
    >>> import tempfile
    >>> import fastlr
    >>> from fastlr.datasets import make_bag_of_words
    >>> X, y = make_bag_of_words(1000, 5000, mean_length=20, random_state=0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     store = fastlr.write_store(folder, X, y)
    ...     model = fastlr.SGDClassifier(random_state=0).fit(store)
    >>> bool((model.coef_ == fastlr.SGDClassifier(random_state=0).fit(X, y).coef_).all())
    True
    """
    if not isinstance(X, Store):
        with StoreWriter(path, dtype=dtype, shard_bytes=shard_bytes, metadata=metadata) as writer:
            writer.add(X, y, sample_weight)
        return open_store(path)
    if X.path.resolve() == Path(path).resolve():
        raise ValueError(f"X is the store at {os.fspath(path)!r} itself; write to another folder.")
    y = None if y is None else as_labels(y)
    if y is not None and y.shape != (len(X),):
        raise ValueError(f"y must have one label for each of {len(X)} rows; found an array of shape {y.shape}.")
    sample_weight = check_sample_weight(sample_weight, len(X))
    dtype = X.dtype if dtype is None else dtype
    metadata = dict(X.metadata) if metadata is None else metadata
    start = 0
    with StoreWriter(path, n_features=X.shape[1], dtype=dtype, shard_bytes=shard_bytes, metadata=metadata) as writer:
        for chunk in X:
            rows = slice(start, start + chunk.X.shape[0])
            start = rows.stop
            writer.add(
                chunk.X,
                chunk.y if y is None else y[rows],
                chunk.sample_weight if sample_weight is None else sample_weight[rows],
            )
    return open_store(path)
