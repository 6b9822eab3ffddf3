"""Reference implementation in NumPy: the same steps as the kernels take, written to be obviously correct.

Every step applies the penalty to every feature, nothing is deferred, and no code of the kernels is used. Tests and
benchmarks compare the kernels with it. A step is dense and costs O(n_features).
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from scipy.optimize import brentq

from fastlr.data.problem import Problem
from fastlr.objective.losses import LOSSES, Loss
from fastlr.objective.penalties import ElasticNet
from fastlr.solvers.stochastic.optimizer import StepSlice, diverged
from fastlr.solvers.stochastic.state_dict import Stateful


class ReferenceSGD(Stateful):
    """FOBOS steps on dense weights.

    Parameters
    ----------
    weights : ndarray of shape (n_features, n_outputs)
        Where to start; copied.
    intercept : ndarray of shape (n_outputs,)
        Where to start; copied.
    average : int, default=0
        With a number, the model is the mean of the iterates from this step, counted from 1, on.
    loss_name : str, default="log_loss"
        A key of `fastlr.objective.losses.LOSSES`.
    """

    loss_name: str = "log_loss"  # for pickles of earlier versions, which have none

    STATE: ClassVar[tuple[str, ...]] = ("weights", "bias", "n_steps", "loss", "n_averaged", "weights_sum", "bias_sum")

    def __init__(
        self, weights: np.ndarray, intercept: np.ndarray, average: int = 0, loss_name: str = "log_loss"
    ) -> None:
        self.loss_name = loss_name
        self.weights = weights.copy()
        self.bias = np.array(intercept, dtype=np.float64)
        self.n_steps = 0
        self.loss = 0.0
        self.average = average
        self.n_averaged = 0
        self.weights_sum = np.zeros(weights.shape if average else 0)
        self.bias_sum = np.zeros(len(self.bias))

    @property
    def loss_function(self) -> Loss:
        """The loss; ``loss`` is the sum of its values so far."""
        return LOSSES[self.loss_name]

    @property
    def intercept(self) -> np.ndarray:
        """The intercepts, averaged if the weights are."""
        return self.bias_sum / self.n_averaged if self.n_averaged else self.bias

    def model_weights(self) -> np.ndarray:
        """Return a copy of the weights, or their mean."""
        if self.n_averaged:
            return (self.weights_sum / self.n_averaged).astype(self.weights.dtype)
        return self.weights.copy()

    def finish(self) -> np.ndarray:
        """Return the weights, or their mean. No step may follow."""
        return self.model_weights() if self.n_averaged else self.weights

    def resize(self, n_features: int) -> None:
        """Append features of weight 0, for ``n_features`` in all."""
        n_outputs = self.weights.shape[1]
        added = np.zeros((n_features - len(self.weights), n_outputs), self.weights.dtype)
        self.weights = np.vstack([self.weights, added])
        if self.average:
            self.weights_sum = np.vstack([self.weights_sum, added.astype(np.float64)])

    def run(self, steps: StepSlice) -> None:
        """Take the steps."""
        for batch, eta in steps.batches():
            self.step(steps.problem, batch, len(batch), eta, steps.penalty, steps.intercept_rate)

    def start_full_step(self, problem: Problem, penalty: ElasticNet, intercept_rate: float) -> float:
        """Return the largest entry of the objective's subgradient of least norm."""
        s = problem.weights(problem.active_rows)
        error, loss = self.errors(problem, problem.active_rows, s)
        self.loss += loss
        gradient = problem.rows.csr[problem.active_rows].T @ error / s.sum()
        norm = penalty.violations(gradient, self.weights).max()
        if intercept_rate:
            norm = max(norm, np.abs(error.sum(axis=0)).max() / s.sum())
        return float(norm)

    def end_full_step(self, problem: Problem, eta: float, penalty: ElasticNet, intercept_rate: float) -> None:
        """Take a step over all rows, divided by the sum of their weights."""
        loss = self.loss  # it includes the losses of all rows already
        self.step(problem, problem.active_rows, problem.total_weight, eta, penalty, intercept_rate)
        self.loss = loss

    def errors(self, problem: Problem, batch: np.ndarray, s: np.ndarray) -> tuple[np.ndarray, float]:
        """Return the weighted derivatives of the rows' losses by their scores, and the sum of the weighted losses."""
        X, labels = problem.rows.csr[batch], problem.labels[batch]
        scores = X @ self.weights.astype(np.float64) + self.bias
        if not np.isfinite(scores).all():
            raise diverged(self.n_steps)
        loss, error = self.loss_function.value_and_derivative(scores, labels)
        return s[:, None] * error, float(s @ loss)

    def step(
        self,
        problem: Problem,
        batch: np.ndarray,
        divisor: float,
        eta: float,
        penalty: ElasticNet,
        intercept_rate: float,
    ) -> None:
        """Take one step with gradient ``sum_i s_i g_i / divisor`` and penalty ``sum(s) / divisor`` over a batch.

        ``w = soft(w - eta * gradient, eta * l1) / (1 + eta * l2)`` for every feature; the intercept is never penalised.
        """
        s = problem.weights(batch)
        error, loss = self.errors(problem, batch, s)
        share = eta * s.sum() / divisor
        with np.errstate(all="ignore"):
            moved = self.weights - eta * (problem.rows.csr[batch].T @ error) / divisor
            shrunk = np.sign(moved) * np.maximum(np.abs(moved) - share * penalty.l1, 0.0) / (1.0 + share * penalty.l2)
            weights = shrunk.astype(self.weights.dtype)
            bias = self.bias - intercept_rate * eta * error.sum(axis=0) / divisor
        if not (np.isfinite(weights).all() and np.isfinite(bias).all()):
            raise diverged(self.n_steps)
        self.weights, self.bias = weights, bias
        self.loss += loss
        self.n_steps += 1
        if self.average and self.n_steps >= self.average:
            self.n_averaged += 1
            self.weights_sum += weights
            self.bias_sum += bias


