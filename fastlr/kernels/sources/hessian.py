"""Products of the Hessian of the losses with a vector, in one pass over the rows.

A loss enters by its probabilities.
"""


def hessian_product_binary(
    indptr, indices, data, sample_weight, start, stop, probabilities, weights, intercept, out, intercept_out
):  # fmt: skip
    """Add ``X^T D (X weights + intercept)`` of rows ``start`` to ``stop`` to ``out``, and the intercept's part.

    A row's ``D`` is ``s_i`` times the product of its two probabilities, which ``probabilities`` holds.
    """
    weighted = sample_weight.shape[0] > 0
    s = 1.0
    for row in range(start, stop):
        first = indptr[row]
        last = indptr[row + 1]
        if weighted:
            s = sample_weight[row]
        move = decision(first, last, indices, data, weights) + intercept[0]
        move *= s * probabilities[row, 0]
        intercept_out[0] += move
        subtract(first, last, indices, data, rounded(-move, out), out)


def hessian_product_softmax(
    indptr, indices, data, sample_weight, start, stop, probabilities, weights, intercept, scores, out, intercept_out
):  # fmt: skip
    """Do what `hessian_product_binary` does, under one output a class.

    A row's ``D`` is ``s_i (diag(p_i) - p_i p_i^T)``. ``scores``, one entry an output, is scratch.
    """
    n_outputs = scores.shape[0]
    weighted = sample_weight.shape[0] > 0
    s = 1.0
    for row in range(start, stop):
        first = indptr[row]
        last = indptr[row + 1]
        if weighted:
            s = sample_weight[row]
        decisions(first, last, indices, data, weights, scores)
        mean = 0.0
        for k in range(n_outputs):
            mean += probabilities[row, k] * (scores[k] + intercept[k])
        for k in range(n_outputs):
            move = s * probabilities[row, k] * (scores[k] + intercept[k] - mean)
            intercept_out[k] += move
            scores[k] = -move
        subtract_outer(first, last, indices, data, scores, out)
