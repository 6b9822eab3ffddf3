"""AdaGrad and FTRL-proximal by the compiled kernels: the weights are a function of sums, see ``kernels.adaptive``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from fastlr import kernels
from fastlr.data.problem import Problem
from fastlr.data.rows import Rows
from fastlr.solvers.stochastic.optimizer import StepRule, diverged
from fastlr.solvers.stochastic.resize import with_features
from fastlr.solvers.stochastic.state_dict import Stateful
from fastlr.utils.arrays import frozen


def without_duplicates(rows: Rows) -> Rows:
    """Return the rows with entries of the same feature summed; as they are if there are none.

    A square of a sum is not a sum of squares, so a step must meet every feature once.
    """
    csr = rows.csr
    if csr.has_canonical_format:
        return rows
    summed = csr.copy()
    summed.sum_duplicates()
    if summed.nnz == csr.nnz:
        return rows
    index = rows.indices.dtype
    return Rows(frozen(summed.indptr, index), frozen(summed.indices, index), frozen(summed.data), rows.shape)


class AdaptiveSGD(Stateful):
    """Steps with a rate for every weight, from zero weights.

    Parameters
    ----------
    backend : {"numba", "cython"}
    shape : tuple
        ``(n_features, n_outputs)``.
    dtype : type
        Of the weights and of the sums.
    eta0 : float
        The rate. That of a schedule is not looked at.
    proximal : bool
        FTRL-proximal; otherwise AdaGrad in its dual-averaging form.
    track_loss : bool
        Whether to sum up the losses, which costs a logarithm a row.
    """

    STATE: ClassVar[tuple[str, ...]] = ("weights", "bias", "clock")

    def __init__(
        self, backend: str, shape: tuple[int, int], dtype: np.dtype, eta0: float, proximal: bool, track_loss: bool
    ) -> None:
        self.backend, self.eta0, self.proximal, self.track_loss = backend, eta0, proximal, track_loss
        n_features, self.n_outputs = shape
        self.weights = np.zeros((n_features, 2 * self.n_outputs + 2), dtype)
        self.bias = np.zeros((2, self.n_outputs))
        self.clock = np.zeros(4)  # penalties due, L1 and L2, steps made, sum of losses
        self.scratch = np.empty((6, self.n_outputs))
        self._let_go()

    def _let_go(self) -> None:
        """Forget what a call of `run` leaves for the next one."""
        self.rows, self.source, self.slot, self.longest = None, None, None, 0

    def __getstate__(self) -> dict:
        """Return the state without the rows of the last call."""
        return {**self.__dict__, "rows": None, "source": None, "slot": None}

    @property
    def intercept(self) -> np.ndarray:
        """The intercepts."""
        return -self.bias[0] * self.eta0 / (self.bias[1] + 0.001)

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

    @loss.setter
    def loss(self, total: float) -> None:
        self.clock[3] = total

    def check_state(self, state: Mapping[str, Any]) -> None:
        """Refuse negative sums of squares and penalties."""
        n_steps = float(state["clock"][2])
        if not ((state["clock"][:3] >= 0.0).all() and n_steps.is_integer()):
            raise ValueError(f"clock holds impossible penalties or an impossible number of steps, {state['clock']}.")
        if not ((state["weights"][:, self.n_outputs :] >= 0.0).all() and (state["bias"][1] >= 0.0).all()):
            raise ValueError("weights or bias holds a negative root of a sum of squares.")

    def settled(self) -> np.ndarray:
        """Return the weights."""
        out = np.empty((self.weights.shape[0], self.n_outputs), self.weights.dtype)
        kernels.load(self.backend).adaptive_weights(self.weights, self.clock, self.eta0, out)
        return out

    def finish(self) -> np.ndarray:
        """Return the weights, and let go of the rows; steps may follow."""
        self._let_go()
        return self.settled()

    def resize(self, n_features: int) -> None:
        """Add features that were never seen behind those there are, ``n_features`` in all."""
        self.weights = with_features(self.weights, n_features)
        self._let_go()

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
        """Take one step for every ``batch_size`` rows of ``order[start:stop]``; only the number of rates counts."""
        if self.source is not problem.rows:
            self.source, self.rows = problem.rows, without_duplicates(problem.rows)
            self.longest = int(np.diff(self.rows.indptr).max(initial=0))
        check_range(problem, self.rows, self.n_steps)
        rows, call = self.rows, kernels.load(self.backend)
        arguments = rows.indptr, rows.indices, rows.data, problem.labels, problem.sample_weight, order
        setting = rule.l1, rule.l2, self.eta0, self.proximal, rule.intercept_rate > 0.0
        state = self.weights, self.bias, self.clock
        if batch_size == 1:
            dtype = self.weights.dtype
            if self.n_outputs == 1:
                setting, row = (*setting, self.track_loss), np.empty((6, self.longest), dtype)
                n_made = call.adaptive_binary(*arguments, start, stop, *setting, *state, row)
            else:
                buffers = np.empty((2, self.longest, self.n_outputs), dtype)
                sums = np.empty((3, self.n_outputs), dtype)
                n_made = call.adaptive_rows(*arguments, start, stop, *setting, *state, *buffers, sums, self.scratch)
            if n_made < stop - start:
                raise diverged(self.n_steps)
            return
        if self.slot is None:
            self.slot = np.full(rows.shape[1], -1, np.int32)
        for begin in range(start, stop, batch_size):
            end = min(begin + batch_size, stop)
            lengths = rows.indptr[order[begin:end] + 1] - rows.indptr[order[begin:end]]
            n = min(int(lengths.sum()), rows.shape[1])
            if not call.adaptive_batch(
                *arguments, begin, end, *setting, *state, self.slot, np.empty(n, np.int64),
                np.empty((n + 1, 4 * self.n_outputs + 1)), np.empty((end - begin, self.n_outputs)),
                np.empty((end - begin, self.n_outputs)), self.scratch,
            ):  # fmt: skip
                raise diverged(self.n_steps)


def check_range(problem: Problem, rows: Rows, n_steps: int) -> None:
    """Refuse values whose squares, summed over 10^10 steps, could leave the range of the weights' type."""
    weight = float(problem.sample_weight.max(initial=0.0)) if len(problem.sample_weight) else 1.0
    if not max(rows.largest, 1.0) * max(weight, 1.0) <= float(np.finfo(rows.data.dtype).max) ** 0.5 * 1e-6:
        raise diverged(n_steps)
