"""A scale and shifts of the scores, so that their probabilities fit documents that were held out.

A model that was trained for a few epochs has scores that are too small or too large as a whole, between a third and
three times what fits new documents, whatever the strength of the penalty. And its intercepts fit the documents of the
training, which it knows by words that new documents lack. A scale and shifts mend both: see Guo et al. 2017, "On
calibration of modern neural networks", and Alexandari et al. 2020, "Maximum likelihood with bias-corrected calibration
is hard-to-beat at label shift adaptation".
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from fastlr.text.predictor import probabilities
from fastlr.utils.elementary import exp, log
from fastlr.utils.sums import column_sums, dot, row_sums, sum_of

# At most so many documents are used, or more, as long as they have no more scores: with two classes nearly all, because
# one of them may be rare. With 2,000 of 4,800 documents the log-loss of descriptions of which 1% and 2% are of one
# class is 9% and 2% higher.
MAX_DOCUMENTS = 2000
MAX_SCORES = 1 << 17

# The search ends when no number changes by more than this, or after so many rounds.
TOLERANCE = 0.02
MAX_ROUNDS = 30


class Calibration(NamedTuple):
    """What scores are multiplied by, and what is added to them then.

    Attributes
    ----------
    scale : float
    shifts : ndarray of float64, shape (n_outputs,)
    """

    scale: float
    shifts: np.ndarray

    def apply(self, scores: np.ndarray) -> np.ndarray:
        """Return the calibrated scores, in the type of the given ones."""
        return (self.scale * scores + self.shifts).astype(scores.dtype)


def relative_loss(scores: np.ndarray, codes: np.ndarray, weights: np.ndarray | None, backend: str) -> float:
    """Return the log-loss of scores, in units of that of the classes' shares: 0 if all is known, 1 if nothing is.

    The parameters are those of `calibrate`.
    """
    scores, codes, own_weights = _sampled(scores, codes, weights)
    p = probabilities(scores, backend)
    shares = np.bincount(codes, own_weights, minlength=p.shape[1]) / len(codes)
    shares = shares[shares > 0.0]
    least = np.finfo(np.float32).tiny
    lost = -dot(own_weights, log(np.maximum(p[np.arange(len(codes)), codes], least))) / len(codes)
    return lost / max(-dot(shares, log(shares)), 1e-9)


def most_documents(n_outputs: int) -> int:
    """Return how many documents at most are used."""
    return max(MAX_DOCUMENTS, MAX_SCORES // max(n_outputs, 2))


def _sampled(
    scores: np.ndarray, codes: np.ndarray, weights: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the scores and codes of enough documents at equal distances, and their weights, whose mean is 1."""
    present = np.arange(len(codes)) if weights is None else np.flatnonzero(weights)
    n_used = min(len(present), most_documents(scores.shape[1]))
    present = present[np.arange(n_used) * len(present) // n_used]
    own_weights = np.ones(n_used) if weights is None else weights[present]
    return scores[present].astype(np.float64), codes[present], own_weights * (n_used / sum_of(own_weights))


def calibrate(scores: np.ndarray, codes: np.ndarray, weights: np.ndarray | None, backend: str) -> Calibration:
    """Return the calibration with the least log-loss, drawn to a scale of 1 and shifts of 0 if there are few documents.

    It minimizes ``n * log_loss + 4 * log(scale)**2 + sum(shifts**2)`` for ``n`` documents of mean weight 1. Two classes
    have opposite shifts there, of which the difference is returned.

    Parameters
    ----------
    scores : ndarray of float32, shape (n_documents, n_outputs)
    codes : ndarray of int, shape (n_documents,)
        True classes.
    weights : ndarray of float64, shape (n_documents,), or None
        Weights of the documents, 0 or more, of which one is above 0. None is 1 for all.
    backend : {"numba", "cython", "numpy"}
    """
    scores, codes, own_weights = _sampled(scores, codes, weights)
    is_binary = scores.shape[1] == 1
    if is_binary:
        scores = np.hstack([-0.5 * scores, 0.5 * scores])
    squares, own = np.square(scores), scores[np.arange(len(codes)), codes]
    class_weights = np.bincount(codes, own_weights, minlength=scores.shape[1])
    log_scale, shifts = 0.0, np.zeros(scores.shape[1])
    for _ in range(MAX_ROUNDS):
        scale = float(exp(np.float64(log_scale)))
        # The Hessian of the shifts, diag(p) - p p^T, is at most diag(p).
        expected = column_sums(probabilities(scale * scores + shifts, backend), own_weights[:, None])
        moves = (class_weights - expected - 2.0 * shifts) / (expected + 2.0)
        shifts = shifts + moves
        p = probabilities(scale * scores + shifts, backend)
        means = row_sums(p, scores)
        gradient = scale * dot(own_weights, means - own) + 8.0 * log_scale
        curvature = scale * scale * dot(own_weights, row_sums(p, squares) - np.square(means)) + 8.0
        step = min(max(-gradient / curvature, -1.0), 1.0)
        log_scale += step
        if max(abs(step), np.abs(moves).max()) < TOLERANCE:
            break
    if is_binary:
        shifts = shifts[1:] - shifts[:1]
    return Calibration(float(exp(np.float64(log_scale))), shifts)
