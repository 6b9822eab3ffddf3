"""Checks of matrices before any kernel reads them."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastlr.data.rows import Rows
from fastlr.utils.arrays import CHUNK_SIZE, chunked_slices, frozen


def _check_array(array: Any, name: str, kinds: str, ndim: int = 1) -> np.ndarray:
    if not isinstance(array, np.ndarray) or array.ndim != ndim or array.dtype.kind not in kinds:
        found = f"{array.ndim}-D {array.dtype}" if isinstance(array, np.ndarray) else type(array).__name__
        wanted = "integers" if kinds == "iu" else "real numbers"
        raise ValueError(f"X is malformed: {name} must be a {ndim}-D array of {wanted}, but it is {found}.")
    return np.asarray(array)  # a subclass, such as a masked array, could show the checks other entries


def _check_range(indices: np.ndarray, bound: int, name: str) -> None:
    # As unsigned numbers, negative ones are large: one comparison finds both kinds.
    unsigned = indices.view(indices.dtype.str.replace("i", "u"))
    least_bad = min(bound, np.iinfo(indices.dtype).max + 1)
    for chunk in chunked_slices(len(indices)):
        if int(unsigned[chunk].max()) >= least_bad:
            low, high = int(indices[chunk].min()), int(indices[chunk].max())
            raise ValueError(
                f"X is malformed: {name} holds {low if low < 0 else high}, but must be between 0 and {bound - 1}."
            )


def _check_compressed(
    X: Any, n_major: int, n_minor: int, data_ndim: int = 1
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the arrays of a CSR, CSC or BSR matrix; raise ValueError if they would be read out of bounds."""
    indptr = _check_array(X.indptr, "indptr", "iu")
    indices = _check_array(X.indices, "indices", "iu")
    data = _check_array(X.data, "data", "biufc", data_ndim)
    if len(indptr) != n_major + 1:
        raise ValueError(f"X is malformed: indptr has {len(indptr)} entries, but shape {X.shape} needs {n_major + 1}.")
    if indptr[0] != 0:
        raise ValueError(f"X is malformed: indptr must start with 0, but starts with {indptr[0]}.")
    for chunk in chunked_slices(n_major):
        if (indptr[chunk.start + 1 : chunk.stop + 1] < indptr[chunk]).any():
            raise ValueError("X is malformed: indptr must not decrease.")
    nnz = int(indptr[-1])
    if nnz > min(len(indices), len(data)):
        raise ValueError(
            f"X is malformed: indptr ends at {nnz}, but there are {len(indices)} indices and {len(data)} values."
        )
    _check_range(indices[:nnz], n_minor, "indices")
    return indptr, indices[:nnz], data[:nnz]


def _plain(X: Any, names: tuple[str, ...]) -> None:
    """Raise ValueError for arrays of a subclass, which SciPy may read differently from the checks."""
    for name in names:
        if type(getattr(X, name)) is not np.ndarray and not isinstance(getattr(X, name), np.memmap):
            raise ValueError(f"X is malformed: {name} must be a plain array, not {type(getattr(X, name)).__name__}.")


