"""Stochastic gradient descent, one row a step: a gradient step, then the proximal step of the penalty (FOBOS).

``w = soft(w - eta * s * gradient, eta * s * l1) / (1 + eta * s * l2)`` for every feature, at the cost of the row's
non-zeros: see `lazy_penalty`. (Duchi and Singer 2009; Tsuruoka, Tsujii and Ananiadou 2009.)

``clock`` holds all state besides the weights (`state.py` names its places), so that a run may stop between any two
slices of rows and continue as if it had not. ``counts`` and ``history`` are for an average, and None without one: see
`averaging`. Every function returns the number of steps made: fewer than asked for if the next step would leave the
range of floating-point numbers, in which case nothing of that step has been written.
"""

from math import fabs


def sgd_binary(
    indptr, indices, data, labels, sample_weight, order, rates, start, stop,
    l1, l2, intercept_rate, limit, smallest_scale, largest, track_loss, weights, intercept, clock, counts, history,
):  # fmt: skip
    """Step through rows ``order[start:stop]`` under one output; ``rates[0]`` is the rate of the first of them."""
    weighted = sample_weight.shape[0] > 0
    n_outputs = intercept.shape[0]  # for a literal 1 Numba would compile `settle_all` once more
    lazy = owes(weights, n_outputs, clock)
    # Kept in registers: as far as a compiler knows, storing a weight may change an entry of another array.
    scale = clock[SCALE]
    owed = clock[OWED]
    total = clock[LOSS]
    bias = intercept[0]
    # Part of a row's loss may be the logarithm of its term. One logarithm of a product of some terms costs less than
    # theirs by 1 to 10% of an epoch; the product is cut long before it overflows.
    product = 1.0
    n_steps = stop - start
    s = 1.0
    for i in range(start, stop):
        prefetch_ahead(i, order, indptr, indices, data, labels)
        row = order[i]
        first = indptr[row]
        last = indptr[row + 1]
        if lazy:
            z = decision_due(first, last, indices, data, weights, rounded(owed, weights))
        else:
            z = decision(first, last, indices, data, weights)
        z = scale * z + bias
        if weighted:
            s = sample_weight[row]
        eta = s * rates[i - start]
        sign = 2.0 * labels[row] - 1.0
        margin = sign * z
        term = margin_term(margin)
        error = eta * term_derivative(sign, term)
        step = error / scale
        if not (isfinite(z) and fabs(step) <= limit and fabs(error) * intercept_rate <= largest):
            n_steps = i - start
            break
        if track_loss:
            if weighted or not is_factor(term):
                total += s * binary_loss(z, labels[row])
            else:
                total += beside_factor(margin)
                product *= term
            if product > 1e100 or (i - start) % LOSS_BLOCK == LOSS_BLOCK - 1:
                total += log(product)
                product = 1.0
        if counts is not None:
            if history is not None:
                subtract_averaging_paying(
                    first, last, indices, data, rounded(step, weights), weights, rounded(owed, weights),
                    rounded(clock[SCALE_SUM], weights), rounded(owed * clock[SCALE_SUM] - clock[OWED_SUM], weights),
                    history, counts[N_HISTORY],
                )  # fmt: skip
            else:
                subtract_averaging(
                    first, last, indices, data, rounded(step, weights), weights, rounded(clock[SCALE_SUM], weights)
                )
        elif lazy:
            subtract_paying(first, last, indices, data, rounded(step, weights), weights, rounded(owed, weights))
        else:
            subtract(first, last, indices, data, rounded(step, weights), weights)
        bias -= intercept_rate * error
        owed += eta * l1 / scale
        scale /= 1.0 + eta * l2
        # Under L2 the scale shrinks and the penalty owed grows geometrically. All features are settled before either
        # leaves the range of the weights' type.
        full = False
        if counts is not None:
            clock[SCALE] = scale
            clock[OWED] = owed
            intercept[0] = bias
            full = count_iterate(clock[N_STEPS] + (i - start) + 1.0, intercept, clock, counts, history)
        if scale < smallest_scale or owed > largest or full:
            clock[SCALE] = scale
            clock[OWED] = owed
            settle_all(weights, n_outputs, clock, counts, history)
            scale = 1.0
            owed = 0.0
    clock[SCALE] = scale
    clock[OWED] = owed
    clock[N_STEPS] += n_steps
    clock[LOSS] = total + log(product)
    intercept[0] = bias
    return n_steps


def sgd_softmax(
    indptr, indices, data, labels, sample_weight, order, rates, start, stop,
    l1, l2, intercept_rate, limit, smallest_scale, largest, weights, intercept, clock, counts, history, scores, moves,
):  # fmt: skip
    """Step through rows ``order[start:stop]`` under one output a class.

    ``scores``, one entry a class, and ``moves``, for `subtract_row`, are scratch.
    """
    weighted = sample_weight.shape[0] > 0
    n_outputs = scores.shape[0]
    lazy = owes(weights, n_outputs, clock)
    scale = clock[SCALE]
    owed = clock[OWED]
    total = clock[LOSS]
    n_steps = stop - start
    s = 1.0
    for i in range(start, stop):
        prefetch_ahead(i, order, indptr, indices, data, labels)
        row = order[i]
        first = indptr[row]
        last = indptr[row + 1]
        if lazy:
            decisions_due(first, last, indices, data, weights, rounded(owed, weights), scores)
        else:
            decisions(first, last, indices, data, weights, scores)
        loss = softmax_error(labels[row], scale, intercept, scores)
        if weighted:
            s = sample_weight[row]
        eta = s * rates[i - start]
        step = eta / scale
        if not (isfinite(loss) and step <= limit and eta * intercept_rate <= largest):
            n_steps = i - start
            break
        total += s * loss
        for k in range(n_outputs):
            intercept[k] -= intercept_rate * eta * scores[k]
            scores[k] *= step
        if counts is not None:
            clock[SCALE] = scale
            clock[OWED] = owed
            subtract_row(first, last, indices, data, scores, weights, clock, counts, history, moves)
        elif lazy:
            subtract_outer_paying(first, last, indices, data, scores, weights, rounded(owed, weights))
        else:
            subtract_outer(first, last, indices, data, scores, weights)
        owed += eta * l1 / scale
        scale /= 1.0 + eta * l2
        full = False
        if counts is not None:
            clock[SCALE] = scale
            clock[OWED] = owed
            full = count_iterate(clock[N_STEPS] + (i - start) + 1.0, intercept, clock, counts, history)
        if scale < smallest_scale or owed > largest or full:
            clock[SCALE] = scale
            clock[OWED] = owed
            settle_all(weights, n_outputs, clock, counts, history)
            scale = 1.0
            owed = 0.0
    clock[SCALE] = scale
    clock[OWED] = owed
    clock[N_STEPS] += n_steps
    clock[LOSS] = total
    return n_steps
