"""A checked problem: rows, labels and weights as the arrays that the kernels take.

Kernels trust their indices, so every array that reaches one was checked here first. Even SciPy accepts matrices whose
indices are out of bounds. The caller's arrays are neither changed nor sorted, and a CSR matrix of floating-point
numbers is not copied.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from numbers import Real
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np

from fastlr.data.labels import as_values
from fastlr.data.rows import RowBlocks, Rows, largest_entry
from fastlr.data.shuffle import shuffled
from fastlr.utils.arrays import chunked_slices, frozen
from fastlr.utils.sums import dot, sum_of

AnyRows = TypeVar("AnyRows", bound=RowBlocks)

# Up to here no sum of a few values is near a limit of float32, and the largest value need not be known exactly.
SAFE_VALUE = 1e10


def class_mass(labels: np.ndarray, sample_weight: np.ndarray | None, n_classes: int) -> np.ndarray:
    """Return the sum of the sample weights of each class, float64, shape (n_classes,)."""
    return np.bincount(labels, weights=sample_weight, minlength=n_classes).astype(np.float64)


def combine_weights(
    sample_weight: np.ndarray | None,
    class_weight: Mapping[Any, float] | str | None,
    classes: np.ndarray,
    labels: np.ndarray,
    mass: np.ndarray | None = None,
) -> np.ndarray | None:
    """Return ``s``, the product of sample and class weights, read-only float64; None if every row weighs 1.

    ``"balanced"`` gives class ``k`` the weight ``sum(w) / (n_classes * sum of w over the class)`` for sample weights
    ``w``, so that a weight of 2 equals the row twice; classes without weight are not counted. ``mass`` has these sums
    over the classes, if they are not to be computed from these rows.

    A mapping that names every class may name more, so that it serves every fold and every stretch of a stream. One that
    omits a class, which then weighs 1, may not: its other names are probably misspelt.

    Raises
    ------
    ValueError
        If ``class_weight`` omits a class and names an unknown one, or a weight is negative or not finite.
    """
    if class_weight is None:
        return None if sample_weight is None else frozen(sample_weight)
    if isinstance(class_weight, str):
        mass = class_mass(labels, sample_weight, len(classes)) if mass is None else mass
        n_seen = np.count_nonzero(mass)
        per_class = np.divide(sum_of(mass), n_seen * mass, out=np.zeros(len(classes)), where=mass > 0)
    else:
        per_class = np.ones(len(classes))
        known = {label: k for k, label in enumerate(as_values(classes))}
        omitted = [label for label in known if label not in class_weight]
        for label, weight in class_weight.items():
            if label not in known and omitted:
                raise ValueError(
                    f"class_weight names the class {label!r}, but the classes are {as_values(classes)}, and omits the "
                    f"class {omitted[0]!r}. It may name further classes only if it names all of these."
                )
            if not (isinstance(weight, Real) and 0 <= weight <= np.finfo(np.float64).max):
                raise ValueError(f"class_weight[{label!r}] must be a number, finite and 0 or more; got {weight!r}.")
            if label in known:
                per_class[known[label]] = float(weight)
    weights = per_class[labels]
    if sample_weight is not None:
        with np.errstate(over="ignore"):
            weights *= sample_weight
    return frozen(weights)


@dataclass(frozen=True)
class Problem(Generic[AnyRows]):
    """Rows with their labels and weights.

    With `fastlr.data.rows.Rows` it satisfies `fastlr.data.protocols.TrainingProblem`, and every solver takes it. With
    rows on disk, solvers that work by passes over all rows do.

    Attributes
    ----------
    rows : Rows or another RowBlocks
    labels : ndarray of int32, shape (n_samples,)
        Class codes.
    sample_weight : ndarray of float64, shape (n_samples,)
        ``s``; of shape (0,) if every row weighs 1.
    active_rows : ndarray of intp
        Numbers of the rows that count, in increasing order: those whose weight is not 0 and that are not held out. They
        are followed by those that an epoch visits again.
    n_classes : int
    n_threads : int
        Threads for passes over all rows. Results are bit-identical for a given number.
    """

    rows: AnyRows
    labels: np.ndarray
    sample_weight: np.ndarray
    active_rows: np.ndarray
    n_classes: int
    n_threads: int = 1

    n_parts: ClassVar[int] = 1

    @classmethod
    def make(
        cls, rows: AnyRows, labels: np.ndarray, sample_weight: np.ndarray | None, n_classes: int
    ) -> Problem[AnyRows]:
        """Return the problem of all rows; ``sample_weight=None`` gives every row the weight 1.

        Raises
        ------
        ValueError
            If the sum of the weights is not finite.
        """
        if sample_weight is None:
            active_rows = np.arange(rows.shape[0])
            sample_weight = frozen(np.empty(0))
        else:
            active_rows = np.flatnonzero(sample_weight)
            if not np.isfinite(sum_of(sample_weight)):
                raise ValueError("The sum of sample_weight times class_weight is not finite. Scale the weights down.")
        return cls(rows, labels, sample_weight, frozen(active_rows), n_classes)

    def weights(self, rows: np.ndarray | None = None) -> np.ndarray:
        """Return ``s`` of the rows of these numbers, or of all: an array even if every row weighs 1."""
        if len(self.sample_weight):
            return self.sample_weight if rows is None else self.sample_weight[rows]
        return np.ones(self.rows.shape[0] if rows is None else len(rows))

    def exclude(self, rows: np.ndarray) -> Problem[AnyRows]:
        """Return the problem without the rows of these numbers, over the same matrix."""
        stays = np.ones(self.rows.shape[0], bool)
        stays[rows] = False
        sample_weight = frozen(self.sample_weight * stays) if len(self.sample_weight) else self.sample_weight
        active_rows = frozen(self.active_rows[stays[self.active_rows]])
        return replace(self, sample_weight=sample_weight, active_rows=active_rows)

    def repeat(self, rows: np.ndarray, times: int) -> Problem[AnyRows]:
        """Return the problem in which an epoch visits the active rows of these numbers so many times."""
        again = [rows] * (times - 1)  # at the end, as neighbours stay together in shuffled rows
        return replace(self, active_rows=frozen(np.concatenate([self.active_rows, *again])))

    def subset(self, rows: np.ndarray) -> Problem[AnyRows]:
        """Return the problem of the rows of these numbers, over the same matrix."""
        others = np.ones(self.rows.shape[0], bool)
        others[rows] = False
        return self.exclude(np.flatnonzero(others))

    def take(self: Problem[Rows], rows: np.ndarray) -> Problem[Rows]:
        """Return the problem of a copy of the rows of these numbers, in their order."""
        s = frozen(self.sample_weight[rows]) if len(self.sample_weight) else self.sample_weight
        active_rows = frozen(np.arange(len(rows)))
        return Problem(self.rows.take(rows), frozen(self.labels[rows]), s, active_rows, self.n_classes)

    def sample(self: Problem[Rows], n: int) -> Problem[Rows]:
        """Return the problem of a copy of up to ``n`` active rows at equal distances."""
        return self.take(self.active_rows[:: max(1, self.n_active // n)][:n])

    def shuffled(self, rows: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return numbers of rows in random order; see `fastlr.data.shuffle.shuffled`."""
        return shuffled(rows, rng, self.mixed)

    def parts(self) -> Iterator[Problem[AnyRows]]:
        """Yield the problem itself, its only part."""
        yield self

    def shuffled_parts(
        self, rng: np.random.Generator | None, batch_size: int
    ) -> Iterator[tuple[Problem[AnyRows], np.ndarray]]:
        """Yield the problem itself with the order of its rows: drawn from ``rng``, or as they are."""
        yield self, self.active_rows if rng is None else self.shuffled(self.active_rows, rng)

    def targets(self) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
        """Yield the number of the first row, 0, the labels, and the active rows."""
        yield 0, self.labels, self.active_rows

    def identity(self: Problem[Rows]) -> dict[str, tuple[np.ndarray, ...]]:
        """Return the arrays that distinguish the matrix, the labels and the weights from others."""
        rows = self.rows
        return {
            "X": (rows.indptr, rows.indices, rows.data),
            "y": (self.labels,),
            "weights": (self.sample_weight, self.active_rows),
        }

    @property
    def in_memory(self) -> bool:
        """Whether the whole matrix is in memory."""
        return isinstance(self.rows, Rows)

    @property
    def shape(self) -> tuple[int, int]:
        """``(n_samples, n_features)``."""
        return self.rows.shape

    @property
    def dtype(self) -> np.dtype:
        """Type of the values."""
        return self.rows.dtype

    @property
    def n_active(self) -> int:
        """Number of active rows."""
        return len(self.active_rows)

    @property
    def n_nonzeros(self: Problem[Rows]) -> int:
        """Number of entries of the active rows."""
        return int(np.diff(self.rows.indptr)[self.active_rows].sum(dtype=np.int64))

    @functools.cached_property
    def largest(self: Problem[Rows]) -> float:
        """Largest absolute value in the active rows; if it is far from any limit, possibly that of all rows."""
        if self.n_active == self.rows.shape[0] or self.rows.largest < SAFE_VALUE:
            return self.rows.largest
        chunks = chunked_slices(self.n_active, 4096)
        return max((largest_entry(self.rows.csr[self.active_rows[chunk]].data) for chunk in chunks), default=0.0)

    @property
    def n_outputs(self) -> int:
        """Number of scores a row: one for two classes, otherwise one a class."""
        return 1 if self.n_classes == 2 else self.n_classes

    @functools.cached_property
    def mixed(self) -> bool:
        """Whether neighbouring active rows are of one class about as often as in random order."""
        labels = self.labels[self.active_rows]
        if len(labels) < 2:
            return False
        shares = np.bincount(labels, minlength=self.n_classes) / len(labels)
        chance = dot(shares, shares)
        n_same = int(np.count_nonzero(labels[1:] == labels[:-1]))
        return n_same / (len(labels) - 1) <= chance + 0.1 * (1.0 - chance)

    @functools.cached_property
    def total_weight(self) -> float:
        """``sum(s)``, with the weight of a row for each visit in an epoch."""
        s = self.sample_weight
        if not len(s):
            return float(self.n_active)
        return sum_of(s) + sum_of(s[self.active_rows[np.count_nonzero(s) :]])
