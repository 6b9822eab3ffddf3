"""Batch gradient descent: the gradient of all rows, its norm, and one proximal step over all features.

A full batch touches every feature, so there is no lazy penalty: the weights are settled (scale 1, nothing owed) before
the first row of a batch and after its step.
"""

from math import copysign, fabs


def accumulate_binary(
    indptr, indices, data, labels, sample_weight, order, start, stop, track_loss, weights, intercept, clock,
    gradient, intercept_gradient,
):  # fmt: skip
    """Add the gradient of rows ``order[start:stop]`` to ``gradient``; return False if a score overflows."""
    weighted = sample_weight.shape[0] > 0
    s = 1.0
    for i in range(start, stop):
        prefetch_ahead(i, order, indptr, indices, data, labels)
        row = order[i]
        z = decision(indptr[row], indptr[row + 1], indices, data, weights) + intercept[0]
        if not isfinite(z):
            return False
        if weighted:
            s = sample_weight[row]
        if track_loss:
            clock[LOSS] += s * binary_loss(z, labels[row])
        error = s * binary_derivative(z, labels[row])
        subtract(indptr[row], indptr[row + 1], indices, data, rounded(-error, gradient), gradient)
        intercept_gradient[0] += error
    return True


def accumulate_softmax(
    indptr, indices, data, labels, sample_weight, order, start, stop, weights, intercept, clock,
    gradient, intercept_gradient, scores,
):  # fmt: skip
    """Add the gradient of rows ``order[start:stop]`` to ``gradient``; return False if a score overflows."""
    weighted = sample_weight.shape[0] > 0
    s = 1.0
    for i in range(start, stop):
        prefetch_ahead(i, order, indptr, indices, data, labels)
        row = order[i]
        first = indptr[row]
        last = indptr[row + 1]
        decisions(first, last, indices, data, weights, scores)
        loss = softmax_error(labels[row], 1.0, intercept, scores)
        if not isfinite(loss):
            return False
        if weighted:
            s = sample_weight[row]
        clock[LOSS] += s * loss
        for k in range(scores.shape[0]):
            scores[k] *= -s
            intercept_gradient[k] -= scores[k]
        subtract_outer(first, last, indices, data, scores, gradient)
    return True


def gradient_norm(weights, gradient, total, l1, l2):
    """Return the largest absolute entry of the objective's subgradient of least norm, by the weights.

    ``gradient`` is a sum over rows, to be divided by ``total``.
    """
    norm = 0.0
    for f in range(gradient.shape[0]):
        for k in range(gradient.shape[1]):
            w = weights[f, k]
            g = gradient[f, k] / total + l2 * w
            # No branch, as the sign of a weight is hard to predict.
            norm = max(norm, fabs(shrink(g, l1) if w == 0.0 else g + copysign(l1, w)))
    return norm


def proximal_step(
    weights, intercept, clock, counts, history, gradient, intercept_gradient, step, intercept_step, l1, l2,
):  # fmt: skip
    """``w = soft(w - step * gradient, l1) / (1 + l2)``, with the strengths times the rate, and the intercept's step."""
    scale = 1.0 / (1.0 + l2)
    for f in range(gradient.shape[0]):
        for k in range(gradient.shape[1]):
            weights[f, k] = scale * shrink(weights[f, k] - step * gradient[f, k], l1)
    for k in range(intercept.shape[0]):
        intercept[k] -= intercept_step * intercept_gradient[k]
    clock[N_STEPS] += 1.0
    if counts is not None:
        count_iterate(clock[N_STEPS], intercept, clock, counts, history)
