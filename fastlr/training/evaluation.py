"""How good weights are on rows that they were not trained on: the mean loss and the accuracy."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from fastlr.data.problem import Problem
from fastlr.data.stratify import stratified_parts
from fastlr.objective import log_probabilities
from fastlr.utils.arrays import chunked_slices

# So many rows are copied at a time.
PIECE_ROWS = 4096


class Evaluation(NamedTuple):
    """The mean cross-entropy and the share of rows predicted right, both weighted."""

    loss: float
    accuracy: float


def evaluate(problem: Problem, weights: np.ndarray, intercept: np.ndarray) -> Evaluation:
    """Return the loss and the accuracy of ``weights``, shape (n_features, n_outputs), and ``intercept``.

    They are those over the rows of a problem that count.
    """
    loss = right = total = 0.0
    for part in problem.parts():
        for piece in chunked_slices(len(part.active_rows), PIECE_ROWS):
            chosen = part.active_rows[piece]
            labels = part.labels[chosen]
            scores = (part.rows.csr[chosen] @ weights).astype(np.float64) + intercept
            # A tie of two classes goes to the first, as in predict.
            best = scores[:, 0] > 0 if scores.shape[1] == 1 else scores.argmax(axis=1)
            s = part.weights(chosen)
            loss -= float(s @ log_probabilities(scores)[np.arange(len(chosen)), labels])
            right += float(s @ (best == labels))
            total += float(s.sum())
    return Evaluation(loss / total, right / total)


def held_out_rows(problem: Problem, fraction: float, random: np.random.RandomState) -> np.ndarray:
    """Return the numbers of a share of the rows that count, of each class its share, in increasing order.

    Raises
    ------
    ValueError
        If there are not rows enough.
    """
    chosen = []
    for first, labels, present in problem.targets():
        if len(present):
            size = max(1, round(fraction * len(present)))
            held_out = stratified_parts(labels[present], (size,), random)[1]
            chosen.append(first + present[held_out])
    chosen = np.concatenate(chosen)
    if len(chosen) == 0:
        raise ValueError(
            f"early_stopping has no rows to validate on: all {problem.n_active} are the only ones of their class. "
            "Pass an eval_set."
        )
    return chosen
