"""Stochastic gradient descent on the compiled kernels; penalties are deferred: see ``kernels.sources.lazy_penalty``."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from fastlr import kernels
from fastlr.data.passes import in_parts, n_parts, summed
from fastlr.data.problem import Problem
from fastlr.kernels.sources.state import (
    FIRST_AVERAGED,
    INTERCEPT_SUMS,
    LOSS,
    N_AVERAGED,
    N_HISTORY,
    N_STEPS,
    OWED,
    SCALE,
)
from fastlr.objective.penalties import ElasticNet
from fastlr.solvers.stochastic.compiled import CompiledOptimizer
from fastlr.solvers.stochastic.optimizer import FullBatchOptimizer, StepSlice, diverged
from fastlr.solvers.stochastic.resize import with_features
from fastlr.solvers.stochastic.spec import OptimizerConfig, OptimizerSpec
from fastlr.utils.arrays import frozen
from fastlr.utils.parallel import unshared
from fastlr.utils.sums import sum_of
from fastlr.utils.time_slices import TimeSlices

# Batches of more scores than this are processed in several kernel calls, so that Ctrl-C is answered within one; smaller
# ones are one call.
LARGE_BATCH = 1 << 14

# Averaging remembers at least this many steps before it brings all features up to date.
MIN_HISTORY = 1 << 14


class LazySGD(CompiledOptimizer):
    """Stochastic gradient descent on the compiled kernels, with deferred penalties.

    Parameters
    ----------
    backend : {"numba", "cython"}
    weights : ndarray of shape (n_features, n_outputs)
        Where to start. Used in place, without a copy, unless columns of state have to stand beside them.
    intercept : ndarray of shape (n_outputs,)
        Where to start; copied.
    lazy : bool
        Whether there is an L1 penalty, which takes a column of state.
    track_loss : bool
        Whether to sum up the losses, which costs a logarithm per row.
    average : int, default=0
        With a number, the model is the mean of the iterates from this step, counted from 1, on: see
        ``kernels.sources.averaging``.
    loss_name : str, default="log_loss"
        A key of `fastlr.objective.losses.LOSSES`.
    """

    CAPABILITY: ClassVar[str] = "sgd"
    STATE: ClassVar[tuple[str, ...]] = ("weights", "bias", "clock", "counts", "history")

    def __init__(
        self,
        backend: str,
        weights: np.ndarray,
        intercept: np.ndarray,
        lazy: bool,
        track_loss: bool,
        average: int = 0,
        loss_name: str = "log_loss",
    ) -> None:
        self.backend = backend
        self.loss_name = loss_name
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
        self.clock = np.zeros(LOSS + 1)
        self.clock[SCALE] = 1.0
        self.counts = np.zeros(0, np.int64)
        self.history = np.zeros((0, 3))  # three columns where it is not used, as in older files
        if average:
            self.clock = np.r_[self.clock, np.zeros(INTERCEPT_SUMS - len(self.clock) + self.n_outputs)]
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
        self.time_slices = TimeSlices()

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Restore a pickle, in which ``time_slices`` may still have its former name."""
        self.__dict__.update(state)
        if "pace" in state:
            self.time_slices = self.__dict__.pop("pace")

    @property
    def intercept(self) -> np.ndarray:
        """The intercepts, averaged if the weights are."""
        return self.clock[INTERCEPT_SUMS:] / self.counts[N_AVERAGED] if self._has_mean() else self.bias

    def _empty_history(self) -> np.ndarray:
        """Return space for so many steps that updating all weights, when it is full, costs each 8 of their updates."""
        return np.zeros((1 + max(len(self.weights) * self.n_outputs // 8, MIN_HISTORY), 4))

    @property
    def is_averaging(self) -> bool:
        """Whether the model is to be the mean of the iterates."""
        return len(self.counts) > 0

    @property
    def _averaging_state(self) -> tuple[np.ndarray | None, np.ndarray | None]:
        """``counts`` and ``history`` as the kernels take them: None in place of an empty array."""
        return self.counts if len(self.counts) else None, self.history if len(self.history) else None

    def _has_mean(self) -> bool:
        return self.is_averaging and self.counts[N_AVERAGED] > 0

    def check_state(self, state: Mapping[str, Any]) -> None:
        """Refuse a state the kernels cannot continue from: they trust ``counts`` and the order of the history."""
        scale, penalty, n_steps = state["clock"][[SCALE, OWED, N_STEPS]].tolist()
        if not (0 < scale <= 1 and penalty >= 0 and n_steps >= 0 and n_steps.is_integer()):
            raise ValueError(
                f"clock holds an impossible scale {scale}, deferred penalty {penalty} or number of steps {n_steps}."
            )
        if not self.is_averaging:
            return
        n_averaged, first, n_history = state["counts"].tolist()
        known = first == self.counts[FIRST_AVERAGED]
        if not (n_averaged >= 0 and known and 0 <= n_history < max(len(self.history), 1)):
            raise ValueError(f"counts holds impossible numbers, {n_averaged}, {first} and {n_history}.")
        if len(self.history):
            deferred = state["history"][: n_history + 1, 0]
            if not (deferred[0] >= 0 and (deferred[1:] >= deferred[:-1]).all() and deferred[-1] <= self.largest):
                raise ValueError("history does not increase.")

    def apart(self, weights: np.ndarray, clock: np.ndarray) -> LazySGD:
        """Return an optimizer for one thread: like this one, but with arrays of its own and without averaging.

        Its intercepts are still to be set.
        """
        other = copy.copy(self)
        other.weights, other.clock, other.bias = weights, clock, unshared(self.n_outputs)
        other.time_slices = TimeSlices()
        other.gradient, other.intercept_gradient = self.gradient[:0].copy(), np.zeros(self.n_outputs)
        return other

    def model_weights(self) -> np.ndarray:
        """Return a copy of the weights with all deferred penalties applied, or of their mean."""
        out = np.empty((self.weights.shape[0], self.n_outputs), self.weights.dtype)
        call = self.kernels
        if self._has_mean():
            call.averaged(self.weights, self.clock, *self._averaging_state, out)
        else:
            weights, flat = in_one_row(self.weights, out)
            call.settled(weights, self.clock, flat)
        return out

    def finish(self) -> np.ndarray:
        """Return the weights themselves with all deferred penalties applied, or their mean. No step may follow."""
        self.gradient = self.gradient[:0].copy()
        if self.weights.shape[1] > self.n_outputs:
            self.weights = self.model_weights()
            return self.weights
        self.apply_penalties()
        return self.weights

    def resize(self, n_features: int) -> None:
        """Append features of weight 0, for ``n_features`` in all."""
        self.weights = with_features(self.weights, n_features)
        if len(self.history):
            history, n = self._empty_history(), self.counts[N_HISTORY] + 1
            history[:n] = self.history[:n]
            self.history = history
        self.gradient = self.gradient[:0].copy()

    def apply_penalties(self) -> None:
        """Apply all deferred penalties in place."""
        self.kernels.settle_all(self.weights, self.n_outputs, self.clock, *self._averaging_state)

    def _limit(self, problem: Problem) -> float:
        """Return the largest step whose updates stay in range."""
        return self.largest / max(problem.largest, 1.0)

    def run(self, steps: StepSlice) -> None:
        """Take the steps."""
        problem, penalty, batch_size = steps.problem, steps.penalty, steps.batch_size
        if batch_size * self.n_outputs > LARGE_BATCH:
            for batch, eta in steps.batches():
                self._large_step(problem, batch, eta, penalty, steps.intercept_rate)
            return
        rows = problem.rows
        call = self.kernels
        dtype = self.weights.dtype
        rates = frozen(steps.rates, np.float64)
        arguments = (
            rows.indptr, rows.indices, rows.data, problem.labels, problem.sample_weight, steps.order, rates,
            steps.start, steps.stop, penalty.l1, penalty.l2, steps.intercept_rate, self._limit(problem),
            self.smallest_scale, self.largest,
        )  # fmt: skip
        state = (self.weights, self.bias, self.clock, *self._averaging_state)
        if batch_size > 1:
            errors = np.empty((batch_size, self.n_outputs), dtype)
            n_done = call.minibatches(*arguments, self.track_loss, *state, errors, self.moves)
        elif self.n_outputs == 1:
            n_done = call.sgd_binary(*arguments, self.track_loss, *state)
        else:
            n_done = call.sgd_softmax(*arguments, *state, unshared(self.n_outputs, dtype), self.moves)
        if n_done < len(rates):
            raise diverged(self.n_steps)

    def _large_step(
        self, problem: Problem, batch: np.ndarray, eta: float, penalty: ElasticNet, intercept_rate: float
    ) -> None:
        """Take one step over a large batch, reading its rows slice by slice.

        If the batch has more rows than there are features, a gradient over all features is smaller than the rows'
        derivatives, and a step over all features costs no more than the rows do.
        """
        if len(batch) >= self.weights.shape[0]:
            total = sum_of(problem.sample_weight[batch]) if len(problem.sample_weight) else float(len(batch))
            self.apply_penalties()
            self._accumulate(problem, batch)
            self._proximal_step(problem, eta / len(batch), eta * total / len(batch), penalty, intercept_rate)
            return
        rows = problem.rows
        errors = np.empty((len(batch), self.n_outputs), self.weights.dtype)
        call = self.kernels
        arguments = (rows.indptr, rows.indices, rows.data, problem.labels, problem.sample_weight, batch, 0)
        state = (self.weights, self.bias, self.clock, errors)
        for begin, end in self.time_slices.slices(0, len(batch)):
            if self.n_outputs == 1:
                finite = call.errors_binary(*arguments, begin, end, self.track_loss, *state)
            else:
                finite = call.errors_softmax(*arguments, begin, end, *state)
            if not finite:
                raise diverged(self.n_steps)
        if not call.update(
            rows.indptr, rows.indices, rows.data, problem.sample_weight, batch, 0, len(batch), eta, penalty.l1,
            penalty.l2, intercept_rate, self._limit(problem), self.smallest_scale, self.largest, self.weights,
            self.bias, self.clock, *self._averaging_state, errors, self.moves,
        ):  # fmt: skip
            raise diverged(self.n_steps)

    def _accumulate(self, problem: Problem, batch: np.ndarray) -> None:
        """Sum the gradients of the rows of a batch, at weights to which all deferred penalties are applied."""
        rows = problem.rows
        if not problem.total_weight * max(problem.largest, 1.0) <= self.largest:  # no sum of s_i * x_ij exceeds this
            raise diverged(self.n_steps)
        if len(self.gradient):
            self.gradient[:] = 0.0
        else:
            self.gradient = np.zeros((self.weights.shape[0], self.n_outputs), self.weights.dtype)
        self.intercept_gradient[:] = 0.0
        call = self.kernels
        arguments = (rows.indptr, rows.indices, rows.data, problem.labels, problem.sample_weight, batch)
        n = n_parts(rows, 2 * self.n_outputs, problem.n_threads, sums=True)
        clocks = np.tile(self.clock, (n, 1))
        clocks[1:, LOSS:] = 0.0
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

        bounds = np.linspace(0, len(batch), n + 1).astype(np.intp).tolist()
        in_parts(bounds, self.time_slices.slices if n == 1 else lambda begin, end: TimeSlices().slices(begin, end), add)
        summed(gradients)
        summed(intercepts)
        self.clock[LOSS] = sum_of(clocks[:, LOSS])

    def _proximal_step(
        self, problem: Problem, step: float, share: float, penalty: ElasticNet, intercept_rate: float
    ) -> None:
        """Move by ``step`` times the summed gradient; the strengths of the penalty are multiplied by ``share``."""
        if not (
            step * problem.total_weight <= self._limit(problem)
            and step * problem.total_weight * intercept_rate <= self.largest
        ):
            raise diverged(self.n_steps)
        weights, gradient = in_one_row(self.weights, self.gradient)
        self.kernels.proximal_step(
            weights, self.bias, self.clock, *self._averaging_state, gradient, self.intercept_gradient, step,
            step * intercept_rate, share * penalty.l1, share * penalty.l2,
        )  # fmt: skip

    def start_full_step(self, problem: Problem, penalty: ElasticNet, intercept_rate: float) -> float:
        """Compute the gradient over all rows; return the largest entry of the objective's subgradient."""
        if self.is_averaging:
            self.apply_penalties()
        self._accumulate(problem, problem.active_rows)
        total = problem.total_weight
        weights, gradient = in_one_row(self.weights, self.gradient)
        norm = self.kernels.gradient_norm(weights, gradient, total, penalty.l1, penalty.l2)
        if intercept_rate:
            norm = max(norm, float(np.abs(self.intercept_gradient).max()) / total)
        return norm

    def end_full_step(self, problem: Problem, eta: float, penalty: ElasticNet, intercept_rate: float) -> None:
        """Take the step whose gradient `start_full_step` computed."""
        self._proximal_step(problem, eta / problem.total_weight, eta, penalty, intercept_rate)


def in_one_row(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return two matrices as one row each if their shapes are equal: a loop over a long row is vector instructions."""
    return (a.reshape(1, -1), b.reshape(1, -1)) if a.shape == b.shape else (a, b)


def make_sgd(
    backend: str,
    weights: np.ndarray,
    intercept: np.ndarray,
    lazy: bool,
    track_loss: bool,
    average: int = 0,
    loss_name: str = "log_loss",
) -> FullBatchOptimizer:
    """Return SGD on a backend, compiled or not; the parameters are those of `LazySGD`."""
    if not kernels.load(backend, loss_name).supports(LazySGD.CAPABILITY):
        # Imported here, because it imports scipy.optimize, which takes half a second.
        from fastlr.solvers.stochastic.reference import ReferenceSGD

        return ReferenceSGD(weights, intercept, average, loss_name)
    return LazySGD(backend, weights, intercept, lazy, track_loss, average, loss_name)


def create(config: OptimizerConfig, weights: np.ndarray, intercept: np.ndarray) -> FullBatchOptimizer:
    """Return SGD for a configuration, from weights and intercepts."""
    return make_sgd(config.backend, weights, intercept, config.lazy, True, config.average, config.loss)


SGD = OptimizerSpec(
    "sgd", create, supports_averaging=True, supports_full_batch=True, supports_threads=True, defers_l1=True
)
