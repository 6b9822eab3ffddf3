"""Stochastic and mini-batch gradient descent: epochs of steps over rows in random order."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from fastlr.objective import penalty
from fastlr.problem import Problem, frozen
from fastlr.schedules import Schedule, checked_rates
from fastlr.solvers.pace import Pace
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
) -> None:
    """Go once through the rows, in an order drawn from ``rng``, or as they stand if it is None."""
    order = problem.present
    if rng is not None:
        order = order.copy()
        rng.shuffle(order)
        order = frozen(order)
    batch_size = min(batch_size, len(order))
    for start, stop in pace.slices(0, len(order), batch_size):
        n_steps = -(-(stop - start) // batch_size)
        steps.run(problem, order, start, stop, checked_rates(schedule, steps.n_steps, n_steps), batch_size, rule)
        progress(stop - start)


def run_sgd(
    steps: Steps,
    problem: Problem,
    schedule: Schedule,
    batch_size: int,
    rule: Rule,
    seed: int | None,
    max_iter: int,
    tol: float | None,
    n_iter_no_change: int,
    progress: Callable[[int], None],
) -> tuple[int, bool]:
    """Run epochs until the objective stalls or ``max_iter`` of them are done.

    Parameters
    ----------
    steps : Steps
        Changed in place.
    seed : int or None
        With it and its own number, an epoch draws the order of its rows; None keeps their order.
    tol : float or None
        The epochs end when the objective, penalty included, was not lower than its best by ``tol`` for
        ``n_iter_no_change`` epochs in a row; None never ends them early. The loss is the mean over the epoch, each
        row's at the weights that it was seen with, before its own step.
    progress : callable
        Told the number of rows just done.

    Returns
    -------
    n_iter : int
        Epochs done.
    converged : bool
        Whether they were ended by ``tol``; True without a ``tol``.
    """
    pace = Pace()
    best = np.inf
    n_stalled = 0
    for epoch in range(max_iter):
        loss_before = steps.loss
        rng = None if seed is None else np.random.default_rng([seed, epoch])
        run_epoch(steps, problem, schedule, batch_size, rule, rng, pace, progress)
        if tol is None:
            continue
        value = (steps.loss - loss_before) / problem.total_weight
        if rule.l1 or rule.l2:
            value += penalty(steps.settled(), rule.l1 + rule.l2, rule.l1 / (rule.l1 + rule.l2))
        n_stalled = n_stalled + 1 if value > best - tol else 0
        best = min(best, value)
        if n_stalled >= n_iter_no_change:
            return epoch + 1, True
    return max_iter, tol is None
