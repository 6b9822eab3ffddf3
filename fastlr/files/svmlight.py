"""svmlight (libsvm) files: text with a row per line, ``label index:value index:value ... # comment``.

scikit-learn parses the lines, a chunk of them at a time. `read_svmlight` is for callers of the library: it accepts any
finite labels, and refuses a file with a malformed line. `read` is for the command line: labels must be whole numbers,
and malformed lines can be skipped.
"""

from __future__ import annotations

import importlib
import io
import math
import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

import numpy as np
import scipy.sparse as sp

from fastlr.data.validation import as_rows, to_csr
from fastlr.files.batches import BadLine, BadLines
from fastlr.files.inputs.compression import decompressed
from fastlr.files.layout import Layout
from fastlr.files.row_batches import RowBatch
from fastlr.files.source import Source
from fastlr.files.streams import ReadError
from fastlr.persistence.tensor_file import replacing
from fastlr.store import Store, StoreWriter, open_store
from fastlr.store.row_source import row_source
from fastlr.utils.arrays import chunked_slices

# Bytes of text that are parsed at a time by `read_svmlight`; the rows take about as much memory.
CHUNK_BYTES = 1 << 24

# Rows that are formatted at a time.
CHUNK_ROWS = 4096

# What `write_svmlight` compresses by the suffix of the path.
COMPRESSED = {".gz": "gzip", ".bz2": "bz2"}

BYTE_ORDER_MARK = b"\xef\xbb\xbf"

# An underscore outside a comment: Python accepts 1_000 as a number, svmlight does not.
UNDERSCORE = re.compile(rb"(?m)^[^#\n]*_")

INDEX_0 = re.compile(rb"\s0+:")

# The type of the values that `read` yields: rows take two thirds of the space, at a precision far beyond the noise of
# training.
DTYPE = np.float32
LARGEST = float(np.finfo(DTYPE).max)

# scikit-learn's parser has indices of 32 bits.
MAX_INDEX = 2**31 - 1

# float64 tells whole numbers up to this apart.
MAX_LABEL = 2**53

# Characters of a malformed word that messages show.
MAX_SHOWN = 20


def _parse(text: bytes, dtype: Any) -> tuple[sp.csr_matrix, np.ndarray]:
    """Return the rows and labels of lines, with columns numbered as in the lines.

    Raises
    ------
    ValueError, OverflowError
        If a line is malformed.
    """
    from sklearn.datasets import load_svmlight_file  # here, because the import takes a second

    return load_svmlight_file(io.BytesIO(text), dtype=dtype, zero_based=True)


def _has_underscores(text: bytes) -> bool:
    """Tell whether there are underscores outside comments."""
    return b"_" in text and UNDERSCORE.search(text) is not None


def read(source: Source, layout: Layout) -> Iterator[RowBatch]:
    """Yield the rows of a file. Labels must be whole numbers, unless they are not wanted.

    Features are counted from 1, unless ``source.zero_based``: a stream cannot be searched for an index of 0 first, and
    files for training and prediction must be read alike.
    """
    first, number = 0 if source.zero_based else 1, 1
    for block in source.blocks:
        text, n_lines = bytes(block), block.count(b"\n")
        found = None if _has_underscores(text) else _parsed(text)
        if found is None or not _is_good(*found, first, source.with_labels):
            text = _good_lines(text, number, first, source.with_labels, source.bad)
            found = _parsed(text)
            source.bad.check()
            if found is None or not _is_good(*found, first, source.with_labels):
                raise ReadError(f"lines {number} to {number + n_lines - 1} are not svmlight")
        X, y = found
        shape = len(y), max(X.shape[1] - first, 1)
        rows = sp.csr_array((X.data, (X.indices - first).astype(np.int32), X.indptr), shape=shape)
        lines = _numbers(text, number, len(y))
        yield RowBatch(rows, y.astype(np.int64) if source.with_labels else None, None, len(block), lines)
        number += n_lines


def _parsed(text: bytes) -> tuple[sp.csr_matrix, np.ndarray] | None:
    try:
        return _parse(text, DTYPE)
    except (ValueError, OverflowError):
        return None


