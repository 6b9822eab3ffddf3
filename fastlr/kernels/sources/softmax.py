"""Probabilities of a row's scores, without overflow."""


def exponentials(scores):
    """Turn a row's scores into exponentials of their differences from the largest one, in place; return that one."""
    top = largest_of(scores)
    for k in range(scores.shape[0]):
        scores[k] = exp(scores[k] - top)
    return top


def multiply(x, factor):
    """Multiply the entries of an array, in place."""
    for k in range(x.shape[0]):
        x[k] *= factor


def softmax(scores):
    """Turn a row's scores into probabilities, in place; return ``logsumexp`` of the scores."""
    top = exponentials(scores)
    total = total_of(scores, scores.shape[0])
    multiply(scores, 1.0 / total)
    return top + log(total)
