"""Training on all documents, and on all but those held out, with common first epochs.

The second model measures the accuracy and calibrates the first one, so it has to be like it. Two trainings from the
start take nearly twice as long as one. Here the documents held out are missing in the first two thirds of the epochs,
which serve both models; in the last third the first model visits them three times per epoch.

The common epochs are local SGD over two halves of the documents, which are merged once, at their end. One thread may
train both halves, so results do not depend on the number of threads. Two threads take the time of 2.1 passes over the
documents for three epochs, as two trainings of two epochs beside each other take 2.0. Test log-loss in units of the
best exact model's for three separate / three common / three in halves / two separate epochs: 72,000 descriptions of 119
classes 1.01 / 1.03 / 1.04 / 1.08, 48,000 descriptions of 58 classes 1.00 / 1.01 / 1.01 / 1.02, of 2 classes of which
one has 2% 1.02 / 1.03 / 1.03 / 1.08, 46,000 abstracts .97 / .97 / .96 / .98.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from threading import Event
from typing import NamedTuple

import numpy as np

from fastlr.data.problem import Problem
from fastlr.data.protocols import TrainingProblem
from fastlr.data.row_scale import RowScale
from fastlr.data.rows import Rows
from fastlr.schedules import Constant, LinearDecay, Schedule
from fastlr.solvers.stochastic.spec import create_optimizer
from fastlr.solvers.stochastic.thread_shares import OutputCurvatures
from fastlr.training.config import TrainingConfig
from fastlr.training.session import TrainingSession
from fastlr.utils.arrays import chunked_slices
from fastlr.utils.parallel import ordered_map

# The first rate of the last epochs is a share of `TrainingConfig.eta0`: `EASY` divided by the relative log-loss after
# the common epochs, within limits. Labels that are learned easily have gradients near 0 in most rows, and bear larger
# rates; noisy ones need smaller. Test log-loss with .19 / .225 in units of common epochs without halves: 72,000
# descriptions of 119 classes 1.009 / 1.009, 48,000 of 58 classes 1.000 / 1.001, 25,000 changelogs .987 / .989.
EASY = 0.19
SHARES = 0.5, 2.5
USUAL_SHARE = 0.6  # if nothing measures the loss

# With fewer rows there are no halves, whose log-loss is .2% to .4% higher with 2,000 rows, and 1% with 500.
MIN_ROWS = 4096
# Words of a document are learned together, so that each weight has to go less far. Halves are merged as if the
# curvature along a weight were so many times as large. Test log-loss with 1 / 2 / 4 in the units above: 72,000
# descriptions 1.016 / 1.013 / 1.012, 48,000 1.007 / 1.003 / 1.001.
CURVATURE = 3.0
# It is estimated from rows with so many entries; with half as many the log-loss of the 72,000 is .3% higher.
SAMPLED_ENTRIES = 1 << 19
MERGED_AT_ONCE = 1 << 16  # weights, which stay in the cache


class Weights(NamedTuple):
    """The weights of a model.

    Attributes
    ----------
    weights : ndarray of float32, shape (n_features, n_outputs)
    intercept : ndarray of float64, shape (n_outputs,)
    """

    weights: np.ndarray
    intercept: np.ndarray

    def copy(self) -> Weights:
        """Return a copy."""
        return Weights(self.weights.copy(), self.intercept.copy())


def n_own_epochs(n_epochs: int) -> int:
    """Return how many epochs, the last ones, are a training's own."""
    return -(-n_epochs // 3)


def n_visits(n_epochs: int) -> int:
    """Return how often each of these visits a document that was held out of the common ones."""
    return -(-n_epochs // n_own_epochs(n_epochs))


def first_rate_share(relative_loss: float | None) -> float:
    """Return the first rate of the last epochs, as a share of ``eta0``; None if nothing measures the loss."""
    if relative_loss is None:
        return USUAL_SHARE
    least, most = SHARES
    return min(max(EASY / max(relative_loss, 1e-3), least), most)


class SharedEpochs:
    """Trainings with common first epochs.

    Parameters
    ----------
    config : TrainingConfig
        ``max_iter`` is the number of epochs of each training, and ``eta0`` the first rate if the optimizer follows a
        schedule.
    backend : {"numba", "cython", "numpy"}
    seed : int
    cancelled : Event
        Once it is set, KeyboardInterrupt is raised.
    relative_loss : callable or None
        Returns the relative log-loss of weights on rows that they were not trained on.

    Notes
    -----
    The rate is ``eta0`` in the common epochs, and falls linearly to 0 in the others. Optimizers that cannot start from
    weights have no common epochs.
    """

    def __init__(
        self,
        config: TrainingConfig,
        backend: str,
        seed: int,
        cancelled: Event,
        relative_loss: Callable[[Weights], float] | None = None,
    ) -> None:
        self.config, self.backend, self.seed, self.cancelled = config, backend, seed, cancelled
        self.relative_loss = relative_loss
        self.n_epochs = int(config.max_iter or 1)
        self.n_own = n_own_epochs(self.n_epochs) if config.optimizer_spec.starts_from_weights else self.n_epochs

    def train(self, problem: TrainingProblem, held_out: np.ndarray, n_threads: int) -> list[Weights]:
        """Return the weights that are trained on all rows and, if any are held out, those without them.

        Raises
        ------
        KeyboardInterrupt
            After Ctrl-C, too.
        """
        without = problem.exclude(held_out) if len(held_out) else problem
        starts: Sequence[Weights | None] = [None, None]
        share = 1.0
        if self.n_own < self.n_epochs:
            starts = common = self._common(without, n_threads)
            share = first_rate_share(self.relative_loss and self.relative_loss(common[0]))
        own = [problem]
        if len(held_out):
            own = [problem.repeat(held_out, n_visits(self.n_epochs)), without]
        return self._run_all(own, self.n_own, starts, n_threads, LinearDecay, share)

    def _common(self, problem: TrainingProblem, n_threads: int) -> list[Weights]:
        """Return the weights after the common epochs, twice."""
        halves, n_epochs = _halves(problem, self.seed), self.n_epochs - self.n_own
        found = self._run_all(halves, n_epochs, [None, None], n_threads, Constant)
        if len(found) == 1:
            return [*found, found[0].copy()]
        n_sampled = max(SAMPLED_ENTRIES * problem.n_active // max(problem.n_nonzeros, 1), 1)
        rates = float(self.config.eta0) * n_epochs * halves[0].n_active
        _merge(found, problem.sample(n_sampled), rates, self.config.penalty_of(RowScale()).l2)
        return found

    def _run_all(
        self,
        problems: Sequence[TrainingProblem],
        n_epochs: int,
        starts: Sequence[Weights | None],
        n_threads: int,
        schedule: Callable[[float], Schedule],
        share: float = 1.0,
    ) -> list[Weights]:
        """Return the weights of a training on each problem, from zero or from others, which are changed in place.

        The first rate is a share of ``eta0``.
        """
        config = replace(self.config, max_iter=n_epochs)
        if config.optimizer_spec.follows_schedule:
            config = replace(config, learning_rate=schedule(share * float(config.eta0)), eta0="auto")

        def trained(job: tuple[TrainingProblem, Weights | None]) -> Weights:
            problem, start = job
            session = TrainingSession(config, problem, self.backend, self.seed + (start is not None))
            session.monitor.cancelled = self.cancelled
            session.start(start and create_optimizer(config.optimizer_config(problem, self.backend), *start))
            result = session.run()
            if result.interrupted:
                raise KeyboardInterrupt
            return Weights(result.weights, np.array(result.intercept))

        jobs = zip(problems, starts, strict=False)
        n_threads = min(n_threads, len(problems))
        return list(map(trained, jobs) if n_threads == 1 else ordered_map(trained, jobs, n_threads, self.cancelled))


def _halves(problem: TrainingProblem, seed: int) -> list[TrainingProblem]:
    """Return two random halves of the rows; if there are few, or they are on disk, all rows."""
    n = problem.n_active
    if problem.n_parts > 1 or n < MIN_ROWS:
        return [problem]
    rows = problem.active_rows[np.random.default_rng(seed).permutation(n)[: n // 2]]
    return [problem.exclude(rows), problem.subset(rows)]


def _merge(halves: Sequence[Weights], sample: Problem[Rows], rate: float, l2: float) -> None:
    """Give both the weights to which the steps of two halves would have led one after the other, in place.

    Both start from 0; ``rate`` is the sum of the rates of each. See `fastlr.solvers.stochastic.local_sgd`.
    """
    outputs, rows, (first, second) = OutputCurvatures.of(sample), sample.rows, halves
    squares = np.square(rows.data, dtype=np.float64)
    if len(sample.sample_weight):
        squares *= np.repeat(sample.sample_weight, np.diff(rows.indptr))
    squares = np.bincount(rows.indices, squares, rows.shape[1]) / rows.shape[0]
    along_features = squares.astype(np.float32)[:, None]
    along_outputs = (CURVATURE * rate * outputs.curvature).astype(np.float32)
    least = np.float32(1.0 + rate * l2 * outputs.mean_weight)
    # The share of both updates that counts is (1 + r / 2) / (1 + r), where r is the rate times the curvature.
    for chunk in chunked_slices(len(squares), 1 + MERGED_AT_ONCE // len(along_outputs)):
        factors = along_features[chunk] * along_outputs
        factors += least
        factors = np.float32(0.5) + np.float32(0.5) / factors
        merged = first.weights[chunk]
        merged += second.weights[chunk]
        merged *= factors
        second.weights[chunk] = merged
    first.intercept[:] = outputs.intercept_shares(rate, 1.0, 2) * (first.intercept + second.intercept)
    second.intercept[:] = first.intercept
