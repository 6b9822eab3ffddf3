"""Rows in partitions as a problem of stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from fastlr.data.problem import Problem
from fastlr.data.row_scale import RowScale
from fastlr.data.rows import Rows
from fastlr.distributed import sgd_partition
from fastlr.distributed.driver import Driver, Handle
from fastlr.distributed.passes import plus
from fastlr.distributed.sgd import Training, run_epochs
from fastlr.distributed.tree import ColumnTree, columns_of, fold, places
from fastlr.kernels.kernel_set import KernelSet
from fastlr.solvers.stochastic.epochs import Epoch
from fastlr.solvers.stochastic.monitor import Monitor
from fastlr.training.evaluation import refuse_none
from fastlr.utils.arrays import frozen


class Partitions:
    """Rows in partitions with their labels and weights: a `fastlr.training.partitioned.PartitionedProblem`.

    Parameters
    ----------
    driver : Driver
    pieces : sequence of Handle
        Of each partition's `fastlr.distributed.sgd_partition.Piece`.
    shape : tuple of int
        ``(n_samples, n_features)``.
    dtype : dtype
        Type of the values.
    n_classes : int
    like : Partitions or None, default=None
        Others with the same columns.

    Attributes
    ----------
    tree : ColumnTree
    n_active, n_nonzeros : int
        Numbers of rows that count, and of their entries.
    total_weight : float
    mass : ndarray of shape (n_classes,)
        Weight of each class.
    """

    n_parts = 1

    def __init__(
        self,
        driver: Driver,
        pieces: Sequence[Handle],
        shape: tuple[int, int],
        dtype: np.dtype,
        n_classes: int,
        like: Partitions | None = None,
    ) -> None:
        self.driver, self.pieces, self.shape, self.dtype, self.n_classes = driver, list(pieces), shape, dtype, n_classes
        self.n_outputs = 1 if n_classes == 2 else n_classes
        self.summaries: list[sgd_partition.Summary] = driver.gather(self.map(sgd_partition.summary))
        self.n_active = int(fold([found.n_active for found in self.summaries], plus))
        self.n_nonzeros = int(fold([found.n_nonzeros for found in self.summaries], plus))
        self.total_weight = float(fold([found.total_weight for found in self.summaries], plus))
        self.mass = fold([found.mass for found in self.summaries], plus)
        if not np.isfinite(self.total_weight):
            raise ValueError("The sum of sample_weight times class_weight is not finite. Scale the weights down.")
        if like is None:
            self.tree = ColumnTree(driver, self.map(columns_of), self.n_outputs)
            columns = driver.put(self.tree.columns)
            self.places = self.map(places, before=(columns,))
        else:
            self.tree, self.places = like.tree, like.places

    def map(self, function: Callable[..., Any], before: tuple[Handle, ...] = ()) -> list[Handle]:
        """Begin a task for every piece."""
        return [self.driver.submit(function, *before, piece, partition=k) for k, piece in enumerate(self.pieces)]

    def map_with_weights(self, function: Callable[..., Any], weights: np.ndarray, *more: np.ndarray) -> list[Handle]:
        """Begin a task for every piece, its places, and weights of the columns that occur."""
        shared = [self.driver.put(each) for each in (weights[self.tree.columns], *more)]
        pairs = enumerate(zip(self.pieces, self.places, strict=True))
        return [self.driver.submit(function, piece, own, *shared, partition=k) for k, (piece, own) in pairs]

    def scale(self, backend: str) -> RowScale:
        """Return the scale of the rows."""
        return fold(self.driver.gather(self.map(partial(sgd_partition.scale, backend))), RowScale.joined)

    def sample(self, n: int) -> Problem[Rows]:
        """Return the problem of a copy of up to ``n`` active rows at equal distances within each partition."""
        n = min(n, self.n_active)
        ends = np.cumsum([0, *(found.n_active for found in self.summaries)])
        sizes = np.diff(n * ends // max(self.n_active, 1)).tolist()
        samples = self.driver.gather(
            [
                self.driver.submit(sgd_partition.sample_rows, size, self.shape[1], piece, partition=k)
                for k, (size, piece) in enumerate(zip(sizes, self.pieces, strict=True))
                if size
            ]
        )
        return _joined(samples)

    def score_sums(self, weights: np.ndarray, intercept: np.ndarray, kernels: KernelSet) -> np.ndarray:
        """Return the sums of `fastlr.training.evaluation.score_sums` over all rows."""
        function = partial(sgd_partition.scores_of_rows, kernels.name, kernels.loss)
        sums: np.ndarray = fold(self.driver.gather(self.map_with_weights(function, weights, intercept)), plus)
        return sums

    def hold_out(self, fraction: float, random: np.random.RandomState) -> tuple[Partitions, Partitions]:
        """Return a random fraction of the rows of each partition, stratified by class, and the others."""
        seeds = [random.randint(2**31 - 1) for _ in self.pieces[1:]]
        generators = [random, *map(np.random.RandomState, seeds)]
        rows = [
            self.driver.submit(sgd_partition.hold_out, fraction, own, piece, partition=k)
            for k, (own, piece) in enumerate(zip(generators, self.pieces, strict=True))
        ]
        refuse_none(self._fold(sgd_partition.number, rows), self.n_active)
        return self._part(sgd_partition.held_out, rows), self._part(sgd_partition.not_held_out, rows)

    def _fold(self, function: Callable[..., Any], handles: Sequence[Handle]) -> Any:
        tasks = [self.driver.submit(function, handle, partition=k) for k, handle in enumerate(handles)]
        return fold(self.driver.gather(tasks), plus)

    def _part(self, function: Callable[..., Any], rows: Sequence[Handle]) -> Partitions:
        pairs = enumerate(zip(self.pieces, rows, strict=True))
        pieces = [self.driver.submit(function, piece, own, partition=k) for k, (piece, own) in pairs]
        return Partitions(self.driver, pieces, self.shape, self.dtype, self.n_classes, like=self)

    def identity(self) -> dict[str, tuple[np.ndarray, ...]]:
        """Return checksums of the partitions' rows, labels and weights, in the order of the partitions."""
        found = zip(*self.driver.gather(self.map(sgd_partition.fingerprint)), strict=True)
        return {name: (np.array(sums),) for name, sums in zip(("X", "y", "weights"), found, strict=True)}

    def run_epochs(
        self, optimizer: Any, epoch: Epoch, seed: int | None, max_iter: int, monitor: Monitor
    ) -> tuple[int, bool]:
        """Train as `fastlr.solvers.stochastic.epochs.run_epochs`."""
        return run_epochs(Training(self, optimizer, epoch, seed), max_iter, monitor)

    def row_sums(self, kernels: KernelSet) -> PartitionedSums:
        """Return sums over the rows, for exact zeros."""
        return PartitionedSums(self, kernels)


