"""Steps of the compiled kernels, with the penalty owed and paid lazily: see ``kernels.lazy``."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from fastlr import kernels
from fastlr.data.passes import in_parts, n_parts, summed
from fastlr.data.problem import Problem
from fastlr.solvers.stochastic.optimizer import StepRule, diverged
from fastlr.solvers.stochastic.resize import with_features
from fastlr.solvers.stochastic.state_dict import Stateful
from fastlr.utils.arrays import frozen
from fastlr.utils.parallel import unshared
from fastlr.utils.time_slices import TimeSlices

# Batches of more scores than this are cut within, for Ctrl-C's sake; smaller ones stay inside one kernel call.
LARGE_BATCH = 1 << 14

# A mean of iterates remembers at least so many steps before it settles all features.
MIN_HISTORY = 1 << 14


class LazySGD(Stateful):
    """Steps of the compiled kernels, with the penalty owed and paid lazily.

    Parameters
    ----------
    backend : {"numba", "cython"}
    weights : ndarray of shape (n_features, n_outputs)
        Where to start. Taken over, not copied, where nothing is owed.
    intercept : ndarray of shape (n_outputs,)
        Where to start; copied.
    lazy : bool
        Whether there is an L1 penalty, which a column of its own keeps account of.
    track_loss : bool
        Whether to sum up the losses, which costs a logarithm a row.
    average : int, default=0
        With a number, the model is the mean of the iterates from this step, counted from 1, on: see
        ``kernels.averaging``.
    """

    STATE: ClassVar[tuple[str, ...]] = ("weights", "bias", "clock", "counts", "history")

    def __init__(
        self,
        backend: str,
        weights: np.ndarray,
        intercept: np.ndarray,
        lazy: bool,
        track_loss: bool,
        average: int = 0,
    ) -> None:
        self.backend = backend
        self.track_loss = track_loss
        self.n_outputs = weights.shape[1]
        self.moves = np.empty(2 * self.n_outputs, weights.dtype)
        if lazy or average:
            n_columns = self.n_outputs * (2 if average else 1) + lazy
            self.weights = np.zeros((weights.shape[0], n_columns), weights.dtype)
            self.weights[:, : self.n_outputs] = weights
        else:
            self.weights = weights
        self.bias = np.array(intercept, dtype=np.float64)
        self.clock = np.array([1.0, 0.0, 0.0, 0.0])  # scale, owed, steps made, sum of losses
        self.counts = np.zeros(0, np.int64)
        self.history = np.zeros((0, 3))  # of three columns where there is none, as in files of old
        if average:
            self.clock = np.r_[self.clock, 0.0, 0.0, np.zeros(self.n_outputs)]
            self.counts = np.array([0, average, 0])
            if lazy:
                self.history = self._empty_history()
        limits = np.finfo(weights.dtype)
        # Far enough from overflow that 10^10 updates of one weight in a row cannot reach it.
        self.largest = float(limits.max) * 1e-10
        self.smallest_scale = 1e-15 if weights.dtype == np.float32 else 1e-150
        if average:  # the sums of the mean lose as many digits as the scale has fallen by
            self.smallest_scale = 1e-2 if weights.dtype == np.float32 else 1e-5
        self.gradient = np.empty((0, self.n_outputs), weights.dtype)
        self.intercept_gradient = np.zeros(self.n_outputs)
        self.pace = TimeSlices()

    @property
    def intercept(self) -> np.ndarray:
        """The intercepts, of the mean if there is one."""
        return self.clock[6:] / self.counts[0] if self._has_mean() else self.bias

    def _empty_history(self) -> np.ndarray:
        """Return space for so many steps that settling all weights, when it is full, costs each of them 8 weights."""
        return np.zeros((1 + max(len(self.weights) * self.n_outputs // 8, MIN_HISTORY), 4))

    def _has_mean(self) -> bool:
        return len(self.counts) > 0 and self.counts[0] > 0

    @property
    def n_steps(self) -> int:
        """Steps made so far."""
        return int(self.clock[2])

    @n_steps.setter
    def n_steps(self, n: int) -> None:
        self.clock[2] = n

    @property
    def loss(self) -> float:
        """Sum of the losses of all rows seen."""
        return float(self.clock[3])

    def check_state(self, state: Mapping[str, Any]) -> None:
        """Refuse what the kernels cannot go on from; they trust ``counts`` and the history's order."""
        scale, owed, n_steps = state["clock"][:3].tolist()
        if not (0 < scale <= 1 and owed >= 0 and n_steps >= 0 and n_steps.is_integer()):
            raise ValueError(f"clock holds an impossible scale {scale}, debt {owed} or number of steps {n_steps}.")
        if len(self.counts) == 0:
            return
        n_averaged, first, n_history = state["counts"].tolist()
        if not (n_averaged >= 0 and first == self.counts[1] and 0 <= n_history < max(len(self.history), 1)):
            raise ValueError(f"counts holds impossible numbers, {n_averaged}, {first} and {n_history}.")
        if len(self.history):
            debts = state["history"][: n_history + 1, 0]
            if not (debts[0] >= 0 and (debts[1:] >= debts[:-1]).all() and debts[-1] <= self.largest):
                raise ValueError("history does not increase.")

    def apart(self, weights: np.ndarray, clock: np.ndarray) -> LazySGD:
        """Return steps like these, but no mean, that write to these arrays; their intercepts are yet to come."""
        other = copy.copy(self)
        other.weights, other.clock, other.bias, other.pace = weights, clock, unshared(self.n_outputs), TimeSlices()
        other.gradient, other.intercept_gradient = self.gradient[:0].copy(), np.zeros(self.n_outputs)
        return other

    def settled(self) -> np.ndarray:
        """Return a copy of the weights, with every penalty paid, or of their mean."""
        out = np.empty((self.weights.shape[0], self.n_outputs), self.weights.dtype)
        call = kernels.load(self.backend)
        if self._has_mean():
            call.averaged(self.weights, self.clock, self.counts, self.history, out)
        else:
            call.settled(self.weights, self.clock, out)
        return out

    def finish(self) -> np.ndarray:
        """Return the weights themselves, with every penalty paid, or their mean; the steps end here."""
        self.gradient = self.gradient[:0].copy()
        if self.weights.shape[1] > self.n_outputs:
            return self.settled()
        self.settle()
        return self.weights

    def resize(self, n_features: int) -> None:
        """Add features of weight 0, which owe nothing, behind those there are, ``n_features`` in all."""
        self.weights = with_features(self.weights, n_features)
        if len(self.history):
            history, n = self._empty_history(), self.counts[2] + 1
            history[:n] = self.history[:n]
            self.history = history
        self.gradient = self.gradient[:0].copy()

    def settle(self) -> None:
        """Pay every penalty, in place."""
        kernels.load(self.backend).settle_all(self.weights, self.n_outputs, self.clock, self.counts, self.history)

    def _limit(self, problem: Problem) -> float:
        """Return the largest step whose updates stay in range."""
        return self.largest / max(problem.largest, 1.0)

    def run(
        self,
        problem: Problem,
        order: np.ndarray,
        start: int,
        stop: int,
        rates: np.ndarray,
        batch_size: int,
        rule: StepRule,
    ) -> None:
        """Take one step for every ``batch_size`` rows of ``order[start:stop]``."""
        if batch_size * self.n_outputs > LARGE_BATCH:
            for begin, eta in zip(range(start, stop, batch_size), rates, strict=True):
                self._large_step(problem, order[begin : min(begin + batch_size, stop)], float(eta), rule)
            return
        rows = problem.rows
        call = kernels.load(self.backend)
        dtype = self.weights.dtype
        rates = frozen(rates, np.float64)
        arguments = (
            rows.indptr, rows.indices, rows.data, problem.labels, problem.sample_weight, order, rates, start, stop,
            rule.l1, rule.l2, rule.intercept_rate, self._limit(problem), self.smallest_scale, self.largest,
        )  # fmt: skip
        state = (self.weights, self.bias, self.clock, self.counts, self.history)
        if batch_size > 1:
            errors = np.empty((batch_size, self.n_outputs), dtype)
            n_made = call.minibatches(*arguments, self.track_loss, *state, errors, self.moves)
        elif self.n_outputs == 1:
            n_made = call.sgd_binary(*arguments, self.track_loss, *state)
        else:
            n_made = call.sgd_softmax(*arguments, *state, unshared(self.n_outputs, dtype), self.moves)
        if n_made < len(rates):
            raise diverged(self.n_steps)

    def _large_step(self, problem: Problem, order: np.ndarray, eta: float, rule: StepRule) -> None:
        """Take one step over all of ``order``, reading the rows slice by slice.

        Where the batch has more rows than there are features, a gradient over all features is smaller than the rows'
        derivatives, and a step over all features costs no more than the rows do.
        """
        if len(order) >= self.weights.shape[0]:
            total = float(problem.sample_weight[order].sum()) if len(problem.sample_weight) else float(len(order))
            self.settle()
            self._accumulate(problem, order)
            self._proximal_step(problem, eta / len(order), eta * total / len(order), rule)
            return
        rows = problem.rows
        errors = np.empty((len(order), self.n_outputs), self.weights.dtype)
        call = kernels.load(self.backend)
        arguments = (rows.indptr, rows.indices, rows.data, problem.labels, problem.sample_weight, order, 0)
        state = (self.weights, self.bias, self.clock, errors)
        for begin, end in self.pace.slices(0, len(order)):
            if self.n_outputs == 1:
                finite = call.errors_binary(*arguments, begin, end, self.track_loss, *state)
            else:
                finite = call.errors_softmax(*arguments, begin, end, *state)
            if not finite:
                raise diverged(self.n_steps)
        if not call.update(
            rows.indptr, rows.indices, rows.data, problem.sample_weight, order, 0, len(order), eta, rule.l1, rule.l2,
            rule.intercept_rate, self._limit(problem), self.smallest_scale, self.largest, self.weights,
            self.bias, self.clock, self.counts, self.history, errors, self.moves,
        ):  # fmt: skip
            raise diverged(self.n_steps)

    def _accumulate(self, problem: Problem, order: np.ndarray) -> None:
        """Sum the gradients of the rows in ``order`` at settled weights."""
        rows = problem.rows
        if not problem.total_weight * max(problem.largest, 1.0) <= self.largest:  # no sum of s_i * x_ij exceeds this
            raise diverged(self.n_steps)
        if len(self.gradient):
            self.gradient[:] = 0.0
        else:
            self.gradient = np.zeros((self.weights.shape[0], self.n_outputs), self.weights.dtype)
        self.intercept_gradient[:] = 0.0
        call = kernels.load(self.backend)
        arguments = (rows.indptr, rows.indices, rows.data, problem.labels, problem.sample_weight, order)
        n = n_parts(rows, 2 * self.n_outputs, problem.n_threads, sums=True)
        clocks = np.tile(self.clock * [1.0, 1.0, 1.0, *np.zeros(len(self.clock) - 3)], (n, 1))
        clocks[0] = self.clock
        gradients = [self.gradient, *np.zeros((n - 1, *self.gradient.shape), self.gradient.dtype)]
        intercepts = [self.intercept_gradient, *(unshared(self.n_outputs) for _ in range(n - 1))]

        def add(part: int, begin: int, end: int) -> None:
            state = (self.weights, self.bias, clocks[part], gradients[part], intercepts[part])
            if self.n_outputs == 1:
                finite = call.accumulate_binary(*arguments, begin, end, self.track_loss, *state)
            else:
                scores = unshared(self.n_outputs, self.weights.dtype)
                finite = call.accumulate_softmax(*arguments, begin, end, *state, scores)
            if not finite:
                raise diverged(self.n_steps)

        bounds = np.linspace(0, len(order), n + 1).astype(np.intp).tolist()
        in_parts(bounds, self.pace.slices if n == 1 else lambda begin, end: TimeSlices().slices(begin, end), add)
        summed(gradients)
        summed(intercepts)
        self.clock[3] = clocks[:, 3].sum()

    def _proximal_step(self, problem: Problem, step: float, share: float, rule: StepRule) -> None:
        """Move by ``step`` times the summed gradient; the penalty's strengths are multiplied by ``share``."""
        if not (
            step * problem.total_weight <= self._limit(problem)
            and step * problem.total_weight * rule.intercept_rate <= self.largest
        ):
            raise diverged(self.n_steps)
        kernels.load(self.backend).proximal_step(
            self.weights, self.bias, self.clock, self.counts, self.history, self.gradient, self.intercept_gradient,
            step, step * rule.intercept_rate, share * rule.l1, share * rule.l2,
        )  # fmt: skip

    def start_full_step(self, problem: Problem, rule: StepRule) -> float:
        """Compute the gradient of all rows; return the norm of the objective's subgradient."""
        if len(self.counts):
            self.settle()
        self._accumulate(problem, problem.active_rows)
        total = problem.total_weight
        norm = kernels.load(self.backend).gradient_norm(self.weights, self.gradient, total, rule.l1, rule.l2)
        if rule.intercept_rate:
            norm = max(norm, float(np.abs(self.intercept_gradient).max()) / total)
        return norm

    def end_full_step(self, problem: Problem, eta: float, rule: StepRule) -> None:
        """Take the step whose gradient was computed."""
        self._proximal_step(problem, eta / problem.total_weight, eta, rule)
