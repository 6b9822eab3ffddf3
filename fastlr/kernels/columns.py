"""From rows over all hashed columns to rows over those that are kept, weighted and of length 1."""

from math import sqrt


def count_columns(indptr, indices, start, stop, counts):
    """Add to ``counts`` in how many of the rows ``start`` to ``stop`` each column occurs; a row holds it once."""
    for j in range(indptr[start], indptr[stop]):
        counts[indices[j]] += 1


def keep_columns(indptr, indices, data, start, stop, places, weights, out_indptr, out_indices, out_data):
    """Write rows ``start`` to ``stop`` with column ``c`` as ``places[c]``, or left out where that is negative.

    Values are multiplied by ``weights[places[c]]``, and each row is divided by its length. ``out_indptr[start]`` says
    where to begin.
    """
    n = out_indptr[start]
    for row in range(start, stop):
        first = n
        total = 0.0
        for j in range(indptr[row], indptr[row + 1]):
            place = places[indices[j]]
            if place >= 0:
                x = 1.0 * data[j] * weights[place]
                total += x * x
                out_indices[n] = place
                out_data[n] = x
                n += 1
        if total > 0.0:
            length = 1.0 / sqrt(total)
            for j in range(first, n):
                out_data[j] *= length
        out_indptr[row + 1] = n
