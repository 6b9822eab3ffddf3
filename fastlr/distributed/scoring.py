"""Scores of a model on rows in partitions, from sums over the partitions.

A metric of predicted classes needs no more of the rows than how much weight there is for each pair of a true and a
predicted class. The log-loss is a sum over the rows. Metrics that rank the rows, such as the area under the ROC curve,
would need all of them in one place.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.metrics import get_scorer

from fastlr.linear_model.folds import shown_classes, with_labels
from fastlr.objective.functions import most_probable
from fastlr.objective.losses import LOG_LOSS
from fastlr.utils.elementary import log
from fastlr.utils.sums import dot, sum_of

NEG_LOG_LOSS = "neg_log_loss"


class Scoring:
    """A metric: minus the log-loss, or one of predicted classes.

    Parameters
    ----------
    name : str or None
        Name of a scorer of scikit-learn; None is accuracy.

    Raises
    ------
    ValueError
        If the metric does not follow from predicted classes.
    """

    def __init__(self, name: Any) -> None:
        self.name = "accuracy" if name is None else name
        if self.name == NEG_LOG_LOSS:
            return
        try:
            self.value(np.arange(2), np.eye(2).ravel())
        except (AttributeError, TypeError, ValueError) as error:
            raise ValueError(
                "scoring must be 'neg_log_loss', None or the name of a metric of predicted classes, such as 'accuracy' "
                f"or 'f1_macro', for rows in partitions; got {name!r}."
            ) from error

    def sums(
        self,
        scores: np.ndarray,
        labels: np.ndarray,
        weights: np.ndarray | None,
        n_classes: int,
        dtype: np.dtype,
    ) -> np.ndarray:
        """Return what rows add to the sums of all, a vector.

        Parameters
        ----------
        scores : ndarray of shape (n_samples, n_outputs)
        labels : ndarray of shape (n_samples,)
            Class codes.
        weights : ndarray of shape (n_samples,) or None
        n_classes : int
        dtype : dtype
            Type of the probabilities, to whose ``eps`` the log-loss clips them, as scikit-learn does.
        """
        weights = np.ones(len(labels)) if weights is None else weights
        if self.name != NEG_LOG_LOSS:
            pairs = labels * np.intp(n_classes) + most_probable(scores)
            return np.bincount(pairs, weights, n_classes * n_classes)
        logs = np.maximum(-LOG_LOSS.value(scores, labels), log(np.finfo(dtype).eps))
        return np.array([dot(logs, weights), sum_of(weights)])

    def value(self, classes: np.ndarray, sums: np.ndarray) -> float:
        """Return the score, from the sums over all rows.

        Raises
        ------
        ValueError
            If all rows have zero weight.
        """
        if self.name == NEG_LOG_LOSS:
            loss, total = sums
            if not total:
                raise ValueError("All rows to score on have zero weight.")
            return float(loss / total)
        pairs = np.flatnonzero(sums)
        if not len(pairs):
            raise ValueError("All rows to score on have zero weight.")
        classes = shown_classes(classes)
        true, predicted = (classes[codes] for codes in np.divmod(pairs, len(classes)))
        scorer = with_labels(get_scorer(self.name), classes)
        return float(scorer(_Predicted(classes), predicted, true, sample_weight=sums[pairs]))


class _Predicted(ClassifierMixin, BaseEstimator):
    """A classifier whose rows are the classes that were predicted."""

    def __init__(self, classes: np.ndarray) -> None:
        self.classes_ = classes

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return the rows."""
        return X
