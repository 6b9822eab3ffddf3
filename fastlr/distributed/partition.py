"""What is computed of one partition: functions without state, which a `fastlr.distributed.driver.Driver` runs.

They leave their arguments unchanged. Each works in one thread, so that the number of threads changes no bits: several
partitions at a time use several threads.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, NamedTuple

import numpy as np

from fastlr import kernels
from fastlr.data.labels import as_labels, as_values, encode_labels, find_classes, join_classes
from fastlr.data.problem import Problem
from fastlr.data.protocols import TargetSource
from fastlr.data.rows import RowBlocks, Rows
from fastlr.data.targets import Targets
from fastlr.distributed.touched_columns import touched, with_columns
from fastlr.distributed.tree import Sums
from fastlr.linear_model.logistic_regression import LogisticRegression
from fastlr.objective.row_passes import LocalPasses
from fastlr.store import Store
from fastlr.utils.arrays import frozen
from fastlr.utils.checksum import checksum


class Block(NamedTuple):
    """Rows of a partition as they are given, unchecked.

    Attributes
    ----------
    X : sparse matrix, array or Store
    y : array of shape (n_samples,) or None
        Labels; None if a store has its own.
    sample_weight : float, array of shape (n_samples,) or None
    """

    X: Any
    y: Any = None
    sample_weight: Any = None


class Survey(NamedTuple):
    """What must be known of every partition before any of them is encoded.

    Attributes
    ----------
    n_samples, n_features : int
    classes : ndarray
        The partition's own classes, sorted.
    dtype : dtype
        Type of its values.
    """

    n_samples: int
    n_features: int
    classes: np.ndarray
    dtype: np.dtype


class Summary(NamedTuple):
    """Sums over an encoded partition.

    Attributes
    ----------
    nnz : int
        Number of stored entries.
    n_active : int
        Number of rows whose weight is not 0.
    total_weight : float
        ``sum(s)``.
    target_mass : ndarray of shape (n_classes,)
    """

    nnz: int
    n_active: int
    total_weight: float
    target_mass: np.ndarray


@dataclass(frozen=True)
class Piece:
    """A partition that is ready for passes.

    Attributes
    ----------
    problem : Problem
        Its features are the columns that the rows touch.
    columns : ndarray of shape (n_columns,)
        These columns, increasing.
    backend, loss : str
        Name the kernels.
    """

    problem: Problem[RowBlocks]
    columns: np.ndarray
    backend: str
    loss: str

    def __getstate__(self) -> dict[str, Any]:
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @functools.cached_property
    def passes(self) -> LocalPasses:
        """Passes over the rows."""
        return LocalPasses(self.problem, kernels.load(self.backend, self.loss))


def read(block: Any) -> Any:
    """Return the rows of a block that knows how to read them, and any other block as it is."""
    return block.read() if hasattr(block, "read") else block


def check(dtype: Any, block: Block) -> TargetSource:
    """Return the checked rows of a block with their own classes.

    Raises
    ------
    ValueError
        If rows, labels or weights are malformed or do not fit each other.
    """
    X, y, sample_weight = block
    if y is None and not isinstance(X, Store):
        raise ValueError("the rows have no labels: y is None.")
    if not isinstance(X, Store) and np.ndim(X) == 2 and X.shape[0] == len(as_labels(y)) == 0:
        return _no_targets(X.shape[1], dtype)
    classes = find_classes(X.code_classes() if y is None else as_labels(y))
    return LogisticRegression()._check_input(X, y, sample_weight, True, dtype, classes)


def _no_targets(n_features: int, dtype: Any) -> Targets:
    """Return what an empty partition has, as filters of a collection leave some."""
    values = np.empty(0, np.float32 if dtype is None else dtype)
    rows = Rows(frozen(np.zeros(1, np.int32)), frozen(np.empty(0, np.int32)), frozen(values), (0, n_features))
    return Targets(rows, np.empty(0), frozen(np.empty(0, np.int32)), None)


def survey(targets: TargetSource) -> Survey:
    """Return what the other partitions must know of this one."""
    return Survey(*targets.shape, targets.classes, targets.dtype)


def all_classes(own: Mapping[int, np.ndarray]) -> np.ndarray:
    """Return the classes of all partitions, sorted, from those of each one that has rows.

    Raises
    ------
    ValueError
        If the labels of two partitions are of different kinds, or there is only one class.
    """
    classes = np.empty(0)
    for k, found in own.items():
        try:
            classes = join_classes(classes, found)
        except ValueError as error:
            raise ValueError(f"Partition {k}: {error}") from error
    if len(classes) < 2:
        raise ValueError(f"A classifier needs at least two classes; y has 1 class: {as_values(classes)}.")
    return np.sort(classes)


def among_all(own: np.ndarray, mass: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Return the masses of a partition's own classes as those of all classes."""
    everywhere = np.zeros(len(classes))
    everywhere[encode_labels(own, classes)] = mass
    return everywhere


def class_mass(targets: TargetSource, classes: np.ndarray) -> np.ndarray:
    """Return the sum of the sample weights of each of all classes."""
    return among_all(targets.classes, targets.class_mass(), classes)


