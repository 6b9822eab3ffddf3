"""Cross-validation on rows in partitions: every partition trains and scores on its rows of a fold.

The folds are those that scikit-learn's ``StratifiedKFold`` makes of all rows in the order of the partitions. So they
are those of the same rows in memory, however these are cut into partitions. A fold is a vector of row weights beside
the rows, which are neither copied nor moved.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np

from fastlr.data.labels import as_values
from fastlr.data.problem import Problem
from fastlr.data.protocols import TargetSource
from fastlr.distributed import partition
from fastlr.distributed.partition import Piece
from fastlr.distributed.passes import PartitionedPasses
from fastlr.distributed.scoring import Scoring
from fastlr.linear_model.folds import FAR, FoldRows, of_own_classes
from fastlr.utils.arrays import frozen


@dataclass(frozen=True)
class WeightedPiece(Piece):
    """A partition that also has the weights by which rows count in scores.

    Attributes
    ----------
    score_weight : ndarray of shape (n_samples,) or (0,)
        Sample weights without class weights; empty if every row weighs 1.
    folds : ndarray of shape (n_samples,) or (0,)
        The fold in which each row is scored on, once that is known.
    """

    score_weight: np.ndarray
    folds: np.ndarray = field(default_factory=partial(np.empty, 0, np.int32))

    def training(self, number: int, present: tuple[bool, ...]) -> Piece:
        """Return the rows to train on in a fold, with the classes that are present."""
        latest = vars(self).get("latest")
        if latest is None or latest[0] != (number, present):
            problem = self.problem
            s = frozen(problem.weights() * (self.folds != number))
            problem = Problem.make(problem.rows, problem.labels, s, problem.n_classes)
            problem = problem if all(present) else of_own_classes(problem, np.array(present))
            latest = (number, present), Piece(problem, self.columns, self.backend, self.loss)
            vars(self)["latest"] = latest  # by far the most calls are for the same fold as the one before
        return latest[1]


def encode_with_weights(
    backend: str,
    loss: str,
    dtype: np.dtype,
    class_weight: Mapping[Any, float] | str | None,
    classes: np.ndarray,
    mass: np.ndarray,
    targets: TargetSource,
) -> WeightedPiece:
    """Return what `fastlr.distributed.partition.encode` does, with the weights for scores."""
    piece = partition.encode(backend, loss, dtype, class_weight, classes, mass, targets)
    given = piece.problem if class_weight is None else targets.of_all(classes, dtype).in_blocks(None)
    return WeightedPiece(piece.problem, piece.columns, backend, loss, given.sample_weight)


def class_rows(piece: Piece) -> tuple[np.ndarray, np.ndarray]:
    """Return how many rows there are of each class, and the number of the first."""
    labels, n_classes = piece.problem.labels, piece.problem.n_classes
    first = np.full(n_classes, len(labels))
    present, at = np.unique(labels, return_index=True)
    first[present] = at
    return np.bincount(labels, minlength=n_classes), first


def fold_sizes(counts: np.ndarray, order: np.ndarray, n_folds: int) -> np.ndarray:
    """Return how many rows of each class ``StratifiedKFold`` scores on in each fold, shape (n_folds, n_classes).

    It lays the rows out class by class, in the order in which the classes first occur, and deals them out in turn. That
    says how many rows of a class a fold has; which ones follows from the order of the rows.
    """
    ends = np.cumsum(counts[order])
    dealt = -(-(ends - np.arange(n_folds)[:, None]) // n_folds)  # up to the end of each class
    sizes = np.empty_like(dealt)
    sizes[:, order] = np.diff(dealt, axis=1, prepend=-(-(0 - np.arange(n_folds)[:, None]) // n_folds))
    return sizes


def divide(ends: np.ndarray, before: np.ndarray, piece: WeightedPiece) -> WeightedPiece:
    """Return the partition with the fold of each row.

    Parameters
    ----------
    ends : ndarray of shape (n_folds, n_classes)
        How many rows of each class are scored on in this fold or an earlier one.
    before : ndarray of shape (n_classes,)
        How many rows of each class earlier partitions have.
    piece : WeightedPiece
    """
    labels = piece.problem.labels
    folds = np.empty(len(labels), np.int32)
    order = np.argsort(labels, kind="stable")
    present, starts = np.unique(labels[order], return_index=True)
    for k, rows in zip(present, np.split(order, starts[1:]), strict=True):
        folds[rows] = np.searchsorted(ends[:, k], before[k] + np.arange(len(rows)), "right")
    return replace(piece, folds=frozen(folds))


def active_rows(n_folds: int, piece: WeightedPiece) -> np.ndarray:
    """Return how many active rows each fold scores on, by class; shape (n_folds, n_classes)."""
    problem, active = piece.problem, piece.problem.active_rows
    pairs = piece.folds[active] * np.intp(problem.n_classes) + problem.labels[active]
    return np.bincount(pairs, minlength=n_folds * problem.n_classes).reshape(n_folds, problem.n_classes)


def training(number: int, present: tuple[bool, ...], piece: WeightedPiece) -> Piece:
    """Return the rows of a partition to train on."""
    return piece.training(number, present)


def score_sums(scoring: Scoring, number: int, piece: WeightedPiece, scores: np.ndarray) -> np.ndarray:
    """Return what the rows to score on in a fold add to the sums of a metric."""
    rows = np.flatnonzero(piece.folds == number)
    weights = piece.score_weight[rows] if len(piece.score_weight) else None
    problem = piece.problem
    return scoring.sums(scores[rows], problem.labels[rows], weights, problem.n_classes, problem.dtype)


class PartitionedFold:
    """A fold of rows in partitions: a `fastlr.linear_model.folds.FoldRows`.

    Parameters
    ----------
    rows : PartitionedPasses
        Over all rows.
    number : int
    present : ndarray of bool, shape (n_classes,)
    scoring : Scoring
    classes : ndarray of shape (n_classes,)
    """

    train = None

    def __init__(
        self, rows: PartitionedPasses, number: int, present: np.ndarray, scoring: Scoring, classes: np.ndarray
    ) -> None:
        self.rows, self.number, self.present, self.scoring, self.classes = rows, number, present, scoring, classes

    def passes(self) -> PartitionedPasses:
        """Return passes over the rows to train on, of the classes that are present."""
        return self.rows.of_view(partial(training, self.number, tuple(self.present.tolist())))

    def score(self, C: float, weights: np.ndarray, intercept: np.ndarray) -> float:
        """Return the score of a model of all classes on the rows to score on."""
        scores = self.rows.scores(weights, np.clip(intercept, -FAR, FAR))
        sums = self.rows.total(partial(score_sums, self.scoring, self.number), scores.handles)
        return self.scoring.value(self.classes, sums)


def stratified_folds(
    passes: PartitionedPasses, classes: np.ndarray, n_folds: int, scoring: Scoring, fit_intercept: bool
) -> list[FoldRows]:
    """Return the folds of rows in partitions.

    Parameters
    ----------
    passes : PartitionedPasses
        Over pieces that are `WeightedPiece`. They are replaced by pieces with the folds of their rows.
    classes : ndarray of shape (n_classes,)
    n_folds : int
    scoring : Scoring
    fit_intercept : bool

    Raises
    ------
    ValueError
        If there are fewer rows of each class than folds, or all training rows of a fold have zero weight.

    Warns
    -----
    UserWarning
        If there are fewer rows of one of the classes than folds.
    """
    found = passes.driver.gather(passes._map(class_rows, passes.pieces))
    counts = [each for each, _ in found]
    n_rows = np.add.accumulate(counts)
    before = [np.zeros_like(counts[0]), *n_rows[:-1]]
    if np.all(n_rows[-1] < n_folds):
        raise ValueError(f"cv={n_folds} is more than the {n_rows[-1].max()} rows of the most frequent class.")
    if np.any(n_rows[-1] < n_folds):
        rare = classes[np.argmin(n_rows[-1]) :][:1]
        warnings.warn(
            f"The class {as_values(rare)[0]!r} has {n_rows[-1].min()} rows, fewer than the {n_folds} folds of cv.",
            UserWarning,
            stacklevel=2,
        )
    firsts = np.array([first for _, first in found])
    partitions = np.argmax(np.array(counts) > 0, axis=0)
    order = np.lexsort((firsts[partitions, np.arange(len(classes))], partitions))
    ends = np.cumsum(fold_sizes(n_rows[-1], order, n_folds), axis=0)
    passes.pieces = passes._map(partial(divide, ends), before, passes.pieces)
    active = passes.total(partial(active_rows, n_folds))
    present = np.cumsum(active, axis=0)[-1] > active
    if not present.any(axis=1).all():
        raise ValueError("cv makes a fold whose training rows all have zero weight.")
    return [PartitionedFold(passes, k, here | (not fit_intercept), scoring, classes) for k, here in enumerate(present)]
