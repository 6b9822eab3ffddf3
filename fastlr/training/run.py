"""Running a planned training, or one pass over a chunk of a stream."""

from __future__ import annotations

from typing import cast

import numpy as np

from fastlr.data.protocols import TrainingProblem
from fastlr.solvers.stochastic.epochs import Epoch, run_epoch, run_epochs
from fastlr.solvers.stochastic.executors import choose_executor
from fastlr.solvers.stochastic.full_batch import run_full_batch
from fastlr.solvers.stochastic.monitor import Monitor, NullMonitor
from fastlr.solvers.stochastic.optimizer import FullBatchOptimizer, Optimizer
from fastlr.training.config import TrainingConfig
from fastlr.training.partitioned import PartitionedProblem
from fastlr.training.plan import Plan
from fastlr.utils.parallel import resolve_n_jobs


def run(
    optimizer: Optimizer,
    problem: TrainingProblem,
    config: TrainingConfig,
    plan: Plan,
    seed: int | None,
    monitor: Monitor,
) -> tuple[int, bool]:
    """Train; return the number of epochs and whether the tolerance, if there is one, was met.

    Parameters
    ----------
    optimizer : Optimizer
        Created for ``config.optimizer_config``; changed in place.
    problem : TrainingProblem
    config : TrainingConfig
    plan : Plan
    seed : int or None
        Seed of the row orders; None keeps the rows in the given order. A resumed checkpoint has its own.
    monitor : Monitor
    """
    saver = monitor.saver
    if saver is not None:
        if saver.finished is not None:
            return saver.finished
        seed = saver.seed
    n_threads = resolve_n_jobs(config.n_jobs)
    epoch = Epoch(problem, plan.schedule, config.rows_per_step(problem), plan.penalty, plan.intercept_rate)
    if config.batch_size == "full":
        full = cast(FullBatchOptimizer, optimizer)  # the configuration was checked
        result = run_full_batch(full, epoch, plan.max_iter, config.gradient_tolerance, n_threads, monitor)
    elif isinstance(problem, PartitionedProblem):
        n_iter, stopped = problem.run_epochs(optimizer, epoch, seed, plan.max_iter, monitor)
        result = n_iter, stopped or config.tolerance is None
    else:
        with choose_executor(optimizer, problem, n_threads, epoch.batch_size, config.deterministic) as executor:
            n_iter, stopped = run_epochs(executor, epoch, seed, plan.max_iter, monitor)
        result = n_iter, stopped or config.tolerance is None
    if saver is not None:
        saver.finish(*result)
    return result


def run_stream(
    optimizer: Optimizer, problem: TrainingProblem, config: TrainingConfig, plan: Plan, rng: np.random.Generator | None
) -> None:
    """Go once through a chunk of a stream, in an order drawn from ``rng``, or in the given order if it is None.

    A full batch is one step over all rows of the chunk.
    """
    n_threads = resolve_n_jobs(config.n_jobs)
    epoch = Epoch(problem, plan.schedule, config.rows_per_step(problem), plan.penalty, plan.intercept_rate)
    if config.batch_size == "full":
        run_full_batch(cast(FullBatchOptimizer, optimizer), epoch, 1, 0.0, n_threads, NullMonitor())
    else:
        with choose_executor(optimizer, problem, n_threads, epoch.batch_size, config.deterministic) as executor:
            run_epoch(executor, epoch, rng, NullMonitor())
