"""The naive NumPy path: the same steps as the kernels take, written so that they are obviously right.

Every step shrinks every feature, nothing is owed, and none of the kernels' code is used. It is the oracle of the tests
and the yardstick of the benchmarks, and costs what a dense step costs: O(n_features) each.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from scipy.special import expit, logsumexp

from fastlr.problem import Problem
from fastlr.solvers.state import Stateful
from fastlr.solvers.steps import Rule, diverged


class NaiveSteps(Stateful):
    """Eager FOBOS steps on dense weights.

    Parameters
    ----------
    weights : ndarray of shape (n_features, n_outputs)
        Where to start; copied.
    intercept : ndarray of shape (n_outputs,)
        Where to start; copied.
    """

    STATE: ClassVar[tuple[str, ...]] = ("weights", "intercept", "n_steps", "loss")

    def __init__(self, weights: np.ndarray, intercept: np.ndarray) -> None:
        self.weights = weights.copy()
        self.intercept = np.array(intercept, dtype=np.float64)
        self.n_steps = 0
        self.loss = 0.0

    def settled(self) -> np.ndarray:
        """Return a copy of the weights."""
        return self.weights.copy()

    def finish(self) -> np.ndarray:
        """Return the weights; the steps end here."""
        return self.weights

    def resize(self, n_features: int) -> None:
        """Add features of weight 0 behind those there are, ``n_features`` in all."""
        n_outputs = self.weights.shape[1]
        added = np.zeros((n_features - len(self.weights), n_outputs), self.weights.dtype)
        self.weights = np.vstack([self.weights, added])

    def run(
        self, problem: Problem, order: np.ndarray, start: int, stop: int, rates: np.ndarray, batch_size: int, rule: Rule
    ) -> None:
        """Take one step for every ``batch_size`` rows of ``order[start:stop]``."""
        for begin, eta in zip(range(start, stop, batch_size), rates, strict=True):
            batch = order[begin : min(begin + batch_size, stop)]
            self.step(problem, batch, len(batch), eta, rule)

    def start_full_step(self, problem: Problem, rule: Rule) -> float:
        """Return the norm of the objective's subgradient of least norm."""
        s = row_weights(problem, problem.present)
        error, loss = self.errors(problem, problem.present, s)
        self.loss += loss
        mean = problem.rows.csr[problem.present].T @ error / s.sum() + rule.l2 * self.weights
        away = np.maximum(np.abs(mean) - rule.l1, 0.0)
        norm = np.where(self.weights != 0.0, np.abs(mean + rule.l1 * np.sign(self.weights)), away).max()
        if rule.intercept_rate:
            norm = max(norm, np.abs(error.sum(axis=0)).max() / s.sum())
        return float(norm)

    def end_full_step(self, problem: Problem, eta: float, rule: Rule) -> None:
        """Take the step over all rows, divided by the sum of their weights."""
        loss = self.loss  # that of all rows is in it already
        self.step(problem, problem.present, problem.total_weight, eta, rule)
        self.loss = loss

    def errors(self, problem: Problem, batch: np.ndarray, s: np.ndarray) -> tuple[np.ndarray, float]:
        """Return the rows' derivatives of the loss by the scores, times their weights, and the sum of their losses."""
        X, labels = problem.rows.csr[batch], problem.labels[batch]
        scores = X @ self.weights.astype(np.float64) + self.intercept
        if not np.isfinite(scores).all():
            raise diverged(self.n_steps)
        if scores.shape[1] == 1:
            z = scores[:, 0]
            loss = np.logaddexp(0.0, z) - labels * z
            error = np.where(labels == 1, -expit(-z), expit(z))[:, None]
        else:
            log_total = logsumexp(scores, axis=1)
            loss = log_total - scores[np.arange(len(labels)), labels]
            error = np.exp(scores - log_total[:, None])
            error[np.arange(len(labels)), labels] -= 1.0
        return s[:, None] * error, float(s @ loss)

    def step(self, problem: Problem, batch: np.ndarray, divisor: float, eta: float, rule: Rule) -> None:
        """Take one step with gradient ``sum_i s_i g_i / divisor`` and penalty ``sum(s) / divisor`` over a batch.

        ``w = soft(w - eta * gradient, eta * l1) / (1 + eta * l2)`` for every feature; the intercept is not penalised.
        """
        s = row_weights(problem, batch)
        error, loss = self.errors(problem, batch, s)
        share = eta * s.sum() / divisor
        with np.errstate(all="ignore"):
            moved = self.weights - eta * (problem.rows.csr[batch].T @ error) / divisor
            shrunk = np.sign(moved) * np.maximum(np.abs(moved) - share * rule.l1, 0.0) / (1.0 + share * rule.l2)
            weights = shrunk.astype(self.weights.dtype)
            intercept = self.intercept - rule.intercept_rate * eta * error.sum(axis=0) / divisor
        if not (np.isfinite(weights).all() and np.isfinite(intercept).all()):
            raise diverged(self.n_steps)
        self.weights, self.intercept = weights, intercept
        self.loss += loss
        self.n_steps += 1


def row_weights(problem: Problem, batch: np.ndarray) -> np.ndarray:
    """Return ``s`` of the rows of a batch."""
    return problem.sample_weight[batch] if len(problem.sample_weight) else np.ones(len(batch))
