"""Stochastic dual coordinate ascent: maximises the dual over the probabilities of one row after the other.

Every row has a dual variable, the probabilities ``p_i`` of its classes, and the solver maintains the sums ``V = sum_i
s_i x_i (e_{y_i} - p_i)^T / l2``, with ``l2`` the strength of L2 beside the sum of the losses. These are the weights;
with an L1 penalty too, the weights are ``V`` soft-thresholded by ``l1 / l2``, which is done as they are read. A step
maximises the dual, or with L1 its quadratic lower bound, over one ``p_i``: ``log p + q p = z + q p_old - nu`` with the
row's scores ``z``, ``q = s_i ||x_i||^2 / l2`` and ``nu`` such that ``p`` sums to 1, by Newton's method from the last
``log p``. (Shalev-Shwartz and Zhang 2013 and 2014; Yu, Huang and Lin 2011, for two classes.)

An unpenalised intercept requires the residual ``sum_i s_i (e_{y_i} - p_i)`` to be 0, which steps over single rows
cannot maintain. The intercept is therefore a multiplier: it moves by ``pull`` times each change of the residual, as if
it were the weight of a feature of that squared size, which counts in ``q``; after an epoch the solver adds ``pull``
times the residual itself.

``lacks[i]`` is a row's part of the duality gap before its step, to second order.
"""


def decision_thresholded(start, stop, indices, data, sums, threshold):
    """Return one row's score where the weights are the soft-thresholded ``sums``."""
    z = 0.0
    for j in range(start, stop):
        z += data[j] * shrink(sums[indices[j], 0], threshold)
    return z


def decisions_thresholded(start, stop, indices, data, sums, threshold, scores):
    """Write one row's scores to ``scores``, where the weights are the soft-thresholded ``sums``."""
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

    ``logs[i * n_classes:]`` holds ``log p_i``, or before a row's first step a positive number: ``p_i`` is then
    ``e_{y_i}``, and the row has no part in the sums. ``scores``, one entry a class, and ``scratch``, of shape (6,
    n_classes), are scratch.
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
                e = exp(v)
                log_p[k] = v
                old[k] = e
                p[k] = e
        lacks[row] = multiclass_dual_gap(s, q, scores, intercept, old, log_p, target)
        multiclass_dual_step(n_steps, q, log_p, p, target, scratch[4], scratch[5])
        for k in range(n_classes):
            logs[place + k] = min(log_p[k], 0.0)  # a rounding must not make it positive
            move = s * (old[k] - p[k])
            intercept[k] += pull * move
            residual[k] += move
            scores[k] = -inverse_l2 * move
        subtract_outer(first, last, indices, data, scores, sums)
