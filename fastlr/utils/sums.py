"""Sums in a fixed order: the same bits with every version of NumPy and on every processor.

NumPy adds up an array in an order that depends on its version, its build and the processor, and the order of BLAS also
depends on the number of threads. Additions of two arrays, entry by entry, have one result by IEEE 754, and all sums
here consist of these: numbers are folded, which means that their second half is added to the first, until one is left.

A number takes part in at most ``log2(n) + 3`` additions. So the error of a sum of ``n`` numbers is at most about
``(log2(n) + 3) * 2**-53 * sum(|x|)``, as that of NumPy's pairwise sums. Products are rounded once more. Everything is
computed in float64.

A sum that is too large is infinite, without a warning. A sum takes 0.4 ns a number and a product 0.5 (NumPy and BLAS in
one thread: 0.16), and from 10^7 numbers on, which come from memory, 1.1 to 1.7 times as long as there; at least 5 us.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt  # takes 4 ms to import

# Numbers folded at a time, which stay in the cache, and how many partial sums are kept of them.
BLOCK = 1 << 16
N_KEPT = 1 << 8


def sum_of(x: npt.ArrayLike) -> float:
    """Return the sum of all entries."""
    return float(column_sums(np.ravel(x)[:, None])[0])


def dot(x: npt.ArrayLike, y: npt.ArrayLike) -> float:
    """Return the sum of the products of all entries; the arrays have one shape."""
    return float(column_sums(np.ravel(x)[:, None], np.ravel(y)[:, None])[0])


def mean_of(x: npt.ArrayLike, weights: npt.ArrayLike | None = None) -> float:
    """Return the mean of all entries, weighted if there are weights."""
    return sum_of(x) / np.size(x) if weights is None else dot(x, weights) / sum_of(weights)


def column_sums(x: np.ndarray, y: np.ndarray | None = None) -> np.ndarray:
    """Return the sum of each column of ``x``, or of ``x * y``.

    Parameters
    ----------
    x : ndarray of shape (n_rows, n_columns)
    y : ndarray of shape (n_rows, n_columns) or (n_rows, 1), default=None

    Returns
    -------
    ndarray of float64, shape (n_columns,)
    """
    n_rows, n_columns = x.shape
    if x.size == 0:
        return np.zeros(n_columns)
    # Powers of two, so that no addition is wasted on an odd row.
    size, n_kept = max(_power_of_two(BLOCK // n_columns), 2), _power_of_two(N_KEPT // n_columns)
    block, kept = np.empty((min(size, n_rows), n_columns)), []
    with np.errstate(over="ignore"):
        for i in range(0, n_rows, size):
            rows = block[: n_rows - i]
            if y is None:
                np.copyto(rows, x[i : i + size])
            else:
                np.multiply(x[i : i + size], y[i : i + size], out=rows, dtype=np.float64)
            kept.append(_folded(rows, 1 if n_rows <= size else n_kept).copy())
    return kept[0][0] if n_rows <= size else column_sums(np.concatenate(kept))


def row_sums(x: np.ndarray, y: np.ndarray | None = None) -> np.ndarray:
    """Return the sum of each row of ``x``, or of ``x * y``.

    Parameters
    ----------
    x : ndarray of shape (n_rows, n_columns)
    y : ndarray of shape (n_rows, n_columns) or (n_columns,), default=None

    Returns
    -------
    ndarray of float64, shape (n_rows,)
    """
    n_rows, n_columns = x.shape
    sums = np.zeros(n_rows)
    if x.size == 0:
        return sums
    size = max(BLOCK // n_columns, 1)
    block = np.empty((n_columns, min(size, n_rows)))  # the rows as columns, as long additions are faster
    with np.errstate(over="ignore"):
        for i in range(0, n_rows, size):
            rows = x[i : i + size]
            if y is not None:
                rows = np.multiply(rows, y[i : i + size] if y.ndim == 2 else y, dtype=np.float64)
            columns = block[:, : len(rows)]
            np.copyto(columns, rows.T)
            sums[i : i + size] = _folded(columns, 1)[0]
    return sums


def _power_of_two(n: int) -> int:
    """Return the largest power of two that is at most ``n``; 1 for 0."""
    return 1 << max(n.bit_length() - 1, 0)


def _folded(rows: np.ndarray, n_left: int) -> np.ndarray:
    """Fold along the first axis, in place, until at most ``n_left`` rows are left."""
    n = len(rows)
    while n > n_left:
        half = -(-n // 2)
        rows[: n - half] += rows[half:n]
        n = half
    return rows[:n]


def solve(matrix: np.ndarray, vector: np.ndarray) -> np.ndarray:
    """Solve a small system of linear equations with a symmetric positive semi-definite matrix.

    Elimination without pivoting, which is stable for such a matrix. A pivot that is 0 to rounding counts as the part
    ``2**-52`` of the entry it comes from, or as 1 if that is 0.

    Parameters
    ----------
    matrix : ndarray of shape (n, n)
    vector : ndarray of shape (n,)

    Returns
    -------
    ndarray of float64, shape (n,)
    """
    rows = np.column_stack([matrix, vector]).astype(np.float64)
    n = len(rows)
    least = np.finfo(np.float64).eps * np.diagonal(rows)
    for k in range(n):
        pivot = max(rows[k, k], least[k]) or 1.0
        rows[k, k] = pivot
        rows[k + 1 :, k:] -= (rows[k + 1 :, k] / pivot)[:, None] * rows[k, k:]
    solution = rows[:, n]
    for k in reversed(range(n)):
        solution[k] /= rows[k, k]
        solution[:k] -= rows[:k, k] * solution[k]
    return solution.copy()
