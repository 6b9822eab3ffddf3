"""Measures of predicted probabilities, weighted or not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from fastlr.utils.arrays import joined_weights
from fastlr.utils.elementary import log
from fastlr.utils.sums import column_sums, dot, mean_of, row_sums, sum_of

# Calibration compares probabilities with frequencies in this many bins.
N_BINS = 10


def log_loss(probabilities: np.ndarray, labels: np.ndarray, weights: np.ndarray | None = None) -> float:
    """Return the mean of ``-log p`` over the rows' true classes, with ``p`` clipped at 1e-15."""
    return Outcome.of(probabilities, labels, weights).log_loss


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


def roc_auc(scores: np.ndarray, positive: np.ndarray, weights: np.ndarray | None = None) -> float:
    """Return the area under the receiver operating characteristic.

    It is the share of the pairs of a positive and a negative row in which the positive one has the higher score; equal
    scores count as a half.

    Parameters
    ----------
    scores : ndarray of shape (n_rows,)
    positive : ndarray of bool, shape (n_rows,)
    weights : ndarray of shape (n_rows,), default=None
        None means 1 for every row.

    Returns
    -------
    float
        NaN if there are no positive or no negative rows.

    Examples
    --------
    >>> import numpy as np
    >>> roc_auc(np.array([0.1, 0.4, 0.35, 0.8]), np.array([False, False, True, True]))
    0.75
    """
    return float(_area(*_counts_above(scores, positive, weights)))


def average_precision(scores: np.ndarray, positive: np.ndarray, weights: np.ndarray | None = None) -> float:
    """Return the mean of the precisions at each score of a positive row, over the positive rows.

    Parameters
    ----------
    scores, positive, weights : ndarray
        As those of `roc_auc`.

    Returns
    -------
    float
        NaN if there are no positive rows.

    Examples
    --------
    >>> import numpy as np
    >>> round(average_precision(np.array([0.1, 0.4, 0.35, 0.8]), np.array([False, False, True, True])), 3)
    0.833
    """
    return float(_mean_precision(*_counts_above(scores, positive, weights)))


