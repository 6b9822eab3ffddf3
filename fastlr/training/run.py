"""Runs a planned training, or one pass of a stream."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from fastlr.data.problem import Problem
from fastlr.solvers.stochastic.epochs import run_epoch, run_sgd
from fastlr.solvers.stochastic.full_batch import run_gd
from fastlr.solvers.stochastic.local_sgd import choose_runner
from fastlr.solvers.stochastic.monitor import Monitor
from fastlr.solvers.stochastic.optimizer import Optimizer
from fastlr.training.config import TrainingConfig
from fastlr.training.plan import Plan
from fastlr.utils.parallel import resolve_n_jobs


def run(
    steps: Optimizer, problem: Problem, settings: TrainingConfig, plan: Plan, seed: int | None, watcher: Monitor
) -> tuple[int, bool]:
    """Train; return the epochs made and whether the tolerance, if there is one, was met.

    Parameters
    ----------
    steps : Steps
        Of ``settings.kind``; changed in place.
    seed : int or None
        Of the orders of the rows; None keeps them as they stand. A checkpoint that is gone on from has its own.
    watcher : Watcher
        `Unwatched`, or a `fastlr.training.monitor.TrainingMonitor`.
    """
    saver = watcher.saver
    if saver is not None:
        if saver.finished is not None:
            return saver.finished
        seed = saver.seed
    n_threads = resolve_n_jobs(settings.n_jobs)
    if settings.batch_size == "full":
        problem = replace(problem, n_threads=n_threads)
        result = run_gd(steps, problem, plan.schedule, plan.rule, plan.max_iter, settings.tolerance, watcher)
    else:
        batch_size = int(settings.batch_size)
        with choose_runner(steps, problem, n_threads, batch_size, settings.deterministic) as runner:
            n_iter, stopped = run_sgd(
                steps, problem, plan.schedule, batch_size, plan.rule, seed, plan.max_iter, runner, watcher
            )
        result = n_iter, stopped or settings.tol is None
    if saver is not None:
        saver.finish(*result)
    return result


def run_stream(
    steps: Optimizer,
    problem: Problem,
    settings: TrainingConfig,
    plan: Plan,
    rng: np.random.Generator | None,
    watcher: Monitor,
) -> None:
    """Go once through the rows of a part of a stream, in an order drawn from ``rng``, or as they stand if it is None.

    A full batch is one step over all of them.
    """
    n_threads = resolve_n_jobs(settings.n_jobs)
    if settings.batch_size == "full":
        problem = replace(problem, n_threads=n_threads)
        run_gd(steps, problem, plan.schedule, plan.rule, 1, 0.0, watcher)
    else:
        batch_size = int(settings.batch_size)
        with choose_runner(steps, problem, n_threads, batch_size, settings.deterministic) as runner:
            run_epoch(steps, problem, plan.schedule, batch_size, plan.rule, rng, runner, watcher)
