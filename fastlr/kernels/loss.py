"""The cross-entropy of one row: its value and its derivative by the scores.

For two classes, ``loss(z, y) = log(1 + exp(z)) - y z`` with the score ``z`` and ``y`` in {0, 1}; for more,
``loss(z, y) = logsumexp(z) - z[y]``. Every expression is arranged so that no exponential overflows.
"""

from math import exp, log, log1p


def sigmoid(z):
    """Return ``1 / (1 + exp(-z))`` to full relative precision at both ends."""
    if z >= 0.0:
        return 1.0 / (1.0 + exp(-z))
    e = exp(z)
    return e / (1.0 + e)


def logistic_error(z, label):
    """Return ``sigmoid(z) - label``, the derivative of the binary loss, without cancellation near 0."""
    if label == 1:
        return -sigmoid(-z)
    return sigmoid(z)


def logistic_loss(z, label):
    """Return ``log(1 + exp(z)) - label * z``."""
    if label == 1:
        z = -z
    if z > 0.0:
        return z + log1p(exp(-z))
    return log1p(exp(z))


def softmax(scores):
    """Turn a row's scores into probabilities, in place; return ``logsumexp`` of the scores."""
    n_classes = scores.shape[0]
    top = scores[0]
    for k in range(1, n_classes):
        if scores[k] > top:
            top = scores[k]
    total = 0.0
    for k in range(n_classes):
        e = exp(scores[k] - top)
        scores[k] = e
        total += e
    inverse = 1.0 / total
    for k in range(n_classes):
        scores[k] *= inverse
    return top + log(total)
