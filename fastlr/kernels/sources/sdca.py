"""Stochastic dual coordinate ascent: each row in turn gets the probabilities that are best for the dual as it stands.

With ``l2`` the strength of L2 beside the sum of the losses, every row has probabilities ``p_i``, and what the rows add
up to, ``V = sum_i s_i x_i (e_{y_i} - p_i)^T / l2``, is kept: the weights themselves, or if there is an L1 penalty too
the weights before a soft threshold of ``l1 / l2``, which is taken as they are read. A step maximises the dual, or with
L1 its quadratic lower bound, over one row's ``p_i``, which is ``log p + q p = z + q p_old - nu`` with its scores ``z``,
``q = s_i ||x_i||^2 / l2`` and ``nu`` such that ``p`` sums to 1, by Newton's method from the last ``log p``.
(Shalev-Shwartz and Zhang 2013 and 2014; Yu, Huang and Lin 2011, for two classes.)

A free intercept asks that the residual ``sum_i s_i (e_{y_i} - p_i)`` be 0, which single rows cannot keep. It is taken
for a multiplier: ``pull`` times each change of the residual is added to the intercept, as if it were the weight of a
feature of that squared size, and so counts in ``q``; after an epoch the solver adds ``pull`` times the residual itself.

``lacks[i]`` is what a row lacked before its step, to second order: together, about the duality gap.
"""

def decision_thresholded(start, stop, indices, data, sums, threshold):
    """One row's score where the weights are the soft-thresholded ``sums``."""
    z = 0.0
    for j in range(start, stop):
        z += data[j] * shrink(sums[indices[j], 0], threshold)
    return z


def decisions_thresholded(start, stop, indices, data, sums, threshold, scores):
    """One row's scores under every output where the weights are the soft-thresholded ``sums``, into ``scores``."""
    n_outputs = scores.shape[0]
    for k in range(n_outputs):
        scores[k] = 0.0
    for j in range(start, stop):
        f = indices[j]
        x = data[j]
        for k in range(n_outputs):
            scores[k] += x * shrink(sums[f, k], threshold)


def sdca_binary(
    indptr, indices, data, labels, sample_weight, order, start, stop, curvature, inverse_l2, threshold, pull, duals,
    sums, intercept, residual, lacks,
):  # fmt: skip
    """Step through rows ``order[start:stop]``.

    ``duals[2 * i]`` holds ``u_i``, the probability of the wrong class, and the next entry its log-odds;
    ``curvature[i]`` is ``q_i``.
    """
    weighted = sample_weight.shape[0] > 0
    bias = intercept[0]
    s = 1.0
    for i in range(start, stop):
        prefetch_ahead(i, order, indptr, indices, data, labels)
        if i + 4 < stop:
            prefetch(duals, 2 * order[i + 4])
            prefetch(curvature, order[i + 4])
        row = order[i]
        first = indptr[row]
        last = indptr[row + 1]
        if weighted:
            s = sample_weight[row]
        sign = 2.0 * labels[row] - 1.0
        if threshold > 0.0:
            z = decision_thresholded(first, last, indices, data, sums, rounded(threshold, sums))
        else:
            z = decision(first, last, indices, data, sums)
        margin = sign * (z + bias)
        old = duals[2 * row]
        lacks[row] = binary_dual_gap(s, margin, old, duals[2 * row + 1])
        move = s * sign * (binary_dual_step(margin, curvature[row], duals, 2 * row) - old)
        subtract(first, last, indices, data, rounded(-inverse_l2 * move, sums), sums)
        bias += pull * move
        residual[0] += move
    intercept[0] = bias


def sdca_softmax(
    indptr, indices, data, labels, sample_weight, order, start, stop, n_newton, curvature, inverse_l2, threshold,
    pull, logs, sums, intercept, residual, lacks, scores, scratch,
):  # fmt: skip
    """Step through rows ``order[start:stop]``.

    ``logs[i * n_classes:]`` holds ``log p_i``, or a positive number for ``e_{y_i}``: before its first step a row has no
    part in the sums. ``scores``, one entry a class, and ``scratch``, of shape (4, n_classes), are scratch.
    """
    weighted = sample_weight.shape[0] > 0
    n_classes = scores.shape[0]
    old = scratch[0]
    log_p = scratch[1]
    p = scratch[2]
    target = scratch[3]
    s = 1.0
    for i in range(start, stop):
        prefetch_ahead(i, order, indptr, indices, data, labels)
        if i + 2 < stop:
            prefetch(curvature, order[i + 2])
            for k in range(0, n_classes, 8):
                prefetch(logs, order[i + 2] * n_classes + k)
        row = order[i]
        first = indptr[row]
        last = indptr[row + 1]
        label = labels[row]
        place = row * n_classes
        if weighted:
            s = sample_weight[row]
        if threshold > 0.0:
            decisions_thresholded(first, last, indices, data, sums, rounded(threshold, sums), scores)
        else:
            decisions(first, last, indices, data, sums, scores)
        q = curvature[row]
        n_steps = n_newton
        if logs[place] > 0.0:
            multiclass_dual_start(label, q, scores, intercept, old, log_p, p)
            n_steps = 10
        else:
            for k in range(n_classes):
                v = logs[place + k]
                e = exp_nonpositive(v)
                log_p[k] = v
                old[k] = e
                p[k] = e
        lacks[row] = multiclass_dual_gap(s, q, scores, intercept, old, log_p, target)
        multiclass_dual_step(n_steps, q, log_p, p, target)
        for k in range(n_classes):
            logs[place + k] = min(log_p[k], 0.0)  # never above by a rounding, which would mean no part
            move = s * (old[k] - p[k])
            intercept[k] += pull * move
            residual[k] += move
            scores[k] = -inverse_l2 * move
        subtract_outer(first, last, indices, data, scores, sums)
