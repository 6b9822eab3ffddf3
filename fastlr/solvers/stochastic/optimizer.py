"""What a solver asks of the weights in training: `Steps`.

``lazy.LazySteps`` runs the compiled kernels, ``naive.NaiveSteps`` the naive NumPy path, and a solver does not know
which one it drives. An interrupt at any moment leaves the state after a whole number of steps.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

import numpy as np

from fastlr.data.problem import Problem


class StepRule(NamedTuple):
    """What a step does besides following the gradient.

    Attributes
    ----------
    l1, l2 : float
        Strengths of the penalty ``l1 * ||W||_1 + l2 / 2 * ||W||_2^2``.
    intercept_rate : float
        The intercept's learning rate as a multiple of the weights'; 0 keeps it where it is.
    """

    l1: float
    l2: float
    intercept_rate: float


class Optimizer(Protocol):
    """What a solver asks of a backend."""

    @property
    def n_steps(self) -> int:
        """Steps made so far."""

    @property
    def loss(self) -> float:
        """Sum of the losses, times the rows' weights, of all rows seen, each at the weights that it was seen with."""

    @property
    def intercept(self) -> np.ndarray:
        """The intercepts, float64, shape (n_outputs,); like the weights, those of the mean where one is kept."""

    def settled(self) -> np.ndarray:
        """Return a copy of the weights, with every penalty paid, shape (n_features, n_outputs).

        Where a mean of the iterates is kept, and one has been counted, it is that mean.
        """

    def finish(self) -> np.ndarray:
        """Return what `settled` does, without a copy where there need be none; the steps end here."""

    def resize(self, n_features: int) -> None:
        """Add features of weight 0 behind those there are, ``n_features`` in all."""

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

    def start_full_step(self, problem: Problem, rule: StepRule) -> float:
        """Compute the gradient of all rows; return the norm of the objective's subgradient."""

    def end_full_step(self, problem: Problem, eta: float, rule: StepRule) -> None:
        """Take the step whose gradient was computed."""

    def state_dict(self) -> dict[str, Any]:
        """Return all that later steps depend on, by name: see `fastlr.solvers.stochastic.state_dict`."""

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a state that `state_dict` gave."""


def diverged(step: int) -> ValueError:
    """Return the error to raise when step ``step`` would leave the range of floating-point numbers."""
    return ValueError(
        f"Training diverged: step {step + 1} would overflow, and was not taken. Lower the learning rate (eta0), "
        'scale the features down, or train in float64 (dtype="float64").'
    )
