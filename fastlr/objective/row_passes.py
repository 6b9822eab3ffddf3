"""What the solvers and the certificate ask of all rows, wherever they are: each method is a pass over them.

What a pass leaves for each row (scores, probabilities, curvatures) stays where the rows are. The callers only hand it
to another pass: for them it is `PerRow`.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np

from fastlr.data.passes import n_parts, over_rows, summed
from fastlr.data.problem import Problem
from fastlr.data.row_scale import squared_norms
from fastlr.data.rows import Block
from fastlr.kernels.kernel_set import KernelSet
from fastlr.objective.full_batch import (
    RowLosses,
    mixed_entropy,
    residuals,
    row_losses,
    scores_of,
    target_mass,
    transposed_product,
)
from fastlr.objective.losses import LOSSES
from fastlr.utils.arrays import CHUNK_SIZE, chunked_slices, frozen
from fastlr.utils.checksum import checksum
from fastlr.utils.parallel import unshared
from fastlr.utils.sums import column_sums, dot

# Numbers for each row: an array where the rows are in this process.
PerRow = Any


class Evaluation(NamedTuple):
    """The losses at some scores.

    Attributes
    ----------
    loss : float
        ``sum_i s_i loss_i``.
    weights : ndarray of shape (n_features, n_outputs)
        Its gradient by the weights.
    intercept : ndarray of shape (n_outputs,)
        Its gradient by the intercepts.
    curvatures : PerRow
        `Loss.curvatures` of the rows.
    """

    loss: float
    weights: np.ndarray
    intercept: np.ndarray
    curvatures: PerRow


class RowPasses(Protocol):
    """Passes over all rows of a problem.

    `LocalPasses` are over rows in memory or in a store, `fastlr.distributed.passes.PartitionedPasses` over rows in
    partitions, wherever these are.
    """

    @property
    def kernels(self) -> KernelSet:
        """The kernels, of the loss."""

    @property
    def shape(self) -> tuple[int, int]:
        """``(n_samples, n_features)``."""

    @property
    def nnz(self) -> int:
        """Number of stored entries."""

    @property
    def dtype(self) -> np.dtype:
        """Type of the values."""

    @property
    def n_classes(self) -> int:
        """Number of classes."""

    @property
    def n_outputs(self) -> int:
        """Number of scores a row: one for two classes, otherwise one a class."""

    @property
    def n_active(self) -> int:
        """Number of rows whose weight is not 0."""

    @property
    def total_weight(self) -> float:
        """``sum(s)``."""

    @property
    def by_rounds(self) -> bool:
        """Whether each pass is a round of tasks, which costs milliseconds however few the rows are."""

    @property
    def problem(self) -> Problem | None:
        """The problem, for solvers that need more than passes; None if its rows are not in memory."""

    def first_model(self, l2: float, fit_intercept: bool) -> tuple[np.ndarray, np.ndarray]:
        """Return weights and intercepts to start from with an L2 penalty: zeros, or better ones if that saves time."""

    def fingerprint(self) -> str:
        """Return a checksum of the rows, their labels and weights, and of how they are divided."""

    def target_mass(self) -> np.ndarray:
        """Return the sum of the rows' target probabilities times ``s``, shape (n_classes,)."""

    def squared_norms(self) -> float:
        """Return ``sum_i s_i ||x_i||^2``."""

    def scores(self, weights: np.ndarray, intercept: np.ndarray | None = None) -> PerRow:
        """Return ``X @ weights``, in the type of the rows, or ``X @ weights + intercept``, in float64."""

    def moved(self, scores: PerRow, step: float, moves: PerRow) -> PerRow:
        """Return ``scores + step * moves``."""

    def losses(self, scores: PerRow, intercept: np.ndarray, with_product: bool = False) -> RowLosses:
        """Return the losses and probabilities at ``scores + intercept``; the probabilities are `PerRow`."""

    def evaluate(self, scores: PerRow) -> Evaluation:
        """Return the losses and their gradient at the scores."""

    def hessian_product(self, curvatures: PerRow, direction: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the product of the losses' Hessian with a direction of shape (n_features + 1, n_outputs).

        The parts for the weights and for the intercepts are apart, and so are those of the other sums.
        """

    def hessian_diagonal(self, curvatures: PerRow) -> tuple[np.ndarray, np.ndarray]:
        """Return the Hessian's diagonal, exact if no row has a feature twice."""

    def gram_product(self, direction: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return ``[X, 1].T S [X, 1]`` times a direction of shape (n_features + 1, 1)."""

    def dual_product(self, p: PerRow, take: np.ndarray, give: np.ndarray) -> tuple[np.ndarray, PerRow]:
        """Move mass between classes; return ``X.T @ (s (e_y - p))`` and the probabilities moved.

        The share ``take`` of each class's probability goes to the classes in the proportions ``give``. ``p`` may be
        changed.
        """

    def mixed_entropy(self, p: PerRow, share: float) -> float:
        """Return ``sum_i s_i H(share * p_i + (1 - share) * e_{y_i})``."""

    def log_odds(self, scores: PerRow) -> tuple[float, float]:
        """Return the least and the greatest, over rows that count, of the own class's score less that of another."""


@runtime_checkable
class PassSource(Protocol):
    """Rows that an estimator reaches only by passes: `fastlr.distributed.partitioned_rows.PartitionedRows`."""

    def passes(
        self, class_weight: Mapping[Any, float] | str | None, dtype: Any, kernels: KernelSet
    ) -> tuple[RowPasses, np.ndarray]:
        """Return passes over the checked rows, and their classes."""


class LocalPasses:
    """Passes over the rows of one problem, in memory or in a store: a `RowPasses`.

    Parameters
    ----------
    problem : Problem
    kernels : KernelSet
        Of the loss.
    """

    by_rounds = False

    def __init__(self, problem: Problem, kernels: KernelSet) -> None:
        self._problem = problem
        self.kernels = kernels
        self.loss = LOSSES[kernels.loss]
        self.shape, self.nnz, self.dtype = problem.shape, problem.rows.nnz, problem.dtype
        self.n_classes, self.n_outputs, self.n_active = problem.n_classes, problem.n_outputs, problem.n_active
        self.zero = np.zeros(problem.n_outputs)

    @property
    def problem(self) -> Problem | None:
        """The problem; None if its rows are on disk."""
        return self._problem if self._problem.in_memory else None

    @property
    def total_weight(self) -> float:
        """``sum(s)``."""
        return self._problem.total_weight

    def first_model(self, l2: float, fit_intercept: bool) -> tuple[np.ndarray, np.ndarray]:
        """Return zeros."""
        return np.zeros((self.shape[1], self.n_outputs), self.dtype), np.zeros(self.n_outputs)

    def fingerprint(self) -> str:
        """Return a checksum of the rows, their labels and weights."""
        problem, found = self._problem, ""
        with closing(problem.rows.blocks()) as blocks:
            for _, rows in blocks:
                found = checksum(np.array(found), rows.indptr, rows.indices, rows.data)
        return checksum(np.array(found), problem.labels, problem.sample_weight)

    @functools.cached_property
    def s(self) -> np.ndarray:
        """The rows' weights."""
        return self._problem.weights()

    def target_mass(self) -> np.ndarray:
        """Return the sum of the rows' target probabilities times ``s``."""
        return target_mass(self._problem, self.kernels)

    def squared_norms(self) -> float:
        """Return ``sum_i s_i ||x_i||^2``."""
        return dot(squared_norms(self._problem.rows, self.kernels.name), self.s)

    def scores(self, weights: np.ndarray, intercept: np.ndarray | None = None) -> np.ndarray:
        """Return ``X @ weights``, and add intercepts."""
        scores = scores_of(self._problem, weights, self.kernels)
        return scores if intercept is None else scores + intercept

    def moved(self, scores: np.ndarray, step: float, moves: np.ndarray) -> np.ndarray:
        """Return ``scores + step * moves``."""
        return scores + step * moves

    def losses(self, scores: np.ndarray, intercept: np.ndarray, with_product: bool = False) -> RowLosses:
        """Return the losses and probabilities at ``scores + intercept``."""
        return row_losses(scores, intercept, self._problem, self.kernels, with_product)

    def evaluate(self, scores: np.ndarray) -> Evaluation:
        """Return the losses and their gradient at the scores."""
        loss, p, _, _ = row_losses(scores, self.zero, self._problem, self.kernels)
        factors = -residuals(p, self._problem, self.kernels)
        weights = transposed_product(self._problem, factors, self.kernels)
        return Evaluation(loss, weights, column_sums(factors), frozen(self.loss.curvatures(p)))

    def curvatures(self, scores: np.ndarray) -> np.ndarray:
        """Return the curvatures of `evaluate` alone."""
        return frozen(self.loss.curvatures(row_losses(scores, self.zero, self._problem, self.kernels).p))

    def hessian_product(self, curvatures: np.ndarray, direction: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the product of the losses' Hessian with a direction."""
        kernels, problem, rows = self.kernels, self._problem, self._problem.rows
        if not kernels.supports("hessian"):
            moves = self.scores(direction[:-1], direction[-1])
            for block in chunked_slices(len(moves), max(1, CHUNK_SIZE // moves.shape[1])):
                moves[block] = self.loss.hessian_product(curvatures[block], moves[block], self.s[block])
            return transposed_product(problem, moves, kernels), column_sums(moves)
        n_outputs = direction.shape[1]
        n = n_parts(rows, 2 * n_outputs, problem.n_threads, sums=True)
        out = np.zeros((n, *direction[:-1].shape), rows.dtype)
        intercept, scratch = [unshared(n_outputs) for _ in out], [unshared(n_outputs, out.dtype) for _ in out]
        point = frozen(direction[:-1], rows.dtype), frozen(direction[-1])

        def add(block: Block, part: int, start: int, stop: int) -> None:
            X, given = block.rows, (block.of(problem.sample_weight), start, stop, block.of(curvatures), *point)
            if n_outputs == 1:
                kernels.hessian_product_binary(X.indptr, X.indices, X.data, *given, out[part], intercept[part])
            else:
                kernels.hessian_product_softmax(
                    X.indptr, X.indices, X.data, *given, scratch[part], out[part], intercept[part]
                )  # fmt: skip

        over_rows(rows, n, add)
        return summed(out), summed(intercept)

    def hessian_diagonal(self, curvatures: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the Hessian's diagonal, exact if no row has a feature twice."""
        factors = self.loss.hessian_diagonal(curvatures, self.s)
        with np.errstate(over="ignore"):
            return transposed_product(self._squared, factors, self.kernels), column_sums(factors)

    @functools.cached_property
    def _squared(self) -> Problem:
        """The problem with the square of every entry of the matrix."""
        return replace(self._problem, rows=self._problem.rows.squared())

    def gram_product(self, direction: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return ``[X, 1].T S [X, 1]`` times a direction."""
        image = self.s[:, None] * self.scores(direction[:-1], direction[-1])
        return transposed_product(self._problem, image, self.kernels), column_sums(image)

    def dual_product(self, p: np.ndarray, take: np.ndarray, give: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Move mass between classes, in place; return ``X.T @ (s (e_y - p))`` and ``p``."""
        factors = residuals(p, self._problem, self.kernels, take, give)
        return transposed_product(self._problem, factors, self.kernels), p

    def moved_mass(self, p: np.ndarray, take: np.ndarray, give: np.ndarray) -> np.ndarray:
        """Return the probabilities of `dual_product` alone."""
        residuals(p, self._problem, self.kernels, take, give)
        return p

    def mixed_entropy(self, p: np.ndarray, share: float) -> float:
        """Return ``sum_i s_i H(share * p_i + (1 - share) * e_{y_i})``."""
        return mixed_entropy(p, share, self._problem, self.kernels)

    def log_odds(self, scores: np.ndarray) -> tuple[float, float]:
        """Return the least and the greatest of the own class's score less that of another."""
        scores, labels = scores[self._problem.active_rows], self._problem.labels[self._problem.active_rows]
        if self.n_outputs == 1:
            odds = (2 * labels - 1)[:, None] * scores
        else:
            others = np.arange(self.n_classes) != labels[:, None]
            odds = scores[np.arange(len(labels)), labels][:, None] - scores[others].reshape(len(labels), -1)
        return float(odds.min(initial=np.inf)), float(odds.max(initial=-np.inf))
