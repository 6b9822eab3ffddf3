"""What a batch method computes of all rows at once: scores, losses, probabilities and products with the matrix."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import NamedTuple

import numpy as np
from scipy.special import entr

from fastlr import kernels
from fastlr.data.passes import FEW, in_parts, n_parts, over_rows, summed
from fastlr.data.problem import Problem
from fastlr.data.rows import Block
from fastlr.objective import log_probabilities
from fastlr.utils.arrays import CHUNK_SIZE, frozen
from fastlr.utils.parallel import unshared


def scores_of(problem: Problem, weights: np.ndarray, backend: str) -> np.ndarray:
    """Return ``X @ weights``, shape (n_samples, n_outputs), computed in the type of the rows."""
    rows = problem.rows
    weights = frozen(weights, rows.dtype)
    scores = np.empty((rows.shape[0], weights.shape[1]), weights.dtype)
    if backend == "numpy":
        with closing(rows.blocks()) as blocks:
            for block in blocks:
                block.of(scores)[:] = block.rows.csr @ weights
        return scores
    none = frozen(np.zeros(weights.shape[1]))

    def score(block: Block, _: int, start: int, stop: int) -> None:
        X = block.rows
        kernels.load(backend).decision_function(
            X.indptr, X.indices, X.data, weights, none, start, stop, block.of(scores)
        )

    over_rows(rows, n_parts(rows, weights.shape[1], problem.n_threads), score)
    return scores


def transposed_product(problem: Problem, factors: np.ndarray, backend: str) -> np.ndarray:
    """Return ``X.T @ factors``, shape (n_features, n_outputs), for ``factors`` of shape (n_samples, n_outputs)."""
    rows = problem.rows
    factors = frozen(factors, rows.dtype)
    if backend == "numpy":
        with closing(rows.blocks()) as blocks:
            return sum(block.rows.csr.T @ block.of(factors) for block in blocks)
    n = n_parts(rows, factors.shape[1], problem.n_threads, sums=True)
    out = np.zeros((n, rows.shape[1], factors.shape[1]), rows.dtype)

    def add(block: Block, part: int, start: int, stop: int) -> None:
        X = block.rows
        kernels.load(backend).add_transposed(X.indptr, X.indices, X.data, block.of(factors), start, stop, out[part])

    over_rows(rows, n, add)
    return summed(out)


def over_scores(problem: Problem, work: Callable[[int, int, int], None]) -> None:
    """Call ``work(part, start, stop)`` for blocks of rows, between which Ctrl-C is seen; a part has its thread."""
    n_rows = problem.rows.shape[0]
    size = max(1, 4 * CHUNK_SIZE // problem.n_classes)
    bounds = np.linspace(0, n_rows, n_score_parts(problem) + 1).astype(np.intp).tolist()
    in_parts(bounds, lambda begin, end: ((i, min(i + size, end)) for i in range(begin, end, size)), work)


def n_score_parts(problem: Problem) -> int:
    """Return in how many threads numbers of each row and class are computed, which take some ten products each."""
    n_rows = problem.rows.shape[0]
    return max(1, min(problem.n_threads, 10 * n_rows * problem.n_classes // FEW, n_rows))


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
        s = problem.weights()
        logs = log_probabilities(scores + intercept)
        p = np.exp(logs)
        product = p.T @ (s[:, None] * p) if with_product else np.empty((0, n_classes))
        return RowLosses(-float(s @ logs[np.arange(len(s)), problem.labels]), p, s @ p, product)
    n = n_score_parts(problem)
    p, mass = np.empty((len(scores), n_classes)), [unshared(n_classes) for _ in range(n)]
    product = np.zeros((n, n_classes if with_product else 0, n_classes))
    losses = np.zeros(n)

    def add(part: int, start: int, stop: int) -> None:
        losses[part] += kernels.load(backend).row_losses(
            scores, intercept, problem.labels, problem.sample_weight, start, stop, p, mass[part], product[part]
        )

    over_scores(problem, add)
    return RowLosses(float(losses.sum()), p, summed(mass), summed(product))


def class_weights(problem: Problem) -> np.ndarray:
    """Return the sum of ``s`` over each class, shape (n_classes,)."""
    return np.bincount(problem.labels, weights=problem.weights(), minlength=problem.n_classes)


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
        return problem.weights()[:, None] * factors[:, -n_outputs:]
    factors = np.empty((len(p), n_outputs), problem.dtype)

    def balance(_: int, start: int, stop: int) -> None:
        kernels.load(backend).balance(problem.labels, problem.sample_weight, start, stop, take, give, p, factors)

    over_scores(problem, balance)
    return factors


def mixed_entropy(p: np.ndarray, share: float, problem: Problem, backend: str) -> float:
    """Return ``sum_i s_i H(share * p_i + (1 - share) * e_{y_i})``."""
    if backend == "numpy":
        p = share * p
        p[np.arange(len(p)), problem.labels] += 1.0 - share
        return float(problem.weights() @ entr(p).sum(axis=1))
    sums = np.zeros(n_score_parts(problem))

    def add(part: int, start: int, stop: int) -> None:
        sums[part] += kernels.load(backend).mixed_entropy(problem.labels, problem.sample_weight, start, stop, share, p)

    over_scores(problem, add)
    return float(sums.sum())
