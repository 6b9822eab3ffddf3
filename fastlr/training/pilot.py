"""How much of the labels can be learned, found out by a short training before the one that is planned.

Where labels are noisy, or rows too few to tell their classes apart, each further epoch fits the noise; where they are
learned easily, higher rates and more epochs pay. A pilot goes once through some of the rows, and looks at the loss of
the last of them, each before its own step: rows that the weights have not seen. In units of the entropy of the labels
it is near 1 where nothing was learned.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from fastlr.data.problem import Problem
from fastlr.data.row_scale import RowScale
from fastlr.schedules import LinearDecay
from fastlr.solvers.stochastic.optimizer import StepRule
from fastlr.training.config import TrainingConfig
from fastlr.training.defaults import ETA0_STREAM, LEAST_PILOT, MIN_EPOCHS, N_PILOT, PLANNED_STEPS_EASY, class_gain
from fastlr.utils.arrays import frozen
from fastlr.utils.time_slices import TimeSlices


def needs_pilot(settings: TrainingConfig, problem: Problem) -> bool:
    """Return whether the epochs are planned by a pilot: where they and the rate are automatic, and the rows few."""
    automatic = settings.optimizer == "sgd" and settings.learning_rate == "auto" and settings.eta0 == "auto"
    planned = settings.max_iter is None and settings.batch_size != "full" and not settings.ends_openly
    return automatic and planned and LEAST_PILOT <= problem.n_active < PLANNED_STEPS_EASY / MIN_EPOCHS


def pilot_loss(settings: TrainingConfig, problem: Problem, scale: RowScale, backend: str) -> float:
    """Return the mean loss of rows not seen before, in units of the entropy of the labels.

    The pilot takes single steps over up to ``N_PILOT`` rows, in a fixed random order, from zero weights and without a
    penalty, at a rate that falls to zero. The last quarter of its rows are judged by.
    """
    sample = problem.sample(N_PILOT)
    n = sample.n_active
    first = n - n // 4
    eta0 = ETA0_STREAM * class_gain(sample.n_outputs) * scale.mean_inverse_norm / scale.mean_weight
    rates = LinearDecay(eta0, n).rates(0, n)
    rule = StepRule(0.0, 0.0, 1.0 / scale.mean_inverse_norm if settings.fit_intercept else 0.0)
    steps = replace(settings, penalty=None, average=False).kind(sample, backend).start()
    order = frozen(np.random.default_rng(0).permutation(n))
    pace = TimeSlices()
    for begin, end in ((0, first), (first, n)):
        seen = steps.loss
        for start, stop in pace.slices(begin, end):
            steps.run(sample, order, start, stop, rates[start:stop], 1, rule)
    weights = sample.sample_weight if len(sample.sample_weight) else np.ones(n)
    shares = np.bincount(sample.labels, weights, sample.n_classes) / weights.sum()
    shares = shares[shares > 0.0]
    entropy = -float(shares @ np.log(shares))
    return (steps.loss - seen) / float(weights[order[first:]].sum()) / entropy if entropy > 0.0 else 0.0
