"""Weights that owe their penalty: reading a row's scores, paying what is due, settling everything.

The weights of feature ``f`` are ``scale * weights[f, k]``, once each ``weights[f, k]`` has been soft-thresholded by
``owed - weights[f, n_outputs]``: the last column holds the value of ``owed`` up to which the feature has paid. Without
an L1 penalty nothing is ever owed and that column does not exist. One threshold settles any number of missed steps,
because a threshold never changes a sign while no gradient lands (Lipton and Elkan 2015, arXiv:1505.06449).
"""


def prefetch_row(start, stop, indices, data):
    """Ask for a row's indices and values ahead of their use; 16 entries fill a cache line or two."""
    for j in range(start, stop, 16):
        prefetch(indices, j)
        prefetch(data, j)


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


def decision_paying(start, stop, indices, data, weights, owed):
    """Let one row's features pay what they owe; return the row's unscaled score."""
    z = 0.0
    for j in range(start, stop):
        f = indices[j]
        paid = weights[f, 1]
        # Stored before it is subtracted, so that float32 rounds the account and not each payment: they add up exactly.
        weights[f, 1] = owed
        weights[f, 0] = shrink(weights[f, 0], weights[f, 1] - paid)
        z += data[j] * weights[f, 0]
    return z


def pay_row(start, stop, indices, weights, n_outputs, owed):
    """Let one row's features pay what they owe, for every output."""
    for j in range(start, stop):
        f = indices[j]
        paid = weights[f, n_outputs]
        weights[f, n_outputs] = owed
        due = weights[f, n_outputs] - paid
        for k in range(n_outputs):
            weights[f, k] = shrink(weights[f, k], due)


def decisions(start, stop, indices, data, weights, scores):
    """One row's unscaled scores under every output, into ``scores``."""
    n_outputs = scores.shape[0]
    for k in range(n_outputs):
        scores[k] = 0.0
    for j in range(start, stop):
        f = indices[j]
        x = data[j]
        for k in range(n_outputs):
            scores[k] += x * weights[f, k]


def scale_scores(scores, scale, intercept):
    """Turn unscaled scores into scores, in place; return a sum that is not finite if any of them is not."""
    checked = 0.0
    for k in range(scores.shape[0]):
        scores[k] = scale * scores[k] + intercept[k]
        checked += 0.0 * scores[k]
    return checked


def softmax_error(start, stop, indices, data, label, weights, scale, intercept, scores):
    """One row's loss; its derivative by the scores goes into ``scores``. NaN if a score is not finite."""
    decisions(start, stop, indices, data, weights, scores)
    checked = scale_scores(scores, scale, intercept)
    if not isfinite(checked):
        return checked
    true_score = scores[label]
    normalizer = softmax(scores)
    scores[label] -= 1.0
    return normalizer - true_score


def subtract(start, stop, indices, data, step, weights):
    """``weights -= step * x`` over one row's non-zeros, under one output."""
    for j in range(start, stop):
        weights[indices[j], 0] -= step * data[j]


def subtract_outer(start, stop, indices, data, errors, weights):
    """``weights -= outer(x, errors)`` over one row's non-zeros; the step is a factor of ``errors`` already."""
    n_outputs = errors.shape[0]
    for j in range(start, stop):
        f = indices[j]
        x = data[j]
        for k in range(n_outputs):
            weights[f, k] -= x * errors[k]


def settle(weights, n_outputs, clock):
    """Make every feature pay and apply the scale, so that ``weights[:, :n_outputs]`` are the weights themselves."""
    scale = clock[0]
    owed = clock[1]
    lazy = weights.shape[1] > n_outputs
    for f in range(weights.shape[0]):
        due = 0.0
        if lazy:
            due = owed - weights[f, n_outputs]
            weights[f, n_outputs] = 0.0
        for k in range(n_outputs):
            weights[f, k] = scale * shrink(weights[f, k], due)
    clock[0] = 1.0
    clock[1] = 0.0


def settled(weights, clock, out):
    """Write the settled weights to ``out``, shape ``(n_features, n_outputs)``; ``weights`` stay as they are."""
    scale = clock[0]
    owed = clock[1]
    n_outputs = out.shape[1]
    lazy = weights.shape[1] > n_outputs
    for f in range(out.shape[0]):
        due = 0.0
        if lazy:
            due = owed - weights[f, n_outputs]
        for k in range(n_outputs):
            out[f, k] = scale * shrink(weights[f, k], due)


def penalize(weights, n_outputs, clock, l1, l2, smallest_scale, largest):
    """Charge one proximal step of the penalty ``l1 * ||w||_1 + l2 / 2 * ||w||^2`` (times the rate) to every feature.

    The strengths come multiplied by the learning rate. ``scale`` shrinks and ``owed`` grows geometrically under L2;
    before either leaves the range of the weights' type, everything is settled.
    """
    clock[1] += l1 / clock[0]
    clock[0] /= 1.0 + l2
    if clock[0] < smallest_scale or clock[1] > largest:
        settle(weights, n_outputs, clock)
