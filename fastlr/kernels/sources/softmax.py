"""Probabilities of a row's scores, without overflow."""


def softmax(scores):
    """Turn a row's scores into probabilities, in place; return ``logsumexp`` of the scores."""
    n_classes = scores.shape[0]
    top = 1.0 * scores[0]  # the differences from it in double precision
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
