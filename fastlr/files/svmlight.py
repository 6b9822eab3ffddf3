"""svmlight files, also called libsvm files: text, a row a line, ``label index:value index:value ... # comment``.

scikit-learn parses the lines; here they are handed to it by chunks, of any file that can be read, and written so that
the same numbers are read again.
"""

from __future__ import annotations

import bz2
import gzip
import io
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

import numpy as np
import scipy.sparse as sp

from fastlr.data.validation import as_rows
from fastlr.persistence import tensor_file
from fastlr.store import Store, StoreWriter, open_store
from fastlr.utils.arrays import chunked_slices

# Of text; its rows take about as much memory.
CHUNK_BYTES = 1 << 24

PIECE_ROWS = 4096

COMPRESSED = {".gz": gzip.open, ".bz2": bz2.open}

BYTE_ORDER_MARK = b"\xef\xbb\xbf"

# An underscore before a comment: Python takes 1_000 for a number.
UNDERSCORE = re.compile(rb"(?m)^[^#\n]*_")

INDEX_0 = re.compile(rb"\s0+:")


def _name(file: Any) -> str:
    return repr(os.fspath(file)) if isinstance(file, (str, os.PathLike)) else str(getattr(file, "name", "the file"))


@contextmanager
def _opened(file: Any) -> Iterator[BinaryIO]:
    if isinstance(file, (str, os.PathLike)):
        with COMPRESSED.get(os.path.splitext(file)[1], open)(file, "rb") as opened:
            yield opened
    elif hasattr(file, "read"):
        yield file
    else:
        raise TypeError(f"file must be a path or a binary file; got {type(file).__name__}.")


