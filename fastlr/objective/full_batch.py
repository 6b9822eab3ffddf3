"""Passes over all rows: scores, losses, probabilities, and products with the matrix and its transpose."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from fastlr.data.passes import FEW, in_parts, n_parts, over_rows, summed
from fastlr.data.problem import Problem
from fastlr.data.rows import Block
from fastlr.kernels.kernel_set import KernelSet
from fastlr.objective.losses import LOSSES
from fastlr.utils.arrays import CHUNK_SIZE, frozen
from fastlr.utils.parallel import unshared
from fastlr.utils.sums import sum_of


def scores_of(problem: Problem, weights: np.ndarray, kernels: KernelSet) -> np.ndarray:
    """Return ``X @ weights``, shape (n_samples, n_outputs), computed in the type of the rows."""
    rows = problem.rows
    weights = frozen(weights, rows.dtype)
    scores = np.empty((rows.shape[0], weights.shape[1]), weights.dtype)
    none = frozen(np.zeros(weights.shape[1]))
    write = kernels.scores_binary if weights.shape[1] == 1 else kernels.scores_softmax

    def score(block: Block, _: int, start: int, stop: int) -> None:
        X = block.rows
        write(X.indptr, X.indices, X.data, weights, none, start, stop, block.of(scores))

    over_rows(rows, n_parts(rows, weights.shape[1], _n_threads(problem, kernels)), score)
    return scores


def transposed_product(problem: Problem, factors: np.ndarray, kernels: KernelSet) -> np.ndarray:
    """Return ``X.T @ factors``, shape (n_features, n_outputs), for ``factors`` of shape (n_samples, n_outputs).

    It is float64 for rows of float32, too: where these sums nearly cancel, float32 would prove no small gap.
    """
    rows = problem.rows
    factors = frozen(factors, np.float64)
    n = n_parts(rows, factors.shape[1], _n_threads(problem, kernels), sums=True)
    out = np.zeros((n, rows.shape[1], factors.shape[1]))

    def add(block: Block, part: int, start: int, stop: int) -> None:
        X = block.rows
        kernels.add_transposed(X.indptr, X.indices, X.data, block.of(factors), start, stop, out[part])

    over_rows(rows, n, add, sliced=kernels.threads)
    return summed(out)


def _n_threads(problem: Problem, kernels: KernelSet) -> int:
    return problem.n_threads if kernels.threads else 1


def over_scores(problem: Problem, kernels: KernelSet, work: Callable[[int, int, int], None]) -> None:
    """Call ``work(part, start, stop)`` for slices of rows short enough for Ctrl-C; each part has a thread."""
    n_rows = problem.rows.shape[0]
    size = max(1, 4 * CHUNK_SIZE // problem.n_classes if kernels.threads else n_rows)
    bounds = np.linspace(0, n_rows, n_score_parts(problem, kernels) + 1).astype(np.intp).tolist()
    in_parts(bounds, lambda begin, end: ((i, min(i + size, end)) for i in range(begin, end, size)), work)


def n_score_parts(problem: Problem, kernels: KernelSet) -> int:
    """Return how many threads are worth using for work on each row and class, of about ten products."""
    n_rows = problem.rows.shape[0]
    return max(1, min(_n_threads(problem, kernels), 10 * n_rows * problem.n_classes // FEW, n_rows))


class RowLosses(NamedTuple):
    """Losses and probabilities of all rows.

    Attributes
    ----------
    loss : float
        ``sum_i s_i loss_i``.
    p : ndarray of shape (n_samples, n_classes)
        Probabilities, with a column a class even for two. Rows in partitions have what they are computed from.
    mass : ndarray of shape (n_classes,)
        ``sum_i s_i p_i``.
    product : ndarray of shape (n_classes, n_classes)
        ``sum_i s_i p_i p_i^T``, or empty.
    """

    loss: float
    p: Any
    mass: np.ndarray
    product: np.ndarray


def row_losses(
    scores: np.ndarray, intercept: np.ndarray, problem: Problem, kernels: KernelSet, with_product: bool = False
) -> RowLosses:
    """Return the losses and probabilities at ``scores + intercept``."""
    n_classes = problem.n_classes
    n = n_score_parts(problem, kernels)
    p, mass = np.empty((len(scores), n_classes)), [unshared(n_classes) for _ in range(n)]
    product = np.zeros((n, n_classes if with_product else 0, n_classes))
    losses = np.zeros(n)
    write = kernels.losses_binary if scores.shape[1] == 1 else kernels.losses_softmax

    def add(part: int, start: int, stop: int) -> None:
        losses[part] += write(
            scores, intercept, problem.labels, problem.sample_weight, start, stop, p, mass[part], product[part]
        )

    over_scores(problem, kernels, add)
    return RowLosses(sum_of(losses), p, summed(mass), summed(product))


def dot(x: np.ndarray, y: np.ndarray, kernels: KernelSet) -> float:
    """Return the sum of the products of two float64 arrays of one shape.

    It takes a third of the time of `fastlr.utils.sums.dot`, and less for short arrays, but has larger rounding errors.
    """
    return kernels.dot(np.ravel(x), np.ravel(y))


def target_mass(problem: Problem, kernels: KernelSet) -> np.ndarray:
    """Return the sum of the rows' target probabilities times ``s``, shape (n_classes,)."""
    return LOSSES[kernels.loss].target_mass(problem.labels, problem.weights(), problem.n_classes)


def residuals(
    p: np.ndarray, problem: Problem, kernels: KernelSet, take: np.ndarray | None = None, give: np.ndarray | None = None
) -> np.ndarray:
    """Return ``s_i (e_{y_i} - p_i)``, shape (n_samples, n_outputs), for ``p`` with a column a class.

    First, in place, the share ``take`` of each class's probability is moved to the classes in the proportions ``give``.
    For a row's own class, ``1 - p`` is the sum of the others, which keeps the digits if it is small.
    """
    n_outputs = problem.n_outputs
    take, give = (np.zeros(problem.n_classes) if shares is None else shares for shares in (take, give))
    factors = np.empty((len(p), n_outputs))
    move = kernels.balance_binary if n_outputs == 1 else kernels.balance_softmax

    def balance(_: int, start: int, stop: int) -> None:
        move(problem.labels, problem.sample_weight, start, stop, take, give, p, factors)

    over_scores(problem, kernels, balance)
    return factors


def mixed_entropy(p: np.ndarray, share: float, problem: Problem, kernels: KernelSet) -> float:
    """Return ``sum_i s_i H(share * p_i + (1 - share) * e_{y_i})``."""
    sums = np.zeros(n_score_parts(problem, kernels))

    def add(part: int, start: int, stop: int) -> None:
        scratch = np.empty(max(1024, problem.n_classes))  # for as many rows as stay in the first-level cache
        sums[part] += kernels.mixed_entropy(problem.labels, problem.sample_weight, start, stop, share, p, scratch)

    over_scores(problem, kernels, add)
    return sum_of(sums)
