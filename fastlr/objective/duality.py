"""The duality gap: a proven bound of a model's distance from the optimum.

Let ``P(W, b) = sum_i s_i * loss(y_i, x_i W + b) + l1 * ||W||_1 + l2 / 2 * ||W||_2^2``, which is ``sum(s)`` times the
objective of `fastlr.objective`. By Fenchel's duality, all probabilities ``p_i`` that each sum to 1 bound the optimum
from below by

    D(p) = sum_i s_i * H(p_i) - ||soft(V, l1)||_2^2 / (2 * l2),   V = sum_i s_i x_i (e_{y_i} - p_i)^T

where ``H`` is the entropy, minus the conjugate of the loss, and the second term the conjugate of the penalty. With an
intercept, they must also satisfy ``sum_i s_i (e_{y_i} - p_i) = 0``. Without L2, no entry of ``V`` may exceed ``l1``,
and the second term is 0. So a model's distance from the optimum is at most ``P - D``, whichever solver found it. The
probabilities used are those of the model at its best intercept, which satisfies the constraint, moved towards
``e_{y_i}`` until ``V`` is small enough. (Shalev-Shwartz and Zhang 2013; Massias, Gramfort and Salmon 2018.)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from fastlr.objective.full_batch import RowLosses
from fastlr.objective.penalties import Penalty
from fastlr.objective.row_passes import PerRow, RowPasses
from fastlr.utils.elementary import log
from fastlr.utils.sums import mean_of, solve, sum_of

# With more classes than these, the Hessian by the intercepts would cost more than the scores.
MANY_CLASSES = 200
# Relative rounding error of a sum over the rows.
SUMS = 1e-14
# Rounding error of the entropy of probabilities, of which one is nearly 1.
ENTROPY = 1e-15


class DualityGap(NamedTuple):
    """A bound of a model's distance from the optimum.

    Attributes
    ----------
    relative : float
        ``(primal - dual) / primal``: the model's objective exceeds the least one by at most this part of itself.
    primal : float
        The model's objective ``F(W, b)``.
    dual : float
        A lower bound of the objective of every model.
    """

    relative: float
    primal: float
    dual: float


def best_intercept(scores: PerRow, passes: RowPasses, intercept: np.ndarray) -> np.ndarray:
    """Return the intercepts of least loss for given weights, by Newton's method from ``intercept``.

    With more than `MANY_CLASSES`, the steps are those of iterative scaling: ``b_k += log(sum of s over class k / sum_i
    s_i p_ik)``.

    Parameters
    ----------
    scores : PerRow
        ``X @ W``, without the intercept.
    passes : RowPasses
    intercept : ndarray of shape (n_outputs,)

    Returns
    -------
    ndarray of shape (n_outputs,), float64
        The gradient ``sum_i s_i (p_i - e_{y_i})`` is 0 up to rounding there, or small with many classes.
    """
    n_outputs, total = passes.n_outputs, passes.total_weight
    wanted = passes.target_mass()
    many = n_outputs > MANY_CLASSES
    intercept = np.array(intercept, dtype=np.float64)
    if n_outputs > 1:  # a shift of all changes no probability: choose intercepts that sum to 0
        intercept -= mean_of(intercept)
    least, step = np.inf, np.zeros(n_outputs)
    for _ in range(30):
        loss, _, mass, product = passes.losses(scores, intercept, with_product=not many)
        if loss > least + 1e-14 * abs(least):
            step = 0.5 * step
            intercept = intercept - step
            continue
        least = loss
        gradient = (mass - wanted)[-n_outputs:]
        if np.abs(gradient).max() <= 1e-9 * total:
            break
        if many:
            step = log(np.maximum(wanted, 1e-300) / np.maximum(mass, 1e-300))
            step -= mean_of(step)
        else:
            hessian = (np.diag(mass) - product)[-n_outputs:, -n_outputs:]
            if n_outputs > 1:  # the Hessian is flat along that shift: curve it, so that steps sum to 0
                hessian += total / (n_outputs * n_outputs)
            hessian[np.diag_indices(n_outputs)] += 1e-14 * total
            step = -solve(hessian, gradient)
        step = step * min(1.0, 3.0 / np.abs(step).max())
        intercept = intercept + step
    return intercept


class Certificate(NamedTuple):
    """The objective ``P`` at the best intercept, the bound ``D``, and that intercept."""

    primal: float
    dual: float
    intercept: np.ndarray


def relative_gap(primal: float, dual: float) -> float:
    """Return ``(primal - dual) / primal``; 0 if both are 0, or if rounding has lifted the bound above the objective."""
    return max(primal - dual, 0.0) / primal if primal else 0.0


class Certifier:
    """Computes certificates for models of one problem.

    Parameters
    ----------
    passes : RowPasses
        Over the rows of the problem.
    penalty : Penalty
    fit_intercept : bool
        Whether to find the best intercept; otherwise the given one is kept.
    """

    def __init__(self, passes: RowPasses, penalty: Penalty, fit_intercept: bool) -> None:
        self.passes = passes
        self.penalty = penalty
        self.fit_intercept = fit_intercept

    def certify(
        self,
        weights: np.ndarray,
        intercept: np.ndarray,
        dual_scores: Sequence[PerRow | None] = (None,),
        tol: float = 0.0,
    ) -> Certificate:
        """Return ``P`` and ``D`` for weights of shape (n_features, n_outputs), at the best intercept.

        Each entry of ``dual_scores``, scores of the rows or None for the model's own, gives a
        bound. They are tried in order until the relative gap is at most ``tol``; the best bound counts.
        """
        return self._certify(self.passes.scores(weights), weights, intercept, dual_scores, tol)

    def _certify(
        self,
        scores: PerRow,
        weights: np.ndarray,
        intercept: np.ndarray,
        dual_scores: Sequence[PerRow | None] = (None,),
        tol: float = 0.0,
    ) -> Certificate:
        """Return the certificate, given the scores ``X @ W``."""
        intercept = np.array(intercept, dtype=np.float64)
        if self.fit_intercept:
            intercept = best_intercept(scores, self.passes, intercept)
        primal, own = self._primal(scores, weights, intercept)
        dual = -np.inf
        for candidate in dual_scores:
            rows = own
            if candidate is not None:
                rows = self.passes.losses(candidate, np.zeros(len(intercept)))
            dual = max(dual, self._dual(rows.p, rows.mass))
            if relative_gap(primal, dual) <= tol:
                break
        return Certificate(primal, dual, intercept)

    def gap_of(self, weights: np.ndarray, intercept: np.ndarray) -> DualityGap:
        """Return the gap of a model at its own intercept, in the scale of `fastlr.objective`."""
        total = self.passes.total_weight
        scores = self.passes.scores(weights)
        primal, _ = self._primal(scores, weights, np.array(intercept, dtype=np.float64))
        dual = self._certify(scores, weights, intercept).dual
        return DualityGap(relative_gap(primal, dual), primal / total, dual / total)

    def _primal(self, scores: PerRow, weights: np.ndarray, intercept: np.ndarray) -> tuple[float, RowLosses]:
        """Return ``P(W, b)`` and the rows' losses, given the scores ``X @ W``."""
        rows = self.passes.losses(scores, intercept)
        return rows.loss + self.penalty.value(weights), rows

    def _dual(self, p: PerRow, mass: np.ndarray) -> float:
        """Return the bound ``D`` for probabilities ``p``, which are changed; minus infinity without a penalty."""
        if not self.penalty:
            return -np.inf
        v, p = self.passes.dual_product(p, *self._balance(mass))
        best = 0.0  # the bound for p_i = e_{y_i}: no loss is negative
        for scale in self.penalty.dual_scales(v):
            entropy = self.passes.mixed_entropy(p, scale)
            best = max(best, entropy - self.penalty.conjugate(v, scale))
        # Scores and V have about this relative rounding error: float32 proves no gap below 1e-7.
        best *= 1.0 - float(np.finfo(self.passes.dtype).eps) - SUMS
        return max(best - ENTROPY * self.passes.total_weight, 0.0)

    def _balance(self, mass: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return what mass to move between classes, so that the probabilities satisfy the intercept's constraint."""
        lack = self.passes.target_mass() - mass if self.fit_intercept else np.zeros_like(mass)
        take = np.divide(np.maximum(-lack, 0.0), mass, out=np.zeros_like(mass), where=mass > 0)
        give = np.maximum(lack, 0.0)
        give = give / sum_of(give) if give.any() else give
        if not give.any():
            take[:] = 0.0
        return take, give
