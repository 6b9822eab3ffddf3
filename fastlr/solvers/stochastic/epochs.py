"""Stochastic and mini-batch gradient descent: epochs of steps over rows in random order."""

from __future__ import annotations

import numpy as np

from fastlr.data.problem import Problem
from fastlr.schedules import Schedule, checked_rates
from fastlr.solvers.stochastic.monitor import Monitor
from fastlr.solvers.stochastic.optimizer import Optimizer, StepRule
from fastlr.solvers.stochastic.serial import Runner


def n_steps_per_epoch(problem: Problem, batch_size: int) -> int:
    """Return how many steps go once through the rows."""
    return -(-problem.n_active // batch_size)


def run_epoch(
    steps: Optimizer,
    problem: Problem,
    schedule: Schedule,
    batch_size: int,
    rule: StepRule,
    rng: np.random.Generator | None,
    runner: Runner,
    watcher: Monitor,
    n_made: int = 0,
) -> None:
    """Go once through the rows, in an order drawn from ``rng``, or as they stand if it is None.

    The first ``n_made`` steps are left out: they have been made.
    """
    watcher.epoch_begins(steps)
    batch_size = min(batch_size, problem.n_active)
    n_rows_made = n_made * batch_size
    for part, order in problem.shuffled_parts(rng, batch_size):
        begin = min(n_rows_made, len(order))
        n_rows_made -= begin
        for start, stop in runner.slices(begin, len(order), batch_size):
            n_steps = -(-(stop - start) // batch_size)
            rates = checked_rates(schedule, steps.n_steps, n_steps)
            runner.run(steps, part, order, start, stop, rates, batch_size, rule)
            watcher.rows_done(stop - start, steps)
            watcher.between_steps()


def run_sgd(
    steps: Optimizer,
    problem: Problem,
    schedule: Schedule,
    batch_size: int,
    rule: StepRule,
    seed: int | None,
    max_iter: int,
    runner: Runner,
    watcher: Monitor,
) -> tuple[int, bool]:
    """Run epochs until whoever watches says that it was the last, or ``max_iter`` of them are done.

    Parameters
    ----------
    steps : Steps
        Changed in place. Steps that it has made already, since the first epoch began, are not made again.
    seed : int or None
        With it and its own number, an epoch draws the order of its rows; None keeps their order.
    runner : Runner
        Takes the steps.
    watcher : Watcher
        Told of each epoch; may end them.

    Returns
    -------
    n_iter : int
        Epochs done.
    stopped : bool
        Whether the watcher ended them.

    Raises
    ------
    ValueError
        If ``steps`` and ``watcher`` contradict each other.
    """
    per_epoch = n_steps_per_epoch(problem, batch_size)
    for epoch in range(watcher.n_epochs, max_iter):
        n_made = steps.n_steps - epoch * per_epoch
        if not 0 <= n_made <= per_epoch:
            raise ValueError(f"{steps.n_steps} steps of {per_epoch} an epoch are not those of {epoch} epochs.")
        rng = None if seed is None else np.random.default_rng([seed, epoch])
        run_epoch(steps, problem, schedule, batch_size, rule, rng, runner, watcher, n_made)
        if watcher.epoch_done(steps):
            return epoch + 1, True
    return max_iter, False
