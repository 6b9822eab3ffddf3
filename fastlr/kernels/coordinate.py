"""Coordinate descent on a quadratic model of the objective: the inner loop of a proximal Newton step.

Around given weights the losses are replaced by their gradient and Hessian; a sweep minimises that model plus the
penalty over one feature after the other and moves ``weights``. The arrays ``indptr``, ``indices`` and ``data`` are the
*columns* of the matrix (CSC). ``violations[f]`` is by how much a feature missed its optimality condition when it was
looked at. (Friedman, Hastie and Tibshirani 2010; Yuan, Ho and Lin 2012.)
"""

from math import fabs


def sweep_binary(
    indptr, indices, data, features, start, stop, l1, l2, gradient, curvature, weights, state, violations
):  # fmt: skip
    """Look at ``features[start:stop]`` in turn.

    ``state[2 * i]`` is row ``i``'s second derivative, and the next entry how far its score has moved.
    """
    for i in range(start, stop):
        f = features[i]
        first = indptr[f]
        last = indptr[f + 1]
        w = 1.0 * weights[f, 0]
        g = gradient[f, 0] + l2 * w
        for j in range(first, last):
            r = 2 * indices[j]
            g += data[j] * (state[r] * state[r + 1])
        a = curvature[f, 0] + l2
        new = shrink(w - g / a, l1 / a)
        step = new - w
        violations[f] = fabs(g + l1) if w > 0.0 else (fabs(g - l1) if w < 0.0 else max(fabs(g) - l1, 0.0))
        if step != 0.0:
            weights[f, 0] = new
            for j in range(first, last):
                state[2 * indices[j] + 1] += data[j] * step


def sweep_softmax(
    indptr, indices, data, features, start, stop, l1, l2, gradient, curvature, weights, s, p, moved, mean,
    violations, scratch,
):  # fmt: skip
    """Look at ``features[start:stop]`` in turn, at all classes of one together.

    The Hessian of a row is ``s_i (diag(p_i) - p_i p_i^T)``; a feature's own part of it is bounded by
    ``curvature = sum_i s_i x_if^2 p_i``. ``moved[i]`` is how far the row's scores have moved, and ``mean[i]`` the mean
    of that under ``p_i``; ``scratch`` has shape (2, n_classes).
    """
    n_classes = p.shape[1]
    g = scratch[0]
    step = scratch[1]
    for i in range(start, stop):
        f = features[i]
        first = indptr[f]
        last = indptr[f + 1]
        for k in range(n_classes):
            g[k] = gradient[f, k] + l2 * weights[f, k]
        for j in range(first, last):
            row = indices[j]
            x = s[row] * data[j]
            center = mean[row]
            for k in range(n_classes):
                g[k] += x * p[row, k] * (moved[row, k] - center)
        largest = 0.0
        change = 0.0
        for k in range(n_classes):
            w = 1.0 * weights[f, k]
            a = curvature[f, k] + l2
            new = shrink(w - g[k] / a, l1 / a)
            weights[f, k] = new
            step[k] = new - w
            change += fabs(step[k])
            miss = fabs(g[k] + l1) if w > 0.0 else (fabs(g[k] - l1) if w < 0.0 else max(fabs(g[k]) - l1, 0.0))
            largest = max(largest, miss)
        violations[f] = largest
        if change > 0.0:
            for j in range(first, last):
                row = indices[j]
                x = data[j]
                change = 0.0
                for k in range(n_classes):
                    moved[row, k] += x * step[k]
                    change += p[row, k] * step[k]
                mean[row] += x * change


def column_curvature(indptr, indices, data, features, start, stop, second, curvature):
    """``curvature[f] = sum_i x_if^2 * second[i]`` for ``features[start:stop]``; one output or one a class."""
    n_outputs = curvature.shape[1]
    for i in range(start, stop):
        f = features[i]
        for k in range(n_outputs):
            curvature[f, k] = 0.0
        for j in range(indptr[f], indptr[f + 1]):
            x = 1.0 * data[j]
            x *= x
            for k in range(n_outputs):
                curvature[f, k] += x * second[indices[j], k]
