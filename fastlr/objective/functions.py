"""The objective that training minimises, its gradient, and the probabilities for a model's scores.

The objective of weights ``W``, shape ``(n_features, n_outputs)``, and intercepts ``b``, shape ``(n_outputs,)``, is

    F(W, b) = (1 / sum(s)) * sum_i s_i * loss(y_i, x_i W + b)
              + alpha * ((1 - l1_ratio) / 2 * ||W||_2^2 + l1_ratio * ||W||_1)

where ``s_i`` is sample weight times class weight and the intercept is never penalised. The loss is the cross-entropy:
with two classes there is one output ``z`` and ``loss = log(1 + exp(z)) - y z`` for ``y`` in {0, 1}; with more there is
one output a class and ``loss = logsumexp(z) - z[y]``. ``C`` of scikit-learn's ``LogisticRegression`` is
``alpha = 1 / (C * sum(s))``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastlr.objective.losses import LOG_LOSS
from fastlr.objective.penalties import ElasticNet
from fastlr.utils.sums import column_sums, mean_of, sum_of

if TYPE_CHECKING:
    import scipy.sparse as sp


def probabilities(scores: np.ndarray) -> np.ndarray:
    """Return the probability of each class.

    Parameters
    ----------
    scores : ndarray of shape (n_samples, n_outputs)
        One column for two classes, otherwise one a class.

    Returns
    -------
    ndarray of shape (n_samples, n_classes)

    Examples
    --------
    >>> import numpy as np
    >>> from fastlr.objective import probabilities
    >>> probabilities(np.array([[-2.0]])).round(2)
    array([[0.88, 0.12]])
    """
    return LOG_LOSS.probabilities(scores)


def log_probabilities(scores: np.ndarray) -> np.ndarray:
    """Return the logarithm of `probabilities`, finite for any finite score.

    Parameters
    ----------
    scores : ndarray of shape (n_samples, n_outputs)

    Returns
    -------
    ndarray of shape (n_samples, n_classes)

    Examples
    --------
    >>> import numpy as np
    >>> from fastlr.objective import log_probabilities
    >>> float(log_probabilities(np.array([[1000.0]]))[0, 0])
    -1000.0
    """
    return LOG_LOSS.log_probabilities(scores)


def most_probable(scores: np.ndarray) -> np.ndarray:
    """Return the code of the most probable class of each row, shape (n_samples,); a tie goes to the first class.

    Parameters
    ----------
    scores : ndarray of shape (n_samples, n_outputs)

    Examples
    --------
    >>> import numpy as np
    >>> from fastlr.objective.functions import most_probable
    >>> most_probable(np.array([[-2.0], [0.0], [1.0]]))
    array([0, 0, 1])
    """
    return (scores[:, 0] > 0).astype(np.intp) if scores.shape[1] == 1 else scores.argmax(axis=1)


def penalty(weights: np.ndarray, alpha: float, l1_ratio: float) -> float:
    """Return ``alpha * ((1 - l1_ratio) / 2 * ||W||_2^2 + l1_ratio * ||W||_1)``.

    Parameters
    ----------
    weights : ndarray of shape (n_features, n_outputs)
    alpha : float
        Strength, 0 or more.
    l1_ratio : float
        Share of L1, between 0 and 1.

    Examples
    --------
    >>> import numpy as np
    >>> from fastlr.objective import penalty
    >>> penalty(np.array([[3.0], [-4.0]]), alpha=1.0, l1_ratio=0.5)
    9.75
    """
    return ElasticNet.from_alpha(alpha, l1_ratio).value(weights)


def objective(
    weights: np.ndarray,
    intercept: np.ndarray,
    X: np.ndarray | sp.spmatrix | sp.sparray,
    labels: np.ndarray,
    sample_weight: np.ndarray | None = None,
    alpha: float = 0.0,
    l1_ratio: float = 0.0,
) -> float:
    """Return ``F(W, b)``, the objective at the top of this module.

    Parameters
    ----------
    weights : ndarray of shape (n_features, n_outputs)
    intercept : ndarray of shape (n_outputs,)
    X : array or sparse matrix of shape (n_samples, n_features)
    labels : ndarray of shape (n_samples,)
        Class codes, 0 to ``n_classes - 1``.
    sample_weight : ndarray of shape (n_samples,), default=None
        ``s``; None is 1 for every row.
    alpha, l1_ratio : float
        The penalty, as in `penalty`.

    Examples
    --------
    >>> import numpy as np
    >>> from fastlr.objective import objective
    >>> round(objective(np.zeros((2, 1)), np.zeros(1), np.eye(2), np.array([0, 1])), 6)
    0.693147
    """
    losses = LOG_LOSS.value(X @ weights + intercept, labels)
    return mean_of(losses, sample_weight) + penalty(weights, alpha, l1_ratio)


def gradient(
    weights: np.ndarray,
    intercept: np.ndarray,
    X: np.ndarray | sp.spmatrix | sp.sparray,
    labels: np.ndarray,
    sample_weight: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the gradient of the mean loss (the penalty apart) by the weights and by the intercepts.

    Parameters
    ----------
    weights, intercept, X, labels, sample_weight
        As in `objective`.

    Returns
    -------
    gradient : ndarray of shape (n_features, n_outputs)
    intercept_gradient : ndarray of shape (n_outputs,)

    Examples
    --------
    >>> import numpy as np
    >>> from fastlr.objective import gradient
    >>> gradient(np.zeros((2, 1)), np.zeros(1), np.array([[3.0, 2.0]]), np.array([1]))[0].ravel()
    array([-1.5, -1. ])
    """
    s = np.ones(len(labels)) if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
    errors = LOG_LOSS.derivative(X @ weights + intercept, labels) * (s / sum_of(s))[:, None]
    return np.asarray(X.T @ errors), column_sums(errors)
