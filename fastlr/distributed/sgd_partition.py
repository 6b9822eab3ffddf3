"""What stochastic gradient descent computes of one partition: functions without state, which a driver runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from fastlr import kernels
from fastlr.data.problem import Problem, class_mass
from fastlr.data.protocols import TargetSource
from fastlr.data.row_scale import RowScale
from fastlr.data.rows import Rows
from fastlr.distributed.touched_columns import RenumberedProblem, touched, with_columns
from fastlr.distributed.tree import Sums
from fastlr.objective.penalties import ElasticNet
from fastlr.schedules import Schedule, checked_rates
from fastlr.solvers.stochastic.exact_zeros import LocalSums
from fastlr.solvers.stochastic.optimizer import StepSlice
from fastlr.solvers.stochastic.serial import Serial
from fastlr.solvers.stochastic.spec import OptimizerConfig, create_optimizer
from fastlr.solvers.stochastic.thread_shares import sample
from fastlr.training.evaluation import held_out_rows, score_sums
from fastlr.utils.arrays import frozen
from fastlr.utils.checksum import checksum
from fastlr.utils.sums import sum_of

# A partition has fewer rows than all of them, so of the rates of an epoch it follows so many runs, at equal distances;
# a run has at most so many rates.
N_RUNS, LONGEST_RUN = 256, 64


@dataclass(frozen=True)
class Piece:
    """A partition that is ready for stochastic gradient descent.

    Attributes
    ----------
    problem : Problem or RenumberedProblem
        Its features are the columns that the rows touch.
    columns : ndarray of shape (n_columns,)
        These columns, increasing.
    """

    problem: Any
    columns: np.ndarray


class Summary(NamedTuple):
    """Sums over the rows of a partition that count.

    Attributes
    ----------
    n_active : int
        Number of rows.
    n_nonzeros : int
        Number of entries.
    total_weight : float
    mass : ndarray of shape (n_classes,)
        Weight of each class.
    """

    n_active: int
    n_nonzeros: int
    total_weight: float
    mass: np.ndarray


class Stretch(NamedTuple):
    """Steps that all partitions take between two merges: part ``merge`` of ``n_merges`` of an epoch.

    Attributes
    ----------
    optimizer : OptimizerConfig
        Of all features, without averaging.
    schedule : Schedule
    penalty : ElasticNet
    intercept_rate : float
    batch_size : int
    seed : int or None
        Draws the order of the rows with the epoch; None keeps them as they are.
    epoch, merge, n_merges : int
    n_steps : int
        Steps of an epoch over all rows, of which the schedule knows.
    averaged : float
        The share of the steps, the last ones, whose iterates count in the mean.
    """

    optimizer: OptimizerConfig
    schedule: Schedule
    penalty: ElasticNet
    intercept_rate: float
    batch_size: int
    seed: int | None
    epoch: int
    merge: int
    n_merges: int
    n_steps: int
    averaged: float

    def share_of(self, n: int) -> tuple[int, int]:
        """Return the first of ``n`` steps or parts of an epoch that belongs to the stretch, and the end."""
        return n * self.merge // self.n_merges, n * (self.merge + 1) // self.n_merges

    def rates(self, n_steps: int, first: int, n: int) -> np.ndarray:
        """Return the rates of ``n`` steps of a partition that has ``n_steps`` in an epoch."""
        run = min(max(n_steps // N_RUNS, 1), LONGEST_RUN) if n_steps < self.n_steps else n
        begin, rates = self.epoch * self.n_steps, []
        for step in range(first, first + n, run):
            length = min(run, first + n - step)
            at = min(step * self.n_steps // n_steps, self.n_steps - length)
            rates.append(checked_rates(self.schedule, begin + at, length))
        return np.concatenate(rates)


def make_piece(problem: Problem[Rows]) -> Piece:
    """Return rows in memory, ready for stochastic gradient descent."""
    columns = touched(problem.rows)
    return Piece(replace(problem, rows=with_columns(problem.rows, columns)), columns)


def encode(
    dtype: np.dtype,
    class_weight: Mapping[Any, float] | str | None,
    classes: np.ndarray,
    mass: np.ndarray,
    targets: TargetSource,
) -> Piece:
    """Return a partition, ready for stochastic gradient descent.

    Parameters
    ----------
    dtype : dtype
        Type that the values are converted to.
    class_weight : mapping, "balanced" or None
    classes : ndarray
        Those of all partitions.
    mass : ndarray of shape (n_classes,)
        The sum of the sample weights of each class in all partitions.
    targets : TargetSource
    """
    targets = targets.of_all(classes, dtype)
    problem: Any = targets.problem(class_weight, mass)
    if isinstance(problem, Problem):
        return make_piece(problem)
    columns = touched(targets.in_blocks(class_weight, mass).rows)
    return Piece(RenumberedProblem(problem, columns), columns)


def summary(piece: Piece) -> Summary:
    """Return the sums over a partition."""
    problem, mass = piece.problem, np.zeros(piece.problem.n_classes)
    for part in problem.parts():
        active = part.active_rows
        mass += class_mass(part.labels[active], part.weights(active), part.n_classes)
    return Summary(problem.n_active, problem.n_nonzeros, problem.total_weight, mass)


def scale(backend: str, piece: Piece) -> RowScale:
    """Return the scale of the rows."""
    found = RowScale()
    for part in piece.problem.parts():
        found = found.plus(part, backend)
    return found


def sample_rows(n: int, n_features: int, piece: Piece) -> Problem[Rows]:
    """Return the problem of a copy of up to ``n`` active rows at equal distances, over all features."""
    problem = piece.problem.sample(n)
    rows = problem.rows
    indices = frozen(piece.columns[rows.indices], rows.indices.dtype if n_features < 2**31 else np.int64)
    indptr = frozen(rows.indptr, indices.dtype)
    return replace(problem, rows=Rows(indptr, indices, rows.data, (rows.shape[0], n_features)))


def fingerprint(piece: Piece) -> tuple[str, ...]:
    """Return checksums of the rows, the labels and the weights."""
    arrays = piece.problem.identity()
    return tuple(checksum(*arrays[name], *more) for name, more in (("X", [piece.columns]), ("y", []), ("weights", [])))


def hold_out(fraction: float, random: np.random.RandomState, piece: Piece) -> np.ndarray:
    """Return the numbers of rows to hold out. The generator may be shared, and stays as it is."""
    state, own = random.get_state(), np.random.RandomState()
    own.set_state(state)
    return held_out_rows(piece.problem, fraction, own)


def number(rows: np.ndarray) -> int:
    """Return how many there are."""
    return len(rows)


def held_out(piece: Piece, rows: np.ndarray) -> Piece:
    """Return the rows held out."""
    return replace(piece, problem=piece.problem.subset(rows))


def not_held_out(piece: Piece, rows: np.ndarray) -> Piece:
    """Return the other rows."""
    return replace(piece, problem=piece.problem.exclude(rows))


def scores_of_rows(
    backend: str, loss: str, piece: Piece, own: np.ndarray, weights: np.ndarray, intercept: np.ndarray
) -> np.ndarray:
    """Return `fastlr.training.evaluation.score_sums`."""
    return score_sums(piece.problem, weights[own], intercept, kernels.load(backend, loss))


def gradient_and_squares(
    backend: str, loss: str, piece: Piece, own: np.ndarray, weights: np.ndarray, intercept: np.ndarray
) -> Sums:
    """Return the gradient of the summed loss beside the sum of the squares of each column."""
    sums = LocalSums(piece.problem, kernels.load(backend, loss))
    both = sums.gradient_and_squares(weights[own], intercept, np.arange(len(own)))
    return Sums(np.hstack(both), np.empty(0))


def squared_scores(backend: str, loss: str, piece: Piece, own: np.ndarray, weights: np.ndarray) -> float:
    """Return the weighted sum of the squares of the scores."""
    sums = LocalSums(piece.problem, kernels.load(backend, loss))
    return sums.squared_scores(weights[own], np.arange(len(own)))


def curvature_sums(backend: str, piece: Piece) -> Sums:
    """Return the sum of ``s x_f^2`` of each column, estimated by a sample, and 1 to count partitions that touch it."""
    squares = np.zeros(len(piece.columns))
    n, problem = piece.problem.n_active, piece.problem
    for part in problem.parts():
        rows, numbers = part.rows, sample(part)
        here = np.zeros(len(squares))
        kernels.load(backend).add_squares(
            rows.indptr, rows.indices, rows.data, part.sample_weight, numbers, 0, len(numbers), here
        )
        squares += here * (part.n_active / max(len(numbers), 1))
    squares = np.minimum(squares, np.finfo(np.float64).max)
    return Sums(np.stack([squares, np.full(len(squares), float(n > 0))], axis=1), np.empty(0))


def take_steps(stretch: Stretch, piece: Piece, own: np.ndarray, weights: np.ndarray, intercept: np.ndarray) -> Sums:
    """Take the steps of a partition's rows from given weights; return the updates.

    For each column there are the updates of the weights, for an L1 penalty whether each weight is then above and below
    0, and for averaging the updates of the mean. The rest are the updates of the intercepts, those of their mean, the
    sum of the rates, the sum of the losses, and whether there were any steps.
    """
    problem, before = piece.problem, np.ascontiguousarray(weights[own])
    n_outputs = before.shape[1]
    batch_size = min(stretch.batch_size, max(problem.n_active, 1))
    n_steps = -(-problem.n_active // batch_size)
    first, stop = stretch.share_of(n_steps)
    average = stop - first - int(stretch.averaged * (stop - first)) + 1 if stretch.averaged else 0
    config = stretch.optimizer._replace(shape=before.shape, average=average)
    optimizer: Any = create_optimizer(config, before.copy(), intercept)
    executor, rate = Serial(optimizer), 0.0
    for part, order, begin, end, step in _slices(stretch, problem, batch_size, n_steps):
        rates = stretch.rates(n_steps, step, -(-(end - begin) // batch_size))
        for a, b in executor.slices(begin, end, batch_size):
            due = rates[(a - begin) // batch_size : -(-(b - begin) // batch_size)]
            executor.run(StepSlice(part, order, a, b, due, batch_size, stretch.penalty, stretch.intercept_rate))
        rate += sum_of(rates)
    mean, mean_intercept = optimizer.model_weights(), np.array(optimizer.intercept)
    optimizer.apply_penalties()
    after = optimizer.weights[:, :n_outputs]
    columns = [after.astype(np.float64) - before]
    if config.lazy:
        columns += [after > 0, after < 0]
    if stretch.averaged:
        columns.append(mean.astype(np.float64) - before)
    rest = [optimizer.bias - intercept, mean_intercept - intercept, [rate, optimizer.loss, float(stop > first)]]
    return Sums(np.hstack(columns), np.concatenate(rest))


def _slices(
    stretch: Stretch, problem: Problem[Rows] | RenumberedProblem, batch_size: int, n_steps: int
) -> Iterator[tuple[Problem[Rows], np.ndarray, int, int, int]]:
    """Yield rows of a stretch: a part, its order, where to begin and end in it, and the number of the first step."""
    rng = None if stretch.seed is None else np.random.default_rng([stretch.seed, stretch.epoch])
    if isinstance(problem, RenumberedProblem):
        first, stop = stretch.share_of(problem.n_parts)
        parts = problem.shuffled_parts(rng, batch_size, slice(first, stop))
        for k, (part, order) in enumerate(parts, first):
            yield part, order, 0, len(order), n_steps * k // problem.n_parts
        return
    first, stop = stretch.share_of(n_steps)
    if stop > first:
        part, order = next(problem.shuffled_parts(rng, batch_size))
        yield part, order, first * batch_size, min(stop * batch_size, len(order)), first
