"""What a batch method computes of all rows at once: scores, losses, probabilities and products with the matrix."""

from __future__ import annotations

from collections.abc import Iterator

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


def losses_and_probabilities(
    scores: np.ndarray, intercept: np.ndarray, labels: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return each row's loss and its probabilities of all classes, in float64."""
    logs = log_probabilities(scores.astype(np.float64) + intercept)
    return -logs[np.arange(len(labels)), labels], np.exp(logs)


def residuals(probabilities: np.ndarray, labels: np.ndarray, n_outputs: int) -> np.ndarray:
    """Return ``e_{y_i} - p_i`` of the outputs, shape (n_rows, n_outputs).

    ``1 - p`` of a row's own class is summed up from the others, which keeps the digits of a small one.
    """
    own = np.arange(len(labels)), labels
    result = -probabilities
    result[own] = 0.0
    result[own] = -result.sum(axis=1)
    return result[:, -n_outputs:]


def blocks(scores: np.ndarray) -> Iterator[slice]:
    """Cut the rows into blocks of so few that an array of their probabilities fits in the cache."""
    return pieces(len(scores), max(1, PIECE // scores.shape[1]))
