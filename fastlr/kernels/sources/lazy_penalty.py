"""Lazy penalties: weights owe their L1 penalty until a row needs them.

The weights of feature ``f`` are ``scale * weights[f, k]``, once each ``weights[f, k]`` has been soft-thresholded by
``owed - weights[f, n_outputs]``. So ``owed`` is the penalty of all steps so far, and the last column holds the value of
``owed`` up to which the feature has paid. A feature pays when a row contains it; to settle is to let all features pay.
Without an L1 penalty nothing is ever owed and that column does not exist.

One threshold settles any number of missed steps, because a threshold never changes a sign while no gradient arrives
(Lipton and Elkan 2015, arXiv:1505.06449).
"""


def owes(weights, n_outputs, clock):
    """Return whether there is a column of payments, beside the values and, for a longer clock, those of an average."""
    return weights.shape[1] > (2 * n_outputs if clock.shape[0] > SCALE_SUM else n_outputs)


def prefetch_ahead(i, order, indptr, indices, data, labels):
    """Prefetch the rows after ``order[i]``, which in random order are cache misses.

    This saves 3 of the 7 to 8 ns that a non-zero of a binary epoch takes. 16 entries fill one cache line of 4-byte
    numbers or two of 8-byte ones; prefetching every line of the values, not every other, saves 13 to 18%. Weights are
    not prefetched: a row's own reads overlap already, and it would cost 10%.
    """
    n_rows = order.shape[0]
    if i + 4 < n_rows:
        prefetch(indptr, order[i + 4])
        prefetch(labels, order[i + 4])
    if i + 2 < n_rows:
        row = order[i + 2]
        for j in range(indptr[row], indptr[row + 1], 16):
            prefetch(indices, j)
            prefetch(data, j)
            prefetch(data, j + 8)


def shrink(v, due):
    """Soft threshold, ``sign(v) * max(|v| - due, 0)``, without a branch to mispredict: ``v`` less ``v`` clipped."""
    top = v if v < due else due
    return v - (top if top > -due else -due)


def decision(start, stop, indices, data, weights):
    """Return one row's unscaled score under one output.

    Four sums, as each addition waits for the last one.
    """
    rest = unsigned(stop - (stop - start) % 4)
    a = 0.0
    b = 0.0
    c = 0.0
    d = 0.0
    for j in range(unsigned(start), rest, 4):
        a += data[j] * weights[indices[j], 0]
        b += data[unsigned(j + 1)] * weights[indices[unsigned(j + 1)], 0]
        c += data[unsigned(j + 2)] * weights[indices[unsigned(j + 2)], 0]
        d += data[unsigned(j + 3)] * weights[indices[unsigned(j + 3)], 0]
    z = 0.0
    for j in range(rest, stop):
        z += data[j] * weights[indices[j], 0]
    return ((a + c) + (b + d)) + z


def decision_due(start, stop, indices, data, weights, owed):
    """Return one row's unscaled score under one output, as if its features had paid what they owe."""
    z = 0.0
    for j in range(start, stop):
        f = indices[j]
        z += data[j] * shrink(weights[f, 0], owed - weights[f, 1])
    return z


def prefetch_weights(weights, feature, n_outputs):
    """Prefetch the weights of a feature under every output: a cache line for 16 weights of 4 bytes.

    The weights of many classes do not fit into the caches. With this, 16 features ahead, an epoch of 20 or 100 classes
    takes 0.8 of the time over 325,000 features, and no longer over 29,000. With few classes it does not pay.
    """
    for k in range(0, n_outputs, 16):
        prefetch_row(weights, feature, k)


def decisions(start, stop, indices, data, weights, scores):
    """Write one row's unscaled scores under every output to ``scores``.

    Four features at a time, as each score waits for its last sum: a non-zero takes 2.4 instead of 4.5 ns (3 classes),
    5.2 instead of 6.9 (20), 29 instead of 39 (100).
    """
    n_outputs = scores.shape[0]
    for k in range(n_outputs):
        scores[k] = 0.0
    rest = unsigned(stop - (stop - start) % 4)
    for j in range(unsigned(start), rest, 4):
        if n_outputs >= 8 and j + 20 <= stop:
            for i in range(j + 16, j + 20):
                prefetch_weights(weights, indices[i], n_outputs)
        f0 = indices[j]
        f1 = indices[unsigned(j + 1)]
        f2 = indices[unsigned(j + 2)]
        f3 = indices[unsigned(j + 3)]
        x0 = data[j]
        x1 = data[unsigned(j + 1)]
        x2 = data[unsigned(j + 2)]
        x3 = data[unsigned(j + 3)]
        for k in range(n_outputs):
            scores[k] += (x0 * weights[f0, k] + x1 * weights[f1, k]) + (x2 * weights[f2, k] + x3 * weights[f3, k])
    for j in range(rest, stop):
        f0 = indices[j]
        x0 = data[j]
        for k in range(n_outputs):
            scores[k] += x0 * weights[f0, k]


