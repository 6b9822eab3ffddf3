"""How good weights are on rows that they were not trained on: the mean loss and the accuracy."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from fastlr.objective import log_probabilities
from fastlr.problem import Problem, Rows, pieces
from fastlr.stratified import stratified_parts

# So many rows are copied at a time.
PIECE_ROWS = 4096


class Evaluation(NamedTuple):
    """The mean cross-entropy and the share of rows predicted right, both weighted."""

    loss: float
    accuracy: float


class EvaluationSet(NamedTuple):
    """Rows to evaluate weights on.

    Attributes
    ----------
    rows : Rows
    labels : ndarray of int32, shape (n_samples,)
        Class codes.
    weights : ndarray of float64, shape (n_samples,)
        ``s``, sample weight times class weight; of shape (0,) where every row weighs 1.
    chosen : ndarray of intp
        Which of the rows count.
    """

    rows: Rows
    labels: np.ndarray
    weights: np.ndarray
    chosen: np.ndarray

    @classmethod
    def make(cls, rows: Rows, labels: np.ndarray, weights: np.ndarray | None) -> EvaluationSet:
        """Assemble the parts; ``weights`` None means that every row weighs 1.

        Raises
        ------
        ValueError
            If no row has a weight.
        """
        if weights is None:
            return cls(rows, labels, np.empty(0), np.arange(rows.shape[0]))
        chosen = np.flatnonzero(weights)
        if len(chosen) == 0 or not np.isfinite(weights.sum()):
            raise ValueError("The sum of sample_weight times class_weight must be finite and above 0.")
        return cls(rows, labels, weights, chosen)

    def evaluate(self, weights: np.ndarray, intercept: np.ndarray) -> Evaluation:
        """Return the loss and the accuracy of ``weights``, shape (n_features, n_outputs), and ``intercept``."""
        loss = right = total = 0.0
        for piece in pieces(len(self.chosen), PIECE_ROWS):
            chosen = self.chosen[piece]
            labels = self.labels[chosen]
            scores = (self.rows.csr[chosen] @ weights).astype(np.float64) + intercept
            # A tie of two classes goes to the first, as in predict.
            best = scores[:, 0] > 0 if scores.shape[1] == 1 else scores.argmax(axis=1)
            s = self.weights[chosen] if len(self.weights) else np.ones(len(chosen))
            loss -= float(s @ log_probabilities(scores)[np.arange(len(chosen)), labels])
            right += float(s @ (best == labels))
            total += float(s.sum())
        return Evaluation(loss / total, right / total)


def hold_out(problem: Problem, fraction: float, random: np.random.RandomState) -> tuple[Problem, EvaluationSet]:
    """Cut a share of the rows that count out of a problem, of each class its share; return the two parts.

    Raises
    ------
    ValueError
        If there are not rows enough for both.
    """
    n = len(problem.present)
    labels = problem.labels[problem.present]
    held_out = stratified_parts(labels, (max(1, round(fraction * n)),), random)[1]
    if len(held_out) == 0:
        raise ValueError(
            f"early_stopping has no rows to validate on: all {n} are the only ones of their class. Pass an eval_set."
        )
    chosen = problem.present[held_out]
    return problem.without(chosen), EvaluationSet(problem.rows, problem.labels, problem.sample_weight, chosen)
