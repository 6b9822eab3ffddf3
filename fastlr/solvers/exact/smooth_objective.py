"""The smooth part of the objective: value, gradient and Hessian products, for solvers that work by passes.

``f(W, b) = sum_i s_i * loss(y_i, x_i W + b) + l2 / 2 * ||W||_2^2``. The unknowns are one float64 array ``theta`` of
shape ``(n_features + 1, n_outputs)``: the weights, and in the last row the intercepts, 0 if they are not fitted.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from fastlr.data.passes import n_parts, over_rows, summed
from fastlr.data.problem import Problem
from fastlr.data.rows import Block
from fastlr.kernels.kernel_set import KernelSet
from fastlr.objective.full_batch import residuals, row_losses, scores_of, transposed_product
from fastlr.objective.losses import LOSSES
from fastlr.solvers.exact.task import Start
from fastlr.utils.arrays import CHUNK_SIZE, chunked_slices, frozen
from fastlr.utils.parallel import unshared
from fastlr.utils.sums import column_sums, dot, row_sums

# Relative rounding error of a sum of losses, by the type of the scores.
ROUNDING = {np.dtype(np.float32): 1e-7, np.dtype(np.float64): 1e-14}


class Smooth:
    """The smooth part of one problem's objective.

    Parameters
    ----------
    problem : Problem
    l2 : float
        Strength of L2, beside the sum of the losses.
    fit_intercept : bool
    kernels : KernelSet
        Of the loss.
    """

    def __init__(self, problem: Problem, l2: float, fit_intercept: bool, kernels: KernelSet) -> None:
        self.problem = problem
        self.l2 = l2
        self.fit_intercept = fit_intercept
        self.kernels = kernels
        self.loss = LOSSES[kernels.loss]
        self.rounding = ROUNDING[problem.dtype]
        self.s = problem.weights()
        self.zero = np.zeros(problem.n_outputs)

    def unknowns(self, start: Start) -> np.ndarray:
        """Return ``theta`` at the start."""
        return np.vstack([start.weights, start.intercept if self.fit_intercept else self.zero]).astype(np.float64)

    def model(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return copies of the weights, in the type of the rows, and of the intercepts."""
        return theta[:-1].astype(self.problem.dtype), theta[-1].copy()

    def scores(self, theta: np.ndarray) -> np.ndarray:
        """Return ``X W + b``, float64, shape (n_samples, n_outputs): linear in ``theta``."""
        return scores_of(self.problem, theta[:-1], self.kernels) + theta[-1]

    def value(self, theta: np.ndarray, scores: np.ndarray) -> float:
        """Return ``f``."""
        loss = row_losses(scores, self.zero, self.problem, self.kernels).loss
        return loss + 0.5 * self.l2 * dot(theta[:-1], theta[:-1])

    def value_and_gradient(self, theta: np.ndarray, scores: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        """Return `value`, the gradient in the shape of ``theta``, and `Loss.curvatures` of the rows."""
        loss, p, _, _ = row_losses(scores, self.zero, self.problem, self.kernels)
        value = loss + 0.5 * self.l2 * dot(theta[:-1], theta[:-1])
        factors = -residuals(p, self.problem, self.kernels)
        return value, self._back(factors, theta), self.loss.curvatures(p)

    def hessian_product(self, curvatures: np.ndarray, direction: np.ndarray) -> np.ndarray:
        """Return the product of the Hessian with a direction in the shape of ``theta``."""
        kernels = self.kernels
        if not kernels.supports("hessian"):
            moves = self.scores(direction)
            for block in chunked_slices(len(moves), max(1, CHUNK_SIZE // moves.shape[1])):
                moves[block] = self.loss.hessian_product(curvatures[block], moves[block], self.s[block])
            return self._back(moves, direction)
        rows, problem = self.problem.rows, self.problem
        n_outputs = direction.shape[1]
        n = n_parts(rows, 2 * n_outputs, problem.n_threads, sums=True)
        out = np.zeros((n, *direction[:-1].shape), rows.dtype)
        intercept, scratch = [unshared(n_outputs) for _ in out], [unshared(n_outputs, out.dtype) for _ in out]
        point = frozen(direction[:-1], rows.dtype), frozen(direction[-1])

        def add(block: Block, part: int, start: int, stop: int) -> None:
            X = block.rows
            kernels.hessian_product(
                X.indptr, X.indices, X.data, block.of(problem.sample_weight), start, stop, block.of(curvatures),
                *point, scratch[part], out[part], intercept[part],
            )  # fmt: skip

        over_rows(rows, n, add)
        return self._penalised(summed(out), summed(intercept), direction)

    def hessian_diagonal(self, curvatures: np.ndarray) -> np.ndarray:
        """Return the Hessian's diagonal in the shape of ``theta``, exact if no row has a feature twice."""
        factors = self.loss.hessian_diagonal(curvatures, self.s)
        with np.errstate(over="ignore"):
            weights = transposed_product(self._squared, factors, self.kernels)
        return np.vstack([weights + self.l2, column_sums(factors)])

    @property
    def _squared(self) -> Problem:
        """The problem with the square of every entry of the matrix."""
        if not hasattr(self, "_squared_problem"):
            self._squared_problem = replace(self.problem, rows=self.problem.rows.squared())
        return self._squared_problem

    def _back(self, factors: np.ndarray, theta: np.ndarray) -> np.ndarray:
        """Return ``[X, 1].T @ factors`` plus the gradient of the penalty at ``theta``."""
        weights = transposed_product(self.problem, factors, self.kernels)
        return self._penalised(weights, column_sums(factors), theta)

    def _penalised(self, weights: np.ndarray, intercept: np.ndarray, theta: np.ndarray) -> np.ndarray:
        """Return the rows' sums for weights and intercepts, plus the gradient of the penalty at ``theta``."""
        result = np.empty(theta.shape)
        np.multiply(theta[:-1], self.l2, out=result[:-1])
        result[:-1] += weights
        result[-1] = intercept if self.fit_intercept else 0.0
        if len(self.zero) > 1:  # a shift of all classes changes nothing; remove what rounding leaves of it
            free = slice(-1 if self.l2 else 0, None)
            result[free] -= row_sums(result[free])[:, None] / len(self.zero)
        return result

    def guess(self, value: float, gradient: np.ndarray) -> float:
        """Estimate the distance from the optimum by the gradient.

        With L2, this is the relative duality gap at the model's own curvatures, ``||gradient||^2 / (2 l2 f)``;
        without a penalty, the largest entry of the gradient of the mean loss.
        """
        if self.l2:
            return dot(gradient, gradient) / (2.0 * self.l2 * value) if value else 0.0
        return float(np.abs(gradient).max()) / self.problem.total_weight
