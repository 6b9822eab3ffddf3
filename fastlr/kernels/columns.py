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

    ``places`` fits in no near cache, and asking for its entries ahead of their use makes half of the time.
    """
    n = out_indptr[start]
    end = truncated(indptr[start])
    last = truncated(indptr[stop]) - 1
    for row in range(start, stop):
        first = n
        total = 0.0
        begin = end
        end = truncated(indptr[row + 1])
        for j in range(begin, end):
            prefetch(places, indices[min(j + 32, last)])
            # Without a branch, of which the processor would guess every seventh wrong.
            place = places[indices[j]]
            kept = 1 if place >= 0 else 0
            x = 1.0 * data[j] * weights[place * kept]
            total += kept * x * x
            out_indices[n] = place
            out_data[n] = x
            n += kept
        if total > 0.0:
            length = 1.0 / sqrt(total)
            for j in range(first, n):
                out_data[j] *= length
        out_indptr[row + 1] = n
