"""A checked problem: rows, labels and weights as the arrays that the kernels take.

A kernel trusts its indices, so nothing reaches one that was not checked here, however it was made: scipy itself lets
through a matrix whose indices point outside it. Nothing of the caller's is changed or sorted, and a CSR matrix of
floating-point numbers is not copied.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from numbers import Real
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np

from fastlr.arrays import frozen

if TYPE_CHECKING:
    import scipy.sparse as sp

# Checks go through long arrays by pieces of this many entries, so that their temporaries stay in the cache.
PIECE = 1 << 16


def pieces(n: int, size: int = PIECE) -> Iterator[slice]:
    """Cut ``range(n)`` into slices of ``size``."""
    for start in range(0, n, size):
        yield slice(start, min(start + size, n))


@dataclass(frozen=True)
class Rows:
    """The rows of a checked matrix in CSR form, and what is known of their values.

    Passes over all rows (`fastlr.solvers.passes.over_rows`) ask for ``shape``, ``nnz``, ``dtype``, `blocks` and
    `squared` alone, which rows on disk have too, `fastlr.store.rows.StoredRows`.

    Attributes
    ----------
    indptr, indices : ndarray of int32 or int64, of one dtype
        Row ``i`` is entries ``indptr[i]`` to ``indptr[i + 1] - 1``. Neither sorted nor free of duplicates.
    data : ndarray of float32 or float64
    shape : tuple
        ``(n_samples, n_features)``.
    """

    indptr: np.ndarray
    indices: np.ndarray
    data: np.ndarray
    shape: tuple[int, int]

    @functools.cached_property
    def largest(self) -> float:
        """Largest absolute value in ``data``; finite.

        Raises
        ------
        ValueError
            If a value is not.
        """
        return _largest(self.data)

    def refuse_infinite(self) -> None:
        """Raise the ValueError of `largest` if a value is NaN or infinite."""
        _ = self.largest

    @property
    def nnz(self) -> int:
        """Number of stored entries."""
        return int(self.indptr[-1])

    @property
    def dtype(self) -> np.dtype:
        """Type of the values."""
        return self.data.dtype

    def blocks(self) -> Iterator[Block]:
        """Yield all rows in their order, in blocks each of which is in memory while it is looked at: here in one."""
        yield Block(0, self)

    def squared(self) -> Rows:
        """Return the rows with the square of every entry, in float64."""
        with np.errstate(over="ignore"):
            return replace(self, data=frozen(self.data.astype(np.float64) ** 2))

    def taken(self, chosen: np.ndarray) -> Rows:
        """Return a copy of some of the rows, in the order in which they are chosen."""
        starts, lengths = self.indptr[chosen], np.diff(self.indptr)[chosen]
        indptr = np.zeros(len(chosen) + 1, self.indptr.dtype)
        np.cumsum(lengths, out=indptr[1:])
        entries = np.arange(int(indptr[-1])) + np.repeat(starts - indptr[:-1], lengths)
        shape = len(chosen), self.shape[1]
        return Rows(frozen(indptr), frozen(self.indices[entries]), frozen(self.data[entries]), shape)

    @functools.cached_property
    def csr(self) -> sp.csr_array:
        """Return the rows as a scipy array over the same memory."""
        import scipy.sparse as sp  # here, as texts are trained on and predicted without it, and it takes 0.1 s

        X = sp.csr_array(self.shape, dtype=self.data.dtype)
        # The constructor would copy what is a small part of a larger array, a memory-mapped file's for example.
        X.data, X.indices, X.indptr = self.data, self.indices, self.indptr
        return X


class Block(NamedTuple):
    """Rows next to each other.

    Attributes
    ----------
    first : int
        Number of the first one.
    rows : Rows
    """

    first: int
    rows: Rows

    def of(self, array: np.ndarray) -> np.ndarray:
        """Return a view of the entries of these rows in an array that has one for each row there is, or none at all."""
        return array[self.first : self.first + self.rows.shape[0]]


def _check_array(array: Any, name: str, kinds: str, ndim: int = 1) -> np.ndarray:
    if not isinstance(array, np.ndarray) or array.ndim != ndim or array.dtype.kind not in kinds:
        found = f"{array.ndim}-D {array.dtype}" if isinstance(array, np.ndarray) else type(array).__name__
        wanted = "integers" if kinds == "iu" else "real numbers"
        raise ValueError(f"X is malformed: {name} must be a {ndim}-D array of {wanted}, but it is {found}.")
    return np.asarray(array)  # a subclass could show the checks other entries than the kernels (a masked array does)


def _check_range(indices: np.ndarray, bound: int, name: str) -> None:
    # Without its sign a negative number is a large one, so that one look tells both.
    unsigned = indices.view(indices.dtype.str.replace("i", "u"))
    least_bad = min(bound, np.iinfo(indices.dtype).max + 1)
    for piece in pieces(len(indices)):
        if int(unsigned[piece].max()) >= least_bad:
            low, high = int(indices[piece].min()), int(indices[piece].max())
            raise ValueError(
                f"X is malformed: {name} holds {low if low < 0 else high}, but must lie between 0 and {bound - 1}."
            )


def _check_compressed(
    X: Any, n_major: int, n_minor: int, data_ndim: int = 1
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the arrays of a CSR, CSC or BSR matrix; refuse those that would be read out of bounds."""
    indptr = _check_array(X.indptr, "indptr", "iu")
    indices = _check_array(X.indices, "indices", "iu")
    data = _check_array(X.data, "data", "biufc", data_ndim)
    if len(indptr) != n_major + 1:
        raise ValueError(f"X is malformed: indptr has {len(indptr)} entries, but shape {X.shape} needs {n_major + 1}.")
    if indptr[0] != 0:
        raise ValueError(f"X is malformed: indptr must begin with 0, but begins with {indptr[0]}.")
    for piece in pieces(n_major):
        if (indptr[piece.start + 1 : piece.stop + 1] < indptr[piece]).any():
            raise ValueError("X is malformed: indptr must not decrease.")
    nnz = int(indptr[-1])
    if nnz > min(len(indices), len(data)):
        raise ValueError(
            f"X is malformed: indptr ends at {nnz}, but there are {len(indices)} indices and {len(data)} values."
        )
    _check_range(indices[:nnz], n_minor, "indices")
    return indptr, indices[:nnz], data[:nnz]


