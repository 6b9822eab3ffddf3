"""Batch gradient descent: every step follows the gradient over all rows, until its norm is small."""

from __future__ import annotations

from dataclasses import replace

from fastlr.data.problem import Problem
from fastlr.schedules import checked_rates
from fastlr.solvers.stochastic.epochs import Epoch
from fastlr.solvers.stochastic.monitor import Monitor
from fastlr.solvers.stochastic.optimizer import FullBatchOptimizer


def run_full_batch(
    optimizer: FullBatchOptimizer, epoch: Epoch, max_iter: int, tol: float, n_threads: int, monitor: Monitor
) -> tuple[int, bool]:
    """Step until no entry of the objective's gradient exceeds ``tol``, or ``max_iter`` gradients were computed.

    With an L1 penalty it is the subgradient of least norm. Gradient and penalty are both divided by ``sum(s)``, so a
    row of weight 2 is the same as the row twice. The monitor can end the training too.

    Parameters
    ----------
    optimizer : FullBatchOptimizer
        Changed in place.
    epoch : Epoch
    max_iter : int
    tol : float
    n_threads : int
        Threads that compute a gradient; given their number, the results are bit-identical.
    monitor : Monitor
        Notified of each step; its first ``n_epochs`` steps have been taken.

    Returns
    -------
    n_iter : int
        Gradients computed, each a pass over the epoch.
    converged : bool
        Whether the largest absolute entry of the gradient reached ``tol``, or the monitor ended the training.
    """
    assert isinstance(epoch.problem, Problem)  # stores are refused with batch_size="full"
    problem = replace(epoch.problem, n_threads=n_threads)
    for n_iter in range(monitor.n_epochs + 1, max_iter + 1):
        monitor.epoch_begins(optimizer)
        norm = optimizer.start_full_step(problem, epoch.penalty, epoch.intercept_rate)
        monitor.rows_done(problem.n_active, optimizer)
        if norm > tol:
            eta = float(checked_rates(epoch.schedule, optimizer.n_steps, 1)[0])
            optimizer.end_full_step(problem, eta, epoch.penalty, epoch.intercept_rate)
        if monitor.epoch_done(optimizer, norm) or norm <= tol:
            return n_iter, True
        monitor.between_steps()
    return max_iter, False
