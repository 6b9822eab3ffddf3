"""The protocol of an optimizer: the weights in training, the state kept beside them, and the steps that change both.

Optimizers of the compiled backends are in ``sgd`` and ``adaptive``, those of the NumPy backend in ``reference``. The
code that runs epochs does not know which one it drives. An interrupt at any moment leaves the state after a whole
number of steps.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

import numpy as np

from fastlr.data.problem import Problem
from fastlr.objective.penalties import ElasticNet


class StepSlice(NamedTuple):
    """Consecutive steps of an epoch: one for every ``batch_size`` rows of ``order[start:stop]``.

    Attributes
    ----------
    problem : Problem
    order : ndarray of intp
        Row numbers, in the order of the epoch.
    start, stop : int
        The part of ``order`` to go through; the last batch may be smaller than the others.
    rates : ndarray of float64, shape (n_steps,)
        The learning rate of each step.
    batch_size : int
        Rows per step.
    penalty : ElasticNet
    intercept_rate : float, default=1.0
        The intercept's learning rate as a multiple of the weights'; 0 keeps the intercept fixed.
    """

    problem: Problem
    order: np.ndarray
    start: int
    stop: int
    rates: np.ndarray
    batch_size: int
    penalty: ElasticNet
    intercept_rate: float = 1.0

    def batches(self) -> list[tuple[np.ndarray, float]]:
        """Return the row numbers and the rate of each step."""
        begins = range(self.start, self.stop, self.batch_size)
        return [
            (self.order[begin : min(begin + self.batch_size, self.stop)], rate)
            for begin, rate in zip(begins, self.rates.tolist(), strict=True)
        ]


class Optimizer(Protocol):
    """The weights in training and the steps that change them.

    Attributes
    ----------
    n_steps : int
        Steps taken so far.
    loss : float
        Sum of the weighted losses of all rows seen, each at the weights before its step.
    """

    n_steps: int
    loss: float

    @property
    def weights(self) -> np.ndarray:
        """The array of the weights, perhaps with columns of state beside them; its dtype is that of the model."""

    @property
    def intercept(self) -> np.ndarray:
        """The intercepts, float64, shape (n_outputs,); averaged where the weights are."""

    def model_weights(self) -> np.ndarray:
        """Return a copy of the weights with all deferred penalties applied, shape (n_features, n_outputs).

        If iterates are averaged, and one has been counted, it is their mean.
        """

    def finish(self) -> np.ndarray:
        """Return what `model_weights` returns, without a copy where none is needed. No step may follow."""

    def resize(self, n_features: int) -> None:
        """Append features of weight 0, for ``n_features`` in all."""

    def run(self, steps: StepSlice) -> None:
        """Take the steps."""

    def make_writeable(self) -> None:
        """Copy arrays that are read-only, as joblib and pickles with buffers of their own leave them."""

    def move_to(self, backend: str) -> bool:
        """Continue on another backend, with the same bits; return False if that is impossible."""

    def state_dict(self) -> dict[str, Any]:
        """Return everything later steps depend on, by name; see `fastlr.solvers.stochastic.state_dict`."""

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from a state that `state_dict` returned."""


class FullBatchOptimizer(Optimizer, Protocol):
    """An optimizer that can also step over all rows at once."""

    def start_full_step(self, problem: Problem, penalty: ElasticNet, intercept_rate: float) -> float:
        """Compute the gradient over all rows; return the largest entry of the objective's subgradient."""

    def end_full_step(self, problem: Problem, eta: float, penalty: ElasticNet, intercept_rate: float) -> None:
        """Take the step whose gradient `start_full_step` computed."""


def diverged(step: int) -> ValueError:
    """Return the error to raise when step ``step`` would leave the range of floating-point numbers."""
    return ValueError(
        f"Training diverged: step {step + 1} would overflow and was not taken. Lower the learning rate (eta0), "
        'scale the features down, or train in float64 (dtype="float64").'
    )
