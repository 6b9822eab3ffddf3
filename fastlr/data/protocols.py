"""What training asks of rows, wherever they are: in memory (`fastlr.data`) or on disk (`fastlr.store`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol, runtime_checkable

import numpy as np

from fastlr.data.problem import Problem
from fastlr.data.rows import RowBlocks, Rows


class TrainingProblem(Protocol):
    """Rows with their labels and weights, in one or more parts, each of which is in memory while it is used.

    `fastlr.data.problem.Problem` has one part, `fastlr.store.problem.StoredProblem` several.
    """

    @property
    def n_parts(self) -> int:
        """Number of parts."""

    @property
    def shape(self) -> tuple[int, int]:
        """``(n_samples, n_features)``."""

    @property
    def dtype(self) -> np.dtype:
        """Type of the values."""

    @property
    def n_classes(self) -> int:
        """Number of classes."""

    @property
    def n_outputs(self) -> int:
        """Number of scores a row: one for two classes, otherwise one a class."""

    @property
    def n_active(self) -> int:
        """Number of rows that count: those whose weight is not 0 and that are not held out."""

    @property
    def active_rows(self) -> np.ndarray:
        """Their numbers, in increasing order, followed by those that an epoch visits again."""

    @property
    def n_nonzeros(self) -> int:
        """Number of entries of the active rows."""

    @property
    def total_weight(self) -> float:
        """Sum of the rows' weights."""

    def exclude(self, rows: np.ndarray) -> TrainingProblem:
        """Return the problem without the rows of these numbers; nothing is copied."""

    def repeat(self, rows: np.ndarray, times: int) -> TrainingProblem:
        """Return the problem in which an epoch visits the active rows of these numbers so many times."""

    def subset(self, rows: np.ndarray) -> TrainingProblem:
        """Return the problem of the rows of these numbers; nothing is copied."""

    def sample(self, n: int) -> Problem[Rows]:
        """Return the problem of a copy of up to ``n`` active rows at equal distances."""

    def parts(self) -> Iterator[Problem[Rows]]:
        """Yield the parts, which together have all rows in their order; a part is gone when the next is asked for."""

    def shuffled_parts(
        self, rng: np.random.Generator | None, batch_size: int
    ) -> Iterator[tuple[Problem[Rows], np.ndarray]]:
        """Yield the parts of an epoch, each with the order of its rows: drawn from ``rng``, or as they are.

        In all parts but the last the number of rows is a multiple of ``batch_size``.
        """

    def targets(self) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
        """Yield stretches of rows: the number of the first row, the labels, and which of the rows are active."""

    def identity(self) -> dict[str, tuple[np.ndarray, ...]]:
        """Return the arrays that distinguish the matrix, the labels and the weights from others."""


class TargetSource(Protocol):
    """Checked rows with their labels and sample weights, before class weights are applied.

    `fastlr.data.targets.Targets` are in memory, `fastlr.store.problem.StoredTargets` on disk.
    """

    @property
    def classes(self) -> np.ndarray:
        """Sorted labels, shape (n_classes,)."""

    @property
    def shape(self) -> tuple[int, int]:
        """``(n_samples, n_features)``."""

    @property
    def dtype(self) -> np.dtype:
        """Type of the values."""

    def of_all(self, classes: np.ndarray, dtype: np.dtype) -> TargetSource:
        """Return the rows as a part of others: with the classes of all, and values of this type."""

    def class_mass(self) -> np.ndarray:
        """Return the sum of the sample weights of each class."""

    def class_counts(self) -> np.ndarray:
        """Return the number of rows of each class."""

    def problem(self, class_weight: Mapping[Any, float] | str | None, mass: np.ndarray) -> TrainingProblem:
        """Return the problem of a stochastic optimizer; ``"balanced"`` weights follow from ``mass``."""

    def in_blocks(
        self, class_weight: Mapping[Any, float] | str | None, mass: np.ndarray | None = None
    ) -> Problem[RowBlocks]:
        """Return the problem of a solver that makes passes over all rows; only the rows may stay on disk.

        ``"balanced"`` weights follow from ``mass``, the weight of each class; None is that of these rows.
        """


@runtime_checkable
class PartitionedSource(Protocol):
    """Rows in partitions as the ``X`` of an estimator; `fastlr.distributed.partitioned_rows.PartitionedRows` is one."""

    same_width: bool

    def targets(self, dtype: Any, classes: np.ndarray | None = None) -> TargetSource:
        """Return the checked rows with their labels and weights; the classes are those of all partitions, or given."""
