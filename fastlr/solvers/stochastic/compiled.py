"""The base of the optimizers on the compiled kernels."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from fastlr import kernels
from fastlr.kernels.backend import resolve_backend
from fastlr.kernels.kernel_set import KernelSet
from fastlr.kernels.sources.state import LOSS, N_STEPS
from fastlr.solvers.stochastic.state_dict import Stateful


class CompiledOptimizer(Stateful):
    """An optimizer whose kernels count steps and sum up losses in an array.

    Attributes
    ----------
    backend : {"numba", "cython"}
    loss_name : str
        A key of `fastlr.objective.losses.LOSSES`.
    clock : ndarray of float64
        All state but the weights and intercepts; ``kernels.sources.state`` names its places.
    """

    CAPABILITY: ClassVar[str]  # a key of `fastlr.kernels.bind.ENTRY_POINTS`

    backend: str
    loss_name: str = "log_loss"  # for pickles of earlier versions, which have none
    clock: np.ndarray

    @property
    def kernels(self) -> KernelSet:
        """The kernels of the backend for the loss; all compilers leave the same bits.

        Where a pickle was loaded, the compiler may be missing. Another one then stands in for it.
        """
        try:
            return kernels.load(self.backend, self.loss_name)
        except ImportError:
            return kernels.load(resolve_backend("auto"), self.loss_name)

    def move_to(self, backend: str) -> bool:
        """Continue on another backend, with the same bits; return False if that has no such kernels."""
        if not kernels.load(backend, self.loss_name).supports(self.CAPABILITY):
            return False
        self.backend = backend
        return True

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
