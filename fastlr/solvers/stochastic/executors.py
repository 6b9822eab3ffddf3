"""Strategies for executing an epoch: serial, local SGD, Hogwild."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

from fastlr.data.problem import Problem
from fastlr.data.protocols import TrainingProblem
from fastlr.solvers.stochastic import hogwild, local_sgd
from fastlr.solvers.stochastic.optimizer import Optimizer, StepSlice
from fastlr.solvers.stochastic.serial import Serial
from fastlr.solvers.stochastic.sgd import LazySGD


class Executor(Protocol):
    """Takes the steps of an epoch, in one thread or several."""

    @property
    def optimizer(self) -> Optimizer:
        """The optimizer whose steps these are."""

    def slices(self, start: int, stop: int, batch_size: int) -> Iterator[tuple[int, int]]:
        """Cut ``range(start, stop)`` into slices for `run`, each of whole batches except for the last."""

    def run(self, steps: StepSlice) -> None:
        """Take the steps."""


def choose_executor(
    optimizer: Optimizer, problem: TrainingProblem, n_threads: int, batch_size: int, deterministic: bool
) -> AbstractContextManager[Executor]:
    """Return an executor with up to ``n_threads`` threads, as many as the rows are worth.

    Use it in a ``with`` block, at whose end the threads end.
    """
    if isinstance(optimizer, LazySGD) and isinstance(problem, Problem):  # rows on disk are read by a second thread
        shared = not deterministic and hogwild.supports(batch_size, problem.n_outputs)
        for n in range(n_threads, 1, -1):
            if shared:
                if hogwild.is_worthwhile(problem, n, batch_size):
                    return hogwild.Hogwild(optimizer, problem, n)
            elif n_merges := local_sgd.merges_per_epoch(problem, n, batch_size):
                return local_sgd.LocalSGD(optimizer, problem, n, n_merges)
    return nullcontext(Serial(optimizer))
