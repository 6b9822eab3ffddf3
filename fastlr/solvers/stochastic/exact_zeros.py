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
from typing import Protocol

import numpy as np

from fastlr.data.problem import Problem
from fastlr.data.protocols import TrainingProblem
from fastlr.data.rows import Rows
from fastlr.kernels.kernel_set import KernelSet
from fastlr.objective.full_batch import residuals, row_losses, scores_of
from fastlr.objective.losses import LOSSES
from fastlr.objective.penalties import ElasticNet
from fastlr.utils.arrays import chunked_slices, frozen
from fastlr.utils.sums import dot, sum_of

# Multiples of the curvature to try. The first one serves unless many similar features have small weights.
MULTIPLES = (1.0, 8.0, 64.0)

# Entries, and numbers per row and class, in memory at a time.
CHUNK = 1 << 14


class RowSums(Protocol):
    """What `zero_noise` asks of all rows: sums over them, wherever they are."""

    @property
    def total_weight(self) -> float:
        """Sum of the rows' weights."""

    def gradient_and_squares(
        self, weights: np.ndarray, intercept: np.ndarray, used: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the gradient of the summed loss, and the sums of the squares, shape (n_used, 1), of used features."""

    def squared_scores(self, weights: np.ndarray, used: np.ndarray) -> float:
        """Return the weighted sum of the squares of the scores of weights of used features."""


class LocalSums:
    """Sums over the rows of a problem: a `RowSums`.

    Parameters
    ----------
    problem : TrainingProblem
    kernels : KernelSet
        Of the loss.
    """

    def __init__(self, problem: TrainingProblem, kernels: KernelSet) -> None:
        self.problem, self.kernels, self.total_weight = problem, kernels, problem.total_weight

    def _chunks(self, used: np.ndarray) -> Iterator[Problem[Rows]]:
        places = np.full(self.problem.shape[1], -1, np.int32)
        places[used] = np.arange(len(used))
        return _chunks(self.problem, places, len(used))

    def gradient_and_squares(
        self, weights: np.ndarray, intercept: np.ndarray, used: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the gradient of the summed loss, and the sums of the squares, shape (n_used, 1), of used features."""
        kernels = self.kernels
        gradient, squares = np.zeros(weights.shape), np.zeros((len(weights), 1))
        for chunk in self._chunks(used):
            p = row_losses(scores_of(chunk, weights, kernels), intercept, chunk, kernels).p
            _add_transposed(chunk.rows, -residuals(p, chunk, kernels), kernels, gradient)
            _add_transposed(chunk.rows.squared(), chunk.weights()[:, None], kernels, squares)
        return gradient, squares

    def squared_scores(self, weights: np.ndarray, used: np.ndarray) -> float:
        """Return the weighted sum of the squares of the scores of weights of used features."""
        kernels = self.kernels
        return sum_of([_weighted_squares(scores_of(chunk, weights, kernels), chunk) for chunk in self._chunks(used)])


def zero_noise(
    weights: np.ndarray, intercept: np.ndarray, rows: RowSums, penalty: ElasticNet, kernels: KernelSet
) -> None:
    """Set to 0, in place, the weights that a proximal step along each of them makes 0; the objective does not rise.

    It takes the memory of two more models over the features with weights, which may be few of many hashed ones.

    Parameters
    ----------
    weights : ndarray of shape (n_features, n_outputs)
    intercept : ndarray of shape (n_outputs,)
    rows : RowSums
        Over the rows trained on.
    penalty : ElasticNet
        Beside the mean loss.
    kernels : KernelSet
        Of the loss.
    """
    bound = LOSSES[kernels.loss].curvature_bound(weights.shape[1])
    used = np.flatnonzero(weights.any(axis=1))
    gradient, squares = rows.gradient_and_squares(weights[used], intercept, used)
    gradient, squares = gradient / rows.total_weight, squares / rows.total_weight
    noise = np.empty(gradient.shape, weights.dtype)
    slices = list(chunked_slices(len(used), max(1, CHUNK // weights.shape[1])))
    for multiple in MULTIPLES:
        for few in slices:
            current = weights[used[few]]
            with np.errstate(over="ignore", invalid="ignore"):  # squares out of range zero nothing
                pull = gradient[few] - (multiple * bound) * squares[few] * current
                noise[few] = np.where(np.abs(pull) <= penalty.l1, current, 0.0)
        if not noise.any():
            return
        moved = rows.squared_scores(noise, used)
        gain = sum_of([dot(gradient[few], noise[few]) + penalty.value(noise[few]) for few in slices])
        if gain >= 0.5 * bound * moved / rows.total_weight:
            for few in slices:
                weights[used[few]] -= noise[few]
            return


def _add_transposed(rows: Rows, factors: np.ndarray, kernels: KernelSet, out: np.ndarray) -> None:
    """Add ``X.T @ factors`` to ``out``, row by row, so that chunks do not matter."""
    factors = frozen(factors, np.float64)
    kernels.add_transposed(rows.indptr, rows.indices, rows.data, factors, 0, rows.shape[0], out)


def _weighted_squares(scores: np.ndarray, chunk: Problem) -> float:
    squares = np.square(scores, dtype=np.float64)
    return sum_of(squares * chunk.sample_weight[:, None] if len(chunk.sample_weight) else squares)


def _chunks(problem: TrainingProblem, places: np.ndarray, n_used: int) -> Iterator[Problem[Rows]]:
    """Yield copies of a few rows at a time, over the features that have a place; rows not active have the weight 0."""
    for part in problem.parts():
        rows, s = part.rows, part.sample_weight
        n_rows, index = rows.shape[0], rows.indices.dtype
        if not len(s) and part.n_active < n_rows:
            s = np.zeros(n_rows)
            s[part.active_rows] = 1.0
        size = max(1, CHUNK // max(problem.n_outputs, len(rows.indices) // max(n_rows, 1)))
        for chunk in chunked_slices(n_rows, size):
            bounds = rows.indptr[chunk.start : chunk.stop + 1]
            entries = slice(int(bounds[0]), int(bounds[-1]))
            columns = places[rows.indices[entries]]
            kept = columns >= 0
            before = np.zeros(len(columns) + 1, index)
            np.cumsum(kept, out=before[1:])
            here = Rows(
                frozen(before[bounds - bounds[0]]),
                frozen(columns[kept], index),
                frozen(rows.data[entries][kept]),
                (chunk.stop - chunk.start, n_used),
            )
            weights = frozen(s[chunk]) if len(s) else s
            yield replace(part, rows=here, labels=part.labels[chunk], sample_weight=weights)
