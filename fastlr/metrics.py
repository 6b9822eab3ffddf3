"""How good predicted probabilities are: over rows that all count the same, or as their weights say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from fastlr.utils.arrays import joined_weights

# Predictions are grouped by so many steps of their probability to see how often they are right.
N_BINS = 10


def log_loss(probabilities: np.ndarray, labels: np.ndarray, weights: np.ndarray | None = None) -> float:
    """Return the mean of ``-log p`` of each row's own class, with ``p`` of at least 1e-15."""
    return Outcome.of(probabilities, labels, weights).log_loss


def accuracy(probabilities: np.ndarray, labels: np.ndarray, weights: np.ndarray | None = None) -> float:
    """Return the share of rows whose most probable class is their own."""
    return Outcome.of(probabilities, labels, weights).accuracy


def confusion(
    predicted: np.ndarray, labels: np.ndarray, n_classes: int, weights: np.ndarray | None = None
) -> np.ndarray:
    """Return how many rows of each class (row) were taken for each class (column)."""
    places = labels * n_classes + predicted
    return np.bincount(places, weights, minlength=n_classes**2).reshape(n_classes, n_classes)


def per_class(matrix: np.ndarray) -> dict[str, np.ndarray]:
    """Return precision, recall, F1 and the number of rows of each class; 0 where there is nothing to divide by."""
    right, predicted, support = matrix.diagonal().astype(float), matrix.sum(axis=0), matrix.sum(axis=1)

    def ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
        return np.divide(above, below, out=np.zeros(len(above)), where=below > 0)

    precision, recall = ratio(right, predicted), ratio(right, support)
    f1 = ratio(2.0 * right, (predicted + support).astype(float))
    return {"precision": precision, "recall": recall, "f1": f1, "support": support}


def calibration(confidence: np.ndarray, right: np.ndarray, weights: np.ndarray | None = None) -> dict[str, Any]:
    """Return, by steps of ``confidence``, the predicted class's probability, its mean and how often it was right.

    ``error`` is the expected calibration error: the mean difference of the two, weighted by the number of rows.
    """
    bins = np.minimum((confidence * N_BINS).astype(int), N_BINS - 1)
    s = 1.0 if weights is None else weights
    count = np.bincount(bins, weights, minlength=N_BINS)
    mean = np.bincount(bins, weights=s * confidence, minlength=N_BINS)
    hits = np.bincount(bins, weights=s * right, minlength=N_BINS)
    error = float(np.abs(mean - hits).sum() / count.sum())
    some = count > 0
    return {
        "confidence": (mean[some] / count[some]).tolist(),
        "accuracy": (hits[some] / count[some]).tolist(),
        "count": count[some].tolist(),
        "error": error,
    }


class Outcome(NamedTuple):
    """What is to be known of predictions, less than all probabilities: an entry a row.

    Attributes
    ----------
    labels, predicted : ndarray of int
        Each row's own class, and its most probable one.
    own, confidence : ndarray of float
        Their probabilities.
    weights : ndarray of float or None
        None where every row counts as 1.
    """

    labels: np.ndarray
    predicted: np.ndarray
    own: np.ndarray
    confidence: np.ndarray
    weights: np.ndarray | None

    @classmethod
    def of(cls, probabilities: np.ndarray, labels: np.ndarray, weights: np.ndarray | None = None) -> Outcome:
        """Return that of probabilities of shape (n_rows, n_classes)."""
        predicted, rows = probabilities.argmax(axis=1), np.arange(len(labels))
        return cls(labels, predicted, probabilities[rows, labels], probabilities[rows, predicted], weights)

    @classmethod
    def joined(cls, parts: Sequence[Outcome]) -> Outcome:
        """Return several as one."""
        *arrays, weights = zip(*parts, strict=True)
        return cls(*map(np.concatenate, arrays), joined_weights(weights, arrays[0]))

    @property
    def accuracy(self) -> float:
        """Share of the rows whose most probable class is their own."""
        return float(np.average(self.predicted == self.labels, weights=self.weights))

    @property
    def log_loss(self) -> float:
        """Mean of ``-log p`` of each row's own class, with ``p`` of at least 1e-15."""
        losses = -np.log(np.maximum(self.own, 1e-15, dtype=np.float64))
        return float(np.average(losses, weights=self.weights))


class Evaluation(NamedTuple):
    """All that is said of a model's predictions.

    Attributes
    ----------
    names : list of str
        Classes.
    n : int
        Rows.
    accuracy, log_loss : float
    per_class : dict of ndarray
        See `per_class`.
    confusion : ndarray of int, or float if rows have weights, shape (n_classes, n_classes)
    calibration : dict
        See `calibration`.
    """

    names: list[str]
    n: int
    accuracy: float
    log_loss: float
    per_class: dict[str, np.ndarray]
    confusion: np.ndarray
    calibration: dict[str, Any]

    @classmethod
    def of(cls, outcome: Outcome, names: list[str]) -> Evaluation:
        """Evaluate predictions."""
        labels, predicted, _, confidence, s = outcome
        right, matrix = predicted == labels, confusion(predicted, labels, len(names), s)
        return cls(
            names, len(labels), outcome.accuracy, outcome.log_loss, per_class(matrix), matrix,
            calibration(confidence, right, s),
        )  # fmt: skip

    def as_dict(self) -> dict[str, Any]:
        """Return it as values that JSON knows."""
        columns = {name: column.tolist() for name, column in self.per_class.items()}
        return {
            "n": self.n,
            "accuracy": self.accuracy,
            "log_loss": self.log_loss,
            "classes": {name: {key: columns[key][k] for key in columns} for k, name in enumerate(self.names)},
            "confusion": self.confusion.tolist(),
            "calibration": self.calibration,
        }
