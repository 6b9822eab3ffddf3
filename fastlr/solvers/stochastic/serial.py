"""Taking the steps of an epoch one after the other, in one thread."""

from __future__ import annotations

from collections.abc import Iterator

from fastlr.solvers.stochastic.optimizer import Optimizer, StepSlice
from fastlr.solvers.stochastic.sgd import LazySGD
from fastlr.solvers.stochastic.strong_penalty import StrongPenaltyPath
from fastlr.utils.time_slices import TimeSlices


class Serial:
    """Takes one step after the other, in one thread."""

    def __init__(self, optimizer: Optimizer) -> None:
        self.optimizer = optimizer
        self.time_slices = TimeSlices()
        self.strong_penalty: StrongPenaltyPath | None = None
        if isinstance(optimizer, LazySGD) and not optimizer.is_averaging:
            self.strong_penalty = StrongPenaltyPath(optimizer)

    def slices(self, start: int, stop: int, batch_size: int) -> Iterator[tuple[int, int]]:
        """Cut by time; results do not depend on the cuts."""
        return self.time_slices.slices(start, stop, batch_size)

    def run(self, steps: StepSlice) -> None:
        """Take the steps."""
        if self.strong_penalty is not None and steps.batch_size == 1:
            self.strong_penalty.run(steps)
        else:
            self.optimizer.run(steps)