class PartitionedSums:
    """Sums over rows in partitions: a `fastlr.solvers.stochastic.exact_zeros.RowSums`.

    Parameters
    ----------
    problem : Partitions
    kernels : KernelSet
        Of the loss.
    """

    def __init__(self, problem: Partitions, kernels: KernelSet) -> None:
        self.problem, self.names, self.total_weight = problem, (kernels.name, kernels.loss), problem.total_weight

    def _everywhere(self, weights: np.ndarray, used: np.ndarray) -> np.ndarray:
        everywhere = np.zeros((self.problem.shape[1], weights.shape[1]), weights.dtype)
        everywhere[used] = weights
        return everywhere

    def gradient_and_squares(
        self, weights: np.ndarray, intercept: np.ndarray, used: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the gradient of the summed loss, and the sums of the squares, shape (n_used, 1), of used features."""
        problem, n_outputs = self.problem, weights.shape[1]
        tasks = problem.map_with_weights(
            partial(sgd_partition.gradient_and_squares, *self.names), self._everywhere(weights, used), intercept
        )
        both = np.zeros((problem.shape[1], n_outputs + 1))
        both[problem.tree.columns] = problem.tree.total(tasks).columns
        return both[used, :n_outputs], both[used, n_outputs:]

    def squared_scores(self, weights: np.ndarray, used: np.ndarray) -> float:
        """Return the weighted sum of the squares of the scores of weights of used features."""
        problem = self.problem
        tasks = problem.map_with_weights(
            partial(sgd_partition.squared_scores, *self.names), self._everywhere(weights, used)
        )
        return float(fold(problem.driver.gather(tasks), plus))


class PartitionedTargets:
    """Checked rows in partitions, before class weights are applied: a `fastlr.data.protocols.TargetSource`.

    Parameters
    ----------
    driver : Driver
    targets : sequence of Handle
        Of each partition's own `TargetSource`.
    shape : tuple of int
    classes : ndarray
        Those of all partitions.
    dtype : dtype
    masses : sequence of Handle
        Of the sum of the sample weights of each class in each partition.
    """

    def __init__(
        self,
        driver: Driver,
        targets: Sequence[Handle],
        shape: tuple[int, int],
        classes: np.ndarray,
        dtype: np.dtype,
        masses: Sequence[Handle],
    ) -> None:
        self.driver, self.targets, self.shape, self.classes, self.dtype = driver, targets, shape, classes, dtype
        self.masses = masses

    def class_mass(self) -> np.ndarray:
        """Return the sum of the sample weights of each class."""
        mass: np.ndarray = fold(self.driver.gather(self.masses), plus)
        return mass

    def problem(self, class_weight: Mapping[Any, float] | str | None, mass: np.ndarray) -> Partitions:
        """Return the problem; ``"balanced"`` weights follow from ``mass``, the weight of each class."""
        encode = partial(sgd_partition.encode, self.dtype, class_weight, self.classes, mass)
        pieces = [self.driver.submit(encode, each, partition=k) for k, each in enumerate(self.targets)]
        return Partitions(self.driver, pieces, self.shape, self.dtype, len(self.classes))


def _joined(samples: Sequence[Problem[Rows]]) -> Problem[Rows]:
    """Return the rows of all samples as one problem."""
    if len(samples) == 1:
        return samples[0]
    rows = [each.rows for each in samples]
    lengths = np.concatenate([np.diff(each.indptr) for each in rows])
    indptr = np.zeros(len(lengths) + 1, rows[0].indptr.dtype)
    np.cumsum(lengths, out=indptr[1:])
    indices, data, labels = (
        frozen(np.concatenate(arrays))
        for arrays in ([each.indices for each in rows], [each.data for each in rows], [p.labels for p in samples])
    )
    weighted = any(len(each.sample_weight) for each in samples)
    weights = np.concatenate([each.weights() for each in samples]) if weighted else None
    shape = len(lengths), rows[0].shape[1]
    together = Rows(frozen(indptr, indices.dtype), indices, data, shape)
    return Problem.make(together, labels, None if weights is None else frozen(weights), samples[0].n_classes)
