"""Products and norms of the rows of a matrix."""


def scores_binary(indptr, indices, data, weights, intercept, start, stop, out):
    """Write the scores of rows ``start`` to ``stop`` under one output to ``out[start:stop]``."""
    for row in range(start, stop):
        out[row, 0] = decision(indptr[row], indptr[row + 1], indices, data, weights) + intercept[0]


def scores_softmax(indptr, indices, data, weights, intercept, start, stop, out):
    """Write the scores of rows ``start`` to ``stop`` under one output a class to ``out[start:stop]``."""
    for row in range(start, stop):
        decisions(indptr[row], indptr[row + 1], indices, data, weights, out[row])
        for k in range(out.shape[1]):
            out[row, k] += intercept[k]


def squared_norms(indptr, indices, data, start, stop, places, out):
    """Write the squared norms of rows ``start`` to ``stop``; -1 for a row that may contain a feature twice.

    The entries of such a row must be summed before they are squared. If ``places`` is empty, that is every row whose
    indices do not strictly increase. Otherwise ``places``, one entry a feature with any content, finds exactly these
    rows: each entry of a row writes its place there, and then checks whether a later one has overwritten it.
    """
    for row in range(start, stop):
        first = indptr[row]
        last = indptr[row + 1]
        norm = squares_of(data, first, last)
        repeats = False
        if places.shape[0] == 0:
            for j in range(first + 1, last):
                repeats |= indices[j] <= indices[j - 1]
        else:
            for j in range(first, last):
                places[indices[j]] = j - first
            for j in range(first, last):
                repeats |= places[indices[j]] != as_index(j - first)
        out[row] = -1.0 if repeats else norm


def add_transposed(indptr, indices, data, factors, start, stop, out):
    """``out += X[start:stop].T @ factors[start:stop]``, for ``factors`` of shape ``(n_samples, n_outputs)``.

    The sums are of double precision also for rows of single precision: they may nearly cancel.
    """
    n_outputs = out.shape[1]
    for row in range(start, stop):
        if n_outputs == 1:
            x = factors[row, 0]
            for j in range(indptr[row], indptr[row + 1]):
                out[indices[j], 0] += x * data[j]
        else:
            for j in range(indptr[row], indptr[row + 1]):
                f = indices[j]
                x = data[j]
                for k in range(n_outputs):
                    out[f, k] += x * factors[row, k]
