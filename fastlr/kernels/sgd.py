"""Stochastic gradient descent, one row a step: a gradient step, then the proximal step of the penalty (FOBOS).

``w = soft(w - eta * s * gradient, eta * s * l1) / (1 + eta * s * l2)`` for every feature, at the cost of the row's
non-zeros: see ``lazy``. (Duchi and Singer 2009; Tsuruoka, Tsujii and Ananiadou 2009.)

``clock`` holds ``scale``, ``owed``, the steps made and the sum of the losses seen, so that a run may stop between any
two slices of rows and go on as if it had not. Every function returns the number of steps that it made: fewer than asked
if the next one would leave the range of floating-point numbers, in which case nothing of that step has been written.
"""

from math import fabs


def sgd_binary(
    indptr, indices, data, labels, sample_weight, order, rates, start, stop,
    l1, l2, intercept_rate, limit, smallest_scale, largest, track_loss, weights, intercept, clock,
):  # fmt: skip
    """Step through rows ``order[start:stop]`` under one output; ``rates[0]`` is the rate of the first of them."""
    weighted = sample_weight.shape[0] > 0
    n_rows = order.shape[0]
    s = 1.0
    for i in range(start, stop):
        # In random order the next rows are cache misses: 7 to 8 ns a non-zero without asking for them ahead, 3 with.
        if i + 4 < n_rows:
            prefetch(indptr, order[i + 4])
        if i + 2 < n_rows:
            ahead = order[i + 2]
            prefetch_row(indptr[ahead], indptr[ahead + 1], indices, data)
        row = order[i]
        first = indptr[row]
        last = indptr[row + 1]
        if weights.shape[1] > 1:
            z = decision_paying(first, last, indices, data, weights, clock[1])
        else:
            z = decision(first, last, indices, data, weights)
        z = clock[0] * z + intercept[0]
        if weighted:
            s = sample_weight[row]
        eta = s * rates[i - start]
        error = eta * logistic_error(z, labels[row])
        step = error / clock[0]
        if not (isfinite(z) and fabs(step) <= limit and fabs(error) * intercept_rate <= largest):
            return i - start
        if track_loss:
            clock[3] += s * logistic_loss(z, labels[row])
        subtract(first, last, indices, data, step, weights)
        intercept[0] -= intercept_rate * error
        penalize(weights, 1, clock, eta * l1, eta * l2, smallest_scale, largest)
        clock[2] += 1.0
    return stop - start


def sgd_softmax(
    indptr, indices, data, labels, sample_weight, order, rates, start, stop,
    l1, l2, intercept_rate, limit, smallest_scale, largest, track_loss, weights, intercept, clock, scores,
):  # fmt: skip
    """Step through rows ``order[start:stop]`` under one output a class; ``scores`` is scratch, one entry a class."""
    weighted = sample_weight.shape[0] > 0
    n_rows = order.shape[0]
    n_outputs = scores.shape[0]
    s = 1.0
    for i in range(start, stop):
        if i + 4 < n_rows:
            prefetch(indptr, order[i + 4])
        if i + 2 < n_rows:
            ahead = order[i + 2]
            prefetch_row(indptr[ahead], indptr[ahead + 1], indices, data)
        row = order[i]
        first = indptr[row]
        last = indptr[row + 1]
        if weights.shape[1] > n_outputs:
            pay_row(first, last, indices, weights, n_outputs, clock[1])
        loss = softmax_error(first, last, indices, data, labels[row], weights, clock[0], intercept, scores)
        if weighted:
            s = sample_weight[row]
        eta = s * rates[i - start]
        step = eta / clock[0]
        if not (isfinite(loss) and step <= limit and eta * intercept_rate <= largest):
            return i - start
        clock[3] += s * loss
        for k in range(n_outputs):
            intercept[k] -= intercept_rate * eta * scores[k]
            scores[k] *= step
        subtract_outer(first, last, indices, data, scores, weights)
        penalize(weights, n_outputs, clock, eta * l1, eta * l2, smallest_scale, largest)
        clock[2] += 1.0
    return stop - start
