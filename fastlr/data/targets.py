"""Checked rows with their labels and sample weights, before class weights are applied."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from fastlr.data.labels import encode_labels
from fastlr.data.problem import Problem, class_mass, combine_weights
from fastlr.data.rows import RowBlocks, Rows
from fastlr.utils.arrays import frozen


@dataclass(frozen=True)
class Targets:
    """Labels and weights of rows in memory: a `fastlr.data.protocols.TargetSource`.

    Attributes
    ----------
    rows : Rows
    classes : ndarray of shape (n_classes,)
        Sorted labels.
    labels : ndarray of int32, shape (n_samples,)
        Class codes.
    sample_weight : ndarray of shape (n_samples,) or None
    """

    rows: Rows
    classes: np.ndarray
    labels: np.ndarray
    sample_weight: np.ndarray | None

    @property
    def shape(self) -> tuple[int, int]:
        """``(n_samples, n_features)``."""
        return self.rows.shape

    @property
    def dtype(self) -> np.dtype:
        """Type of the values."""
        return self.rows.dtype

    def of_all(self, classes: np.ndarray, dtype: np.dtype) -> Targets:
        """Return the rows as a part of others: with the classes of all, and values of this type."""
        labels = encode_labels(self.classes, classes)[self.labels]
        return Targets(replace(self.rows, data=frozen(self.rows.data, dtype)), classes, labels, self.sample_weight)

    def class_mass(self) -> np.ndarray:
        """Return the sum of the sample weights of each class."""
        return class_mass(self.labels, self.sample_weight, len(self.classes))

    def class_counts(self) -> np.ndarray:
        """Return the number of rows of each class."""
        return class_mass(self.labels, None, len(self.classes))

    def problem(self, class_weight: Mapping[Any, float] | str | None, mass: np.ndarray) -> Problem[Rows]:
        """Return the problem; ``"balanced"`` weights follow from ``mass``, the weight of each class."""
        s = combine_weights(self.sample_weight, class_weight, self.classes, self.labels, mass)
        return Problem.make(self.rows, self.labels, s, len(self.classes))

    def in_blocks(
        self, class_weight: Mapping[Any, float] | str | None, mass: np.ndarray | None = None
    ) -> Problem[RowBlocks]:
        """Return the problem for passes over all rows; here all of it is in memory."""
        mass = self.class_mass() if mass is None else mass
        s = combine_weights(self.sample_weight, class_weight, self.classes, self.labels, mass)
        rows: RowBlocks = self.rows
        return Problem.make(rows, self.labels, s, len(self.classes))