def _plain(X: Any, names: tuple[str, ...]) -> None:
    """Refuse arrays of a subclass, which scipy would see otherwise than the checks did."""
    for name in names:
        if type(getattr(X, name)) is not np.ndarray and not isinstance(getattr(X, name), np.memmap):
            raise ValueError(f"X is malformed: {name} must be a plain array, not {type(getattr(X, name)).__name__}.")


def check_convertible(X: Any) -> None:
    """Refuse a sparse matrix that scipy's own conversion to CSR would read or write out of bounds.

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
            raise ValueError("X is malformed: a row has not as many values as columns.")
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
            raise ValueError(f"X is malformed: offsets must lie between {1 - n_rows} and {n_columns - 1}.")


def _largest(data: np.ndarray) -> float:
    """Return the largest absolute value; refuse NaN and infinity."""
    largest = 0.0
    for piece in pieces(len(data)):
        low, high = float(data[piece].min()), float(data[piece].max())
        if np.isnan(low):
            raise ValueError("Input X contains NaN. Logistic regression needs every value: impute, or drop the rows.")
        if np.isinf(low) or np.isinf(high):
            raise ValueError(f"Input X contains infinity or a value too large for {data.dtype}.")
        largest = max(largest, -low, high)
    return largest


def _csr_of_dense(X: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the CSR arrays of a dense matrix's entries that are not 0, row by row, with no temporary of its size."""
    n_rows, n_columns = X.shape
    indptr = np.zeros(n_rows + 1, np.int64)
    blocks = list(pieces(n_rows, max(1, PIECE // max(1, n_columns))))
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
    """Return the rows of a CSR or dense matrix, all but the values checked.

    Parameters
    ----------
    X : CSR matrix or array, or ndarray of shape (n_samples, n_features)
    dtype : {None, np.float32, np.float64}
        Type of the values; None keeps float32 and makes everything else float64.

    Raises
    ------
    ValueError
        If an index or ``indptr`` is out of range, or an array has the wrong shape or type.
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
    """Return `as_rows`, once no value is NaN or infinite.

    Raises
    ------
    ValueError
        As `as_rows`, or if a value is not finite.
    """
    rows = as_rows(X, dtype)
    rows.refuse_infinite()
    return rows


def find_classes(y: np.ndarray) -> np.ndarray:
    """Return the sorted distinct labels, without sorting all of ``y`` at once."""
    classes = np.unique(y[:PIECE])
    for piece in pieces(len(y)):
        classes = np.union1d(classes, y[piece])
    return classes


def encode_labels(y: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Return the place of each label in the sorted ``classes``, as read-only int32.

    Raises
    ------
    ValueError
        If a label is not among the classes.
    """
    codes = np.empty(len(y), np.int32)
    for piece in pieces(len(y)):
        found = np.minimum(np.searchsorted(classes, y[piece]), len(classes) - 1)
        unknown = classes[found] != y[piece]
        if unknown.any():
            raise ValueError(
                f"y contains labels that are not in classes: {np.unique(y[piece][unknown]).tolist()}; "
                f"classes are {classes.tolist()}."
            )
        codes[piece] = found
    return frozen(codes)


def class_mass(labels: np.ndarray, sample_weight: np.ndarray | None, n_classes: int) -> np.ndarray:
    """Return the sum of the sample weights of each class, float64, shape (n_classes,)."""
    return np.bincount(labels, weights=sample_weight, minlength=n_classes).astype(np.float64)


def row_weights(
    sample_weight: np.ndarray | None,
    class_weight: Mapping[Any, float] | str | None,
    classes: np.ndarray,
    labels: np.ndarray,
    mass: np.ndarray | None = None,
) -> np.ndarray | None:
    """Return ``s``, the product of sample and class weights, read-only float64; None where every row weighs 1.

    ``"balanced"`` gives class ``k`` the weight ``sum(w) / (n_classes * sum of w over the class)`` for sample weights
    ``w``, so that a weight of 2 is the same as the row twice; only classes of some weight count. ``mass`` has these
    sums over the classes, if they are not to be taken over these rows.

    Raises
    ------
    ValueError
        If ``class_weight`` names a class that is not there, or a weight is negative or not finite.
    """
    if class_weight is None:
        return None if sample_weight is None else frozen(sample_weight)
    if isinstance(class_weight, str):
        mass = class_mass(labels, sample_weight, len(classes)) if mass is None else mass
        n_seen = np.count_nonzero(mass)
        per_class = np.divide(mass.sum(), n_seen * mass, out=np.zeros(len(classes)), where=mass > 0)
    else:
        per_class = np.ones(len(classes))
        known = {label: k for k, label in enumerate(classes.tolist())}
        for label, weight in class_weight.items():
            if label not in known:
                raise ValueError(f"class_weight names the class {label!r}, but the classes are {classes.tolist()}.")
            if not (isinstance(weight, Real) and 0 <= weight <= np.finfo(np.float64).max):
                raise ValueError(f"class_weight[{label!r}] must be a number, 0 or more and finite; got {weight!r}.")
            per_class[known[label]] = float(weight)
    weights = per_class[labels]
    if sample_weight is not None:
        with np.errstate(over="ignore"):
            weights *= sample_weight
    return frozen(weights)


@dataclass(frozen=True)
class Problem:
    """Rows with their labels and weights.

    Rows on disk make a problem of several parts, `fastlr.store.problem.StoredProblem`. What a trainer asks of either is
    ``n_parts``, `parts`, ``n_present``, ``n_nonzeros``, ``total_weight``, ``shape``, ``dtype``, ``n_classes``,
    ``n_outputs``, `targets`, `without`, `only`, `sampled` and `identity`.

    Attributes
    ----------
    rows : Rows
        Or rows on disk, where all that is done with them are passes over all of them.
    labels : ndarray of int32, shape (n_samples,)
        Class codes.
    sample_weight : ndarray of float64, shape (n_samples,)
        ``s``; of shape (0,) where every row weighs 1.
    present : ndarray of intp
        The rows that count: those whose weight is not 0, in their order, less those held out for validation.
    n_classes : int
    n_threads : int
        In how many threads passes over all rows may be made; given this the results are the same to the bit.
    """

    rows: Rows
    labels: np.ndarray
    sample_weight: np.ndarray
    present: np.ndarray
    n_classes: int
    n_threads: int = 1

    n_parts: ClassVar[int] = 1

    @classmethod
    def make(cls, rows: Rows, labels: np.ndarray, sample_weight: np.ndarray | None, n_classes: int) -> Problem:
        """Assemble the parts; ``sample_weight`` None means that every row weighs 1."""
        if sample_weight is None:
            present = np.arange(rows.shape[0])
            sample_weight = frozen(np.empty(0))
        else:
            present = np.flatnonzero(sample_weight)
            with np.errstate(over="ignore"):
                total = sample_weight.sum()
            if not np.isfinite(total):
                raise ValueError("The sum of sample_weight times class_weight is not finite; scale the weights down.")
        return cls(rows, labels, sample_weight, frozen(present), n_classes)

    def without(self, absent: np.ndarray) -> Problem:
        """Return the problem of all rows but ``absent``, of which the matrix is the same, not a copy."""
        stays = np.ones(self.rows.shape[0], bool)
        stays[absent] = False
        sample_weight = frozen(self.sample_weight * stays) if len(self.sample_weight) else self.sample_weight
        present = frozen(self.present[stays[self.present]])
        return replace(self, sample_weight=sample_weight, present=present)

    def only(self, chosen: np.ndarray) -> Problem:
        """Return the problem of the rows ``chosen``, of which the matrix is the same, not a copy."""
        absent = np.ones(self.rows.shape[0], bool)
        absent[chosen] = False
        return self.without(np.flatnonzero(absent))

    def parts(self) -> Iterator[Problem]:
        """Yield problems, each in memory while it is looked at, which together have all the rows."""
        yield self

    def targets(self) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
        """Yield parts of the rows: the number of the first, the labels, and which of them are present."""
        yield 0, self.labels, self.present

    def taken(self, chosen: np.ndarray) -> Problem:
        """Return a copy of the rows ``chosen``, as a problem of its own."""
        s = frozen(self.sample_weight[chosen]) if len(self.sample_weight) else self.sample_weight
        present = frozen(np.arange(len(chosen)))
        return Problem(self.rows.taken(chosen), frozen(self.labels[chosen]), s, present, self.n_classes)

    def sampled(self, n: int) -> Problem:
        """Return a copy of up to ``n`` rows that are present, at equal distances."""
        return self.taken(self.present[:: max(1, self.n_present // n)][:n])

    def identity(self) -> dict[str, tuple[np.ndarray, ...]]:
        """Return arrays that tell the matrix, the labels and the weights from others."""
        rows = self.rows
        return {
            "X": (rows.indptr, rows.indices, rows.data),
            "y": (self.labels,),
            "weights": (self.sample_weight, self.present),
        }

    @property
    def shape(self) -> tuple[int, int]:
        """``(n_samples, n_features)``."""
        return self.rows.shape

    @property
    def dtype(self) -> np.dtype:
        """Type of the values."""
        return self.rows.dtype

    @property
    def n_present(self) -> int:
        """Number of rows present."""
        return len(self.present)

    @property
    def n_nonzeros(self) -> int:
        """Number of entries of the rows present."""
        return int(np.diff(self.rows.indptr)[self.present].sum(dtype=np.int64))

    @functools.cached_property
    def largest(self) -> float:
        """Largest absolute value in the rows that count."""
        if len(self.present) == self.rows.shape[0] or self.rows.largest < 1e10:  # far from any limit: no need to look
            return self.rows.largest
        return max(
            (_largest(self.rows.csr[self.present[p]].data) for p in pieces(len(self.present), 4096)), default=0.0
        )

    @property
    def n_outputs(self) -> int:
        """Number of scores a row: one for two classes, otherwise one a class."""
        return 1 if self.n_classes == 2 else self.n_classes

    @functools.cached_property
    def mixed(self) -> bool:
        """Whether neighbours among the rows present are of one class about as often as chance has it."""
        labels = self.labels[self.present]
        if len(labels) < 2:
            return False
        shares = np.bincount(labels, minlength=self.n_classes) / len(labels)
        chance = float(shares @ shares)
        return float(np.mean(labels[1:] == labels[:-1])) <= chance + 0.1 * (1.0 - chance)

    @functools.cached_property
    def total_weight(self) -> float:
        """``sum(s)``."""
        return float(self.sample_weight.sum()) if len(self.sample_weight) else float(len(self.present))