def check_convertible(X: Any) -> None:
    """Check a sparse matrix, so that SciPy's conversion to CSR stays within bounds; CSR itself is checked elsewhere.

    Raises
    ------
    ValueError
        If ``X`` is not two-dimensional, or its arrays contradict its shape.
    """
    if X.ndim != 2:
        raise ValueError(f"Expected 2D array, got {X.ndim}D sparse array instead: X must have rows and columns.")
    n_rows, n_columns = X.shape
    if X.format in ("csc", "bsr"):
        _plain(X, ("indptr", "indices", "data"))
    if X.format == "csc":
        _check_compressed(X, n_columns, n_rows)
    elif X.format == "bsr":
        height, width = X.blocksize
        if not (height and width):
            raise ValueError(f"X is malformed: its blocks have shape {X.blocksize}.")
        _check_compressed(X, n_rows // height, n_columns // width, 3)
    elif X.format == "coo":
        if len(X.coords) != 2:
            raise ValueError(f"X is malformed: {len(X.coords)} arrays of coordinates, not 2.")
        _plain(X, ("row", "col", "data"))
        data = _check_array(X.data, "data", "biufc")
        for name, bound in (("row", n_rows), ("col", n_columns)):
            coordinates = _check_array(getattr(X, name), name, "iu")
            if len(coordinates) != len(data):
                raise ValueError(f"X is malformed: {len(coordinates)} entries in {name}, but {len(data)} values.")
            _check_range(coordinates, bound, name)
    elif X.format == "lil":
        for name in ("rows", "data"):
            lists = getattr(X, name)
            if getattr(lists, "shape", None) != (n_rows,) or not all(isinstance(entry, list) for entry in lists):
                raise ValueError(f"X is malformed: {name} must be an array of {n_rows} lists.")
        if any(len(columns) != len(values) for columns, values in zip(X.rows, X.data, strict=True)):
            raise ValueError("X is malformed: a row has different numbers of columns and values.")
        for columns in X.rows:
            if not all(isinstance(j, (int, np.integer)) and 0 <= j < n_columns for j in columns):
                raise ValueError(f"X is malformed: rows must hold integers between 0 and {n_columns - 1}.")
    elif X.format == "dia":
        _plain(X, ("data", "offsets"))
        data = _check_array(X.data, "data", "biufc", 2)
        offsets = _check_array(X.offsets, "offsets", "iu")
        if len(offsets) != len(data):
            raise ValueError(f"X is malformed: {len(offsets)} offsets, but {len(data)} diagonals.")
        if len(offsets) and not (-n_rows < int(offsets.min()) and int(offsets.max()) < n_columns):
            raise ValueError(f"X is malformed: offsets must be between {1 - n_rows} and {n_columns - 1}.")


def to_csr(X: Any) -> Any:
    """Check a sparse matrix and convert it to CSR.

    Raises
    ------
    ValueError
        If ``X`` is not two-dimensional, or its arrays contradict its shape.
    """
    check_convertible(X)
    csr = X.tocsr()
    if X.format != "coo" or X.dtype.kind != "f" or csr.nnz == X.nnz:
        return csr
    # SciPy has summed entries of the same place in an order that depends on the C++ library, as its sort is not stable.
    # Here they stay apart, in their own order.
    order = np.argsort(X.row, kind="stable")
    csr.indptr = np.concatenate([[0], np.cumsum(np.bincount(X.row, minlength=X.shape[0]))])
    csr.indices, csr.data = X.col[order], X.data[order]
    csr.has_canonical_format = csr.has_sorted_indices = False
    return csr


def _csr_of_dense(X: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the non-zero entries of a dense matrix as CSR arrays, without a temporary array of its size."""
    n_rows, n_columns = X.shape
    indptr = np.zeros(n_rows + 1, np.int64)
    blocks = list(chunked_slices(n_rows, max(1, CHUNK_SIZE // max(1, n_columns))))
    for block in blocks:
        indptr[block.start + 1 : block.stop + 1] = np.count_nonzero(X[block], axis=1)
    np.cumsum(indptr, out=indptr)
    index = np.int32 if max(indptr[-1], n_columns) < 2**31 else np.int64
    indices = np.empty(indptr[-1], index)
    data = np.empty(indptr[-1], X.dtype)
    for block in blocks:
        rows, columns = np.nonzero(X[block])
        target = slice(indptr[block.start], indptr[block.stop])
        indices[target] = columns
        data[target] = X[block][rows, columns]
    return indptr.astype(index), indices, data


def as_rows(X: Any, dtype: Any = None) -> Rows:
    """Return the rows of a CSR or dense matrix, with everything checked but NaN and infinity.

    Parameters
    ----------
    X : CSR matrix or array, or ndarray of shape (n_samples, n_features)
    dtype : {None, np.float32, np.float64}
        Type of the values; None keeps float32 and makes everything else float64.

    Raises
    ------
    ValueError
        If an index or ``indptr`` is out of bounds, or an array has the wrong shape or type.
    """
    import scipy.sparse as sp

    if sp.issparse(X):
        indptr, indices, data = _check_compressed(X, *X.shape)
    else:
        indptr, indices, data = _csr_of_dense(X)
    if data.dtype.kind == "c":
        raise ValueError(f"Complex data not supported: X holds {data.dtype}.")
    if dtype is None:
        dtype = np.float32 if data.dtype == np.float32 else np.float64
    index = np.int32 if indices.dtype.itemsize <= 4 and max(len(data), X.shape[1]) < 2**31 else np.int64
    with np.errstate(over="ignore"):
        data = frozen(data, dtype)
    return Rows(frozen(indptr, index), frozen(indices, index), data, X.shape)


def check_rows(X: Any, dtype: Any = None) -> Rows:
    """Return `as_rows`, after checking that all values are finite.

    Raises
    ------
    ValueError
        As `as_rows`, or if a value is not finite.
    """
    rows = as_rows(X, dtype)
    rows.refuse_infinite()
    return rows