class ReferenceAdaptive(ReferenceSGD):
    """AdaGrad (dual averaging) or FTRL-proximal: every step computes every weight from its sums.

    Parameters
    ----------
    weights : ndarray of shape (n_features, n_outputs)
        Zeros.
    eta0 : float
        The learning rate. The rates of a schedule are ignored.
    proximal : bool
        FTRL-proximal; otherwise AdaGrad.
    loss_name : str, default="log_loss"
        A key of `fastlr.objective.losses.LOSSES`.
    """

    STATE: ClassVar[tuple[str, ...]] = (*ReferenceSGD.STATE, "gradients", "squares", "largest", "due_l1", "due_l2")

    def __init__(self, weights: np.ndarray, eta0: float, proximal: bool, loss_name: str = "log_loss") -> None:
        super().__init__(weights, np.zeros(weights.shape[1]), loss_name=loss_name)
        self.eta0, self.proximal = eta0, proximal
        # The intercepts are the last feature.
        self.gradients = np.zeros((weights.shape[0] + 1, weights.shape[1]))
        self.squares = np.zeros_like(self.gradients)
        self.largest = np.zeros((weights.shape[0] + 1, 1))
        self.due_l1 = self.due_l2 = 0.0

    def resize(self, n_features: int) -> None:
        """Append features that were never seen, for ``n_features`` in all."""
        n_before = len(self.weights)
        super().resize(n_features)
        for name in ("gradients", "squares", "largest"):
            sums = getattr(self, name)
            added = np.zeros((n_features - n_before, sums.shape[1]))
            setattr(self, name, np.vstack([sums[:-1], added, sums[-1:]]))

    def strengths(self) -> np.ndarray:
        """Return ``h``, the strength of the quadratic that holds each weight back."""
        return self.largest * (np.sqrt(self.squares) + 0.001 * self.largest) / self.eta0

    def step(
        self,
        problem: Problem,
        batch: np.ndarray,
        divisor: float,
        eta: float,
        penalty: ElasticNet,
        intercept_rate: float,
    ) -> None:
        """Take one step: add the batch's gradients and squares, and compute all weights from the sums."""
        s = problem.weights(batch)
        error, loss = self.errors(problem, batch, s)
        X = problem.rows.csr[batch].astype(np.float64).toarray()
        X = np.column_stack([X, np.full(len(X), 1.0 if intercept_rate else 0.0)])
        penalised = np.r_[np.ones(X.shape[1] - 1), 0.0][:, None]
        before, weights = self.strengths(), np.vstack([self.weights, self.bias])
        self.largest = np.maximum(self.largest, np.abs(X).max(axis=0)[:, None])
        units = np.divide(X, self.largest[:, 0], out=np.zeros_like(X), where=X != 0.0)
        self.squares += (X.T @ error / divisor) ** 2 * (units**2).sum(axis=1).mean()
        after = self.strengths()
        held = after + penalised * self.due_l2
        reach = X**2 @ np.divide(1.0, held, out=np.zeros_like(held), where=held > 0.0)
        rows = zip(X @ weights, problem.labels[batch], s, error, reach / divisor, strict=True)
        factors = [self.shortened(*row) for row in rows]
        self.gradients += X.T @ (np.array(factors)[:, None] * error) / divisor
        if self.proximal:
            self.gradients -= (after - before) * weights
        self.due_l1 += float(s.sum() / divisor * penalty.l1)
        self.due_l2 += float(s.sum() / divisor * penalty.l2)
        held = after + penalised * self.due_l2
        soft = np.sign(self.gradients) * np.maximum(np.abs(self.gradients) - penalised * self.due_l1, 0.0)
        weights = np.divide(-soft, held, out=np.zeros_like(held), where=held > 0.0)
        self.weights, self.bias = weights[:-1].astype(self.weights.dtype), weights[-1]
        self.loss += loss
        self.n_steps += 1

    def shortened(self, scores: np.ndarray, label: int, s: float, error: np.ndarray, reach: np.ndarray) -> float:
        """Return the factor that makes the step over a row the implicit one along its gradient."""
        move = error * reach

        def slope(t: float) -> float:
            e = self.loss_function.derivative((scores - t * move)[None], np.array([label]))[0]
            return float(t * (error @ move) - s * (move @ e))

        return brentq(slope, 0.0, 1.0, xtol=1e-15, rtol=1e-14) if slope(0.0) < 0.0 < slope(1.0) else 1.0
