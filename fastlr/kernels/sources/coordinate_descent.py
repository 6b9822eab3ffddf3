"""Coordinate descent on a quadratic model of the objective: the inner loop of a proximal Newton step.

The model replaces the losses by their gradient and Hessian at given weights. A sweep minimises the model plus the
penalty over one feature after the other. The arrays ``indptr``, ``indices`` and ``data`` are the *columns* of the
matrix (CSC). (Friedman, Hastie and Tibshirani 2010; Yuan, Ho and Lin 2012.)
"""


def sweep_binary(
    indptr, indices, data, features, start, stop, l1, l2, gradient, curvature, weights, state
):  # fmt: skip
    """Minimise over ``features[start:stop]`` in turn.

    ``state[2 * i]`` is row ``i``'s second derivative, and the next entry how far its score has moved. Writes each
    feature's ``curvature``, the sum of ``x_if^2`` times the second derivatives.
    """
    for i in range(start, stop):
        f = features[i]
        first = indptr[f]
        last = indptr[f + 1]
        w = 1.0 * weights[f, 0]
        g = gradient[f, 0] + l2 * w
        a = 0.0
        for j in range(first, last):
            r = 2 * indices[j]
            h = data[j] * state[r]
            g += h * state[r + 1]
            a += h * data[j]
        a = max(a, 1e-12)  # for an empty column, as it is divided by
        curvature[f, 0] = a
        a += l2
        new = shrink(w - g / a, l1 / a)
        step = new - w
        if step != 0.0:
            weights[f, 0] = new
            for j in range(first, last):
                state[2 * indices[j] + 1] += data[j] * step


def sweep_softmax(
    indptr, indices, data, features, start, stop, l1, l2, gradient, curvature, weights, s, p, moved, mean,
    scratch,
):  # fmt: skip
    """Minimise over ``features[start:stop]`` in turn, over all classes of a feature at once.

    The Hessian of a row is ``s_i (diag(p_i) - p_i p_i^T)``; a feature's own part of it is bounded by
    ``curvature = sum_i s_i x_if^2 p_i``, which is written. ``moved[i]`` is how far the row's scores have moved, and
    ``mean[i]`` the mean of ``moved[i]`` under ``p_i``; ``scratch`` has shape (2, n_classes).
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
            curvature[f, k] = 1e-12
        for j in range(first, last):
            row = indices[j]
            x = 1.0 * data[j]
            share = x * s[row]
            center = mean[row]
            square = share * x
            for k in range(n_classes):
                q = p[row, k]
                g[k] += share * q * (moved[row, k] - center)
                curvature[f, k] += square * q
        for k in range(n_classes):
            w = 1.0 * weights[f, k]
            a = curvature[f, k] + l2
            new = shrink(w - g[k] / a, l1 / a)
            weights[f, k] = new
            step[k] = new - w
        k = 0  # the first class that steps; found here, as the loop above is vector instructions without it
        while k < n_classes and step[k] == 0.0:
            k += 1
        if k < n_classes:
            for j in range(first, last):
                row = indices[j]
                x = data[j]
                if n_classes < 8:  # what `dot` does then, in one loop: 0.9 of the time with three classes
                    change = 0.0
                    for k in range(n_classes):
                        moved[row, k] += x * step[k]
                        change += step[k] * p[row, k]
                else:
                    for k in range(n_classes):
                        moved[row, k] += x * step[k]
                    change = dot(step, p[row])
                mean[row] += x * change
