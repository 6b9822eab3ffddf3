"""Measures of predicted probabilities, weighted or not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from fastlr.utils.arrays import joined_weights
from fastlr.utils.elementary import log
from fastlr.utils.sums import column_sums, mean_of, row_sums, sum_of

# Calibration compares probabilities with frequencies in this many bins.
N_BINS = 10


def log_loss(probabilities: np.ndarray, labels: np.ndarray, weights: np.ndarray | None = None) -> float:
    """Return the mean of ``-log p`` over the rows' true classes, with ``p`` clipped at 1e-15."""
    return Outcome.of(probabilities, labels, weights).log_loss


def mean_log_loss(own: np.ndarray, weights: np.ndarray | None = None) -> float:
    """Return the mean of ``-log p``, given each row's probability ``p`` of its true class; see `log_loss`."""
    return -mean_of(log(np.maximum(own, 1e-15, dtype=np.float64)), weights)


def accuracy(probabilities: np.ndarray, labels: np.ndarray, weights: np.ndarray | None = None) -> float:
    """Return the share of rows whose most probable class is the true one."""
    return Outcome.of(probabilities, labels, weights).accuracy


def confusion(
    predicted: np.ndarray, labels: np.ndarray, n_classes: int, weights: np.ndarray | None = None
) -> np.ndarray:
    """Return the confusion matrix: rows of class ``i`` predicted as class ``j`` count in entry ``(i, j)``."""
    places = labels * n_classes + predicted
    return np.bincount(places, weights, minlength=n_classes * n_classes).reshape(n_classes, n_classes)


def per_class(matrix: np.ndarray) -> dict[str, np.ndarray]:
    """Return precision, recall, F1 and support of each class from a confusion matrix; 0 where a ratio is undefined."""
    correct, predicted = matrix.diagonal().astype(float), column_sums(matrix)
    support = row_sums(matrix).astype(matrix.dtype)

    def ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
        return np.divide(above, below, out=np.zeros(len(above)), where=below > 0)

    precision, recall = ratio(correct, predicted), ratio(correct, support)
    f1 = ratio(2.0 * correct, (predicted + support).astype(float))
    return {"precision": precision, "recall": recall, "f1": f1, "support": support}


def calibration(confidence: np.ndarray, correct: np.ndarray, weights: np.ndarray | None = None) -> dict[str, Any]:
    """Compare the predicted class's probability with how often it is the true one.

    Parameters
    ----------
    confidence : ndarray of shape (n_rows,)
        Probability of each row's predicted class.
    correct : ndarray of bool, shape (n_rows,)
        Whether the predicted class is the true one.
    weights : ndarray of shape (n_rows,), default=None
        None means 1 for every row.

    Returns
    -------
    dict
        For each bin of probabilities that has rows, the mean "confidence", the "accuracy" and the "count"; and the
        "error", the expected calibration error: the mean difference of confidence and accuracy, weighted by the count.
    """
    bins = np.minimum((confidence * N_BINS).astype(int), N_BINS - 1)
    s = 1.0 if weights is None else weights
    count = np.bincount(bins, weights, minlength=N_BINS)
    mean = np.bincount(bins, weights=s * confidence, minlength=N_BINS)
    hits = np.bincount(bins, weights=s * correct, minlength=N_BINS)
    error = sum_of(np.abs(mean - hits)) / sum_of(count)
    some = count > 0
    return {
        "confidence": (mean[some] / count[some]).tolist(),
        "accuracy": (hits[some] / count[some]).tolist(),
        "count": count[some].tolist(),
        "error": error,
    }


class Outcome(NamedTuple):
    """What an `Evaluation` needs of predictions: an entry a row, instead of all probabilities.

    Attributes
    ----------
    labels, predicted : ndarray of int
        Each row's true class, and its most probable one.
    own, confidence : ndarray of float
        Their probabilities.
    weights : ndarray of float or None
        None if every row counts as 1.
    """

    labels: np.ndarray
    predicted: np.ndarray
    own: np.ndarray
    confidence: np.ndarray
    weights: np.ndarray | None

    @classmethod
    def of(cls, probabilities: np.ndarray, labels: np.ndarray, weights: np.ndarray | None = None) -> Outcome:
        """Return the outcome for probabilities of shape (n_rows, n_classes)."""
        predicted, rows = probabilities.argmax(axis=1), np.arange(len(labels))
        return cls(labels, predicted, probabilities[rows, labels], probabilities[rows, predicted], weights)

    @classmethod
    def joined(cls, parts: Sequence[Outcome]) -> Outcome:
        """Return the outcomes of several parts as one."""
        return cls(
            np.concatenate([part.labels for part in parts]),
            np.concatenate([part.predicted for part in parts]),
            np.concatenate([part.own for part in parts]),
            np.concatenate([part.confidence for part in parts]),
            joined_weights([part.weights for part in parts], [part.labels for part in parts]),
        )

    @property
    def correct(self) -> np.ndarray:
        """Whether each row's most probable class is the true one."""
        return self.predicted == self.labels

    @property
    def accuracy(self) -> float:
        """Share of the rows whose most probable class is the true one."""
        return mean_of(self.correct, self.weights)

    @property
    def log_loss(self) -> float:
        """Mean of ``-log p`` over the rows' true classes, with ``p`` clipped at 1e-15."""
        return mean_log_loss(self.own, self.weights)


class Evaluation(NamedTuple):
    """Measures of a model's predictions.

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
        matrix = confusion(outcome.predicted, outcome.labels, len(names), outcome.weights)
        return cls(
            names,
            len(outcome.labels),
            outcome.accuracy,
            outcome.log_loss,
            per_class(matrix),
            matrix,
            calibration(outcome.confidence, outcome.correct, outcome.weights),
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the measures as values for JSON."""
        columns = {name: column.tolist() for name, column in self.per_class.items()}
        return {
            "n": self.n,
            "accuracy": self.accuracy,
            "log_loss": self.log_loss,
            "classes": {name: {key: columns[key][k] for key in columns} for k, name in enumerate(self.names)},
            "confusion": self.confusion.tolist(),
            "calibration": self.calibration,
        }
