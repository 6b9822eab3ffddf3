"""The base of the optimizers on the compiled kernels."""

from __future__ import annotations

import numpy as np

from fastlr.kernels.sources.state import LOSS, N_STEPS
from fastlr.solvers.stochastic.state_dict import Stateful


class CompiledOptimizer(Stateful):
    """An optimizer whose kernels count steps and sum up losses in an array.

    Attributes
    ----------
    clock : ndarray of float64
        All state but the weights and intercepts; ``kernels.sources.state`` names its places.
    """

    clock: np.ndarray

    @property
    def n_steps(self) -> int:
        """Steps taken so far."""
        return int(self.clock[N_STEPS])

    @n_steps.setter
    def n_steps(self, n: int) -> None:
        self.clock[N_STEPS] = n

    @property
    def loss(self) -> float:
        """Sum of the losses of all rows seen."""
        return float(self.clock[LOSS])

    @loss.setter
    def loss(self, total: float) -> None:
        self.clock[LOSS] = total
