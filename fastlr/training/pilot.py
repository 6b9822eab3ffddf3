"""How well the labels can be learned, measured by a short pilot run before the training that is planned.

If labels are noisy, or rows too few to separate their classes, each further epoch fits the noise. If they are learned
easily, higher rates and more epochs help. A pilot run goes once through some of the rows, and measures the losses of
the last of them, each before its own step: rows that the weights have not seen. In units of the entropy of the labels,
the loss is near 1 if nothing was learned.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from fastlr.data.protocols import TrainingProblem
from fastlr.data.row_scale import RowScale
from fastlr.objective.penalties import NO_PENALTY
from fastlr.schedules import LinearDecay
from fastlr.solvers.stochastic.optimizer import StepSlice
from fastlr.solvers.stochastic.spec import create_optimizer
from fastlr.training.config import TrainingConfig
from fastlr.training.defaults import (
    ETA0_STREAM,
    LEAST_PILOT,
    MIN_EPOCHS,
    N_PILOT,
    PLANNED_STEPS_EASY,
    class_gain,
    loss_gain,
)
from fastlr.utils.arrays import frozen
from fastlr.utils.elementary import log
from fastlr.utils.sums import dot, sum_of
from fastlr.utils.time_slices import TimeSlices


def needs_pilot(config: TrainingConfig, problem: TrainingProblem) -> bool:
    """Return whether a pilot run plans the epochs: where they and the rate are automatic, and the rows are few."""
    is_automatic = config.learning_rate == "auto" and config.eta0 == "auto" and config.needs_rate()
    is_planned = config.max_iter is None and config.batch_size != "full" and not config.is_open_ended
    return is_automatic and is_planned and LEAST_PILOT <= problem.n_active < PLANNED_STEPS_EASY / MIN_EPOCHS


def pilot_loss(config: TrainingConfig, problem: TrainingProblem, scale: RowScale, backend: str) -> float:
    """Return the mean loss of rows not seen before, in units of the entropy of the labels.

    The pilot run takes steps of one row, over up to `N_PILOT` rows in a fixed random order, from zero weights and
    without a penalty, at a rate that falls to zero. The last quarter of its rows is evaluated.
    """
    sample = problem.sample(N_PILOT)
    n = sample.n_active
    first = n - n // 4
    eta0 = ETA0_STREAM * class_gain(sample.n_outputs) * scale.mean_inverse_norm / scale.mean_weight
    eta0 *= loss_gain(config.loss, sample.n_outputs)
    rates = LinearDecay(eta0, n).rates(0, n)
    intercept_rate = 1.0 / scale.mean_inverse_norm if config.fit_intercept else 0.0
    optimizer = create_optimizer(
        replace(config, optimizer="sgd", penalty=None, average=False).optimizer_config(sample, backend)
    )
    order = frozen(np.random.default_rng(0).permutation(n))
    time_slices = TimeSlices()
    for begin, end in ((0, first), (first, n)):
        seen = optimizer.loss
        for start, stop in time_slices.slices(begin, end):
            optimizer.run(StepSlice(sample, order, start, stop, rates[start:stop], 1, NO_PENALTY, intercept_rate))
    weights = sample.sample_weight if len(sample.sample_weight) else np.ones(n)
    shares = np.bincount(sample.labels, weights, sample.n_classes) / sum_of(weights)
    shares = shares[shares > 0.0]
    entropy = -dot(shares, log(shares))
    return (optimizer.loss - seen) / sum_of(weights[order[first:]]) / entropy if entropy > 0.0 else 0.0
