"""The trainings of a text model over partitions: `fastlr.text.shared_epochs`, by `fastlr.distributed.sgd`.

The documents held out are missing in the first two thirds of the epochs, which serve both models. In the last third the
first model visits them three times per epoch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from fastlr.data.row_scale import RowScale
from fastlr.distributed.sgd import Training, train
from fastlr.distributed.sgd_problem import Partitions
from fastlr.schedules import LinearDecay
from fastlr.solvers.stochastic.epochs import Epoch
from fastlr.solvers.stochastic.spec import create_optimizer
from fastlr.text.shared_epochs import Weights, first_rate_share, n_own_epochs
from fastlr.training.config import TrainingConfig
from fastlr.training.plan import make_plan


def shared_epochs(
    without: Partitions,
    own: Sequence[Partitions],
    config: TrainingConfig,
    backend: str,
    seed: int,
    relative_loss: Callable[[Weights], float] | None,
) -> list[Weights]:
    """Return the weights that are trained on all documents and, if any are held out, those without them.

    Parameters
    ----------
    without : Partitions
        The documents that are not held out.
    own : sequence of Partitions
        The documents of each training's last epochs.
    config : TrainingConfig
        Of each training: its number of epochs, and the first rate.
    backend : str
    seed : int
    relative_loss : callable or None
        Returns the relative log-loss of weights on the documents held out.
    """
    n_epochs = int(config.max_iter or 1)
    n_own = n_own_epochs(n_epochs)
    n_common = n_epochs - n_own
    start, share = None, 1.0
    if n_common:
        # Twice as many epochs are planned, so that the rate falls by half.
        common = _training(without, _decaying(config, 1.0, 2 * n_common), backend, seed, None)
        train([common], n_common)
        start = _weights(common)
        share = first_rate_share(None if relative_loss is None else relative_loss(start))
        seed += 1
    last = _decaying(config, share, n_own)
    trainings = [_training(problem, last, backend, seed, start) for problem in own]
    train(trainings, n_own)
    return [_weights(training) for training in trainings]


def _decaying(config: TrainingConfig, share: float, n_epochs: int) -> TrainingConfig:
    """Return the configuration of so many epochs, whose rate falls to 0 from a share of the first one."""
    rate = LinearDecay(share * float(config.eta0))
    return replace(config, max_iter=n_epochs, learning_rate=rate, eta0="auto")


def _training(problem: Any, config: TrainingConfig, backend: str, seed: int, start: Weights | None) -> Training:
    """Return a training that nothing but the configuration plans, from given weights or zeros."""
    plan = make_plan(config, problem, RowScale(), backend)
    of_all = config.optimizer_config(problem, backend)
    optimizer: Any = create_optimizer(of_all) if start is None else create_optimizer(of_all, *start.copy())
    epoch = Epoch(problem, plan.schedule, config.rows_per_step(problem), plan.penalty, plan.intercept_rate)
    return Training(problem, optimizer, epoch, seed)


def _weights(training: Training) -> Weights:
    """Return the weights of a training that has ended."""
    optimizer = training.optimizer
    return Weights(optimizer.finish(), optimizer.intercept)
