"""Weights that owe their penalty: reading a row's scores, paying what is due, settling everything.

The weights of feature ``f`` are ``scale * weights[f, k]``, once each ``weights[f, k]`` has been soft-thresholded by
``owed - weights[f, n_outputs]``: the last column holds the value of ``owed`` up to which the feature has paid. Without
an L1 penalty nothing is ever owed and that column does not exist. One threshold settles any number of missed steps,
because a threshold never changes a sign while no gradient lands (Lipton and Elkan 2015, arXiv:1505.06449).
"""


def owes(weights, n_outputs, clock):
    """Tell whether there is a column of what was paid: beside the values and, for a longer clock, those of a mean."""
    return weights.shape[1] > (2 * n_outputs if clock.shape[0] > SCALE_SUM else n_outputs)


def prefetch_ahead(i, order, indptr, indices, data, labels):
    """Ask for what the rows after ``order[i]`` need, as in random order they are cache misses.

    It makes 3 of the 7 to 8 ns a non-zero of a binary epoch. 16 entries fill one cache line of 4-byte numbers or two of
    8; asking for every line of the values, not for every other, makes 13 to 18%. Weights are not asked for: a row's own
    reads overlap already, and asking costs 10%.
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
    """One row's unscaled score under one output."""
    z = 0.0
    for j in range(start, stop):
        z += data[j] * weights[indices[j], 0]
    return z


def decision_due(start, stop, indices, data, weights, owed):
    """One row's unscaled score under one output, as if its features had paid what they owe."""
    z = 0.0
    for j in range(start, stop):
        f = indices[j]
        z += data[j] * shrink(weights[f, 0], owed - weights[f, 1])
    return z


def prefetch_weights(weights, feature, n_outputs):
    """Ask for the weights of a feature under every output: a line of memory for 16 of 4 bytes.

    Those of many classes fit in no near cache. Asking 16 features ahead makes 0.8 of an epoch of 20 or 100 classes over
    325,000 features, and costs nothing where there are 29,000. Of few classes it is not worth it.
    """
    for k in range(0, n_outputs, 16):
        prefetch_row(weights, feature, k)


def decisions(start, stop, indices, data, weights, scores):
    """One row's unscaled scores under every output, into ``scores``.

    Four features at a time, as each score waits for its last sum: 2.4 ns a non-zero for 4.5 (3 classes), 5.2 for 6.9
    (20), 29 for 39 (100).
    """
    n_outputs = scores.shape[0]
    for k in range(n_outputs):
        scores[k] = 0.0
    rest = stop - (stop - start) % 4
    for j in range(start, rest, 4):
        if n_outputs >= 8 and j + 20 <= stop:
            for i in range(j + 16, j + 20):
                prefetch_weights(weights, indices[i], n_outputs)
        f0 = indices[j]
        f1 = indices[j + 1]
        f2 = indices[j + 2]
        f3 = indices[j + 3]
        x0 = data[j]
        x1 = data[j + 1]
        x2 = data[j + 2]
        x3 = data[j + 3]
        for k in range(n_outputs):
            scores[k] += (x0 * weights[f0, k] + x1 * weights[f1, k]) + (x2 * weights[f2, k] + x3 * weights[f3, k])
    for j in range(rest, stop):
        f0 = indices[j]
        x0 = data[j]
        for k in range(n_outputs):
            scores[k] += x0 * weights[f0, k]


def decisions_due(start, stop, indices, data, weights, owed, scores):
    """One row's unscaled scores under every output, as if its features had paid what they owe, into ``scores``."""
    n_outputs = scores.shape[0]
    for k in range(n_outputs):
        scores[k] = 0.0
    rest = stop - (stop - start) % 2
    for j in range(start, rest, 2):
        if n_outputs >= 8 and j + 18 <= stop:
            prefetch_weights(weights, indices[j + 16], n_outputs)
            prefetch_weights(weights, indices[j + 17], n_outputs)
        f0 = indices[j]
        f1 = indices[j + 1]
        x0 = data[j]
        x1 = data[j + 1]
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
    """Turn a row's unscaled scores into its loss's derivatives by its scores, in place; return the loss.

    If a score is not finite, neither is the result.
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

    A feature that the row holds twice owes nothing the second time.
    """
    for j in range(start, stop):
        f = indices[j]
        weights[f, 0] = shrink(weights[f, 0], owed - weights[f, 1]) - step * data[j]
        weights[f, 1] = owed


def subtract_outer(start, stop, indices, data, errors, weights):
    """``weights -= outer(x, errors)`` over one row's non-zeros; the step is a factor of ``errors`` already."""
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
    """Make every feature pay and apply the scale, so that ``weights[:, :n_outputs]`` are the weights themselves."""
    scale = clock[SCALE]
    owed = rounded(clock[OWED], weights)
    lazy = owes(weights, n_outputs, clock)
    for f in range(weights.shape[0]):
        due = 0.0
        if lazy:
            due = owed - weights[f, n_outputs]
            weights[f, n_outputs] = 0.0
        for k in range(n_outputs):
            weights[f, k] = scale * shrink(weights[f, k], due)
    clock[SCALE] = 1.0
    clock[OWED] = 0.0


def settled(weights, clock, out):
    """Write the settled weights to ``out``, shape ``(n_features, n_outputs)``; ``weights`` stay as they are."""
    scale = clock[SCALE]
    owed = rounded(clock[OWED], weights)
    n_outputs = out.shape[1]
    lazy = owes(weights, n_outputs, clock)
    for f in range(out.shape[0]):
        due = 0.0
        if lazy:
            due = owed - weights[f, n_outputs]
        for k in range(n_outputs):
            out[f, k] = scale * shrink(weights[f, k], due)