def _texts(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Yield pieces of whole lines, and the number of the first line of each, from 1 on."""
    line, rest = 1, b""
    while text := file.read(CHUNK_BYTES):
        if not isinstance(text, bytes):
            raise TypeError("file must be opened in binary mode.")
        text = rest + text
        if line == 1:
            text = text.removeprefix(BYTE_ORDER_MARK)
        end = text.rfind(b"\n") + 1
        rest = text[end:]
        if end:
            yield line, text[:end]
            line += text.count(b"\n")
    if rest:
        yield line, rest


def parse(text: bytes, dtype: Any) -> tuple[sp.csr_matrix, np.ndarray]:
    """Return the rows of lines, their columns numbered as the lines have it, and the labels.

    Raises
    ------
    ValueError, OverflowError
        If a line is malformed.
    """
    from sklearn.datasets import load_svmlight_file  # here, as the import takes a second

    return load_svmlight_file(io.BytesIO(text), dtype=dtype, zero_based=True)


def has_underscores(text: bytes) -> bool:
    """Tell whether lines have underscores besides in their comments."""
    return b"_" in text and UNDERSCORE.search(text) is not None


def _parse_finite(text: bytes, dtype: Any) -> tuple[sp.csr_matrix, np.ndarray]:
    """Parse text; what Python takes for a number, and svmlight does not, is an error, too."""
    if has_underscores(text):
        raise ValueError("a number has an underscore")
    X, y = parse(text, dtype)
    if not np.isfinite(y).all():
        raise ValueError("a label is NaN or infinity")
    if not np.isfinite(X.data).all():
        raise ValueError(f"a value is NaN or infinity, or too large for {np.dtype(dtype)}")
    return X, y


def _parse_lines(text: bytes, first: int, name: str, dtype: Any) -> tuple[sp.csr_matrix, np.ndarray]:
    """Parse text; an error names the line."""
    try:
        return _parse_finite(text, dtype)
    except (ValueError, OverflowError):
        for number, line in enumerate(text.split(b"\n"), first):
            try:
                _parse_finite(line, dtype)
            except (ValueError, OverflowError) as error:
                raise ValueError(f"{name}, line {number}: {error}; found {line[:80]!r}.") from error
        raise


def _line_of_index_0(text: bytes, first: int) -> int | None:
    """Return the number of a line with an index of 0, besides in comments; None if there is none."""
    for match in INDEX_0.finditer(text):
        if b"#" not in text[text.rfind(b"\n", 0, match.start()) + 1 : match.start()]:
            return first + text.count(b"\n", 0, match.start())
    return None


def _is_zero_based(file: BinaryIO, zero_based: bool | str, name: str) -> bool:
    if isinstance(zero_based, (bool, np.bool_)):
        return bool(zero_based)
    if zero_based != "auto":
        raise ValueError(f"zero_based must be True, False or 'auto'; got {zero_based!r}.")
    try:
        start = file.tell()
        file.seek(start)
    except OSError as error:
        raise ValueError(f"{name} cannot be read twice, to see whether it is zero-based: say so, or not.") from error
    found = any(_line_of_index_0(text, first) is not None for first, text in _texts(file))
    file.seek(start)
    return found


def svmlight_chunks(
    file: Any, *, n_features: int | None = None, zero_based: bool | str = "auto", dtype: Any = np.float64
) -> Iterator[tuple[sp.csr_matrix, np.ndarray]]:
    """Yield the rows of a svmlight file chunk by chunk: see `read_svmlight`.

    Yields
    ------
    X : csr_matrix of shape (n, n_features)
        Without ``n_features``, of as many columns as the chunk needs.
    y : ndarray of float64, shape (n,)
    """
    name = _name(file)
    with _opened(file) as opened:
        shift = 0 if _is_zero_based(opened, zero_based, name) else 1
        for first, text in _texts(opened):
            X, y = _parse_lines(text, first, name, dtype)
            if X.shape[0] == 0:
                continue
            indices = X.indices - shift
            low, high = (int(indices.min()), int(indices.max())) if len(indices) else (0, -1)
            if low < 0:
                line = _line_of_index_0(text, first)
                raise ValueError(f"{name}, line {line}: the index is 0, but zero_based is False.")
            if n_features is not None and high >= n_features:
                raise ValueError(f"{name} has {high + 1} features or more, but n_features is {n_features}.")
            width = max(high + 1, 1) if n_features is None else n_features
            yield sp.csr_matrix((X.data, indices, X.indptr), shape=(len(y), width)), y


def read_svmlight(
    file: Any,
    *,
    n_features: int | None = None,
    zero_based: bool | str = "auto",
    dtype: Any = np.float64,
    store: str | os.PathLike[str] | None = None,
) -> tuple[sp.csr_matrix, np.ndarray] | Store:
    r"""Read a svmlight (libsvm) file into memory, or, however large it is, into a store.

    Parameters
    ----------
    file : str, path or binary file
        A path that ends in ``.gz`` or ``.bz2`` is decompressed. Comments, empty lines and ``qid`` are passed over.
    n_features : int, default=None
        Number of columns; None takes as many as there are.
    zero_based : bool or "auto", default="auto"
        Whether the first feature is called 0 or 1. ``"auto"`` reads the file once more to see if a 0 comes in it: of a
        part of a data set, say what the whole is.
    dtype : {np.float64, np.float32}, default=np.float64
        Type of the values.
    store : str or path, default=None
        A folder to write the rows to, in the memory of a few chunks.

    Returns
    -------
    (X, y) : csr_matrix of shape (n_samples, n_features) and ndarray of float64; or Store, if ``store``

    Raises
    ------
    OSError
        If a file cannot be read or written.
    ValueError
        If a line is malformed or holds NaN or infinity, which the message names, an index is out of range, or there are
        no rows.

    See Also
    --------
    write_svmlight : The other way.
    sklearn.datasets.load_svmlight_file : The same in memory, and multilabel files.

    Examples
    --------
    >>> import io
    >>> import fastlr
    >>> X, y = fastlr.read_svmlight(io.BytesIO(b"+1 1:0.5 3:2 # spam\n-1 2:1\n"))
    >>> X.toarray().tolist(), y.tolist()
    ([[0.5, 0.0, 2.0], [0.0, 1.0, 0.0]], [1.0, -1.0])
    """
    chunks = svmlight_chunks(file, n_features=n_features, zero_based=zero_based, dtype=dtype)
    if store is not None:
        with StoreWriter(store, n_features=n_features, dtype=dtype) as writer:
            for X, y in chunks:
                writer.add(X, y)
        return open_store(store)
    found = list(chunks)
    if not found:
        raise ValueError(f"{_name(file)} has no rows.")
    width = max(X.shape[1] for X, _ in found)
    for X, _ in found:
        X.resize(X.shape[0], width)
    return sp.vstack([X for X, _ in found], format="csr"), np.concatenate([y for _, y in found])


def _write_rows(file: BinaryIO, X: Any, y: np.ndarray, first: int) -> None:
    rows = as_rows(X)
    rows.refuse_infinite()
    # Digits enough to be read as the same number again.
    entry = "%d:%.9g" if rows.data.dtype == np.float32 else "%d:%r"
    label = "%.17g" if y.dtype.kind == "f" else "%d"
    for piece in chunked_slices(rows.shape[0], PIECE_ROWS):
        block = rows.csr[piece].copy()
        block.sum_duplicates()
        entries = list(map(entry.__mod__, zip((block.indices + first).tolist(), block.data.tolist(), strict=True)))
        bounds = block.indptr.tolist()
        for k, of_row in enumerate(y[piece].tolist()):
            line = " ".join([label % of_row, *entries[bounds[k] : bounds[k + 1]]])
            file.write(line.encode() + b"\n")


@contextmanager
def _opened_to_write(file: Any) -> Iterator[BinaryIO]:
    if not isinstance(file, (str, os.PathLike)):
        if not hasattr(file, "write"):
            raise TypeError(f"file must be a path or a binary file; got {type(file).__name__}.")
        yield file
        return
    with tensor_file.replacing(file) as opened:
        if os.path.splitext(file)[1] in COMPRESSED:
            with COMPRESSED[os.path.splitext(file)[1]](opened, "wb") as compressed:
                yield compressed
        else:
            yield opened


def write_svmlight(file: Any, X: Any, y: Any = None, *, zero_based: bool = False) -> None:
    r"""Write rows to a svmlight (libsvm) file, with the digits that give the same numbers back.

    Parameters
    ----------
    file : str, path or binary file
        A path that ends in ``.gz`` or ``.bz2`` is compressed. A file appears at a path once it is complete.
    X : sparse matrix, array of shape (n_samples, n_features), or Store
        Entries are sorted, and those of the same feature summed.
    y : array of shape (n_samples,), default=None
        Labels, numbers. Only those of a store may be left out, which has its own.
    zero_based : bool, default=False
        Whether the first feature is called 0 or 1, as LIBSVM and LIBLINEAR have it.

    Raises
    ------
    OSError
        If the file cannot be written.
    ValueError
        If labels are missing or no numbers, a value is not finite, or a store has weights, which the format has not.

    See Also
    --------
    read_svmlight : The other way.

    Examples
    --------
    >>> import io
    >>> import fastlr
    >>> file = io.BytesIO()
    >>> fastlr.write_svmlight(file, [[0.5, 0.0, 2.0]], [1])
    >>> file.getvalue()
    b'1 1:0.5 3:2.0\n'
    """
    if not isinstance(X, Store):
        X = X if sp.issparse(X) else np.atleast_2d(np.asarray(X))
    elif X.weighted:
        raise ValueError("The store has weights, and svmlight files have none: pass store.to_csr() and store.labels().")
    n_samples, labels = X.shape[0], y
    if y is None:
        labels = X.classes_ if isinstance(X, Store) else None
        if labels is None:
            raise ValueError("y must be given: there are no labels to write.")
    elif np.shape(y) != (n_samples,):
        raise ValueError(f"y must hold a label for each of {n_samples} rows; found shape {np.shape(y)}.")
    labels = np.asarray(labels)
    if labels.dtype.kind not in "biuf" or (labels.dtype.kind == "f" and not np.isfinite(labels).all()):
        raise ValueError(f"svmlight files have numbers as labels; found {labels.dtype}. Pass their codes as y.")
    start = 0
    with _opened_to_write(file) as opened:
        for chunk, own in (
            ((c.X, c.y) for c in X) if isinstance(X, Store) else [(X.tocsr() if sp.issparse(X) else X, None)]
        ):
            stop = start + chunk.shape[0]
            _write_rows(opened, chunk, own if y is None else labels[start:stop], 0 if zero_based else 1)
            start = stop
