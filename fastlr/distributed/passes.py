"""Passes over rows in partitions: each is a task for every partition, and a sum of what they return."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from fastlr.distributed import partition
from fastlr.distributed.driver import Driver, Handle
from fastlr.distributed.first_model import N_EPOCHS, local_model, merged
from fastlr.distributed.tree import ColumnTree, Sums, columns_of, fold, places
from fastlr.kernels.kernel_set import KernelSet
from fastlr.objective.full_batch import RowLosses
from fastlr.objective.row_passes import Evaluation
from fastlr.training.config import TrainingConfig
from fastlr.utils.checksum import checksum
from fastlr.utils.elementary import log
from fastlr.utils.sums import dot

PerPartition = list[Handle]


def plus(a: Any, b: Any) -> Any:
    """Return ``a + b``."""
    return a + b


class Lazy:
    """Numbers for each row, which tasks compute when a pass first needs them: many are only part of one pass.

    Parameters
    ----------
    compute : callable
        Returns a task for each partition.
    point : tuple of PerPartition, default=()
        The arguments by which a task of another pass can compute them itself.
    """

    def __init__(self, compute: Callable[[], PerPartition], point: tuple[PerPartition, ...] = ()) -> None:
        self._compute, self.point = compute, point

    @functools.cached_property
    def handles(self) -> PerPartition:
        """A task for each partition."""
        return self._compute()


class Curvatures(Lazy):
    """Curvatures of the rows, and the Hessian's diagonal if it has come with the gradient."""

    diagonal: tuple[np.ndarray, np.ndarray] | None = None


