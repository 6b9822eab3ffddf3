"""What a batch method computes of all rows at once: scores, losses, probabilities and products with the matrix."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from fastlr import kernels
from fastlr.objective import log_probabilities
from fastlr.problem import PIECE, Problem, frozen, pieces
from fastlr.solvers.pace import Pace


def scores_of(problem: Problem, weights: np.ndarray, backend: str) -> np.ndarray:
    """Return ``X @ weights``, shape (n_samples, n_outputs), computed in the type of the rows."""
    rows = problem.rows
    weights = frozen(weights, rows.data.dtype)
    if backend == "numpy":
        return rows.csr @ weights
    scores = np.empty((rows.shape[0], weights.shape[1]), weights.dtype)
    none = frozen(np.zeros(weights.shape[1]))
    for start, stop in Pace().slices(0, rows.shape[0]):
        kernels.load(backend).decision_function(
            rows.indptr, rows.indices, rows.data, weights, none, start, stop, scores
        )
    return scores


def transposed_product(problem: Problem, factors: np.ndarray, backend: str) -> np.ndarray:
    """Return ``X.T @ factors``, shape (n_features, n_outputs), for ``factors`` of shape (n_samples, n_outputs)."""
    rows = problem.rows
    factors = frozen(factors, rows.data.dtype)
    if backend == "numpy":
        return rows.csr.T @ factors
    out = np.zeros((rows.shape[1], factors.shape[1]), rows.data.dtype)
    for start, stop in Pace().slices(0, rows.shape[0]):
        kernels.load(backend).add_transposed(rows.indptr, rows.indices, rows.data, factors, start, stop, out)
    return out


def row_weights(problem: Problem) -> np.ndarray:
    """Return ``s``, float64, shape (n_samples,)."""
    return problem.sample_weight if len(problem.sample_weight) else np.ones(problem.rows.shape[0])


def cuts(problem: Problem) -> Iterator[tuple[int, int]]:
    """Cut the rows into blocks, each a call of a kernel between which Ctrl-C is seen."""
    for piece in pieces(problem.rows.shape[0], max(1, 4 * PIECE // problem.n_classes)):
        yield piece.start, piece.stop


class RowLosses(NamedTuple):
    """What scores say of the rows: ``sum_i s_i loss_i``, ``p``, ``sum_i s_i p_i`` and ``sum_i s_i p_i p_i^T``."""

    loss: float
    p: np.ndarray
    mass: np.ndarray
    product: np.ndarray


def row_losses(
    scores: np.ndarray, intercept: np.ndarray, problem: Problem, backend: str, with_product: bool = False
) -> RowLosses:
    """Return the losses and probabilities at ``scores + intercept``; ``p`` has a column a class, even for two."""
    n_classes = problem.n_classes
    if backend == "numpy":
        s = row_weights(problem)
        logs = log_probabilities(scores + intercept)
        p = np.exp(logs)
        product = p.T @ (s[:, None] * p) if with_product else np.empty((0, n_classes))
        return RowLosses(-float(s @ logs[np.arange(len(s)), problem.labels]), p, s @ p, product)
    p, mass = np.empty((len(scores), n_classes)), np.zeros(n_classes)
    product = np.zeros((n_classes if with_product else 0, n_classes))
    loss = 0.0
    for start, stop in cuts(problem):
        loss += kernels.load(backend).row_losses(
            scores, intercept, problem.labels, problem.sample_weight, start, stop, p, mass, product
        )
    return RowLosses(loss, p, mass, product)


def class_weights(problem: Problem) -> np.ndarray:
    """Return the sum of ``s`` over each class, shape (n_classes,)."""
    return np.bincount(problem.labels, weights=row_weights(problem), minlength=problem.n_classes)


def residuals(
    p: np.ndarray, problem: Problem, backend: str, take: np.ndarray | None = None, give: np.ndarray | None = None
) -> np.ndarray:
    """Return ``s_i (e_{y_i} - p_i)`` of the outputs, shape (n_samples, n_outputs), for ``p`` of shape (.., n_classes).

    First, in place, a share ``take`` of each class's probability is moved to the classes in the shares ``give``.
    ``1 - p`` of a row's own class is summed up from the others, which keeps the digits of a small one.
    """
    n_outputs = problem.n_outputs
    take, give = (np.zeros(problem.n_classes) if shares is None else shares for shares in (take, give))
    if backend == "numpy":
        p += (p @ take)[:, None] * give - p * take
        own = np.arange(len(p)), problem.labels
        factors = -p
        factors[own] = 0.0
        factors[own] = -factors.sum(axis=1)
        return row_weights(problem)[:, None] * factors[:, -n_outputs:]
    factors = np.empty((len(p), n_outputs), problem.rows.data.dtype)
    for start, stop in cuts(problem):
        kernels.load(backend).balance(problem.labels, problem.sample_weight, start, stop, take, give, p, factors)
    return factors
