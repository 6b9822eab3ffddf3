"""What training asks of rows in partitions, wherever these are: whatever goes over rows is done where they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np

from fastlr.data.protocols import TrainingProblem
from fastlr.data.row_scale import RowScale
from fastlr.kernels.kernel_set import KernelSet
from fastlr.solvers.stochastic.exact_zeros import RowSums
from fastlr.solvers.stochastic.monitor import Monitor
from fastlr.solvers.stochastic.optimizer import Optimizer

if TYPE_CHECKING:
    from fastlr.solvers.stochastic.epochs import Epoch


@runtime_checkable
class PartitionedProblem(Protocol):
    """Rows in partitions, with their labels and weights: a `TrainingProblem` whose rows nobody here goes over.

    `fastlr.distributed.sgd_problem.Partitions` is one.
    """

    def scale(self, backend: str) -> RowScale:
        """Return the scale of the rows."""

    def score_sums(self, weights: np.ndarray, intercept: np.ndarray, kernels: KernelSet) -> np.ndarray:
        """Return the sums of `fastlr.training.evaluation.score_sums` over all rows."""

    def hold_out(self, fraction: float, random: np.random.RandomState) -> tuple[TrainingProblem, TrainingProblem]:
        """Return a random fraction of the rows of each partition, stratified by class, and the others."""

    def run_epochs(
        self, optimizer: Optimizer, epoch: Epoch, seed: int | None, max_iter: int, monitor: Monitor
    ) -> tuple[int, bool]:
        """Train as `fastlr.solvers.stochastic.epochs.run_epochs`."""

    def row_sums(self, kernels: KernelSet) -> RowSums:
        """Return sums over the rows, for exact zeros."""
