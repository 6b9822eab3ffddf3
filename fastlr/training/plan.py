"""A training by gradient descent: planned from its settings and its rows, and run.

It needs neither an estimator nor scikit-learn::

    settings, problem = Settings(penalty="l1"), Problem.make(rows, labels, None, n_classes)
    plan = make_plan(settings, problem, scale_of(settings, problem, "numba"), "numba")
    steps = settings.kind(problem, "numba").start()
    run(steps, problem, settings, plan, seed=0, watcher=Unwatched())
    weights, intercept = steps.finish(), steps.intercept
"""

from __future__ import annotations

from typing import NamedTuple

from fastlr.data.problem import Problem
from fastlr.data.row_scale import RowScale
from fastlr.schedules import LinearRestarts, Lipschitz, Optimal, Schedule, StreamDecay, filled
from fastlr.solvers.stochastic.optimizer import StepRule
from fastlr.training.config import TrainingConfig
from fastlr.training.defaults import (
    ETA0,
    ETA0_STREAM,
    INTERCEPT_STREAM,
    LOSS_USUAL,
    Penalty,
    batch_gain,
    class_gain,
    curvature,
    rate_gain,
    sampled_coherence,
)
from fastlr.training.pilot import needs_pilot, pilot_loss


class Plan(NamedTuple):
    """What a training does, now that its rows are known.

    Attributes
    ----------
    penalty : Penalty
    rule : Rule
        What a step does besides following the gradient.
    schedule : Schedule
        The rates; nothing is left open in it.
    max_iter : int or None
        Epochs at most; None in a stream, whose length nobody knows.
    coherence : tuple of int and float, or None
        How much alike the rows are, if the rate depends on it, and of how many rows it was computed.
    """

    penalty: Penalty
    rule: StepRule
    schedule: Schedule
    max_iter: int | None
    coherence: tuple[int, float] | None


def scale_of(settings: TrainingConfig, problem: Problem, backend: str, seen: RowScale | None = None) -> RowScale:
    """Return the scale of the rows and of those ``seen`` before, if anything is to be chosen by it."""
    seen = RowScale() if seen is None else seen
    if settings.needs_scale() and problem.n_active:
        for part in problem.parts():
            seen = seen.plus(part, backend)
    return seen


def make_plan(
    settings: TrainingConfig,
    problem: Problem,
    scale: RowScale,
    backend: str,
    *,
    stream: bool = False,
    coherence: tuple[int, float] | None = None,
) -> Plan:
    """Return the plan of a training, or of a part of a stream, over rows of this scale; ``coherence`` if it is known.

    Raises
    ------
    ValueError
        If the schedule needs what is not there: a penalty, or a number of steps in a stream.
    """
    penalty = settings.penalty_of(scale)
    max_iter, learned = None, 1.0
    if not stream:
        loss = pilot_loss(settings, problem, scale, backend) if needs_pilot(settings, problem) else LOSS_USUAL
        max_iter = settings.epochs(problem, loss)
        learned = rate_gain(max_iter, problem.n_outputs, loss)
    schedule = settings.schedule(max_iter)
    if isinstance(schedule, Optimal) and schedule.alpha is None and penalty.alpha == 0.0:
        raise ValueError("learning_rate='optimal' is 1 / (alpha * (t0 + t)): it needs alpha > 0 and a penalty.")
    known, intercept_rate = {"alpha": penalty.alpha}, 1.0
    if settings.needs_rate():
        bound = curvature(problem.n_outputs, settings.fit_intercept)
        if settings.batch_size == "full":
            q = scale.mean_squared_norm  # the trace, and so no less than any eigenvalue, of the mean outer product
            known.update(eta0=1.0 / (bound * q), lipschitz=bound * q)
            intercept_rate = q
        elif isinstance(schedule, Lipschitz):
            largest, intercept_rate = scale.row_bound
            known["lipschitz"] = bound * largest
        else:
            gain = 1.0
            if settings.needs_coherence():
                coherence = sampled_coherence(problem, coherence)
                gain = batch_gain(settings.batch_size, coherence[1])
            unit = scale.mean_inverse_norm / scale.mean_weight
            first = ETA0_STREAM if isinstance(schedule, StreamDecay) else ETA0
            known["eta0"] = gain * unit * class_gain(problem.n_outputs) * learned * first
            intercept_rate = 1.0 / (gain * scale.mean_inverse_norm)
    if isinstance(schedule, StreamDecay):
        intercept_rate *= INTERCEPT_STREAM
    rule = StepRule(penalty.l1, penalty.l2, intercept_rate if settings.fit_intercept else 0.0)
    n_steps = total = steps_per_epoch = epochs = None
    if max_iter is not None:
        steps_per_epoch, epochs = settings.steps_per_epoch(problem), (0.5 * max_iter, 0.75 * max_iter)
        n_steps = total = max_iter * steps_per_epoch
        if isinstance(schedule, LinearRestarts):
            n_steps = min(int(settings.n_iter_no_change) * steps_per_epoch, total)
    known.update(n_steps=n_steps, total=total, steps_per_epoch=steps_per_epoch, epochs=epochs)
    return Plan(penalty, rule, filled(schedule, **known), max_iter, coherence)
