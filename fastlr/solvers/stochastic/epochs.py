"""Running epochs of stochastic or mini-batch steps over rows in random order."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from fastlr.data.protocols import TrainingProblem
from fastlr.objective.penalties import ElasticNet
from fastlr.schedules import Schedule, checked_rates
from fastlr.solvers.stochastic.executors import Executor
from fastlr.solvers.stochastic.monitor import Monitor
from fastlr.solvers.stochastic.optimizer import StepSlice


class Epoch(NamedTuple):
    """What every epoch of a training goes through: the rows, and how steps are taken over them.

    Attributes
    ----------
    problem : TrainingProblem
    schedule : Schedule
        The learning rates.
    batch_size : int
        Rows per step.
    penalty : ElasticNet
    intercept_rate : float
        The intercept's learning rate as a multiple of the weights'; 0 keeps the intercept fixed.
    """

    problem: TrainingProblem
    schedule: Schedule
    batch_size: int
    penalty: ElasticNet
    intercept_rate: float

    @property
    def n_steps(self) -> int:
        """Steps of the epoch."""
        return -(-self.problem.n_active // self.batch_size)


def run_epoch(
    executor: Executor, epoch: Epoch, rng: np.random.Generator | None, monitor: Monitor, n_done: int = 0
) -> None:
    """Go once through the rows, in an order drawn from ``rng``, or in the given order if it is None.

    The first ``n_done`` steps are skipped: they have been taken.
    """
    optimizer = executor.optimizer
    monitor.epoch_begins(optimizer)
    batch_size = min(epoch.batch_size, epoch.problem.n_active)
    n_rows_done = n_done * batch_size
    for part, order in epoch.problem.shuffled_parts(rng, batch_size):
        begin = min(n_rows_done, len(order))
        n_rows_done -= begin
        for start, stop in executor.slices(begin, len(order), batch_size):
            rates = checked_rates(epoch.schedule, optimizer.n_steps, -(-(stop - start) // batch_size))
            executor.run(StepSlice(part, order, start, stop, rates, batch_size, epoch.penalty, epoch.intercept_rate))
            monitor.rows_done(stop - start, optimizer)
            monitor.between_steps()


def run_epochs(executor: Executor, epoch: Epoch, seed: int | None, max_iter: int, monitor: Monitor) -> tuple[int, bool]:
    """Run epochs until the monitor ends the training or ``max_iter`` of them are completed.

    Parameters
    ----------
    executor : Executor
        Its optimizer is changed in place. Steps that it has taken since the first epoch began are not repeated.
    epoch : Epoch
    seed : int or None
        Together with its number, an epoch draws the order of its rows from it; None keeps the given order.
    max_iter : int
    monitor : Monitor

    Returns
    -------
    n_iter : int
        Epochs completed.
    stopped : bool
        Whether the monitor ended the training.

    Raises
    ------
    ValueError
        If the numbers of steps and of epochs taken so far contradict each other.
    """
    for number in range(monitor.n_epochs, max_iter):
        n_steps = executor.optimizer.n_steps
        n_done = n_steps - number * epoch.n_steps
        if not 0 <= n_done <= epoch.n_steps:
            raise ValueError(f"{n_steps} steps, at {epoch.n_steps} per epoch, do not match {number} completed epochs.")
        rng = None if seed is None else np.random.default_rng([seed, number])
        run_epoch(executor, epoch, rng, monitor, n_done)
        if monitor.epoch_done(executor.optimizer):
            return number + 1, True
    return max_iter, False
