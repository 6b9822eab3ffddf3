"""The reference implementation of small kernels: plain NumPy and SciPy that shares no code with their sources.

It is slow, and the tests and benchmarks compare the compiled kernels with it. The stochastic optimizers have a
reference of their own in `fastlr.solvers.stochastic.reference`, and text in `fastlr.text.reference`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.special import entr, log_expit, log_softmax

from fastlr.kernels.kernel_set import KernelSet


def _matrix(
    indptr: np.ndarray, indices: np.ndarray, data: np.ndarray, start: int, stop: int, n_features: int
) -> sp.csr_array:
    """Return rows ``start`` to ``stop`` as a matrix over the same memory."""
    first, last = int(indptr[start]), int(indptr[stop])
    X = sp.csr_array((stop - start, n_features), dtype=data.dtype)
    # The constructor might copy them.
    X.indptr, X.indices, X.data = indptr[start : stop + 1] - indptr[start], indices[first:last], data[first:last]
    return X


def _weights_of(sample_weight: np.ndarray, start: int, stop: int) -> np.ndarray:
    return sample_weight[start:stop] if len(sample_weight) else np.ones(stop - start)


def scores(
    indptr: np.ndarray, indices: np.ndarray, data: np.ndarray, weights: np.ndarray, intercept: np.ndarray,
    start: int, stop: int, out: np.ndarray,
) -> None:  # fmt: skip
    """Write the scores of rows ``start`` to ``stop`` to ``out``."""
    out[start:stop] = _matrix(indptr, indices, data, start, stop, len(weights)) @ weights + intercept


def squared_norms(
    indptr: np.ndarray, indices: np.ndarray, data: np.ndarray, start: int, stop: int, places: np.ndarray,
    out: np.ndarray,
) -> None:  # fmt: skip
    """Write the squared norms of rows ``start`` to ``stop`` to ``out``, entries of the same feature summed first."""
    X = _matrix(indptr, indices, data, start, stop, int(indices.max(initial=0)) + 1).copy()
    X.sum_duplicates()
    with np.errstate(over="ignore"):
        out[start:stop] = X.astype(np.float64).power(2).sum(axis=1)


def add_transposed(
    indptr: np.ndarray, indices: np.ndarray, data: np.ndarray, factors: np.ndarray, start: int, stop: int,
    out: np.ndarray,
) -> None:  # fmt: skip
    """Add ``X[start:stop].T @ factors[start:stop]`` to ``out``."""
    out += _matrix(indptr, indices, data, start, stop, len(out)).T @ factors[start:stop]


def losses(
    scores: np.ndarray, intercept: np.ndarray, labels: np.ndarray, sample_weight: np.ndarray, start: int, stop: int,
    p: np.ndarray, mass: np.ndarray, product: np.ndarray,
) -> float:  # fmt: skip
    """Write the rows' probabilities to ``p``; return the sum of their losses.

    Adds ``s_i p_i`` to ``mass`` and, unless it is empty, ``s_i p_i p_i^T`` to ``product``.
    """
    s, own = _weights_of(sample_weight, start, stop), labels[start:stop]
    z = scores[start:stop] + intercept
    logs = np.hstack([log_expit(-z), log_expit(z)]) if z.shape[1] == 1 else log_softmax(z, axis=1)
    p[start:stop] = np.exp(logs)
    mass += s @ p[start:stop]
    if len(product):
        product += p[start:stop].T @ (s[:, None] * p[start:stop])
    return -float(s @ logs[np.arange(len(s)), own])


def balance(
    labels: np.ndarray, sample_weight: np.ndarray, start: int, stop: int, take: np.ndarray, give: np.ndarray,
    p: np.ndarray, factors: np.ndarray,
) -> None:  # fmt: skip
    """Move a share ``take`` of each class's probability to the classes in the shares ``give``, in place.

    Writes ``s_i (e_{y_i} - p_i)`` to ``factors``, of the second class alone if there are two.
    """
    rows = p[start:stop]
    rows += (rows @ take)[:, None] * give - rows * take
    own = np.arange(len(rows)), labels[start:stop]
    moves = -rows
    moves[own] = 0.0
    moves[own] = -moves.sum(axis=1)
    factors[start:stop] = _weights_of(sample_weight, start, stop)[:, None] * moves[:, -factors.shape[1] :]


def mixed_entropy(
    labels: np.ndarray, sample_weight: np.ndarray, start: int, stop: int, share: float, p: np.ndarray,
    scratch: np.ndarray,
) -> float:  # fmt: skip
    """Return the sum of ``s_i H(share * p_i + (1 - share) * e_{y_i})``."""
    mixed = share * p[start:stop]
    mixed[np.arange(len(mixed)), labels[start:stop]] += 1.0 - share
    return float(_weights_of(sample_weight, start, stop) @ entr(mixed).sum(axis=1))


def count_columns(indices: np.ndarray, counts: np.ndarray) -> None:
    """Add to ``counts`` how often each column occurs."""
    counts += np.bincount(indices, minlength=len(counts)).astype(counts.dtype)


def weigh_rows(
    indptr: np.ndarray, indices: np.ndarray, data: np.ndarray, idf: np.ndarray, sublinear: bool, norm: int,
    logs: np.ndarray, start: int, stop: int, out: np.ndarray,
) -> None:  # fmt: skip
    """Write tf-idf values of rows ``start`` to ``stop`` to ``out``; ``norm`` is 0 for none, 1 for L1 and 2 for L2."""
    first, last = int(indptr[start]), int(indptr[stop])
    values = data[first:last].astype(np.float64)
    if sublinear:
        values = 1.0 + np.log(values)
    if len(idf):
        values *= idf[indices[first:last]]
    if norm:
        for begin, end in zip(indptr[start:stop] - first, indptr[start + 1 : stop + 1] - first, strict=True):
            row = values[begin:end]
            length = np.abs(row).sum() if norm == 1 else np.sqrt((row * row).sum())
            row /= length or 1.0
    out[first:last] = values


_KERNELS: dict[str, Callable[..., Any]] = {
    "scores_binary": scores,
    "scores_softmax": scores,
    "squared_norms": squared_norms,
    "add_transposed": add_transposed,
    "count_columns": count_columns,
    "weigh_rows": weigh_rows,
    "dot": np.dot,
}
# A loss that is not here has no "certificate" on this backend.
_KERNELS_OF_LOSS: dict[str, dict[str, Callable[..., Any]]] = {
    "log_loss": {
        "losses_binary": losses,
        "losses_softmax": losses,
        "balance_binary": balance,
        "balance_softmax": balance,
        "mixed_entropy": mixed_entropy,
    }
}


def load(loss: str) -> KernelSet:
    """Return the kernels that have a reference implementation here."""
    kernels = {**_KERNELS, **_KERNELS_OF_LOSS.get(loss, {})}
    return KernelSet("numpy", loss, kernels, threads=False)
