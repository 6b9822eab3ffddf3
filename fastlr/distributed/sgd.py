"""Stochastic gradient descent over partitions: local SGD whose threads are partitions, wherever these are.

A few times per epoch, every partition takes the steps of its next rows from the common weights, and the updates of all
are added up, each weight's times the factor that `fastlr.solvers.stochastic.local_sgd` explains. Only columns that a
partition touches travel. The update of a column that ``m`` of ``n`` partitions touch gets the factor of ``m`` threads,
on whose rows it is ``n / m`` times as frequent. The penalties of the others follow from the weight alone, and are
applied afterwards, one after the other. One partition trains like one thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from fastlr.distributed.driver import Handle
from fastlr.distributed.sgd_partition import Stretch, curvature_sums, take_steps
from fastlr.distributed.tree import Sums
from fastlr.kernels.sources.state import FIRST_AVERAGED, INTERCEPT_SUMS, LOSS, N_AVERAGED, N_STEPS
from fastlr.solvers.stochastic.epochs import Epoch
from fastlr.solvers.stochastic.monitor import Monitor
from fastlr.solvers.stochastic.sgd import LazySGD
from fastlr.solvers.stochastic.spec import OptimizerConfig
from fastlr.solvers.stochastic.thread_shares import OutputCurvatures

if TYPE_CHECKING:
    from fastlr.distributed.sgd_problem import Partitions

# Merges per epoch. See `fastlr.solvers.stochastic.local_sgd.MANY`.
N_MERGES = 4


class Training:
    """A training over partitions, between two merges.

    Parameters
    ----------
    problem : Partitions
    optimizer : LazySGD
        Of all features; its weights are the common ones, and no step of its own is taken.
    epoch : Epoch
    seed : int or None
        Draws the order of the rows; None keeps them as they are.
    """

    def __init__(self, problem: Partitions, optimizer: LazySGD, epoch: Epoch, seed: int | None) -> None:
        self.problem, self.optimizer, self.epoch, self.seed = problem, optimizer, epoch, seed
        self.n_merges = min(N_MERGES, epoch.n_steps)
        optimizer.make_writeable()
        optimizer.apply_penalties()
        self._squares = problem.map(partial(curvature_sums, optimizer.backend))
        self._outputs = OutputCurvatures(problem.mass, problem.n_active)
        others = np.ones(problem.shape[1], bool)
        others[problem.tree.columns] = False
        self._others = np.flatnonzero(others & optimizer.weights[:, : optimizer.n_outputs].any(axis=1))

    def prepare(self) -> None:
        """Wait for what the merges need."""
        squares, touching = self.problem.tree.total(self._squares).columns.T
        self._mean_squares = squares[:, None] / self.problem.n_active
        self._touching = touching[:, None]

    def ends(self, epoch: int, merge: int) -> int:
        """Return how many steps are taken before the part ``merge`` of an epoch."""
        return epoch * self.epoch.n_steps + self.epoch.n_steps * merge // self.n_merges

    def _averaged(self, epoch: int, merge: int) -> int:
        """Return how many steps of a part of an epoch count in the mean."""
        if not self.optimizer.is_averaging:
            return 0
        first, stop = self.ends(epoch, merge), self.ends(epoch, merge + 1)
        return max(stop - max(first, int(self.optimizer.counts[FIRST_AVERAGED]) - 1), 0)

    def begin(self, epoch: int, merge: int) -> list[Handle]:
        """Begin the steps of all partitions in a part of an epoch; return the handles of their updates."""
        optimizer, steps, n_outputs = self.optimizer, self.epoch, self.optimizer.n_outputs
        schedule: Any = steps.schedule
        n = self.ends(epoch, merge + 1) - self.ends(epoch, merge)
        lazy = optimizer.weights.shape[1] > n_outputs * (2 if optimizer.is_averaging else 1)
        shape = optimizer.weights.shape[0], n_outputs
        config = OptimizerConfig(
            "sgd", optimizer.backend, lazy, False, 0, None, shape, optimizer.weights.dtype.type, optimizer.loss_name
        )
        stretch = Stretch(
            config, schedule, steps.penalty, steps.intercept_rate, steps.batch_size, self.seed, epoch, merge,
            self.n_merges, steps.n_steps, self._averaged(epoch, merge) / n,
        )  # fmt: skip
        return self.problem.map_with_weights(
            partial(take_steps, stretch), optimizer.weights[:, :n_outputs], optimizer.bias.copy()
        )

    def _decayed(self, weights: np.ndarray, rates: np.ndarray | float) -> np.ndarray:
        """Return weights after the penalties of steps whose rates sum up to these."""
        due, penalty = rates * self._outputs.mean_weight, self.epoch.penalty
        return np.sign(weights) * np.maximum(np.abs(weights) - due * penalty.l1, 0.0) / (1.0 + due * penalty.l2)

    def merge(self, handles: Sequence[Handle], epoch: int, merge: int) -> None:
        """Wait for the updates of a part of an epoch, and add the share of them that counts."""
        sums: Sums = self.problem.tree.total(handles)
        optimizer, outputs, penalty = self.optimizer, self._outputs, self.epoch.penalty
        n_outputs = optimizer.n_outputs
        moved, *signs = np.split(sums.columns, range(n_outputs, sums.columns.shape[1], n_outputs), axis=1)
        bias, mean_bias, (rate, loss, n) = np.split(sums.rest, [n_outputs, 2 * n_outputs])
        n_averaged = self._averaged(epoch, merge)
        if n:
            columns, rate = self.problem.tree.columns, rate / n
            before = optimizer.weights[columns, :n_outputs].astype(np.float64)
            touching = np.minimum(self._touching, n)
            shares = outputs.weight_shares(rate, self._mean_squares * (n / touching), penalty.l2, touching)
            idle = rate * (n - touching)  # the rates of the partitions that do not touch a column
            after = self._decayed(before + shares * moved, idle)
            if len(signs) > 1:  # the penalties of several partitions must not take a weight past zero
                after[((after > 0.0) & (signs[0] == 0.0)) | ((after < 0.0) & (signs[1] == 0.0))] = 0.0
            optimizer.weights[columns, :n_outputs] = after
            if len(self._others):
                others = optimizer.weights[self._others, :n_outputs].astype(np.float64)
                optimizer.weights[self._others, :n_outputs] = self._decayed(others, rate * n)
            factors = outputs.intercept_shares(rate, self.epoch.intercept_rate, int(n))
            if n_averaged:
                mean = self._decayed(before + shares * signs[-1], 0.5 * idle)
                optimizer.weights[columns, -n_outputs:] += (n_averaged * mean).astype(optimizer.weights.dtype)
                if len(self._others):
                    others = optimizer.weights[self._others, :n_outputs]
                    optimizer.weights[self._others, -n_outputs:] += n_averaged * others
                optimizer.clock[INTERCEPT_SUMS:] += n_averaged * (optimizer.bias + factors * mean_bias)
                optimizer.counts[N_AVERAGED] += n_averaged
            optimizer.bias += factors * bias
        optimizer.clock[LOSS] += loss
        optimizer.clock[N_STEPS] = self.ends(epoch, merge + 1)


def train(trainings: Sequence[Training], n_epochs: int) -> None:
    """Train a number of epochs, all side by side.

    Parameters
    ----------
    trainings : sequence of Training
        All of the same driver.
    n_epochs : int
    """
    for training in trainings:
        training.prepare()
    for epoch in range(n_epochs):
        for merge in range(max(training.n_merges for training in trainings)):
            begun = [(one, one.begin(epoch, merge)) for one in trainings if merge < one.n_merges]
            for training, handles in begun:
                training.merge(handles, epoch, merge)


def run_epochs(training: Training, max_iter: int, monitor: Monitor) -> tuple[int, bool]:
    """Train until the monitor ends the training or ``max_iter`` epochs are completed.

    Parameters
    ----------
    training : Training
        Steps that its optimizer has taken since the first epoch began are not repeated.
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
    optimizer, n_rows, n_merges = training.optimizer, training.problem.n_active, training.n_merges
    training.prepare()
    for epoch in range(monitor.n_epochs, max_iter):
        ends = [training.ends(epoch, merge) for merge in range(n_merges + 1)]
        if optimizer.n_steps not in ends:
            raise ValueError(f"{optimizer.n_steps} steps do not match {epoch} completed epochs.")
        monitor.epoch_begins(optimizer)
        for merge in range(ends.index(optimizer.n_steps), n_merges):
            training.merge(training.begin(epoch, merge), epoch, merge)
            monitor.rows_done(n_rows * (merge + 1) // n_merges - n_rows * merge // n_merges, optimizer)
            monitor.between_steps()
        if monitor.epoch_done(optimizer):
            return epoch + 1, True
    return max_iter, False