def decisions_due(start, stop, indices, data, weights, owed, scores):
    """Write one row's unscaled scores under every output to ``scores``, as if its features had paid what they owe."""
    n_outputs = scores.shape[0]
    for k in range(n_outputs):
        scores[k] = 0.0
    rest = unsigned(stop - (stop - start) % 2)
    for j in range(unsigned(start), rest, 2):
        if n_outputs >= 8 and j + 18 <= stop:
            prefetch_weights(weights, indices[unsigned(j + 16)], n_outputs)
            prefetch_weights(weights, indices[unsigned(j + 17)], n_outputs)
        f0 = indices[j]
        f1 = indices[unsigned(j + 1)]
        x0 = data[j]
        x1 = data[unsigned(j + 1)]
        due0 = owed - weights[f0, n_outputs]
        due1 = owed - weights[f1, n_outputs]
        for k in range(n_outputs):
            scores[k] += x0 * shrink(weights[f0, k], due0) + x1 * shrink(weights[f1, k], due1)
    for j in range(rest, stop):
        f0 = indices[j]
        x0 = data[j]
        due0 = owed - weights[f0, n_outputs]
        for k in range(n_outputs):
            scores[k] += x0 * shrink(weights[f0, k], due0)


def softmax_error(label, scale, intercept, scores):
    """Turn a row's unscaled scores into the derivatives of the loss by the scores, in place; return the loss.

    The result is not finite if a score is not.
    """
    checked = 0.0
    for k in range(scores.shape[0]):
        scores[k] = scale * scores[k] + intercept[k]
        checked += 0.0 * scores[k]
    if not isfinite(checked):
        return checked
    return multiclass_derivatives(label, scores)


def subtract(start, stop, indices, data, step, weights):
    """``weights -= step * x`` over one row's non-zeros, under one output."""
    for j in range(start, stop):
        weights[indices[j], 0] -= step * data[j]


def subtract_paying(start, stop, indices, data, step, weights, owed):
    """Let one row's features pay what they owe, then ``weights -= step * x``, under one output.

    A feature that the row contains twice owes nothing the second time.
    """
    for j in range(start, stop):
        f = indices[j]
        weights[f, 0] = shrink(weights[f, 0], owed - weights[f, 1]) - step * data[j]
        weights[f, 1] = owed


def subtract_outer(start, stop, indices, data, errors, weights):
    """``weights -= outer(x, errors)`` over one row's non-zeros; ``errors`` are multiplied by the step already."""
    n_outputs = errors.shape[0]
    for j in range(start, stop):
        f = indices[j]
        x = data[j]
        for k in range(n_outputs):
            weights[f, k] -= x * errors[k]


def subtract_outer_paying(start, stop, indices, data, errors, weights, owed):
    """Let one row's features pay what they owe, then ``weights -= outer(x, errors)``."""
    n_outputs = errors.shape[0]
    for j in range(start, stop):
        f = indices[j]
        x = data[j]
        due = owed - weights[f, n_outputs]
        for k in range(n_outputs):
            weights[f, k] = shrink(weights[f, k], due) - x * errors[k]
        weights[f, n_outputs] = owed


def settle(weights, n_outputs, clock):
    """Let every feature pay and apply the scale, so that ``weights[:, :n_outputs]`` are the weights themselves."""
    scale = clock[SCALE]
    owed = rounded(clock[OWED], weights)
    if owes(weights, n_outputs, clock):
        for f in range(weights.shape[0]):
            due = owed - weights[f, n_outputs]
            weights[f, n_outputs] = 0.0
            for k in range(n_outputs):
                weights[f, k] = scale * shrink(weights[f, k], due)
    elif scale != 1.0 and n_outputs == 1:
        for f in range(weights.shape[0]):
            weights[f, 0] *= scale
    elif scale != 1.0:
        for f in range(weights.shape[0]):
            for k in range(n_outputs):
                weights[f, k] *= scale
    clock[SCALE] = 1.0
    clock[OWED] = 0.0


def settled(weights, clock, out):
    """Write the settled weights to ``out``, shape ``(n_features, n_outputs)``; ``weights`` stay as they are."""
    scale = clock[SCALE]
    owed = rounded(clock[OWED], weights)
    n_outputs = out.shape[1]
    if owes(weights, n_outputs, clock):
        for f in range(out.shape[0]):
            due = owed - weights[f, n_outputs]
            for k in range(n_outputs):
                out[f, k] = scale * shrink(weights[f, k], due)
    else:
        for f in range(out.shape[0]):
            for k in range(n_outputs):
                out[f, k] = scale * weights[f, k]