class PartitionedPasses:
    """Passes over rows in partitions: a `fastlr.objective.row_passes.RowPasses`.

    The values of each row stay where the partition is, as results of its tasks. Probabilities are computed from the
    scores whenever they are needed: for them, `PerRow` is a tuple of arguments.

    Parameters
    ----------
    driver : Driver
    pieces : list of Handle
        Of each partition's `fastlr.distributed.partition.Piece`.
    shape : tuple of int
        ``(n_samples, n_features)``.
    dtype : dtype
        Type of the values.
    kernels : KernelSet
        Of the loss.
    """

    problem = None
    by_rounds = True
    # Whether the Hessian's diagonal was asked for at the scores that were evaluated last: then it probably will be at
    # the next ones, too, and comes with the gradient, which saves a round.
    _wants_diagonal = False
    # What tasks see of a piece; None is the piece itself.
    _view: Callable[[Any], partition.Piece] | None = None

    def __init__(
        self, driver: Driver, pieces: PerPartition, shape: tuple[int, int], dtype: np.dtype, kernels: KernelSet
    ) -> None:
        self.driver, self.pieces, self.kernels = driver, pieces, kernels
        self.shape, self.dtype = shape, dtype
        self._summarise()
        self.tree = ColumnTree(driver, self._map(columns_of, pieces), self.n_outputs)
        columns = driver.put(self.tree.columns)
        self.places = self._map(places, [columns] * len(pieces), pieces)

    def of_view(self, view: Callable[[Any], partition.Piece]) -> PartitionedPasses:
        """Return passes over what a function, called where a piece is, returns for it: other weights or labels."""
        other = copy.copy(self)
        other._view = view
        other._summarise()
        return other

    def _summarise(self) -> None:
        """Set the sums over the partitions."""
        summaries = self.driver.gather(self._map(partition.summary, self.pieces))
        self.nnz = int(fold([found.nnz for found in summaries], plus))
        self.n_active = int(fold([found.n_active for found in summaries], plus))
        self.total_weight = float(fold([found.total_weight for found in summaries], plus))
        self._target_mass = fold([found.target_mass for found in summaries], plus)
        self.n_classes = len(self._target_mass)
        self.n_outputs = 1 if self.n_classes == 2 else self.n_classes

    def _map(self, function: Callable[..., Any], *arguments: PerPartition) -> PerPartition:
        """Return tasks, each with its partition's arguments."""
        if self._view is not None and arguments[0] is self.pieces:
            function = functools.partial(partition.call_on_view, self._view, function)
        each = zip(*arguments, strict=True)
        return [self.driver.submit(function, *own, partition=k) for k, own in enumerate(each)]

    def _same(self, value: Any) -> PerPartition:
        """Return a value that every partition's task takes."""
        return [value] * len(self.pieces)

    def _put(self, direction: np.ndarray) -> tuple[PerPartition, PerPartition]:
        """Return weights and intercepts, the last row, for every partition's task; only columns that occur travel."""
        return self._same(self.driver.put(direction[:-1].take(self.tree.columns, axis=0))), self._same(direction[-1])

    def _sum(self, tasks: PerPartition) -> tuple[np.ndarray, np.ndarray]:
        """Return the sums over the columns for all features, and the other sums."""
        sums: Sums = self.tree.total(tasks)
        if len(self.tree.columns) == self.shape[1]:
            return sums.columns, sums.rest
        everywhere = np.zeros((self.shape[1], sums.columns.shape[1]))
        everywhere[self.tree.columns] = sums.columns
        return everywhere, sums.rest

    def _fold(self, tasks: PerPartition) -> Any:
        """Return the sum of results that are so few numbers that this process adds them up."""
        return fold(self.driver.gather(tasks), plus)

    def total(self, function: Callable[..., Any], *arguments: PerPartition) -> Any:
        """Return the sum of what a function returns for each piece, and for its arguments."""
        return self._fold(self._map(function, self.pieces, *arguments))

    def fingerprint(self) -> str:
        """Return a checksum of the partitions in their order."""
        return checksum(np.array(self.driver.gather(self._map(partition.fingerprint, self.pieces))))

    def first_model(self, l2: float, fit_intercept: bool) -> tuple[np.ndarray, np.ndarray]:
        """Return weights and intercepts to start from: those of `fastlr.distributed.first_model`, or zeros."""
        zero = np.zeros((self.shape[1], self.n_outputs)), np.zeros(self.n_outputs)
        if len(self.pieces) == 1 or not self.kernels.supports("local_sgd"):
            return zero  # one partition is solved as one matrix is
        alpha = l2 / self.total_weight
        config = TrainingConfig(penalty="l2", alpha=alpha, fit_intercept=fit_intercept, max_iter=N_EPOCHS)
        sums = self._sum(self._map(functools.partial(local_model, config), self.pieces))
        weights, intercept = merged(*sums, len(self.pieces), alpha)
        value = self.losses(self.scores(weights), intercept).loss + 0.5 * l2 * dot(weights, weights)
        at_zero = self.total_weight * float(log(np.array([float(self.n_classes)]))[0])
        return (weights, intercept) if value < at_zero else zero

    def target_mass(self) -> np.ndarray:
        """Return the sum of the rows' target probabilities times ``s``."""
        return self._target_mass.copy()

    def squared_norms(self) -> float:
        """Return ``sum_i s_i ||x_i||^2``."""
        return float(self._fold(self._map(partition.squared_norms, self.pieces)))

    def scores(self, weights: np.ndarray, intercept: np.ndarray | None = None) -> Lazy:
        """Return ``X @ weights``, and add intercepts."""
        here = self._same(self.driver.put(weights.take(self.tree.columns, axis=0)))
        point = self.pieces, self.places, here, self._same(intercept)
        return Lazy(lambda: self._map(partition.scores, *point), point)

    def moved(self, scores: Lazy, step: float, moves: Lazy) -> Lazy:
        """Return ``scores + step * moves``."""
        return Lazy(lambda: self._map(partition.moved, scores.handles, self._same(step), moves.handles))

    def losses(self, scores: Lazy, intercept: np.ndarray, with_product: bool = False) -> RowLosses:
        """Return the losses at ``scores + intercept``."""
        everywhere = self._same(intercept), self._same(with_product)
        sums = self._fold(self._map(partition.losses, self.pieces, scores.handles, *everywhere))
        mass, product = np.split(sums[1:], [self.n_classes])
        return RowLosses(float(sums[0]), (scores, intercept), mass, product.reshape(-1, self.n_classes))

    def evaluate(self, scores: Lazy) -> Evaluation:
        """Return the losses and their gradient at the scores."""
        n, diagonal = self.n_outputs, None
        if not scores.point:
            weights, rest = self._sum(self._map(partition.evaluate, self.pieces, scores.handles))
        elif not self._wants_diagonal:
            weights, rest = self._sum(self._map(partition.evaluate_at, *scores.point))
        else:
            both, rest = self._sum(self._map(partition.evaluate_with_diagonal, *scores.point))
            weights, diagonal = both[:, :n], (both[:, n:], rest[n + 1 :])
        self._wants_diagonal = False
        curvatures = Curvatures(lambda: self._map(partition.curvatures, self.pieces, scores.handles))
        curvatures.diagonal = diagonal
        return Evaluation(float(rest[n]), weights, rest[:n], curvatures)

    def hessian_product(self, curvatures: Curvatures, direction: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the product of the losses' Hessian with a direction."""
        point = self._put(direction)
        return self._sum(self._map(partition.hessian_product, self.pieces, self.places, curvatures.handles, *point))

    def hessian_diagonal(self, curvatures: Curvatures) -> tuple[np.ndarray, np.ndarray]:
        """Return the Hessian's diagonal, exact if no row has a feature twice."""
        self._wants_diagonal = True
        if curvatures.diagonal is not None:
            return curvatures.diagonal
        return self._sum(self._map(partition.hessian_diagonal, self.pieces, curvatures.handles))

    def gram_product(self, direction: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return ``[X, 1].T S [X, 1]`` times a direction."""
        return self._sum(self._map(partition.gram_product, self.pieces, self.places, *self._put(direction)))

    def dual_product(self, p: Any, take: np.ndarray, give: np.ndarray) -> tuple[np.ndarray, Any]:
        """Move mass between classes; return ``X.T @ (s (e_y - p))`` and the probabilities moved."""
        scores, intercept = p
        point = scores.handles, self._same(intercept), self._same(take), self._same(give)
        v, _ = self._sum(self._map(partition.dual_product, self.pieces, *point))
        return v, point

    def mixed_entropy(self, p: Any, share: float) -> float:
        """Return ``sum_i s_i H(share * p_i + (1 - share) * e_{y_i})``."""
        return float(self._fold(self._map(partition.mixed_entropy, self.pieces, *p, self._same(share))))

    def log_odds(self, scores: Lazy) -> tuple[float, float]:
        """Return the least and the greatest of the own class's score less that of another."""
        least, greatest = zip(
            *self.driver.gather(self._map(partition.log_odds, self.pieces, scores.handles)), strict=True
        )
        return float(np.min(least)), float(np.max(greatest))
