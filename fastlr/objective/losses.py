"""Losses: what a row's scores cost, given its class.

A loss knows everything that training needs of it: its value, its derivative, how much it curves, its convex conjugate
(which bounds the optimum from below, see `fastlr.objective.duality`) and the probabilities that scores stand for. The
compiled kernels have the same formulas, row by row, in the files of ``fastlr/kernels/sources`` that belong to
`Loss.name`.

Scores ``z`` have shape ``(n_samples, n_outputs)``: one column for two classes, otherwise one a class.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np

from fastlr.utils.elementary import exp, log, log1p
from fastlr.utils.sums import row_sums


class Loss(ABC):
    """A convex loss of a row's scores and class.

    Attributes
    ----------
    name : str
        Selects the compiled kernels.
    """

    name: ClassVar[str]

    @abstractmethod
    def value(self, scores: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """Return the loss of each row, shape (n_samples,); ``labels`` are class codes."""

    @abstractmethod
    def derivative(self, scores: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """Return the derivative of each row's loss by its scores, in the shape of the scores."""

    def value_and_derivative(self, scores: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return `value` and `derivative`; a loss may share work between them."""
        return self.value(scores, labels), self.derivative(scores, labels)

    @abstractmethod
    def target_mass(self, labels: np.ndarray, s: np.ndarray, n_classes: int) -> np.ndarray:
        """Return the sum of the rows' target probabilities times their weights, shape (n_classes,).

        At the best intercepts the model's probabilities have the same sum.
        """

    @abstractmethod
    def curvature_bound(self, n_outputs: int) -> float:
        """Return a bound of the eigenvalues of a row's second derivative by its scores."""

    @abstractmethod
    def curvatures(self, p: np.ndarray) -> np.ndarray:
        """Return what the rows' second derivatives are made of, for probabilities with a column a class."""

    @abstractmethod
    def hessian_product(self, curvatures: np.ndarray, direction: np.ndarray, s: np.ndarray) -> np.ndarray:
        """Return each row's second derivative, times its weight ``s``, times a direction in the shape of the scores."""

    @abstractmethod
    def hessian_diagonal(self, curvatures: np.ndarray, s: np.ndarray) -> np.ndarray:
        """Return the diagonals of the rows' second derivatives, times their weights ``s``."""

    @abstractmethod
    def conjugate(self, dual: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """Return each row's convex conjugate ``sup_z dual @ z - loss(z)``, infinite outside its domain.

        At a derivative it is finite, and so it is on the line from there to 0.
        """

    @abstractmethod
    def entropy(self, p: np.ndarray) -> np.ndarray:
        """Return minus each row's conjugate at the derivative where the probabilities are ``p``, a column a class.

        Probabilities keep digits that the derivative loses where it is almost 0.
        """

    @abstractmethod
    def probabilities(self, scores: np.ndarray) -> np.ndarray:
        """Return the probability of each class, shape (n_samples, n_classes)."""

    @abstractmethod
    def log_probabilities(self, scores: np.ndarray) -> np.ndarray:
        """Return the logarithm of `probabilities`, finite for any finite score."""


class LogLoss(Loss):
    """The cross-entropy, or log-loss, of logistic regression.

    Two classes have one score ``z``, the log-odds of the second: ``loss = log(1 + exp(z)) - y z`` for ``y`` in {0, 1}.
    More classes have a score each (softmax): ``loss = logsumexp(z) - z[y]``. The derivative is ``p - e_y``, and the
    conjugate there ``sum_k p_k log(p_k)``, the negative entropy of the probabilities ``p``.
    """

    name = "log_loss"

    # A dual point outside the domain by no more than this is there by rounding.
    ROUNDING = 1e-12

    def value(self, scores: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """Return the loss of each row."""
        below, _, rest = _exponentials(scores)
        return log1p(rest) - below[np.arange(len(labels)), labels]

    def derivative(self, scores: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """Return ``p - e_y``, without the first class where there is one score."""
        return self.value_and_derivative(scores, labels)[1]

    def value_and_derivative(self, scores: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return both at the cost of one exponential an entry."""
        own = np.arange(len(labels)), labels
        below, powers, rest = _exponentials(scores)
        errors = powers / (1.0 + rest)[:, None]
        errors[own] = 0.0
        errors[own] = -row_sums(errors)  # p - 1 as a sum, which keeps the digits of a class that is nearly certain
        return log1p(rest) - below[own], errors[:, -scores.shape[1] :].astype(scores.dtype, copy=False)

    def target_mass(self, labels: np.ndarray, s: np.ndarray, n_classes: int) -> np.ndarray:
        """Return the sum of the weights over each class."""
        return np.bincount(labels, weights=s, minlength=n_classes)

    def curvature_bound(self, n_outputs: int) -> float:
        """Return 1/4 for one score, 1/2 for softmax."""
        return 0.25 if n_outputs == 1 else 0.5

    def curvatures(self, p: np.ndarray) -> np.ndarray:
        """Return the probabilities, or for two classes their product.

        The product keeps its digits where one of the two is almost 1.
        """
        return p[:, :1] * p[:, 1:] if p.shape[1] == 2 else p

    def hessian_product(self, curvatures: np.ndarray, direction: np.ndarray, s: np.ndarray) -> np.ndarray:
        """Return ``s (diag(p) - p p^T) direction`` of each row; of one score, ``s p (1 - p) direction``."""
        mean = 0.0 if curvatures.shape[1] == 1 else row_sums(curvatures, direction)[:, None]
        return s[:, None] * curvatures * (direction - mean)

    def hessian_diagonal(self, curvatures: np.ndarray, s: np.ndarray) -> np.ndarray:
        """Return ``s p (1 - p)``."""
        diagonal = s[:, None] * curvatures
        if diagonal.shape[1] > 1:
            diagonal *= 1.0 - curvatures
        return diagonal

    def conjugate(self, dual: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """Return ``sum_k p_k log(p_k)`` where ``dual = p - e_y`` for probabilities ``p``, and infinity elsewhere."""
        n_samples, n_outputs = dual.shape
        p = np.hstack([-dual, dual]) if n_outputs == 1 else dual.copy()
        p[np.arange(n_samples), labels] += 1.0
        outside = (p < -self.ROUNDING).any(axis=1) | (np.abs(row_sums(p) - 1.0) > self.ROUNDING * n_outputs)
        return np.where(outside, np.inf, -self.entropy(np.maximum(p, 0.0)))

    def entropy(self, p: np.ndarray) -> np.ndarray:
        """Return ``-sum_k p_k log(p_k)``."""
        with np.errstate(invalid="ignore"):  # where a probability is 0, its logarithm is infinite
            return -row_sums(np.where(p == 0.0, 0.0, p * log(p)))

    def probabilities(self, scores: np.ndarray) -> np.ndarray:
        """Return the sigmoid of one score, the softmax of several, in the type of the scores."""
        _, powers, rest = _exponentials(scores)
        powers /= (1.0 + rest)[:, None]
        return powers.astype(np.result_type(scores, np.float32), copy=False)

    def log_probabilities(self, scores: np.ndarray) -> np.ndarray:
        """Return the logarithm of `probabilities`, finite for any finite score."""
        below, _, rest = _exponentials(scores)
        below -= log1p(rest)[:, None]
        return below.astype(np.result_type(scores, np.float32), copy=False)


def _exponentials(scores: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the scores less the row's largest, their exponentials, and the sum of these but for that of the largest.

    There is a column for each class: one score is that of the second class, and the first has 0.
    """
    z = scores.astype(np.float64)
    if z.shape[1] == 1:
        z = np.hstack([np.zeros_like(z), z])
    largest = np.arange(len(z)), z.argmax(axis=1)
    top = z[largest]
    with np.errstate(over="ignore", invalid="ignore"):
        z -= top[:, None]
    z[largest] = np.where(np.isnan(top), top, 0.0)  # 0 even if it is infinite
    powers = exp(z)
    others = powers.copy()
    others[largest] = 0.0
    return z, powers, row_sums(others)


LOG_LOSS = LogLoss()

# By the names that estimators and kernels know them by.
LOSSES: dict[str, Loss] = {loss.name: loss for loss in (LOG_LOSS,)}
