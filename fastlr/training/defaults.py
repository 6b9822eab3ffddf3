"""What "auto" means: learning rates, penalties and numbers of epochs that need no tuning.

They are in units of the scale of the rows: see `fastlr.data.row_scale`. The numbers were chosen by test log-loss and
accuracy on tf-idf values and raw counts of abstracts (20 classes) and titles (20 and 200 classes).
"""

from __future__ import annotations

from math import ceil, sqrt

from fastlr.data.protocols import TrainingProblem
from fastlr.data.row_scale import N_SAMPLED, RowScale, coherence
from fastlr.objective.losses import LOSSES
from fastlr.objective.penalties import ElasticNet

ETA0 = 0.8
ETA0_STREAM = 3.2
# The rate of a stream never falls to zero, and every row moves the intercept, so it would end wherever the last rows
# took it: at the rate of a feature of the rows' size, losses after one pass over 5,000 titles or abstracts are 19 to
# 48% higher, and over 20,000 up to 13%. At a third of this factor, or at three times it, they are the same to 2%,
# except that a third is too little for a class with one row in 200.
INTERCEPT_STREAM = 0.03
L2 = 1e-6
L1 = 1e-6

# Without max_iter, this many steps of one row are planned, in at least and at most this many epochs.
PLANNED_STEPS = 220_000
MIN_EPOCHS = 5
MAX_EPOCHS = 100

# A pilot run has at most this many rows; with fewer than the least it would tell nothing. See `planned_epochs`.
N_PILOT = 5000
LEAST_PILOT = 1000

# If the loss of the pilot run is below this, the labels are learned easily, and more steps are planned.
LOSS_EASY = 0.6
# Stands for the loss of a pilot run where there was none, and changes nothing.
LOSS_USUAL = 0.7
PLANNED_STEPS_EASY = 450_000
MIN_EPOCHS_EASY = 9

# The most epochs, where they are not planned.
MAX_ITER = 1000
TOL_FULL = 1e-4
TOL_ADAPTIVE = 1e-3

# With more classes than this the rate is larger, by the square root, up to this factor: see `class_gain`.
CLASSES = 20
LARGEST_GAIN = 4.0


def automatic_penalty(share: float, factor: float, scale: RowScale) -> ElasticNet:
    """Return the default penalty with ``share`` of L1, times the ``factor`` of the optimizer."""
    q = scale.mean_squared_norm
    l1, l2 = factor * L1 * share * sqrt(q), factor * L2 * (1.0 - share) * q
    return ElasticNet(l1 + l2, l1 / (l1 + l2) if l1 + l2 else share, l1, l2)


def planned_epochs(n_rows: int, pilot_loss: float = LOSS_USUAL) -> int:
    """Return over how many epochs of ``n_rows`` steps the learning rate falls.

    If the loss of the pilot run is 0.75 or more, there are fewer epochs, an eighth at 0.926: titles in 2 to 20 groups
    without meaning, whose pilots end at 0.86 to 1.1, have their least loss after 5 to 16 epochs over 5,000 rows, and 44
    epochs raise it by 1.5 to 25%; titles in 20 or 200 meaningful classes (0.38 to 0.87) and abstracts (0.26 to 0.49)
    need 20 epochs or more, and 8 epochs raise their loss by 5 to 13%. Below 0.6 many rows get more epochs: with 10
    instead of 6, 37,000 abstracts gain up to 4%, and two classes of them, at the rate of `rate_gain`, up to 6%.
    """
    plan = min(max(MIN_EPOCHS, ceil(PLANNED_STEPS / n_rows)), MAX_EPOCHS)
    if pilot_loss < LOSS_EASY:
        return max(plan, min(ceil(PLANNED_STEPS_EASY / n_rows), MIN_EPOCHS_EASY))
    return max(MIN_EPOCHS, ceil(plan * min(max(0.12, (0.95 - pilot_loss) / 0.2), 1.0)))


def rate_gain(n_epochs: int, n_outputs: int, pilot_loss: float) -> float:
    """Return the factor of the first rate for two classes that are easily separated, in a plan of few epochs."""
    return max(18.0 / n_epochs, 1.0) if n_outputs == 1 and pilot_loss < LOSS_EASY else 1.0


def class_gain(n_outputs: int) -> float:
    """Return the factor by which the rate for many classes exceeds that for few.

    The more classes share a row's probability, the smaller the curvature of its loss, and the less a step moves each of
    them. Test log-loss of titles without this factor, with its square root, and with it: 200 classes and 20,000 rows
    2.77, 2.65, 2.62 (the best of all rates and epochs tried has 2.62), 60,000 rows 2.39, 2.21, 2.14 (2.13), 158,000
    rows 1.97, 1.88, 1.84; 60 classes and 48,000 rows 1.26, 1.22, 1.19. With 2 and 20 classes of the same titles, and 20
    of abstracts, nothing is gained.
    """
    return min(max(sqrt(n_outputs / CLASSES), 1.0), LARGEST_GAIN)


def curvature(loss: str, n_outputs: int, fit_intercept: bool) -> float:
    """Return an upper bound of the curvature of a row's loss, in units of the row's squared norm.

    An intercept, at the rate of a feature of the rows' size, doubles that of the scores.
    """
    return LOSSES[loss].curvature_bound(n_outputs) * (2.0 if fit_intercept else 1.0)


def loss_gain(loss: str, n_outputs: int) -> float:
    """Return the factor of the rate for a loss that curves more or less than the log-loss, whose rates these are."""
    return curvature("log_loss", n_outputs, False) / curvature(loss, n_outputs, False)


def sampled_coherence(problem: TrainingProblem, known: tuple[int, float] | None) -> tuple[int, float]:
    """Return the number of rows sampled and their coherence; ``known`` if it was computed from as many rows."""
    n_sampled = min(problem.n_active, N_SAMPLED)
    if known is None or known[0] < n_sampled:  # the first chunk of a stream may be a few rows
        return n_sampled, coherence(problem)
    return known


def batch_gain(batch_size: int, coherence: float) -> float:
    """Return the factor of a batch's rate over a single row's: ``m`` for rows that share no feature, 1 for equal rows.

    The loss of ``m`` rows has a curvature of at most ``q * (1 / m + (1 - 1 / m) * coherence)`` (expected smoothness;
    Gower et al. 2019, "SGD: general analysis and improved rates").
    """
    return 1.0 / (1.0 / batch_size + (1.0 - 1.0 / batch_size) * coherence)
