"""The plan of a training: what follows from its parameters once its rows are known."""

from __future__ import annotations

from typing import Any, NamedTuple

from fastlr.data.protocols import TrainingProblem
from fastlr.data.row_scale import RowScale
from fastlr.objective.penalties import ElasticNet
from fastlr.schedules import LinearRestarts, Lipschitz, Optimal, Schedule, StreamDecay, filled
from fastlr.training.config import TrainingConfig
from fastlr.training.defaults import (
    ETA0,
    ETA0_STREAM,
    INTERCEPT_STREAM,
    LOSS_USUAL,
    batch_gain,
    class_gain,
    curvature,
    loss_gain,
    rate_gain,
    sampled_coherence,
)
from fastlr.training.partitioned import PartitionedProblem
from fastlr.training.pilot import needs_pilot, pilot_loss


class Plan(NamedTuple):
    """The plan of a training.

    Attributes
    ----------
    penalty : ElasticNet
    intercept_rate : float
        The intercept's learning rate as a multiple of the weights'; 0 keeps the intercept fixed.
    schedule : Schedule
        The learning rates; none of its fields is left open.
    max_iter : int
        The most epochs; 1 in a stream, of which a chunk is used once.
    coherence : tuple of int and float, or None
        If the rate depends on how similar the rows are: the number of rows sampled, and their coherence.
    """

    penalty: ElasticNet
    intercept_rate: float
    schedule: Schedule
    max_iter: int
    coherence: tuple[int, float] | None


def scale_of(config: TrainingConfig, problem: TrainingProblem, backend: str, seen: RowScale | None = None) -> RowScale:
    """Return the scale of these rows and those ``seen`` before, if any parameter depends on it."""
    seen = RowScale() if seen is None else seen
    if config.needs_scale() and problem.n_active:
        if isinstance(problem, PartitionedProblem):
            return seen.joined(problem.scale(backend))
        for part in problem.parts():
            seen = seen.plus(part, backend)
    return seen


def make_plan(
    config: TrainingConfig,
    problem: TrainingProblem,
    scale: RowScale,
    backend: str,
    *,
    stream: bool = False,
    coherence: tuple[int, float] | None = None,
) -> Plan:
    """Return the plan of a training, or of a chunk of a stream, over rows of this scale; ``coherence`` if it is known.

    Raises
    ------
    ValueError
        If the schedule needs something that is missing: a penalty, or a number of steps in a stream.
    """
    penalty = config.penalty_of(scale)
    max_iter, learned = None, 1.0
    if not stream:
        loss = pilot_loss(config, problem, scale, backend) if needs_pilot(config, problem) else LOSS_USUAL
        max_iter = config.epochs(problem, loss)
        learned = rate_gain(max_iter, problem.n_outputs, loss)
    schedule = config.schedule(max_iter)
    if isinstance(schedule, Optimal) and schedule.alpha is None and penalty.alpha == 0.0:
        raise ValueError("learning_rate='optimal', which is 1 / (alpha * (t0 + t)), needs a penalty and alpha > 0.")
    known: dict[str, Any] = {"alpha": penalty.alpha}
    intercept_rate = 1.0
    if config.needs_rate():
        bound = curvature(config.loss, problem.n_outputs, config.fit_intercept)
        if config.batch_size == "full":
            q = scale.mean_squared_norm  # the trace, and so no less than any eigenvalue, of the mean outer product
            known.update(eta0=1.0 / (bound * q), lipschitz=bound * q)
            intercept_rate = q
        elif isinstance(schedule, Lipschitz):
            largest, intercept_rate = scale.row_bound
            known["lipschitz"] = bound * largest
        else:
            gain = 1.0
            if config.needs_coherence():
                coherence = sampled_coherence(problem, coherence)
                gain = batch_gain(int(config.batch_size), coherence[1])
            unit = scale.mean_inverse_norm / scale.mean_weight
            first = ETA0_STREAM if isinstance(schedule, StreamDecay) else ETA0
            gains = gain * unit * class_gain(problem.n_outputs) * learned
            known["eta0"] = gains * first * loss_gain(config.loss, problem.n_outputs)
            intercept_rate = 1.0 / (gain * scale.mean_inverse_norm)
    if isinstance(schedule, StreamDecay):
        intercept_rate *= INTERCEPT_STREAM
    if not config.fit_intercept:
        intercept_rate = 0.0
    n_steps = total = steps_per_epoch = epochs = None
    if max_iter is not None:
        steps_per_epoch, epochs = config.steps_per_epoch(problem), (0.5 * max_iter, 0.75 * max_iter)
        n_steps = total = max_iter * steps_per_epoch
        if isinstance(schedule, LinearRestarts):
            n_steps = min(int(config.n_iter_no_change) * steps_per_epoch, total)
    known.update(n_steps=n_steps, total=total, steps_per_epoch=steps_per_epoch, epochs=epochs)
    return Plan(penalty, intercept_rate, filled(schedule, **known), 1 if max_iter is None else max_iter, coherence)
