"""The objective of regularized logistic regression, and how far from the optimum weights are, in plain NumPy.

    P(W, b) = C * sum_i loss_i + (1 - l1_ratio) / 2 * ||W||_2^2 + l1_ratio * ||W||_1

as scikit-learn's ``LogisticRegression`` has it, with the softmax loss, or the binary one if W has one column. It judges
every library alike and uses none of them.

For any probabilities p_i with residuals ``E_i = p_i - e_{y_i}`` that sum to zero over the rows (if there is an
intercept), P is nowhere less than the dual value

    D(p) = C * sum_i entropy(p_i) - R*(-C * X^T E)

where R* is the conjugate of the penalty: ``sum max(|V| - l1_ratio, 0)^2 / (2 * (1 - l1_ratio))``, and for pure L1 zero
where no ``|V|`` exceeds 1, to which E is scaled down. So ``P - D`` bounds the distance from the optimum.
"""

from __future__ import annotations

import numpy as np
from scipy.special import entr, expit, logsumexp, softmax


def losses_of(scores, y):
    if scores.shape[1] == 1:
        return np.logaddexp(0.0, np.where(y == 1, -scores[:, 0], scores[:, 0]))
    return logsumexp(scores, axis=1) - scores[np.arange(len(y)), y]


def primal(W, b, X, y, C, l1_ratio):
    """Return P for weights of shape ``(n_features, n_outputs)`` and intercepts ``(n_outputs,)``."""
    W = np.asarray(W, dtype=np.float64)
    penalty = 0.5 * (1.0 - l1_ratio) * np.sum(W * W) + l1_ratio * np.abs(W).sum()
    return float(C * losses_of(X @ W + b, y).sum() + penalty)


def probabilities_of(scores):
    """Return the probabilities that go with the outputs: one column, of class 1, for two classes."""
    return expit(scores) if scores.shape[1] == 1 else softmax(scores, axis=1)


def best_intercept(scores, y):
    """Return the intercepts at which the residuals sum to zero, by Newton's method."""
    n_outputs = scores.shape[1]
    counts = np.array([np.sum(y == 1)]) if n_outputs == 1 else np.bincount(y, minlength=n_outputs)
    b = np.zeros(n_outputs)
    for _ in range(50):
        p = probabilities_of(scores + b)
        gradient = p.sum(axis=0) - counts
        if np.abs(gradient).max() <= 1e-11 * len(y):
            break
        hessian = np.diag(p.sum(axis=0)) - p.T @ p  # of the softmax; its null space is the constants
        if n_outputs == 1:
            hessian = np.array([[np.sum(p * (1.0 - p))]])
        b -= np.linalg.lstsq(hessian, gradient, rcond=None)[0]
    return b


def dual(W, X, y, C, l1_ratio, fit_intercept=False):
    """Return the dual value at the probabilities that ``W`` gives: no weights have a P less than it."""
    scores = X @ np.asarray(W, dtype=np.float64)
    if fit_intercept:
        scores = scores + best_intercept(scores, y)
    p = probabilities_of(scores)
    target = y[:, None] == (np.arange(p.shape[1]) if p.shape[1] > 1 else 1)
    V = C * (X.T @ (p - target))
    if l1_ratio == 1.0:
        shrink = min(1.0, 1.0 / max(np.abs(V).max(), 1e-300))
        p = target + shrink * (p - target)
        conjugate = 0.0
    else:
        conjugate = np.sum(np.maximum(np.abs(V) - l1_ratio, 0.0) ** 2) / (2.0 * (1.0 - l1_ratio))
    entropy = entr(p).sum() + (entr(1.0 - p).sum() if p.shape[1] == 1 else 0.0)
    return float(C * entropy - conjugate)
