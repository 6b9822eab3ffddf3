"""Merging the weights that several threads trained on rows of their own: see `fastlr.solvers.stochastic.local_sgd`."""


def add_squares(indptr, indices, data, sample_weight, order, start, stop, out):
    """Add ``s_i x_if ** 2`` of rows ``order[start:stop]`` to ``out[f]``."""
    weighted = sample_weight.shape[0] > 0
    s = 1.0
    for i in range(start, stop):
        row = order[i]
        if weighted:
            s = sample_weight[row]
        for j in range(indptr[row], indptr[row + 1]):
            out[indices[j]] += s * data[j] * data[j]


def share(reach, n_copies):
    """Return the share of each thread's update that counts, if one thread goes ``reach / (1 + reach)`` of the way."""
    reach = min(reach, 1e100)  # it may be infinite
    return (1.0 + 0.5 * reach) / (1.0 + 0.5 * n_copies * reach)


def merge(weights, copies, clocks, squares, curvature, rate, l2, start, stop, scratch):
    """Add the share that counts of the updates of all copies to the weights of features ``start`` to ``stop``.

    The copies, of shape ``(n_copies, n_features, n_columns)``, started from ``weights``, and equal them again
    afterwards; both owe nothing then. A copy pays what it owes by its own row of ``clocks``. ``squares[f] *
    curvature[k] + l2`` is the curvature along one weight and ``rate`` the sum of the rates of a copy's steps.
    ``scratch`` has shape ``(3, n_outputs)``.
    """
    n_copies = copies.shape[0]
    n_outputs = curvature.shape[0]
    lazy = copies.shape[2] > n_outputs
    moved = scratch[0]
    low = scratch[1]
    high = scratch[2]
    for f in range(start, stop):
        for k in range(n_outputs):
            moved[k] = 0.0
            low[k] = 0.0
            high[k] = 0.0
        for p in range(n_copies):
            scale = clocks[p, SCALE]
            if lazy:
                due = rounded(clocks[p, OWED] - copies[p, f, n_outputs], weights)
                for k in range(n_outputs):
                    w = scale * shrink(copies[p, f, k], due)
                    moved[k] += w - weights[f, k]
                    low[k] = min(low[k], w)
                    high[k] = max(high[k], w)
            else:
                for k in range(n_outputs):
                    moved[k] += scale * copies[p, f, k] - weights[f, k]
        for k in range(n_outputs):
            after = weights[f, k] + share(rate * (squares[f] * curvature[k] + l2), n_copies) * moved[k]
            # The penalties of several threads, each of which took a weight to zero, must not take it past zero.
            if lazy and ((after > 0.0 and high[k] == 0.0) or (after < 0.0 and low[k] == 0.0)):
                after = 0.0
            weights[f, k] = after
        if lazy:
            weights[f, n_outputs] = 0.0
        for p in range(n_copies):
            for k in range(weights.shape[1]):
                copies[p, f, k] = weights[f, k]
