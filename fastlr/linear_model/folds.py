"""The folds of a cross-validation: their rows, their scores, and classes that one lacks."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np

from fastlr.data.labels import kind_of
from fastlr.data.problem import AnyRows, Problem
from fastlr.data.rows import Rows
from fastlr.kernels.kernel_set import KernelSet
from fastlr.objective.full_batch import scores_of
from fastlr.objective.losses import LOG_LOSS
from fastlr.objective.row_passes import LocalPasses, RowPasses
from fastlr.utils.arrays import chunked_slices, frozen
from fastlr.utils.elementary import log
from fastlr.utils.sums import mean_of

# Held-out rows are copied in chunks of this many.
HELD_OUT = 4096

# What scorers see in place of an infinite intercept: probabilities are still exactly 0 and 1, and scores are finite.
FAR = 1e30


class FoldRows(Protocol):
    """The rows of one fold, wherever they are: those to train on and those to score on.

    `LocalFold` has rows in memory, `fastlr.distributed.folds.PartitionedFold` rows in partitions.
    """

    @property
    def train(self) -> np.ndarray | None:
        """The numbers of the rows to train on, for callbacks; None if these are shown all rows."""

    @property
    def present(self) -> np.ndarray:
        """Whether each class has active rows to train on, or needs none."""

    def passes(self) -> RowPasses:
        """Return passes over the rows to train on, of the classes that are present."""

    def score(self, C: float, weights: np.ndarray, intercept: np.ndarray) -> float:
        """Return the score of a model of all classes on the rows to score on."""


@runtime_checkable
class FoldSource(Protocol):
    """Rows that a cross-validation reaches only by passes: `fastlr.distributed.partitioned_rows.PartitionedRows`."""

    def folds(
        self,
        n_folds: int,
        scoring: Any,
        class_weight: Mapping[Any, float] | str | None,
        fit_intercept: bool,
        dtype: Any,
        kernels: KernelSet,
    ) -> tuple[RowPasses, np.ndarray, list[FoldRows]]:
        """Return passes over all checked rows, their classes, and stratified folds."""


class Fold(NamedTuple):
    """Numbers of the rows to train on and of those to score on; a row may occur more than once."""

    train: np.ndarray
    test: np.ndarray


class LocalFold(NamedTuple):
    """The rows of a fold in memory: a `FoldRows`.

    Attributes
    ----------
    train : ndarray
        Numbers of the rows to train on.
    training : Problem
        Of these rows.
    present : ndarray of bool, shape (n_classes,)
    score : callable
        Returns the score of a model, given its ``C``, weights and intercepts.
    kernels : KernelSet
    """

    train: np.ndarray
    training: Problem[Rows]
    present: np.ndarray
    score: Callable[[float, np.ndarray, np.ndarray], float]
    kernels: KernelSet

    def passes(self) -> RowPasses:
        """Return passes over the rows to train on, of the classes that are present."""
        training = self.training if self.present.all() else of_own_classes(self.training, self.present)
        return LocalPasses(training, self.kernels)


def check_folds(folds: Iterable[Any], n_samples: int) -> list[Fold]:
    """Return folds as numbers of rows, from whatever indexes an array of ``n_samples`` rows.

    Raises
    ------
    ValueError
        If there are no folds, or one has no rows or is no index.
    """

    def rows(index: Any) -> np.ndarray:
        index = np.asarray(index)
        if index.ndim != 1:
            raise ValueError(f"cv makes a fold that is not a pair of lists of rows; one of them is {index!r}.")
        try:
            found = np.arange(n_samples)[index if index.size else index.astype(np.intp)]
        except IndexError as error:
            raise ValueError(f"cv makes a fold that does not index the {n_samples} rows: {error}.") from error
        if found.size == 0:
            raise ValueError("cv makes a fold that has no rows to train or to test on.")
        return found

    def pair(fold: Any) -> Fold:
        try:
            train, test = fold
        except (TypeError, ValueError) as error:
            raise ValueError(f"cv makes a fold that is not a pair of lists of rows, but {fold!r}.") from error
        return Fold(rows(train), rows(test))

    checked = [pair(fold) for fold in folds]
    if not checked:
        raise ValueError("cv makes no folds.")
    return checked


def training_problem(problem: Problem[Rows], fold: Fold) -> Problem[Rows]:
    """Return the problem of a fold's training rows, over the same matrix.

    Raises
    ------
    ValueError
        If they all have zero weight.
    """
    times = np.bincount(fold.train, minlength=problem.shape[0])
    found = Problem.make(problem.rows, problem.labels, frozen(problem.weights() * times), problem.n_classes)
    if found.n_active == 0:
        raise ValueError("cv makes a fold whose training rows all have zero weight.")
    return found


def classes_in(problem: Problem[Rows]) -> np.ndarray:
    """Return whether each class has active rows."""
    return np.bincount(problem.labels[problem.active_rows], minlength=problem.n_classes) > 0


def of_own_classes(training: Problem[AnyRows], present: np.ndarray) -> Problem[AnyRows]:
    """Return the problem whose classes are those that have active rows."""
    codes = np.maximum(np.cumsum(present) - 1, 0).astype(np.int32)
    return replace(training, labels=frozen(codes[training.labels]), n_classes=int(np.count_nonzero(present)))


def of_all_classes(weights: np.ndarray, intercept: np.ndarray, present: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return a model of the classes that have active rows as one of all classes, in which others have probability 0."""
    n_outputs = 1 if len(present) == 2 else len(present)
    all_weights = np.zeros((len(weights), n_outputs), weights.dtype)
    if n_outputs == 1:
        return all_weights, np.array([np.inf if present[1] else -np.inf])
    if np.count_nonzero(present) == 2:  # one score becomes two
        weights, intercept = weights * np.array([-0.5, 0.5], weights.dtype), intercept * np.array([-0.5, 0.5])
    all_weights[:, present] = weights
    all_intercepts = np.full(n_outputs, -np.inf)
    all_intercepts[present] = intercept
    return all_weights, all_intercepts


