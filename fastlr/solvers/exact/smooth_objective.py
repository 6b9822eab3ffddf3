"""The smooth part of the objective: value, gradient and Hessian products, for solvers that work by passes.

``f(W, b) = sum_i s_i * loss(y_i, x_i W + b) + l2 / 2 * ||W||_2^2``. The unknowns are one float64 array ``theta`` of
shape ``(n_features + 1, n_outputs)``: the weights, and in the last row the intercepts, 0 if they are not fitted.
"""

from __future__ import annotations

import numpy as np

from fastlr.objective.row_passes import PerRow, RowPasses
from fastlr.solvers.exact.task import Start
from fastlr.utils.sums import dot, row_sums

# Relative rounding error of a sum of losses, by the type of the scores.
ROUNDING = {np.dtype(np.float32): 1e-7, np.dtype(np.float64): 1e-14}


class Smooth:
    """The smooth part of one problem's objective.

    Parameters
    ----------
    passes : RowPasses
        Over the rows of the problem.
    l2 : float
        Strength of L2, beside the sum of the losses.
    fit_intercept : bool
    """

    def __init__(self, passes: RowPasses, l2: float, fit_intercept: bool) -> None:
        self.passes = passes
        self.l2 = l2
        self.fit_intercept = fit_intercept
        self.rounding = ROUNDING[passes.dtype]
        self.zero = np.zeros(passes.n_outputs)

    def unknowns(self, start: Start) -> np.ndarray:
        """Return ``theta`` at the start."""
        return np.vstack([start.weights, start.intercept if self.fit_intercept else self.zero]).astype(np.float64)

    def model(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return copies of the weights, in the type of the rows, and of the intercepts."""
        return theta[:-1].astype(self.passes.dtype), theta[-1].copy()

    def scores(self, theta: np.ndarray) -> PerRow:
        """Return ``X W + b``, float64: linear in ``theta``."""
        return self.passes.scores(theta[:-1], theta[-1])

    def value(self, theta: np.ndarray, scores: PerRow) -> float:
        """Return ``f``."""
        return self.passes.losses(scores, self.zero).loss + self._penalty(theta)

    def value_and_gradient(self, theta: np.ndarray, scores: PerRow) -> tuple[float, np.ndarray, PerRow]:
        """Return `value`, the gradient in the shape of ``theta``, and `Loss.curvatures` of the rows."""
        loss, weights, intercept, curvatures = self.passes.evaluate(scores)
        return loss + self._penalty(theta), self._penalised(weights, intercept, theta), curvatures

    def hessian_product(self, curvatures: PerRow, direction: np.ndarray) -> np.ndarray:
        """Return the product of the Hessian with a direction in the shape of ``theta``."""
        return self._penalised(*self.passes.hessian_product(curvatures, direction), direction)

    def hessian_diagonal(self, curvatures: PerRow) -> np.ndarray:
        """Return the Hessian's diagonal in the shape of ``theta``, exact if no row has a feature twice."""
        weights, intercept = self.passes.hessian_diagonal(curvatures)
        return np.vstack([weights + self.l2, intercept])

    def _penalty(self, theta: np.ndarray) -> float:
        return 0.5 * self.l2 * dot(theta[:-1], theta[:-1])

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
        return float(np.abs(gradient).max()) / self.passes.total_weight