def _is_good(X: sp.csr_matrix, y: np.ndarray, first: int, with_labels: bool) -> bool:
    """Tell whether parsed rows have finite values, valid indices and, if wanted, whole labels."""
    if not np.isfinite(X.data).all() or int(X.indices.min(initial=MAX_INDEX)) < first:
        return False
    return not with_labels or bool((np.isfinite(y) & (y == np.floor(y)) & (np.abs(y) <= MAX_LABEL)).all())


def _good_lines(text: bytes, number: int, first: int, with_labels: bool, bad: BadLines) -> bytes:
    """Return the lines with an empty line in place of each malformed one, and record these."""
    lines = []
    for place, line in enumerate(text.split(b"\n")[:-1], number):
        try:
            check_line(line, first, with_labels)
        except BadLine as error:
            bad.add([place], str(error))
            line = b""
        lines.append(line + b"\n")
    return b"".join(lines)


def _numbers(text: bytes, number: int, n_rows: int) -> np.ndarray:
    """Return the numbers of the lines that hold rows, given that of the first line; others are empty or comments."""
    lines = text.split(b"\n")[:-1]
    if len(lines) == n_rows:
        return np.arange(number, number + n_rows)
    return np.array([place for place, line in enumerate(lines, number) if line.partition(b"#")[0].strip()], np.int64)


def check_line(line: bytes, first: int, with_labels: bool) -> None:
    """Raise BadLine, with the reason, if a line is malformed."""
    words = line.partition(b"#")[0].split()
    if not words:
        return
    label = _number(words[0])
    if label is None or (with_labels and not math.isfinite(label)):
        raise BadLine(f"label {_shown(words[0])} is not a number")
    if with_labels and not (label.is_integer() and abs(label) <= MAX_LABEL):
        raise BadLine(f"label {_shown(words[0])} is not a whole number")
    last = -1
    for word in words[2:] if words[1:2] and words[1].startswith(b"qid:") else words[1:]:
        name, colon, value = word.partition(b":")
        index, number = _number(name, int), _number(value)
        if not colon or index is None or number is None:
            raise BadLine(f"{_shown(word)} is not index:value")
        if index < first:
            hint = "; pass --zero-based if features are counted from 0" if index == 0 else ""
            raise BadLine(f"index {index} is below {first}{hint}")
        if index > MAX_INDEX:
            raise BadLine(f"index {_shown(name)} is above {MAX_INDEX}")
        if index <= last:
            raise BadLine(f"index {index} follows {last}, but indices must increase")
        if not abs(number) <= LARGEST:
            raise BadLine(f"value {_shown(value)} of index {index} is not finite")
        last = index


def _number(word: bytes, kind: Callable[[bytes], Any] = float) -> Any:
    """Return a number; None for a word that is not one, or that only Python takes for one."""
    try:
        return None if b"_" in word else kind(word)
    except ValueError:
        return None


def _shown(word: bytes) -> str:
    """Return a word as messages show it."""
    text = word.decode("utf-8", "replace")
    return repr(text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}...")


def write(path: str, batches: Iterable[RowBatch], n_features: int | None) -> None:
    """Write rows, whose labels must be whole numbers.

    Raises
    ------
    ValueError
        If the rows have weights, or a label is not a whole number.
    """
    with replacing(path) as file:
        for batch in batches:
            if batch.weights is not None:
                raise ValueError("svmlight files cannot hold the weights of rows")
            labels = np.asarray(batch.y)
            strange = next((str(label) for label in np.unique(labels) if not _is_whole(label)), None)
            if strange is not None:
                raise ValueError(f"svmlight labels must be whole numbers; found {strange!r}")
            write_svmlight(file, batch.X, labels.astype(float))


def _is_whole(label: Any) -> bool:
    """Tell whether a label can be read back as a whole number."""
    try:
        return "_" not in str(label) and float(label).is_integer() and abs(float(label)) <= MAX_LABEL
    except ValueError:
        return False


def _name(file: Any) -> str:
    return repr(os.fspath(file)) if isinstance(file, (str, os.PathLike)) else str(getattr(file, "name", "the file"))


