"""How far a model is from the optimum, proven: the duality gap.

For the problem ``P(W, b) = sum_i s_i * loss(y_i, x_i W + b) + l1 * ||W||_1 + l2 / 2 * ||W||_2^2``, which is ``sum(s)``
times the objective of `fastlr.objective`, every choice of probabilities ``p_i`` (each summing to 1, and together, where
there is an intercept, with ``sum_i s_i (e_{y_i} - p_i) = 0``) bounds the optimum from below by

    D(p) = sum_i s_i * H(p_i) - ||soft(V, l1)||_2^2 / (2 * l2),   V = sum_i s_i x_i (e_{y_i} - p_i)^T

with the entropy ``H`` and the soft threshold; for ``l2 = 0`` no entry of ``V`` may exceed ``l1``, and the last term is
0. So ``P - D`` is at least the distance from the optimum, whoever computed the model. The probabilities are those of
the model at its best intercept, which satisfies the constraint, drawn towards ``e_{y_i}`` until ``V`` is small enough.
(Shalev-Shwartz and Zhang 2013; Massias, Gramfort and Salmon 2018.)
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import entr

from fastlr.batch import blocks, losses_and_probabilities, residuals, row_weights, scores_of, transposed_product
from fastlr.objective import penalty
from fastlr.problem import Problem, pieces

MANY_CLASSES = 200


class DualityGap(NamedTuple):
    """How far a model is from the optimum.

    Attributes
    ----------
    relative : float
        ``(primal - dual) / primal``: the model's objective exceeds the least one by no more than this part of itself.
    primal : float
        The model's objective ``F(W, b)``.
    dual : float
        A lower bound of the objective of every model.
    """

    relative: float
    primal: float
    dual: float


class Strengths(NamedTuple):
    """Strengths of the penalty ``l1 * ||W||_1 + l2 / 2 * ||W||_2^2`` beside the *sum* of the weighted losses."""

    l1: float
    l2: float


def best_intercept(scores: np.ndarray, problem: Problem, intercept: np.ndarray) -> np.ndarray:
    """Return the intercepts of least loss for given weights, by Newton's method from ``intercept``.

    For more than `MANY_CLASSES`, whose Hessian would cost more than the scores, a step is that of iterative scaling:
    ``b_k += log(sum of s over class k / sum_i s_i p_ik)``.

    Parameters
    ----------
    scores : ndarray of shape (n_samples, n_outputs)
        ``X @ W``, without the intercept.

    Returns
    -------
    ndarray of shape (n_outputs,), float64
        Where the gradient ``sum_i s_i (p_i - e_{y_i})`` is 0 to rounding.
    """
    s, labels, total = row_weights(problem), problem.labels, problem.total_weight
    n_outputs = scores.shape[1]
    present = np.bincount(labels, weights=s, minlength=problem.n_classes)[-n_outputs:]
    many = n_outputs > MANY_CLASSES
    intercept = np.array(intercept, dtype=np.float64)
    if n_outputs > 1:  # a shift of all changes no probability: choose the one whose sum is 0
        intercept -= intercept.mean()
    least, step = np.inf, np.zeros(n_outputs)
    for _ in range(100):
        value, mass, product = 0.0, np.zeros(n_outputs), np.zeros((n_outputs, n_outputs))
        for block in blocks(scores):
            losses, p = losses_and_probabilities(scores[block], intercept, labels[block])
            p = p[:, -n_outputs:]
            weighted = s[block, None] * p
            value += float(s[block] @ losses)
            mass += weighted.sum(axis=0)
            if not many:
                product += p.T @ weighted
        if value > least + 1e-14 * abs(least):
            step = 0.5 * step
            intercept = intercept - step
            if np.abs(step).max() < 1e-15:
                break
            continue
        least = value
        gradient = mass - present
        if np.abs(gradient).max() <= 1e-14 * total:
            break
        if many:
            step = np.log(np.maximum(present, 1e-300) / np.maximum(mass, 1e-300))
            step -= step.mean()
        else:
            hessian = np.diag(mass) - product
            if n_outputs > 1:  # nor does the Hessian see it: let it, so that steps sum to 0 too
                hessian += total / n_outputs**2
            hessian[np.diag_indices(n_outputs)] += 1e-14 * total
            step = -np.linalg.solve(hessian, gradient)
        step = step * min(1.0, 3.0 / np.abs(step).max())
        intercept = intercept + step
    return intercept


class Certificate(NamedTuple):
    """What `Certifier` finds: ``P`` at the best intercept, the bound ``D``, and that intercept."""

    primal: float
    dual: float
    intercept: np.ndarray

    @property
    def gap(self) -> float:
        """The relative gap; nan without a penalty, where there is no useful bound."""
        return relative_gap(self.primal, self.dual)


def relative_gap(primal: float, dual: float) -> float:
    """Return ``(primal - dual) / primal``; 0 where both are 0, and where rounding has lifted the bound above."""
    return max(primal - dual, 0.0) / primal if primal else 0.0


class Certifier:
    """Certifies models of one problem.

    Parameters
    ----------
    problem : Problem
    strengths : Strengths
    fit_intercept : bool
        Whether the intercept is free; if not, it stays as it is given.
    backend : {"numba", "cython", "numpy"}
    """

    def __init__(self, problem: Problem, strengths: Strengths, fit_intercept: bool, backend: str) -> None:
        self.problem = problem
        self.strengths = strengths
        self.fit_intercept = fit_intercept
        self.backend = backend

    def certify(self, weights: np.ndarray, intercept: np.ndarray) -> Certificate:
        """Return ``P`` and ``D`` for weights of shape (n_features, n_outputs), with the best intercept for them."""
        scores = scores_of(self.problem, weights, self.backend)
        if self.fit_intercept:
            intercept = best_intercept(scores, self.problem, intercept)
        return Certificate(self.primal(scores, weights, intercept), self.dual(scores, intercept), intercept)

    def primal(self, scores: np.ndarray, weights: np.ndarray, intercept: np.ndarray) -> float:
        """Return ``P(W, b)`` where ``scores`` are ``X @ W``."""
        s, labels = row_weights(self.problem), self.problem.labels
        value = 0.0
        for block in blocks(scores):
            losses, _ = losses_and_probabilities(scores[block], intercept, labels[block])
            value += float(s[block] @ losses)
        l1, l2 = self.strengths
        return value + (penalty(weights, l1 + l2, l1 / (l1 + l2)) if l1 or l2 else 0.0)

    def dual(self, scores: np.ndarray, intercept: np.ndarray) -> float:
        """Return the bound ``D`` that the probabilities at these scores give; -inf without a penalty."""
        l1, l2 = self.strengths
        if not (l1 or l2):
            return -np.inf
        s, labels = row_weights(self.problem), self.problem.labels
        n_outputs = scores.shape[1]
        factors = np.empty(scores.shape, self.problem.rows.data.dtype)  # s_i (e_{y_i} - p_i)
        left = np.zeros(n_outputs)
        for block in blocks(scores):
            _, p = losses_and_probabilities(scores[block], intercept, labels[block])
            f = s[block, None] * residuals(p, labels[block], n_outputs)
            left += f.sum(axis=0)
            factors[block] = f
        v = transposed_product(self.problem, factors, self.backend).astype(np.float64)
        largest = float(np.abs(v).max(initial=0.0))
        shares = [1.0] if l2 else []
        if (l1 and largest > l1) or not l2:
            shares.append(min(1.0, l1 / largest) if largest else 1.0)
        best = 0.0  # that of p_i = e_{y_i}: no loss is negative
        for share in shares:
            charge = 0.0
            if l2:
                for piece in pieces(v.size):
                    over = np.maximum(share * np.abs(v.reshape(-1)[piece]) - l1, 0.0)
                    charge += float(over @ over) / (2.0 * l2)
            best = max(best, self._entropy(scores, intercept, share) - charge)
        # What rounding leaves of the constraint counts at the size of the intercept, and what it makes of the scores
        # and of V at that of the bound: in float32 no gap below 1e-7 is proven.
        rounding = float(np.finfo(factors.dtype).eps) * abs(best)
        return best - rounding - (float(np.abs(left) @ np.abs(intercept)) if self.fit_intercept else 0.0)

    def _entropy(self, scores: np.ndarray, intercept: np.ndarray, share: float) -> float:
        """Return ``sum_i s_i H(share * p_i + (1 - share) * e_{y_i})``."""
        s, labels = row_weights(self.problem), self.problem.labels
        value = 0.0
        for block in blocks(scores):
            _, p = losses_and_probabilities(scores[block], intercept, labels[block])
            p *= share
            p[np.arange(len(p)), labels[block]] += 1.0 - share
            value += float(s[block] @ entr(p).sum(axis=1))
        return value
