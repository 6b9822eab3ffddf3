"""The scale of the rows, the unit of the automatic settings.

If every feature is multiplied by ``c``, the weights that give the same scores are divided by ``c``. Then a learning
rate must be divided by ``c ** 2``, an L2 strength multiplied by ``c ** 2``, and an L1 strength by ``c``. So each
automatic setting is a number times a power of the rows' mean squared norm, and models of ``X`` and of ``c * X`` make
the same predictions.
"""

from __future__ import annotations

import math
from contextlib import closing
from dataclasses import dataclass

import numpy as np

from fastlr import kernels
from fastlr.data.problem import Problem
from fastlr.data.protocols import TrainingProblem
from fastlr.data.rows import RowBlocks, Rows
from fastlr.utils.arrays import chunked_slices
from fastlr.utils.sums import dot, mean_of, sum_of
from fastlr.utils.time_slices import TimeSlices

# The coherence is computed from a sample of this many rows.
N_SAMPLED = 256


def squared_norms(rows: RowBlocks, backend: str) -> np.ndarray:
    """Return the squared norm of each row, shape (n_samples,); entries of the same feature are summed first."""
    with closing(rows.blocks()) as blocks:
        return np.concatenate([_norms_of(block.rows, backend) for block in blocks])


def _norms_of(rows: Rows, backend: str) -> np.ndarray:
    norms = np.full(rows.shape[0], -1.0)
    compute = kernels.load(backend).squared_norms
    places = np.empty(0, np.int32)
    for start, stop in TimeSlices().slices(0, rows.shape[0]):
        compute(rows.indptr, rows.indices, rows.data, start, stop, places, norms)
        if len(places) == 0 and norms[start:stop].min() < 0.0:
            # Unsorted rows, as text vectorizers make them. This takes 1 ns a non-zero, sorting would take 30.
            places = np.empty(rows.shape[1], np.int32)
            compute(rows.indptr, rows.indices, rows.data, start, stop, places, norms)
    others = np.flatnonzero(norms < 0.0)
    for chunk in chunked_slices(len(others), 64):
        numbers, _, values = rows.take(others[chunk]).without_repeats()
        with np.errstate(over="ignore"):
            norms[others[chunk]] = np.bincount(numbers, weights=np.square(values), minlength=chunk.stop - chunk.start)
    return norms


@dataclass(frozen=True)
class RowScale:
    """Sums over the active rows seen so far.

    Attributes
    ----------
    n_rows : int
    weight : float
        Sum of the weights ``s_i``.
    squared_norm : float
        Sum of ``s_i * ||x_i||^2``.
    inverse_norm : float
        Sum of ``1 / ||x_i||^2`` over the rows that are not empty, in which no norm is less than an eighth of the mean.
    n_inverse : int
        Number of rows that are not empty.
    largest_squared_norm : float
        Largest ``s_i * ||x_i||^2``.
    largest_weight : float
        Largest ``s_i``.
    """

    n_rows: int = 0
    weight: float = 0.0
    squared_norm: float = 0.0
    inverse_norm: float = 0.0
    n_inverse: int = 0
    largest_squared_norm: float = 0.0
    largest_weight: float = 0.0

    def plus(self, problem: Problem, backend: str) -> RowScale:
        """Return the sums with a problem's rows added."""
        norms = squared_norms(problem.rows, backend)
        largest_weight = 1.0 if len(problem.active_rows) else 0.0
        if len(problem.sample_weight):
            norms, s = norms[problem.active_rows], problem.sample_weight[problem.active_rows]
            largest_weight = float(s.max(initial=0.0))
            s *= norms
            squared_norm, largest_squared_norm = sum_of(s), float(s.max(initial=0.0))
            del s
        else:
            norms = norms if len(problem.active_rows) == len(norms) else norms[problem.active_rows]
            squared_norm, largest_squared_norm = sum_of(norms), float(norms.max(initial=0.0))
        norms = norms[norms > 0.0]
        inverse_norm = 0.0
        if len(norms):
            with np.errstate(over="ignore"):  # for norms at the ends of the range; the means below are then 1
                inverse_norm = sum_of(1.0 / np.maximum(norms, mean_of(norms) / 8.0))
        own = RowScale(
            len(problem.active_rows), problem.total_weight, squared_norm, inverse_norm, len(norms),
            largest_squared_norm, largest_weight,
        )  # fmt: skip
        return self.joined(own)

    def joined(self, other: RowScale) -> RowScale:
        """Return the sums over the rows of both."""
        return RowScale(
            self.n_rows + other.n_rows,
            self.weight + other.weight,
            self.squared_norm + other.squared_norm,
            self.inverse_norm + other.inverse_norm,
            self.n_inverse + other.n_inverse,
            max(self.largest_squared_norm, other.largest_squared_norm),
            max(self.largest_weight, other.largest_weight),
        )

    @property
    def mean_squared_norm(self) -> float:
        """Weighted mean of ``||x_i||^2``; 1 if every row is empty or the mean is out of range."""
        mean = self.squared_norm / self.weight if self.weight else 0.0
        return mean if 0.0 < mean < np.inf else 1.0

    @property
    def mean_inverse_norm(self) -> float:
        """Mean of ``1 / ||x_i||^2``, the factor of learning rates: the mean of the rates that suit each row alone."""
        mean = self.inverse_norm / self.n_inverse if self.n_inverse else 0.0
        return mean if 0.0 < mean < np.inf else 1.0

    @property
    def row_bound(self) -> tuple[float, float]:
        """Largest ``s_i * ||x_i||^2``, or 1 if that is 0 or out of range, and its ratio to the largest ``s_i``."""
        largest = self.largest_squared_norm
        largest = largest if 0.0 < largest < np.inf else 1.0
        return largest, largest / (self.largest_weight or 1.0)

    @property
    def mean_weight(self) -> float:
        """Mean of ``s_i``."""
        return self.weight / self.n_rows if self.n_rows else 1.0


def coherence(problem: TrainingProblem) -> float:
    """Return how similar the rows are: near 0 if no two share a feature, 1 if all are multiples of one row.

    This is the largest eigenvalue of the rows' Gram matrix over its trace, for a sample of rows at equal distances.
    """
    rows = problem.sample(N_SAMPLED).rows
    numbers, features, values = rows.without_repeats()
    trace = dot(values, values)
    if not 0.0 < trace < np.inf:
        return 1.0
    _, features = np.unique(features, return_inverse=True)  # those that occur are few
    v = 0.5 - np.random.default_rng(0).random(rows.shape[0])
    for _ in range(30):  # power iteration, to a few percent
        v /= math.sqrt(dot(v, v))
        image = np.bincount(features, weights=values * v[numbers])
        v = np.bincount(numbers, weights=values * image[features], minlength=len(v)) / trace
    return min(math.sqrt(dot(v, v)), 1.0)
