"""Mini-batch gradient descent: the mean gradient over a batch of rows, then one proximal step of the penalty.

A step passes over its batch twice: first it computes every row's derivatives at the same weights, then it updates the
weights by all of them. So repeated rows and shared features count correctly, and a step costs the batch's non-zeros.
Arguments are those of `sgd`, with ``errors`` of shape ``(batch_size, n_outputs)`` for the derivatives.
"""


def errors_binary(
    indptr, indices, data, labels, sample_weight, order, begin, start, stop,
    track_loss, weights, intercept, clock, errors,
):  # fmt: skip
    """Write the derivatives of rows ``order[start:stop]``; False on overflow. Their batch begins at ``begin``."""
    weighted = sample_weight.shape[0] > 0
    lazy = owes(weights, errors.shape[1], clock)
    scale = clock[SCALE]
    owed = rounded(clock[OWED], weights)
    total = clock[LOSS]
    product = 1.0  # of terms, as in sgd_binary
    s = 1.0
    for i in range(start, stop):
        prefetch_ahead(i, order, indptr, indices, data, labels)
        row = order[i]
        if lazy:
            z = decision_due(indptr[row], indptr[row + 1], indices, data, weights, owed)
        else:
            z = decision(indptr[row], indptr[row + 1], indices, data, weights)
        z = scale * z + intercept[0]
        if not isfinite(z):
            return False
        sign = 2.0 * labels[row] - 1.0
        margin = sign * z
        term = margin_term(margin)
        if track_loss:
            if weighted or not is_factor(term):
                if weighted:
                    s = sample_weight[row]
                total += s * binary_loss(z, labels[row])
            else:
                total += beside_factor(margin)
                product *= term
            if product > 1e100 or (i - begin) % LOSS_BLOCK == LOSS_BLOCK - 1:
                total += log(product)
                product = 1.0
        errors[i - begin, 0] = term_derivative(sign, term)
    clock[LOSS] = total + log(product)
    return True


def errors_softmax(
    indptr, indices, data, labels, sample_weight, order, begin, start, stop, weights, intercept, clock, errors,
):  # fmt: skip
    """Write the derivatives of rows ``order[start:stop]``; False on overflow. Their batch begins at ``begin``."""
    weighted = sample_weight.shape[0] > 0
    lazy = owes(weights, errors.shape[1], clock)
    scale = clock[SCALE]
    owed = rounded(clock[OWED], weights)
    s = 1.0
    for i in range(start, stop):
        prefetch_ahead(i, order, indptr, indices, data, labels)
        row = order[i]
        scores = errors[i - begin]
        if lazy:
            decisions_due(indptr[row], indptr[row + 1], indices, data, weights, owed, scores)
        else:
            decisions(indptr[row], indptr[row + 1], indices, data, weights, scores)
        loss = softmax_error(labels[row], scale, intercept, scores)
        if not isfinite(loss):
            return False
        if weighted:
            s = sample_weight[row]
        clock[LOSS] += s * loss
    return True


def update(
    indptr, indices, data, sample_weight, order, begin, end, rate,
    l1, l2, intercept_rate, limit, smallest_scale, largest, weights, intercept, clock, counts, history, errors, moves,
):  # fmt: skip
    """Update the weights by the batch ``order[begin:end]``; return False, with nothing written, if it could overflow.

    ``moves`` is scratch, for `subtract_row`.
    """
    n_outputs = errors.shape[1]
    weighted = sample_weight.shape[0] > 0
    lazy = owes(weights, n_outputs, clock)
    scale = clock[SCALE]
    owed = rounded(clock[OWED], weights)
    s = 1.0
    total = 1.0 * (end - begin)
    if weighted:
        total = 0.0
        for i in range(begin, end):
            total += sample_weight[order[i]]
    eta = rate / (end - begin)
    step = eta / scale
    if not (step * total <= limit and eta * total * intercept_rate <= largest):
        return False
    for i in range(begin, end):
        row = order[i]
        first = indptr[row]
        last = indptr[row + 1]
        if weighted:
            s = sample_weight[row]
        for k in range(n_outputs):
            intercept[k] -= intercept_rate * eta * s * errors[i - begin, k]
            errors[i - begin, k] *= s * step
        if counts is not None:
            subtract_row(first, last, indices, data, errors[i - begin], weights, clock, counts, history, moves)
        elif n_outputs > 1 and lazy:
            subtract_outer_paying(first, last, indices, data, errors[i - begin], weights, owed)
        elif n_outputs > 1:
            subtract_outer(first, last, indices, data, errors[i - begin], weights)
        elif lazy:
            subtract_paying(first, last, indices, data, errors[i - begin, 0], weights, owed)
        else:
            subtract(first, last, indices, data, errors[i - begin, 0], weights)
    clock[OWED] += eta * total * l1 / scale
    clock[SCALE] /= 1.0 + eta * total * l2
    clock[N_STEPS] += 1.0
    full = False
    if counts is not None:
        full = count_iterate(clock[N_STEPS], intercept, clock, counts, history)
    if clock[SCALE] < smallest_scale or clock[OWED] > largest or full:
        settle_all(weights, n_outputs, clock, counts, history)
    return True


def minibatches(
    indptr, indices, data, labels, sample_weight, order, rates, start, stop,
    l1, l2, intercept_rate, limit, smallest_scale, largest, track_loss, weights, intercept, clock,
    counts, history, errors, moves,
):  # fmt: skip
    """Step through rows ``order[start:stop]``, ``errors.shape[0]`` rows a step; return the number of steps made."""
    batch_size = errors.shape[0]
    n_outputs = errors.shape[1]
    n_steps = 0
    begin = start
    while begin < stop:
        end = min(begin + batch_size, stop)
        if n_outputs == 1:
            finite = errors_binary(
                indptr, indices, data, labels, sample_weight, order, begin, begin, end,
                track_loss, weights, intercept, clock, errors,
            )  # fmt: skip
        else:
            finite = errors_softmax(
                indptr, indices, data, labels, sample_weight, order, begin, begin, end,
                weights, intercept, clock, errors,
            )  # fmt: skip
        if not finite or not update(
            indptr, indices, data, sample_weight, order, begin, end, rates[n_steps],
            l1, l2, intercept_rate, limit, smallest_scale, largest, weights, intercept, clock, counts, history, errors,
            moves,
        ):  # fmt: skip
            return n_steps
        n_steps += 1
        begin = end
    return n_steps