@contextmanager
def _opened(file: Any) -> Iterator[BinaryIO]:
    if isinstance(file, (str, os.PathLike)):
        try:
            with open(file, "rb") as raw, decompressed(raw) as opened:
                yield opened
        except ImportError as error:
            raise ImportError(f"{_name(file)} {error}.") from error
        except OSError as error:
            if error.errno is None:
                raise OSError(f"{_name(file)} is damaged: {error}.") from error
            raise
    elif hasattr(file, "read"):
        yield file
    else:
        raise TypeError(f"file must be a path or a binary file; got {type(file).__name__}.")


def _texts(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Yield chunks of whole lines, each after the number of its first line, from 1."""
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


def _parse_finite(text: bytes, dtype: Any) -> tuple[sp.csr_matrix, np.ndarray]:
    """Parse lines, and refuse numbers that are not finite, or that only Python accepts."""
    if _has_underscores(text):
        raise ValueError("a number contains an underscore")
    X, y = _parse(text, dtype)
    if not np.isfinite(y).all():
        raise ValueError("a label is NaN or infinite")
    if not np.isfinite(X.data).all():
        raise ValueError(f"a value is NaN, infinite or too large for {np.dtype(dtype)}")
    return X, y


def _parse_lines(text: bytes, first: int, name: str, dtype: Any) -> tuple[sp.csr_matrix, np.ndarray]:
    """Parse lines; an error names the line."""
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
    """Return the number of the first line with an index of 0 outside comments; None if there is none."""
    for match in INDEX_0.finditer(text):
        if b"#" not in text[text.rfind(b"\n", 0, match.start()) + 1 : match.start()]:
            return first + text.count(b"\n", 0, match.start())
    return None


def _is_zero_based(file: Any, zero_based: bool | str, name: str) -> bool:
    if isinstance(zero_based, (bool, np.bool_)):
        return bool(zero_based)
    if zero_based != "auto":
        raise ValueError(f"zero_based must be True, False or 'auto'; got {zero_based!r}.")
    with _opened(file) as opened:
        try:
            if opened is file:
                start = file.tell()
                file.seek(start)
            elif not os.path.isfile(file):
                raise OSError("is a pipe")
        except OSError as error:
            raise ValueError(
                f"zero_based='auto' reads the file twice, which {name} does not allow: pass zero_based=True or False."
            ) from error
        found = any(_line_of_index_0(text, first) is not None for first, text in _texts(opened))
        if opened is file:
            file.seek(start)
    return found


def svmlight_chunks(
    file: Any, *, n_features: int | None = None, zero_based: bool | str = "auto", dtype: Any = np.float64
) -> Iterator[tuple[sp.csr_matrix, np.ndarray]]:
    """Yield the rows of a svmlight file chunk by chunk; see `read_svmlight`.

    Yields
    ------
    X : csr_matrix of shape (n, n_features)
        Without ``n_features``, with as many columns as the chunk needs.
    y : ndarray of float64, shape (n,)
    """
    name = _name(file)
    shift = 0 if _is_zero_based(file, zero_based, name) else 1
    with _opened(file) as opened:
        for first, text in _texts(opened):
            X, y = _parse_lines(text, first, name, dtype)
            if X.shape[0] == 0:
                continue
            indices = X.indices - shift
            low, high = (int(indices.min()), int(indices.max())) if len(indices) else (0, -1)
            if low < 0:
                line = _line_of_index_0(text, first)
                raise ValueError(f"{name}, line {line}: an index is 0, but zero_based=False.")
            if n_features is not None and high >= n_features:
                raise ValueError(f"{name} has at least {high + 1} features, but n_features={n_features}.")
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
    r"""Read a svmlight (libsvm) file into memory, or into a store if it is too large for that.

    Parameters
    ----------
    file : str, path or binary file
        Files compressed by gzip, bzip2, xz or zstd are decompressed. Comments, empty lines and ``qid`` are ignored.
    n_features : int, default=None
        Number of columns; None takes the largest index. Set it if several files belong together.
    zero_based : bool or "auto", default="auto"
        Whether features are counted from 0 or from 1. ``"auto"`` first searches the file for an index of 0; set it for
        a part of a data set, where the index 0 may happen not to occur.
    dtype : {np.float64, np.float32}, default=np.float64
        Type of the values.
    store : str or path, default=None
        Folder of a store to write the rows to, in the memory of a few chunks.

    Returns
    -------
    (X, y) : csr_matrix of shape (n_samples, n_features) and ndarray of float64
        Or the `Store`, if ``store`` is given.

    Raises
    ------
    OSError
        If a file cannot be read or written.
    ValueError
        If a line is malformed or holds NaN or infinity (the message names the line), an index is out of range, or the
        file has no rows.

    See Also
    --------
    write_svmlight : Write such a file.
    sklearn.datasets.load_svmlight_file : Reads into memory only, and multilabel files too.

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
    # As many digits as it takes to read the same number back.
    entry = "%d:%.9g" if rows.data.dtype == np.float32 else "%d:%r"
    label = "%.17g" if y.dtype.kind == "f" else "%d"
    for chunk in chunked_slices(rows.shape[0], CHUNK_ROWS):
        block = rows.csr[chunk].copy()
        block.sum_duplicates()
        entries = list(map(entry.__mod__, zip((block.indices + first).tolist(), block.data.tolist(), strict=True)))
        bounds = block.indptr.tolist()
        for k, of_row in enumerate(y[chunk].tolist()):
            line = " ".join([label % of_row, *entries[bounds[k] : bounds[k + 1]]])
            file.write(line.encode() + b"\n")


@contextmanager
def _opened_to_write(file: Any) -> Iterator[BinaryIO]:
    if not isinstance(file, (str, os.PathLike)):
        if not hasattr(file, "write"):
            raise TypeError(f"file must be a path or a binary file; got {type(file).__name__}.")
        yield file
        return
    with replacing(file) as opened:
        module = COMPRESSED.get(os.path.splitext(file)[1])
        if module is not None:
            with importlib.import_module(module).open(opened, "wb") as compressed:
                yield compressed
        else:
            yield opened


def write_svmlight(file: Any, X: Any, y: Any = None, *, zero_based: bool = False) -> None:
    r"""Write rows to a svmlight (libsvm) file, with enough digits to read the same numbers back.

    Parameters
    ----------
    file : str, path or binary file
        Files whose path ends in ``.gz`` or ``.bz2`` are compressed. The file appears once it is complete.
    X : sparse matrix, array of shape (n_samples, n_features), or Store
        Entries are sorted, and duplicates are summed.
    y : array of shape (n_samples,), default=None
        Labels, which must be numbers. None takes those of a store.
    zero_based : bool, default=False
        Whether features are counted from 0 rather than from 1. LIBSVM and LIBLINEAR count from 1.

    Raises
    ------
    OSError
        If the file cannot be written.
    ValueError
        If labels are missing or are not numbers, a value is not finite, or a store has weights, which the format
        cannot hold.

    See Also
    --------
    read_svmlight : Read such a file.

    Examples
    --------
    >>> import io
    >>> import fastlr
    >>> file = io.BytesIO()
    >>> fastlr.write_svmlight(file, [[0.5, 0.0, 2.0]], [1])
    >>> file.getvalue()
    b'1 1:0.5 3:2.0\n'
    """
    source = row_source(X)
    if source.in_memory:
        X = to_csr(X) if sp.issparse(X) else np.atleast_2d(np.asarray(X))
        source = row_source(X)
    elif X.weighted:
        raise ValueError("svmlight files cannot hold the weights of the store: pass store.to_csr() and store.labels().")
    n_samples, labels = X.shape[0], y
    if y is None:
        labels = None if source.in_memory else X.classes_
        if labels is None:
            raise ValueError("y is required: there are no labels to write.")
    elif np.shape(y) != (n_samples,):
        raise ValueError(f"y must have one label for each of {n_samples} rows; found shape {np.shape(y)}.")
    labels = np.asarray(labels)
    if labels.dtype.kind not in "biuf" or (labels.dtype.kind == "f" and not np.isfinite(labels).all()):
        raise ValueError(f"svmlight labels must be finite numbers; found {labels.dtype}. Encode the labels as numbers.")
    first = 0 if zero_based else 1
    start = 0
    with _opened_to_write(file) as opened:
        for chunk in source:
            stop = start + chunk.X.shape[0]
            own = labels[start:stop] if chunk.y is None or y is not None else chunk.y
            _write_rows(opened, chunk.X, own, first)
            start = stop