def encode(
    backend: str,
    loss: str,
    dtype: np.dtype,
    class_weight: Mapping[Any, float] | str | None,
    classes: np.ndarray,
    mass: np.ndarray,
    targets: TargetSource,
) -> Piece:
    """Return the partition, ready for passes.

    Parameters
    ----------
    backend, loss : str
    dtype : dtype
        Type that the values are converted to.
    class_weight : mapping, "balanced" or None
    classes : ndarray
        Those of all partitions.
    mass : ndarray of shape (n_classes,)
        The sum of the sample weights of each class in all partitions.
    targets : TargetSource
    """
    problem = targets.of_all(classes, dtype).in_blocks(class_weight, mass)
    columns = touched(problem.rows)
    return Piece(replace(problem, rows=with_columns(problem.rows, columns)), columns, backend, loss)


def call_on_view(view: Callable[[Any], Piece], function: Callable[..., Any], piece: Any, *arguments: Any) -> Any:
    """Return what a function returns for what is seen of a piece."""
    return function(view(piece), *arguments)


def summary(piece: Piece) -> Summary:
    """Return the sums over a partition."""
    problem = piece.problem
    return Summary(problem.rows.nnz, problem.n_active, problem.total_weight, piece.passes.target_mass())


def fingerprint(piece: Piece) -> str:
    """Return a checksum of the rows, their columns, labels and weights."""
    return checksum(np.array(piece.passes.fingerprint()), piece.columns)


def _point(own: np.ndarray, weights: np.ndarray, intercept: np.ndarray) -> np.ndarray:
    """Return the weights of a partition's own columns, and below them the intercepts."""
    point = np.empty((len(own) + 1, weights.shape[1]), weights.dtype)
    weights.take(own, axis=0, out=point[:-1], mode="clip")  # all are there, and the other modes copy twice
    point[-1] = intercept
    return point


def scores(piece: Piece, own: np.ndarray, weights: np.ndarray, intercept: np.ndarray | None) -> np.ndarray:
    """Return the rows' scores. ``weights`` are those of the columns of all partitions, of which ``own`` are here."""
    return piece.passes.scores(weights.take(own, axis=0), intercept)


def moved(scores: np.ndarray, step: float, moves: np.ndarray) -> np.ndarray:
    """Return ``scores + step * moves``."""
    return scores + step * moves


def evaluate(piece: Piece, scores: np.ndarray) -> Sums:
    """Return the gradient at scores; after the part for the intercepts comes the loss."""
    loss, weights, intercept, _ = piece.passes.evaluate(scores)
    return Sums(weights, np.append(intercept, loss))


def evaluate_at(piece: Piece, own: np.ndarray, weights: np.ndarray, intercept: np.ndarray) -> Sums:
    """Return the gradient at the scores of weights, in one task."""
    return evaluate(piece, scores(piece, own, weights, intercept))


def evaluate_with_diagonal(piece: Piece, own: np.ndarray, weights: np.ndarray, intercept: np.ndarray) -> Sums:
    """Return `evaluate_at` and `hessian_diagonal` side by side."""
    here = scores(piece, own, weights, intercept)
    sums = evaluate(piece, here), hessian_diagonal(piece, curvatures(piece, here))
    return Sums(np.hstack([each.columns for each in sums]), np.concatenate([each.rest for each in sums]))


def curvatures(piece: Piece, scores: np.ndarray) -> np.ndarray:
    """Return the rows' curvatures at scores."""
    return piece.passes.curvatures(scores)


def hessian_product(
    piece: Piece, own: np.ndarray, curvatures: np.ndarray, weights: np.ndarray, intercept: np.ndarray
) -> Sums:
    """Return the product of the losses' Hessian with a direction."""
    return Sums(*piece.passes.hessian_product(curvatures, _point(own, weights, intercept)))


def hessian_diagonal(piece: Piece, curvatures: np.ndarray) -> Sums:
    """Return the Hessian's diagonal."""
    return Sums(*piece.passes.hessian_diagonal(curvatures))


def gram_product(piece: Piece, own: np.ndarray, weights: np.ndarray, intercept: np.ndarray) -> Sums:
    """Return ``[X, 1].T S [X, 1]`` times a direction."""
    return Sums(*piece.passes.gram_product(_point(own, weights, intercept)))


def squared_norms(piece: Piece) -> float:
    """Return ``sum_i s_i ||x_i||^2``."""
    return piece.passes.squared_norms()


def losses(piece: Piece, scores: np.ndarray, intercept: np.ndarray, with_product: bool) -> np.ndarray:
    """Return the sum of the losses, the mass and the product of `RowLosses`, in one array."""
    loss, _, mass, product = piece.passes.losses(scores, intercept, with_product)
    return np.concatenate([[loss], mass, product.ravel()])


def dual_product(piece: Piece, scores: np.ndarray, intercept: np.ndarray, take: np.ndarray, give: np.ndarray) -> Sums:
    """Return ``X.T @ (s (e_y - p))`` for the probabilities at scores, after mass has been moved between classes."""
    p = piece.passes.losses(scores, intercept).p
    return Sums(piece.passes.dual_product(p, take, give)[0], np.empty(0))


def mixed_entropy(
    piece: Piece, scores: np.ndarray, intercept: np.ndarray, take: np.ndarray, give: np.ndarray, share: float
) -> float:
    """Return ``sum_i s_i H(share * p_i + (1 - share) * e_{y_i})`` for the probabilities of `dual_product`."""
    p = piece.passes.losses(scores, intercept).p
    return piece.passes.mixed_entropy(piece.passes.moved_mass(p, take, give), share)


def log_odds(piece: Piece, scores: np.ndarray) -> tuple[float, float]:
    """Return the least and the greatest of the own class's score less that of another."""
    return piece.passes.log_odds(scores)