def _counts_above(
    scores: np.ndarray, positive: np.ndarray, weights: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """Return how many positive and negative rows have at least each score, from the largest one on, behind a 0."""
    if weights is None:
        weights = np.ones(len(scores))
    some = weights > 0
    if not some.all():
        scores, positive, weights = scores[some], positive[some], weights[some]
    order = (-scores).argsort(kind="stable")
    scores, positive, weights = scores[order], positive[order], weights[order]
    ends = np.append(np.flatnonzero(np.diff(scores)), np.arange(len(scores))[-1:])
    true, false = (np.cumsum(np.where(mask, weights, 0.0))[ends] for mask in (positive, ~positive))
    return np.append(0.0, true), np.append(0.0, false)


def _area(true: np.ndarray, false: np.ndarray) -> float:
    pairs = true[-1] * false[-1]
    return dot(np.diff(false), true[1:] + true[:-1]) / (2.0 * pairs) if pairs else np.nan


def _mean_precision(true: np.ndarray, false: np.ndarray) -> float:
    return dot(np.diff(true), true[1:] / (true[1:] + false[1:])) / true[-1] if true[-1] else np.nan


def brier_score(probabilities: np.ndarray, labels: np.ndarray, weights: np.ndarray | None = None) -> float:
    """Return the mean of ``sum_k (p_k - y_k) ** 2`` over the rows, where ``y_k`` is 1 for the true class and else 0.

    With two classes it is half of that, which is the mean of ``(p_1 - y_1) ** 2``.

    Parameters
    ----------
    probabilities : ndarray of shape (n_rows, n_classes)
    labels : ndarray of int, shape (n_rows,)
    weights : ndarray of shape (n_rows,), default=None
        None means 1 for every row.
    """
    n_classes = probabilities.shape[1]
    own = probabilities[np.arange(len(labels)), labels]
    squares = row_sums(probabilities * probabilities) - 2.0 * own + 1.0
    return mean_of(squares, weights) / (2.0 if n_classes == 2 else 1.0)


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

    def take(self, chosen: np.ndarray) -> Outcome:
        """Return the rows where a mask is True."""
        weights = None if self.weights is None else self.weights[chosen]
        return Outcome(self.labels[chosen], self.predicted[chosen], self.own[chosen], self.confidence[chosen], weights)

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
        return -mean_of(log(np.maximum(self.own, 1e-15, dtype=np.float64)), self.weights)


class Evaluation(NamedTuple):
    """Measures of a model's predictions.

    Attributes
    ----------
    names : list of str
        Classes: those of the model, and those that only the rows have.
    n : int
        Rows.
    accuracy, log_loss : float
        The log-loss, the Brier score, the area and the average precision leave out rows of a class that the model does
        not know.
    f1_macro, f1_weighted : float
        Mean F1 of the classes that occur or are predicted, and the same weighted by the support. Their micro F1 is the
        accuracy.
    brier_score, roc_auc, average_precision : float or None
        See `brier_score`, `roc_auc` and `average_precision`. The latter two are those of the second class if the model
        has two, and otherwise the means over the classes, each against the rest. None if they are not defined, or were
        not computed.
    per_class : dict of ndarray
        See `per_class`; also "roc_auc" and "average_precision" of each class, NaN if they are not defined.
    confusion : ndarray of int, or float if rows have weights, shape (n_classes, n_classes)
    calibration : dict
        See `calibration`.
    """

    names: list[str]
    n: int
    accuracy: float
    log_loss: float
    f1_macro: float
    f1_weighted: float
    brier_score: float | None
    roc_auc: float | None
    average_precision: float | None
    per_class: dict[str, np.ndarray]
    confusion: np.ndarray
    calibration: dict[str, Any]

    @classmethod
    def of(
        cls,
        outcome: Outcome,
        names: list[str],
        probabilities: np.ndarray | None = None,
        *,
        n_known: int | None = None,
    ) -> Evaluation:
        """Evaluate predictions.

        Parameters
        ----------
        outcome : Outcome
        names : list of str
        probabilities : ndarray of shape (n_rows, n_known), default=None
            None leaves out what one probability for each row does not tell: ``brier_score``, ``roc_auc`` and
            ``average_precision``.
        n_known : int, default=None
            How many of the classes, the first ones, the model knows. None means all.
        """
        n_known = len(names) if n_known is None else n_known
        matrix = confusion(outcome.predicted, outcome.labels, len(names), outcome.weights)
        table = per_class(matrix)
        occurs = (table["support"] > 0) | (column_sums(matrix) > 0)
        known, of_known = outcome, outcome.labels < n_known
        if not of_known.all():
            known = outcome.take(of_known)
            probabilities = None if probabilities is None else probabilities[of_known]
        rankings = np.full((2, len(names)), np.nan)
        if probabilities is not None:
            for k, scores in enumerate(probabilities.T):
                counts = _counts_above(scores, known.labels == k, known.weights)
                rankings[:, k] = _area(*counts), _mean_precision(*counts)
        area, precision = (_defined(row[1:] if n_known == 2 else row) for row in rankings[:, :n_known])
        return cls(
            names,
            len(outcome.labels),
            outcome.accuracy,
            known.log_loss,
            mean_of(table["f1"][occurs]),
            mean_of(table["f1"], table["support"]),
            None if probabilities is None else brier_score(probabilities, known.labels, known.weights),
            area,
            precision,
            {**table, "roc_auc": rankings[0], "average_precision": rankings[1]},
            matrix,
            calibration(outcome.confidence, outcome.correct, outcome.weights),
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the measures as values for JSON; those that are not defined are None."""
        columns = {
            name: [None if value != value else value for value in column.tolist()]
            for name, column in self.per_class.items()
        }
        return {
            "n": self.n,
            "accuracy": self.accuracy,
            "log_loss": self.log_loss,
            "f1_macro": self.f1_macro,
            "f1_weighted": self.f1_weighted,
            "f1_micro": self.accuracy,
            "roc_auc": self.roc_auc,
            "average_precision": self.average_precision,
            "brier_score": self.brier_score,
            "classes": {name: {key: columns[key][k] for key in columns} for k, name in enumerate(self.names)},
            "confusion": self.confusion.tolist(),
            "calibration": self.calibration,
        }


def _defined(values: np.ndarray) -> float | None:
    """Return the mean of the values that are not NaN; None if there are none."""
    defined = values[~np.isnan(values)]
    return mean_of(defined) if len(defined) else None
