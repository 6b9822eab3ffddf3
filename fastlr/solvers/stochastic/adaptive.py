"""AdaGrad and FTRL-proximal on the compiled kernels, which compute each weight from sums of gradients and squares.

See ``kernels.sources.adaptive`` for the formula.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from fastlr import kernels
from fastlr.data.problem import Problem
from fastlr.data.rows import Rows
from fastlr.kernels.sources.state import DUE_L1, DUE_L2, LOSS, N_STEPS
from fastlr.solvers.stochastic.compiled import CompiledOptimizer
from fastlr.solvers.stochastic.optimizer import Optimizer, StepSlice, diverged
from fastlr.solvers.stochastic.resize import with_features
from fastlr.solvers.stochastic.spec import OptimizerConfig, OptimizerSpec
from fastlr.utils.arrays import frozen


def without_duplicates(rows: Rows) -> Rows:
    """Return the rows with entries of the same feature summed; the same object if there are none.

    The square of a sum is not the sum of squares, so a step must meet every feature once.
    """
    csr = rows.csr
    if csr.has_canonical_format:
        return rows
    summed = csr.copy()
    summed.sum_duplicates()
    if summed.nnz == csr.nnz:
        return rows
    # Not SciPy's sums: its sort leaves equal features in an order that depends on the C++ library.
    with np.errstate(over="ignore"):
        data = frozen(rows.without_repeats()[2], rows.dtype)
    index = rows.indices.dtype
    return Rows(frozen(summed.indptr, index), frozen(summed.indices, index), data, rows.shape)


class AdaptiveSGD(CompiledOptimizer):
    """AdaGrad or FTRL-proximal: a learning rate per weight, from zero weights.

    Parameters
    ----------
    backend : {"numba", "cython"}
    shape : tuple
        ``(n_features, n_outputs)``.
    dtype : type
        Type of the weights and of the sums.
    eta0 : float
        The learning rate. The rates of a schedule are ignored.
    proximal : bool
        FTRL-proximal; otherwise AdaGrad in its dual-averaging form.
    track_loss : bool
        Whether to sum up the losses, which costs a logarithm per row.
    loss_name : str, default="log_loss"
        A key of `fastlr.objective.losses.LOSSES`.
    """

    CAPABILITY: ClassVar[str] = "adaptive"
    STATE: ClassVar[tuple[str, ...]] = ("weights", "bias", "clock")

    def __init__(
        self,
        backend: str,
        shape: tuple[int, int],
        dtype: Any,
        eta0: float,
        proximal: bool,
        track_loss: bool,
        loss_name: str = "log_loss",
    ) -> None:
        self.loss_name = loss_name
        self.backend, self.eta0, self.proximal, self.track_loss = backend, eta0, proximal, track_loss
        n_features, self.n_outputs = shape
        self.weights = np.zeros((n_features, 2 * self.n_outputs + 2), dtype)
        self.bias = np.zeros((2, self.n_outputs))
        self.clock = np.zeros(LOSS + 1)
        self.scratch = np.empty((6, self.n_outputs))
        # What `run` keeps for its next call on the same rows.
        self.source: Rows | None = None  # the rows as given
        self.rows: Rows | None = None  # the rows without duplicates
        self.slot: np.ndarray | None = None
        self.longest = 0

    def _forget_rows(self) -> None:
        self.rows, self.source, self.slot, self.longest = None, None, None, 0

    def __getstate__(self) -> dict[str, Any]:
        """Return the state without the rows of the last call."""
        return {**self.__dict__, "rows": None, "source": None, "slot": None}

    @property
    def intercept(self) -> np.ndarray:
        """The intercepts."""
        return -self.bias[0] * self.eta0 / (self.bias[1] + 0.001)

    def check_state(self, state: Mapping[str, Any]) -> None:
        """Refuse negative sums of squares and penalties."""
        n_steps = float(state["clock"][N_STEPS])
        if not ((state["clock"][[DUE_L1, DUE_L2, N_STEPS]] >= 0.0).all() and n_steps.is_integer()):
            raise ValueError(f"clock holds impossible penalties or an impossible number of steps, {state['clock']}.")
        if not ((state["weights"][:, self.n_outputs :] >= 0.0).all() and (state["bias"][1] >= 0.0).all()):
            raise ValueError("weights or bias holds a negative root of a sum of squares.")

    def model_weights(self) -> np.ndarray:
        """Return the weights."""
        out = np.empty((self.weights.shape[0], self.n_outputs), self.weights.dtype)
        self.kernels.adaptive_weights(self.weights, self.clock, self.eta0, out)
        return out

    def finish(self) -> np.ndarray:
        """Return the weights, and release the rows; steps may follow."""
        self._forget_rows()
        return self.model_weights()

    def resize(self, n_features: int) -> None:
        """Append features that were never seen, for ``n_features`` in all."""
        self.weights = with_features(self.weights, n_features)
        self._forget_rows()

    def run(self, steps: StepSlice) -> None:
        """Take the steps; the values of their rates are ignored."""
        problem, order, start, stop = steps.problem, steps.order, steps.start, steps.stop
        rows = self.rows
        if rows is None or self.source is not problem.rows:
            self.source = problem.rows
            rows = self.rows = without_duplicates(problem.rows)
            self.longest = int(np.diff(rows.indptr).max(initial=0))
        check_range(problem, rows, self.n_steps)
        call = self.kernels
        arguments = rows.indptr, rows.indices, rows.data, problem.labels, problem.sample_weight, order
        penalty, has_intercept = steps.penalty, steps.intercept_rate > 0.0
        settings = penalty.l1, penalty.l2, self.eta0, self.proximal, has_intercept
        state = self.weights, self.bias, self.clock
        if steps.batch_size == 1:
            dtype = self.weights.dtype
            if self.n_outputs == 1:
                row = np.empty((6, self.longest), dtype)
                n_done = call.adaptive_binary(*arguments, start, stop, *settings, self.track_loss, *state, row)
            else:
                buffers = np.empty((2, self.longest, self.n_outputs), dtype)
                sums = np.empty((3, self.n_outputs), dtype)
                n_done = call.adaptive_rows(*arguments, start, stop, *settings, *state, *buffers, sums, self.scratch)
            if n_done < stop - start:
                raise diverged(self.n_steps)
            return
        if self.slot is None:
            self.slot = np.full(rows.shape[1], -1, np.int32)
        for begin in range(start, stop, steps.batch_size):
            end = min(begin + steps.batch_size, stop)
            lengths = rows.indptr[order[begin:end] + 1] - rows.indptr[order[begin:end]]
            n = min(int(lengths.sum()), rows.shape[1])
            if not call.adaptive_batch(
                *arguments, begin, end, *settings, *state, self.slot, np.empty(n, np.int64),
                np.empty((n + 1, 4 * self.n_outputs + 1)), np.empty((end - begin, self.n_outputs)),
                np.empty((end - begin, self.n_outputs)), self.scratch,
            ):  # fmt: skip
                raise diverged(self.n_steps)


def check_range(problem: Problem, rows: Rows, n_steps: int) -> None:
    """Refuse values whose squares, summed over 10^10 steps, could overflow the type of the weights."""
    weight = float(problem.sample_weight.max(initial=0.0)) if len(problem.sample_weight) else 1.0
    if not max(rows.largest, 1.0) * max(weight, 1.0) <= math.sqrt(np.finfo(rows.data.dtype).max) * 1e-6:
        raise diverged(n_steps)


def make_adaptive(
    backend: str,
    shape: tuple[int, int],
    dtype: Any,
    eta0: float,
    proximal: bool,
    track_loss: bool,
    loss_name: str = "log_loss",
) -> Optimizer:
    """Return AdaGrad or FTRL-proximal on a backend, compiled or not; the parameters are those of `AdaptiveSGD`."""
    if not kernels.load(backend, loss_name).supports(AdaptiveSGD.CAPABILITY):
        # Imported here, because it imports scipy.optimize, which takes half a second.
        from fastlr.solvers.stochastic.reference import ReferenceAdaptive

        return ReferenceAdaptive(np.zeros(shape, dtype), eta0, proximal, loss_name)
    return AdaptiveSGD(backend, shape, dtype, eta0, proximal, track_loss, loss_name)


def _create(config: OptimizerConfig, proximal: bool) -> Optimizer:
    assert config.eta0 is not None  # neither of them follows a schedule
    return make_adaptive(config.backend, config.shape, config.dtype, config.eta0, proximal, True, config.loss)


def create_adagrad(config: OptimizerConfig, weights: np.ndarray, intercept: np.ndarray) -> Optimizer:
    """Return AdaGrad for a configuration; it starts from zero, whatever the weights."""
    return _create(config, proximal=False)


def create_ftrl(config: OptimizerConfig, weights: np.ndarray, intercept: np.ndarray) -> Optimizer:
    """Return FTRL-proximal for a configuration; it starts from zero, whatever the weights."""
    return _create(config, proximal=True)


# Their rates have no unit, and they hold weights back by themselves, so they need less penalty.
ADAGRAD = OptimizerSpec(
    "adagrad", create_adagrad, default_rate=1.0, penalty_factor=0.1, follows_schedule=False, starts_from_weights=False
)
FTRL = OptimizerSpec(
    "ftrl", create_ftrl, default_rate=0.6, penalty_factor=0.1, follows_schedule=False, starts_from_weights=False
)