def shown_classes(classes: np.ndarray) -> np.ndarray:
    """Return what splitters and metrics see: the classes, or codes in place of types that scikit-learn refuses."""
    if classes.dtype.kind in "biufU" or (classes.dtype.kind == "O" and kind_of(classes) == "strings"):
        return classes
    return np.arange(len(classes))


def with_labels(scorer: Callable[..., float], classes: np.ndarray) -> Callable[..., float]:
    """Return a scorer that knows all classes, of which held-out rows may lack some.

    As in scikit-learn's ``LogisticRegressionCV``, they become the ``labels`` of a metric that has this parameter, and
    the second of two classes its ``pos_label``.
    """
    metric = getattr(scorer, "_score_func", None)
    accepted = () if metric is None else inspect.signature(metric).parameters
    if "labels" not in accepted:
        return scorer
    known = {"labels": classes}
    if len(classes) == 2 and "pos_label" in accepted:
        known["pos_label"] = classes[1]
    scorer = copy.copy(scorer)
    scorer._kwargs = known | scorer._kwargs  # type: ignore[attr-defined]
    return scorer


def neg_log_loss(
    problem: Problem[Rows],
    test: np.ndarray,
    sample_weight: np.ndarray | None,
    weights: np.ndarray,
    intercept: np.ndarray,
    kernels: KernelSet,
) -> float:
    """Return what scikit-learn's scorer of this name does, which clips probabilities to the ``eps`` of their type.

    ``test`` has the numbers of the rows to score on, and ``sample_weight`` their weights.
    """
    logs = np.empty(len(test))
    for chunk in chunked_slices(len(test), HELD_OUT):
        rows = test[chunk]
        scores = scores_of(problem.take(rows), weights, kernels) + np.clip(intercept, -FAR, FAR)
        logs[chunk] = -LOG_LOSS.value(scores, problem.labels[rows])
    return mean_of(np.maximum(logs, log(np.finfo(problem.dtype).eps)), sample_weight)
