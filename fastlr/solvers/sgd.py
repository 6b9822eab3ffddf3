"""Stochastic and mini-batch gradient descent: epochs of steps over rows in random order."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from fastlr.problem import Problem
from fastlr.schedules import Schedule
from fastlr.solvers.order import shuffled
from fastlr.solvers.pace import Pace
from fastlr.solvers.stall import Stall
from fastlr.solvers.steps import Rule, Steps


def n_steps_per_epoch(problem: Problem, batch_size: int) -> int:
    """Return how many steps go once through the rows."""
    return -(-len(problem.present) // batch_size)


def run_epoch(
    steps: Steps,
    problem: Problem,
    schedule: Schedule,
    batch_size: int,
    rule: Rule,
    rng: np.random.Generator | None,
    pace: Pace,
    progress: Callable[[int], None],
    n_made: int = 0,
) -> None:
    """Go once through the rows, in an order drawn from ``rng``, or as they stand if it is None.

    The first ``n_made`` steps are left out: they have been made.
    """
    order = problem.present
    if rng is not None:
        order = shuffled(problem, order, rng)
    batch_size = min(batch_size, len(order))
    for start, stop in pace.slices(n_made * batch_size, len(order), batch_size):
        n_steps = -(-(stop - start) // batch_size)
        steps.run(problem, order, start, stop, schedule.rates(steps.n_steps, n_steps), batch_size, rule)
        progress(stop - start)


def run_sgd(
    steps: Steps,
    problem: Problem,
    schedule: Schedule,
    batch_size: int,
    rule: Rule,
    seed: int | None,
    max_iter: int,
    stall: Stall,
    progress: Callable[[int], None],
) -> tuple[int, bool]:
    """Run epochs until the objective stalls or ``max_iter`` of them are done.

    Parameters
    ----------
    steps : Steps
        Changed in place. Steps that it has made already, since the first epoch began, are not made again.
    seed : int or None
        With it and its own number, an epoch draws the order of its rows; None keeps their order.
    stall : Stall
        Changed in place; told of each epoch's end, it may end them.
    progress : callable
        Told the number of rows just done.

    Returns
    -------
    n_iter : int
        Epochs done.
    converged : bool
        Whether they were ended by ``stall``; True if it never does.

    Raises
    ------
    ValueError
        If ``steps`` and ``stall`` contradict each other.
    """
    pace = Pace()
    per_epoch = n_steps_per_epoch(problem, batch_size)
    for epoch in range(stall.n_epochs, max_iter):
        n_made = steps.n_steps - epoch * per_epoch
        if not 0 <= n_made <= per_epoch:
            raise ValueError(f"{steps.n_steps} steps of {per_epoch} an epoch are not those of {epoch} epochs.")
        rng = None if seed is None else np.random.default_rng([seed, epoch])
        run_epoch(steps, problem, schedule, batch_size, rule, rng, pace, progress, n_made)
        if stall.epoch_done(steps, problem, rule):
            return epoch + 1, True
    return max_iter, stall.tol is None
