"""A checked problem: rows, labels and weights as the arrays that the kernels take.

A kernel trusts its indices, so nothing reaches one that was not checked here, however it was made: scipy itself lets
through a matrix whose indices point outside it. Nothing of the caller's is changed or sorted, and a CSR matrix of
floating-point numbers is not copied.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from numbers import Real
from typing import Any, ClassVar

import numpy as np

from fastlr.data.rows import Rows, _largest
from fastlr.utils.arrays import chunked_slices, frozen


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
    """Return ``s``, the product of sample and class weights, read-only float64; None where every row weighs 1.

    ``"balanced"`` gives class ``k`` the weight ``sum(w) / (n_classes * sum of w over the class)`` for sample weights
    ``w``, so that a weight of 2 is the same as the row twice; only classes of some weight count. ``mass`` has these
    sums over the classes, if they are not to be taken over these rows.

    Raises
    ------
    ValueError
        If ``class_weight`` names a class that is not there, or a weight is negative or not finite.
    """
    if class_weight is None:
        return None if sample_weight is None else frozen(sample_weight)
    if isinstance(class_weight, str):
        mass = class_mass(labels, sample_weight, len(classes)) if mass is None else mass
        n_seen = np.count_nonzero(mass)
        per_class = np.divide(mass.sum(), n_seen * mass, out=np.zeros(len(classes)), where=mass > 0)
    else:
        per_class = np.ones(len(classes))
        known = {label: k for k, label in enumerate(classes.tolist())}
        for label, weight in class_weight.items():
            if label not in known:
                raise ValueError(f"class_weight names the class {label!r}, but the classes are {classes.tolist()}.")
            if not (isinstance(weight, Real) and 0 <= weight <= np.finfo(np.float64).max):
                raise ValueError(f"class_weight[{label!r}] must be a number, 0 or more and finite; got {weight!r}.")
            per_class[known[label]] = float(weight)
    weights = per_class[labels]
    if sample_weight is not None:
        with np.errstate(over="ignore"):
            weights *= sample_weight
    return frozen(weights)


@dataclass(frozen=True)
class Problem:
    """Rows with their labels and weights.

    Rows on disk make a problem of several parts, `fastlr.store.problem.StoredProblem`. What a trainer asks of either is
    ``n_parts``, `parts`, ``n_active``, ``n_nonzeros``, ``total_weight``, ``shape``, ``dtype``, ``n_classes``,
    ``n_outputs``, `targets`, `exclude`, `subset`, `sample` and `identity`.

    Attributes
    ----------
    rows : Rows
        Or rows on disk, where all that is done with them are passes over all of them.
    labels : ndarray of int32, shape (n_samples,)
        Class codes.
    sample_weight : ndarray of float64, shape (n_samples,)
        ``s``; of shape (0,) where every row weighs 1.
    active_rows : ndarray of intp
        Numbers of the rows that count, in increasing order: those whose weight is not 0 and that are not held out.
    n_classes : int
    n_threads : int
        In how many threads passes over all rows may be made; given this the results are the same to the bit.
    """

    rows: Rows
    labels: np.ndarray
    sample_weight: np.ndarray
    active_rows: np.ndarray
    n_classes: int
    n_threads: int = 1

    n_parts: ClassVar[int] = 1

    @classmethod
    def make(cls, rows: Rows, labels: np.ndarray, sample_weight: np.ndarray | None, n_classes: int) -> Problem:
        """Assemble the parts; ``sample_weight`` None means that every row weighs 1."""
        if sample_weight is None:
            active = np.arange(rows.shape[0])
            sample_weight = frozen(np.empty(0))
        else:
            active = np.flatnonzero(sample_weight)
            with np.errstate(over="ignore"):
                total = sample_weight.sum()
            if not np.isfinite(total):
                raise ValueError("The sum of sample_weight times class_weight is not finite; scale the weights down.")
        return cls(rows, labels, sample_weight, frozen(active), n_classes)

    def weights(self, rows: np.ndarray | None = None) -> np.ndarray:
        """Return ``s`` of the rows of these numbers, or of all: an array even where every row weighs 1."""
        if len(self.sample_weight):
            return self.sample_weight if rows is None else self.sample_weight[rows]
        return np.ones(self.rows.shape[0] if rows is None else len(rows))

    def exclude(self, absent: np.ndarray) -> Problem:
        """Return the problem of all rows but ``absent``, of which the matrix is the same, not a copy."""
        stays = np.ones(self.rows.shape[0], bool)
        stays[absent] = False
        sample_weight = frozen(self.sample_weight * stays) if len(self.sample_weight) else self.sample_weight
        active = frozen(self.active_rows[stays[self.active_rows]])
        return replace(self, sample_weight=sample_weight, active_rows=active)

    def subset(self, chosen: np.ndarray) -> Problem:
        """Return the problem of the rows ``chosen``, of which the matrix is the same, not a copy."""
        absent = np.ones(self.rows.shape[0], bool)
        absent[chosen] = False
        return self.exclude(np.flatnonzero(absent))

    def parts(self) -> Iterator[Problem]:
        """Yield problems, each in memory while it is looked at, which together have all the rows."""
        yield self

    def targets(self) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
        """Yield parts of the rows: the number of the first, the labels, and which of them are active."""
        yield 0, self.labels, self.active_rows

    def take(self, chosen: np.ndarray) -> Problem:
        """Return a copy of the rows ``chosen``, as a problem of its own."""
        s = frozen(self.sample_weight[chosen]) if len(self.sample_weight) else self.sample_weight
        active = frozen(np.arange(len(chosen)))
        return Problem(self.rows.take(chosen), frozen(self.labels[chosen]), s, active, self.n_classes)

    def sample(self, n: int) -> Problem:
        """Return a copy of up to ``n`` active rows, at equal distances."""
        return self.take(self.active_rows[:: max(1, self.n_active // n)][:n])

    def identity(self) -> dict[str, tuple[np.ndarray, ...]]:
        """Return arrays that tell the matrix, the labels and the weights from others."""
        rows = self.rows
        return {
            "X": (rows.indptr, rows.indices, rows.data),
            "y": (self.labels,),
            "weights": (self.sample_weight, self.active_rows),
        }

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
    def n_nonzeros(self) -> int:
        """Number of entries of the active rows."""
        return int(np.diff(self.rows.indptr)[self.active_rows].sum(dtype=np.int64))

    @functools.cached_property
    def largest(self) -> float:
        """Largest absolute value in the rows that count."""
        if len(self.active_rows) == self.rows.shape[0] or self.rows.largest < 1e10:  # far from any limit
            return self.rows.largest
        return max(
            (_largest(self.rows.csr[self.active_rows[p]].data) for p in chunked_slices(len(self.active_rows), 4096)),
            default=0.0,
        )

    @property
    def n_outputs(self) -> int:
        """Number of scores a row: one for two classes, otherwise one a class."""
        return 1 if self.n_classes == 2 else self.n_classes

    @functools.cached_property
    def mixed(self) -> bool:
        """Whether neighbours among the active rows are of one class about as often as chance has it."""
        labels = self.labels[self.active_rows]
        if len(labels) < 2:
            return False
        shares = np.bincount(labels, minlength=self.n_classes) / len(labels)
        chance = float(shares @ shares)
        return float(np.mean(labels[1:] == labels[:-1])) <= chance + 0.1 * (1.0 - chance)

    @functools.cached_property
    def total_weight(self) -> float:
        """``sum(s)``."""
        return float(self.sample_weight.sum()) if len(self.sample_weight) else float(len(self.active_rows))
