"""Who takes the steps of an epoch: one thread, or several (``local``, ``hogwild``)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np

from fastlr.data.problem import Problem
from fastlr.solvers.stochastic.optimizer import Optimizer, StepRule
from fastlr.solvers.stochastic.strong_penalty import Forgetting
from fastlr.utils.time_slices import TimeSlices


class Runner(Protocol):
    """What `run_epoch` asks of whoever takes its steps."""

    def slices(self, start: int, stop: int, batch_size: int) -> Iterator[tuple[int, int]]:
        """Cut ``range(start, stop)`` into slices for `run`, of whole batches but for the last one."""

    def run(
        self,
        steps: Optimizer,
        problem: Problem,
        order: np.ndarray,
        start: int,
        stop: int,
        rates: np.ndarray,
        batch_size: int,
        rule: StepRule,
    ) -> None:
        """Take one step for every ``batch_size`` rows of ``order[start:stop]``."""


class Serial:
    """One step after the other."""

    def __init__(self) -> None:
        self.pace = TimeSlices()
        self.forgetting = Forgetting()

    def slices(self, start: int, stop: int, batch_size: int) -> Iterator[tuple[int, int]]:
        """Cut as time will have it: results do not depend on it."""
        return self.pace.slices(start, stop, batch_size)

    def run(
        self,
        steps: Optimizer,
        problem: Problem,
        order: np.ndarray,
        start: int,
        stop: int,
        rates: np.ndarray,
        batch_size: int,
        rule: StepRule,
    ) -> None:
        """Take the steps."""
        if batch_size == 1:
            self.forgetting.run(steps, problem, order, start, stop, rates, rule)
        else:
            steps.run(problem, order, start, stop, rates, batch_size, rule)
