"""Exact zeros under an L1 penalty, after the last step.

A weight that is 0 at the optimum is moved off 0 by every row that contains its feature, and the thresholds of the steps
that follow bring it back only if the rate leaves them time to. So the last rows, or a mean of iterates, leave noise:
with a penalty under which 523 of 17,000 words have a weight at the optimum, SGD ends with 7,000 weights that are not 0.

The gradient over all rows tells noise from the rest. With the gradient ``g`` of the mean loss and an upper bound ``h``
of its curvature along the weight ``w``, a proximal step along this weight alone ends at 0 where ``|g - h w| <= l1``.
Those weights become 0, and the others stay. All of them at once may be too much, if their features are similar:
then a multiple of ``h`` is tried. What counts is that the objective does not rise, by a bound that holds always.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from fastlr.data.problem import Problem
from fastlr.data.protocols import TrainingProblem
from fastlr.data.rows import Rows
from fastlr.kernels.kernel_set import KernelSet
from fastlr.objective.full_batch import residuals, row_losses, scores_of, transposed_product
from fastlr.objective.losses import LOSSES
from fastlr.objective.penalties import ElasticNet
from fastlr.utils.arrays import chunked_slices, frozen
from fastlr.utils.sums import dot, sum_of

# Multiples of the curvature to try. The first one serves unless many similar features have small weights.
MULTIPLES = (1.0, 8.0, 64.0)

# Numbers per row in memory at a time.
CHUNK_SCORES = 1 << 22


def with_exact_zeros(
    weights: np.ndarray, intercept: np.ndarray, problem: TrainingProblem, penalty: ElasticNet, kernels: KernelSet
) -> np.ndarray:
    """Return the weights with 0 for those that a proximal step along each of them makes 0.

    Parameters
    ----------
    weights : ndarray of shape (n_features, n_outputs)
    intercept : ndarray of shape (n_outputs,)
    problem : TrainingProblem
        The rows trained on.
    penalty : ElasticNet
        Beside the mean loss.
    kernels : KernelSet
        Of the loss.

    Returns
    -------
    ndarray of shape (n_features, n_outputs)
        A model whose objective is no higher.
    """
    bound = LOSSES[kernels.loss].curvature_bound(weights.shape[1])
    gradient, squares = _gradient_and_squares(weights, intercept, problem, kernels)
    # Few of many hashed features may have weights.
    used = np.flatnonzero(weights.any(axis=1))
    current, gradient, squares = weights[used], gradient[used], squares[used]
    noise = np.zeros_like(weights)
    for multiple in MULTIPLES:
        with np.errstate(over="ignore", invalid="ignore"):  # squares out of range zero nothing
            pull = gradient - (multiple * bound) * squares * current
            part = np.where(np.abs(pull) <= penalty.l1, current, current.dtype.type(0.0))
        if not part.any():
            break
        noise[used] = part
        moved = sum_of([_weighted_squares(scores_of(chunk, noise, kernels), chunk) for chunk in _chunks(problem)])
        if dot(gradient, part) + penalty.value(part) >= 0.5 * bound * moved / problem.total_weight:
            return weights - noise
    return weights


def _gradient_and_squares(
    weights: np.ndarray, intercept: np.ndarray, problem: TrainingProblem, kernels: KernelSet
) -> tuple[np.ndarray, np.ndarray]:
    """Return the gradient of the mean loss, and the mean square of each feature, shape (n_features, 1)."""
    gradient = np.zeros(weights.shape, weights.dtype)
    squares = np.zeros((len(weights), 1))
    for chunk in _chunks(problem):
        p = row_losses(scores_of(chunk, weights, kernels), intercept, chunk, kernels).p
        gradient -= transposed_product(chunk, residuals(p, chunk, kernels), kernels)
        squares += transposed_product(replace(chunk, rows=chunk.rows.squared()), chunk.weights()[:, None], kernels)
    return gradient / weights.dtype.type(problem.total_weight), squares / problem.total_weight


def _weighted_squares(scores: np.ndarray, chunk: Problem) -> float:
    squares = np.square(scores, dtype=np.float64)
    return sum_of(squares * chunk.sample_weight[:, None] if len(chunk.sample_weight) else squares)


def _chunks(problem: TrainingProblem) -> Iterator[Problem[Rows]]:
    """Yield the rows in chunks over the same memory, in which those that are not active have the weight 0."""
    for part in problem.parts():
        rows, s = part.rows, part.sample_weight
        if not len(s) and part.n_active < rows.shape[0]:
            s = np.zeros(rows.shape[0])
            s[part.active_rows] = 1.0
        size = max(1, CHUNK_SCORES // problem.n_outputs)
        for chunk in chunked_slices(rows.shape[0], size):
            bounds = rows.indptr[chunk.start : chunk.stop + 1]
            entries = slice(int(bounds[0]), int(bounds[-1]))
            shape = chunk.stop - chunk.start, rows.shape[1]
            here = Rows(frozen(bounds - bounds[0]), rows.indices[entries], rows.data[entries], shape)
            weights = frozen(s[chunk]) if len(s) else s
            yield replace(part, rows=here, labels=part.labels[chunk], sample_weight=weights)
