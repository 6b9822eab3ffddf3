"""Training on all documents, and on all but those held out, with common first epochs.

The second model measures the accuracy and calibrates the first one, so it has to be like it. Two trainings from the
start take nearly twice as long as one. Here the documents held out are missing in the first two thirds of the epochs,
which serve both models; in the last third the first model visits them three times per epoch. Test log-loss in units of
the best exact model's for three separate / three common / two separate epochs, which take 5.7 / 3.9 / 3.8 passes over
the documents: 72,000 descriptions of 119 classes 1.01 / 1.03 / 1.08, 48,000 descriptions of 58 classes 1.00 / 1.01 /
1.02, of 2 classes of which one has 2% 1.02 / 1.03 / 1.08, 46,000 abstracts .97 / .97 / .98.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from threading import Event
from typing import NamedTuple

import numpy as np

from fastlr.data.protocols import TrainingProblem
from fastlr.schedules import LinearDecay
from fastlr.solvers.stochastic.spec import create_optimizer
from fastlr.training.config import TrainingConfig
from fastlr.training.session import TrainingSession
from fastlr.utils.parallel import ordered_map

# The first rate of the last epochs is a share of `TrainingConfig.eta0`: `EASY` divided by the relative log-loss after
# the common epochs, within limits. Labels that are learned easily have gradients near 0 in most rows, and bear larger
# rates; noisy ones need smaller. Test log-loss with shares of .25 / .5 / 1 / 2, in units of the best exact model's:
# 12,000 pieces of code (relative loss .05) .96 / .93 / .92 / .91, 72,000 descriptions of 119 classes (.14) 1.03 / 1.02
# / 1.01 / 1.04, 48,000 of 58 classes (.3) 1.01 / 1.01 / 1.02 / 1.06.
EASY = 0.15
SHARES = 0.4, 2.0
USUAL_SHARE = 0.5  # if nothing measures the loss


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
    The rate falls linearly to half of ``eta0`` in the common epochs, and to 0 in the others. Optimizers that cannot
    start from weights have no common epochs.
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
        n_common = self.n_epochs - self.n_own
        common = self._run(without, n_common, None, 1.0) if n_common else None
        share = 1.0 if common is None else first_rate_share(self.relative_loss and self.relative_loss(common))
        jobs = [(problem, common)]
        if len(held_out):
            visits = -(-self.n_epochs // self.n_own)
            start = None if common is None else common.copy()
            jobs = [(problem.repeat(held_out, visits), start), (without, common)]

        def trained(job: tuple[TrainingProblem, Weights | None]) -> Weights:
            return self._run(job[0], self.n_own, job[1], share)

        n_threads = min(n_threads, len(jobs))
        return list(map(trained, jobs) if n_threads == 1 else ordered_map(trained, jobs, n_threads, self.cancelled))

    def _run(self, problem: TrainingProblem, n_epochs: int, start: Weights | None, share: float) -> Weights:
        """Return the weights after the common epochs, or after the last ones, which may start from other weights."""
        config, seed = replace(self.config, max_iter=n_epochs), self.seed
        if config.optimizer_spec.follows_schedule:
            # Twice the steps of the common epochs are planned, so that the rate falls by half.
            n_steps = 2 * n_epochs * problem.n_active if start is None and self.n_own < self.n_epochs else None
            config = replace(config, learning_rate=LinearDecay(share * float(config.eta0), n_steps), eta0="auto")
        if start is not None:
            seed += 1
        session = TrainingSession(config, problem, self.backend, seed)
        session.monitor.cancelled = self.cancelled
        optimizer = None
        if start is not None:  # whose weights are changed in place
            optimizer = create_optimizer(config.optimizer_config(problem, self.backend), *start)
        session.start(optimizer)
        result = session.run()
        if result.interrupted:
            raise KeyboardInterrupt
        return Weights(result.weights, np.array(result.intercept))
