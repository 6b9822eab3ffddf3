"""Stochastic gradient descent over partitions: local SGD whose threads are partitions, wherever these are.

A few times per epoch, every partition takes the steps of its next rows from the common weights, and the updates of all
are added up, each weight's times the factor that `fastlr.solvers.stochastic.local_sgd` explains. One partition trains
like one thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from fastlr import kernels
from fastlr.data.problem import Problem, class_mass
from fastlr.data.row_scale import RowScale
from fastlr.distributed.driver import Driver, Handle
from fastlr.distributed.tree import tree_sum
from fastlr.solvers.stochastic.optimizer import StepSlice
from fastlr.solvers.stochastic.serial import Serial
from fastlr.solvers.stochastic.spec import create_optimizer
from fastlr.solvers.stochastic.thread_shares import OutputCurvatures, sample
from fastlr.training.config import TrainingConfig
from fastlr.training.plan import make_plan
from fastlr.utils.sums import sum_of

# Merges per epoch. See `fastlr.solvers.stochastic.local_sgd.MANY`.
N_MERGES = 4


class Stretch(NamedTuple):
    """Steps that all partitions take between two merges: part ``merge`` of ``N_MERGES`` of an epoch.

    Attributes
    ----------
    config : TrainingConfig
        With neither a rate nor a strength of the penalty that depends on the rows.
    backend : str
    seed, epoch : int
        Draw the order of the rows.
    merge : int
    """

    config: TrainingConfig
    backend: str
    seed: int
    epoch: int
    merge: int


class Sums(NamedTuple):
    """Sums over partitions.

    Attributes
    ----------
    moved : ndarray of float64, shape (n_features, n_outputs)
        The updates of the weights.
    signs : ndarray of int32, shape (2, n_features, n_outputs), or None
        In how many partitions each weight is above 0, and in how many below; None without an L1 penalty.
    intercept : ndarray of float64, shape (n_outputs,)
        The updates of the intercepts.
    rate : float
        The sum of the rates.
    """

    moved: np.ndarray
    signs: np.ndarray | None
    intercept: np.ndarray
    rate: float


class Curvature(NamedTuple):
    """Sums over samples of the partitions' rows: what `OutputCurvatures` and the merge kernel need."""

    squares: np.ndarray
    n_sampled: int
    mass: np.ndarray
    n_rows: int


def plus(a: tuple[Any, ...], b: tuple[Any, ...]) -> Any:
    """Return the sum of two tuples of numbers or arrays, field by field; None stays None."""
    make: Any = type(a)
    return make(*(None if x is None else x + y for x, y in zip(a, b, strict=True)))


def curvature_sums(backend: str, problem: Problem) -> Curvature:
    """Return the sums of a partition."""
    squares, rows, numbers = np.zeros(problem.shape[1]), problem.rows, sample(problem)
    kernels.load(backend).add_squares(
        rows.indptr, rows.indices, rows.data, problem.sample_weight, numbers, 0, len(numbers), squares
    )
    active = problem.active_rows
    mass = class_mass(problem.labels[active], problem.weights()[active], problem.n_classes)
    return Curvature(squares, len(numbers), mass, len(active))


def take_steps(stretch: Stretch, problem: Problem, weights: np.ndarray, intercept: np.ndarray) -> Sums:
    """Take the steps of a partition's rows from given weights; return the updates."""
    config, backend = stretch.config, stretch.backend
    optimizer = create_optimizer(config.optimizer_config(problem, backend), weights.copy(), intercept)
    n, lazy = problem.n_active, config.optimizer_config(problem, backend).lazy
    start, stop = (n * (stretch.merge + m) // N_MERGES for m in (0, 1))
    rate = 0.0
    if stop > start:
        plan = make_plan(config, problem, RowScale(), backend)
        order = problem.shuffled(problem.active_rows, np.random.default_rng([stretch.seed, stretch.epoch]))
        rates = plan.schedule.rates(stretch.epoch * n + start, stop - start)
        executor, first = Serial(optimizer), start
        for begin, end in executor.slices(start, stop, 1):
            own = rates[begin - first : end - first]
            executor.run(StepSlice(problem, order, begin, end, own, 1, plan.penalty, plan.intercept_rate))
        rate = sum_of(rates)
    new = optimizer.finish().astype(np.float64)
    signs = np.stack([new > 0, new < 0]).astype(np.int32) if lazy else None
    return Sums(new - weights, signs, optimizer.intercept - intercept, rate)


class Run:
    """A training over partitions, between two merges.

    Parameters
    ----------
    driver : Driver
    problems : sequence of Handle
        Of each partition's `fastlr.data.problem.Problem`.
    backend : str
    shape : tuple of int
        ``(n_features, n_outputs)``.

    Attributes
    ----------
    weights : ndarray of float32, shape (n_features, n_outputs)
    intercept : ndarray of float64, shape (n_outputs,)
    """

    def __init__(self, driver: Driver, problems: Sequence[Handle], backend: str, shape: tuple[int, int]) -> None:
        self.driver, self.problems, self.backend = driver, problems, backend
        self.weights, self.intercept = np.zeros(shape, np.float32), np.zeros(shape[1])
        sums = self._map(partial(curvature_sums, backend))
        self._curvature = tree_sum(driver, sums, plus)

    def _map(self, function: Any, *arguments: Any) -> list[Handle]:
        return [
            self.driver.submit(function, problem, *arguments, partition=k) for k, problem in enumerate(self.problems)
        ]

    def prepare(self, curvature: Curvature) -> None:
        """Take the sums over the samples."""
        self._outputs = OutputCurvatures(curvature.mass, curvature.n_rows)
        self._squares = curvature.squares / curvature.n_sampled

    def begin(self, stretch: Stretch) -> Handle:
        """Begin the steps of all partitions; return the handle of their `Sums`."""
        weights, intercept = self.driver.put(self.weights), self.driver.put(self.intercept)
        return tree_sum(self.driver, self._map(partial(take_steps, stretch), weights, intercept), plus)

    def merge(self, sums: Sums, l2: float, intercept_rate: float) -> None:
        """Add the share of the updates that counts."""
        n = len(self.problems)
        rate, outputs = sums.rate / n, self._outputs
        after = self.weights + outputs.weight_shares(rate, self._squares[:, None], l2, n) * sums.moved
        if sums.signs is not None:  # the penalties of several partitions must not take a weight past zero
            above, below = sums.signs
            after[((after > 0.0) & (above == 0)) | ((after < 0.0) & (below == 0))] = 0.0
        self.weights = after.astype(np.float32)
        self.intercept = self.intercept + outputs.intercept_shares(rate, intercept_rate, n) * sums.intercept


def train(runs: Sequence[Run], config: TrainingConfig, seed: int) -> None:
    """Train, all runs side by side.

    Parameters
    ----------
    runs : sequence of Run
        All of the same driver; changed in place.
    config : TrainingConfig
        With numbers for ``alpha``, ``eta0`` and ``max_iter``, for the optimizer "sgd" with steps of one row.
    seed : int
        Draws the order of the rows.
    """
    driver = runs[0].driver
    for run, curvature in zip(runs, driver.gather([run._curvature for run in runs]), strict=True):
        run.prepare(curvature)
    penalty = config.penalty_of(RowScale())
    for epoch in range(int(config.max_iter or 0)):
        for merge in range(N_MERGES):
            sums = [run.begin(Stretch(config, run.backend, seed, epoch, merge)) for run in runs]
            for run, found in zip(runs, driver.gather(sums), strict=True):
                run.merge(found, penalty.l2, 1.0 if config.fit_intercept else 0.0)
