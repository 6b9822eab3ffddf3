"""Batch gradient descent: every step follows the gradient of all rows, until its norm is small."""

from __future__ import annotations

from fastlr.data.problem import Problem
from fastlr.schedules import Schedule, checked_rates
from fastlr.solvers.stochastic.monitor import Monitor
from fastlr.solvers.stochastic.optimizer import Optimizer, StepRule


def run_gd(
    steps: Optimizer,
    problem: Problem,
    schedule: Schedule,
    rule: StepRule,
    max_iter: int,
    tol: float,
    watcher: Monitor,
) -> tuple[int, bool]:
    """Step until no entry of the objective's gradient exceeds ``tol``, or ``max_iter`` gradients were computed.

    With an L1 penalty it is the subgradient of least norm. The gradient and the penalty are both divided by ``sum(s)``,
    so that a row of weight 2 is the same as the row twice. Whoever watches can end the steps too.

    Parameters
    ----------
    watcher : Watcher
        Told of each step; those of its first ``n_epochs`` have been made already.

    Returns
    -------
    n_iter : int
        Gradients computed, each a pass over the rows.
    converged : bool
        Whether the gradient's norm, the largest absolute value of its entries, reached ``tol``, or the watcher ended
        the steps.
    """
    for n_iter in range(watcher.n_epochs + 1, max_iter + 1):
        watcher.epoch_begins(steps)
        norm = steps.start_full_step(problem, rule)
        watcher.rows_done(len(problem.active_rows), steps)
        if norm > tol:
            steps.end_full_step(problem, float(checked_rates(schedule, steps.n_steps, 1)[0]), rule)
        if watcher.epoch_done(steps, norm) or norm <= tol:
            return n_iter, True
        watcher.between_steps()
    return max_iter, False
