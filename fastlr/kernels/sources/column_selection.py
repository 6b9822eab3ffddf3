"""Selecting columns: from rows over all hashed columns to weighted, normalized rows over the columns that are kept."""

from math import sqrt


def count_columns(indices, counts):
    """Add to ``counts`` how often each column occurs."""
    for j in range(indices.shape[0]):
        counts[indices[j]] += 1


def ones(word):
    """Return how many bits are set. Compilers know the pattern and make one instruction of it."""
    word -= (word >> u64(1)) & u64(0x5555555555555555)
    word = (word & u64(0x3333333333333333)) + ((word >> u64(2)) & u64(0x3333333333333333))
    word = (word + (word >> u64(4))) & u64(0x0F0F0F0F0F0F0F0F)
    return (word * u64(0x0101010101010101)) >> u64(56)


def keep_columns(indptr, indices, data, ranks, weights, out_indptr, out_indices, out_data):
    """Write rows over the columns that are kept, renumbered.

    An entry of ``ranks`` describes 32 columns: its lower half has a bit for each, set if the column is kept, the first
    column lowest; its upper half is the number of columns kept before them. Values are multiplied by the weights of
    their new columns, and each row is divided by its norm. ``out_indptr[0]`` is where to begin.

    A table of the new column of every column would not fit into the caches: 4.5 instead of 3.0 ns an entry.
    """
    n_rows = indptr.shape[0] - 1
    n = out_indptr[0]
    end = truncated(indptr[0])
    last = truncated(indptr[n_rows]) - 1
    for row in range(n_rows):
        first = n
        total = 0.0
        begin = end
        end = truncated(indptr[row + 1])
        for j in range(begin, end):
            prefetch(ranks, indices[min(j + 32, last)] >> 5)
            column = u64(indices[j])
            entry = ranks[column >> u64(5)]
            bit = column & u64(31)
            out_indices[n] = (entry >> u64(32)) + ones(entry & ((u64(1) << bit) - u64(1)))
            out_data[n] = data[j]
            n += as_index(entry >> bit & u64(1))  # a branch would be mispredicted
        for j in range(first, n):
            x = 1.0 * out_data[j] * weights[out_indices[j]]
            total += x * x
            out_data[j] = x
        if total > 0.0:
            length = 1.0 / sqrt(total)
            for j in range(first, n):
                out_data[j] *= length
        out_indptr[row + 1] = n
