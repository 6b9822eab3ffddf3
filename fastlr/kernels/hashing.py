"""Documents to rows of hashed columns: count the n-grams of each document by column, then weight and normalise.

The columns of a document are told apart in a small open-addressing table that stays in the nearest cache. A slot is two
numbers: generation and column, and the place of its count. Each document begins a generation, so that nothing need be
cleared.
"""


def start_table(indices, first, n, table, generation, slots):
    """Enter the ``n`` columns from ``indices[first]`` on into the first ``slots`` slots of a table."""
    stamp = u64(generation) << u64(32)
    mask = u64(slots - 1)
    for k in range(n):
        column = u64(indices[first + k])
        slot = column & mask
        while table[slot << u64(1)] >> u64(32) == u64(generation):
            slot = (slot + u64(1)) & mask
        table[slot << u64(1)] = stamp | column
        table[(slot << u64(1)) | u64(1)] = u64(k)


def count_terms(
    tokens,
    carried,
    n_tokens,
    smallest,
    largest,
    n_features,
    alternate,
    table,
    generation,
    slots,
    counts,
    indices,
    first,
    n,
):
    """Count the n-grams that end in tokens ``carried`` to ``n_tokens``; return how many columns the document has."""
    stamp = u64(generation) << u64(32)
    mask = u64(slots - 1)
    for j in range(carried, n_tokens):
        h = tokens[j]
        for size in range(1, min(largest, j + 1) + 1):
            if size > 1:
                h = joined(h, tokens[j - size + 1])
            if size < smallest:
                continue
            column = ((h >> u64(32)) * u64(n_features)) >> u64(32)
            key = stamp | column
            slot = column & mask
            entry = table[slot << u64(1)]
            while entry != key and entry >> u64(32) == u64(generation):
                slot = (slot + u64(1)) & mask
                entry = table[slot << u64(1)]
            one = 1
            if alternate and h & u64(1) != u64(0):
                one = -1
            if entry == key:
                counts[table[(slot << u64(1)) | u64(1)]] += one
            else:
                table[slot << u64(1)] = key
                table[(slot << u64(1)) | u64(1)] = u64(n)
                counts[n] = one
                indices[first + n] = column
                n += 1
    return n


def weigh(counts, n, weighting, normalize, logs, data, first):
    """Turn the counts of a document into its values: 0 leaves counts, 1 makes them 1, 2 takes ``1 + log``.

    ``logs`` has the values of small counts.
    """
    total = 0.0
    for k in range(n):
        count = counts[k]
        value = 1.0 * abs(count)
        if weighting == 1:
            value = 1.0
        elif weighting == 2:
            value = logs[abs(count)] if abs(count) < logs.shape[0] else 1.0 + log(value)
        if count < 0:
            value = -value
        total += value * value
        data[first + k] = value
    if normalize and total > 0.0:
        scale = 1.0 / sqrt(total)
        for k in range(n):
            data[first + k] *= scale


def hash_documents(
    buffer, starts, stops, alphabet, pages, changes, stop_words, characters, lowercase, min_length, errors, smallest,
    largest, n_features, alternate, weighting, normalize, logs, budget, tokens, begins, ends, scratch, table, counts,
    indptr, indices, data, state,
):  # fmt: skip
    """Write the rows of documents from where ``state`` stands, until ``budget`` bytes are read or something lacks.

    Return 0; or 1 for bytes that are not UTF-8, at ``state[1]``; 2 for want of room in ``indices`` and ``data``, 3 in
    ``table``, 4 in ``scratch``: with more of it the call is to be made again.
    """
    joins = 1 if characters else largest  # words to an n-gram
    fewest = 1 if characters else smallest
    n_documents = starts.shape[0]
    document = state[0]
    while document < n_documents and budget > 0:
        stop = stops[document]
        first = indptr[document]
        if state[3] == 0:
            begun = state[1]
            if characters:
                n = read_characters(
                    buffer, stop, alphabet, pages, changes, errors, smallest, largest, scratch, tokens, 0, begins,
                    ends, state,
                )  # fmt: skip
            else:
                n = read_words(
                    buffer, stop, alphabet, pages, changes, stop_words, lowercase, min_length, errors, tokens,
                    state[2], begins, ends, state,
                )  # fmt: skip
            if n < 0:
                state[0] = document
                return 1 if n == -1 else 4
            budget -= state[1] - begun + 4 * n + 64
            state[3] = n
        n = state[4] - first
        most = n + (state[3] - state[2]) * (joins - fewest + 1)
        if first + most > indices.shape[0]:
            state[0] = document
            return 2
        if 2 * most > state[6]:
            slots = 256
            while slots < 2 * most:
                slots *= 2
            if 2 * slots > table.shape[0]:
                state[0] = document
                return 3
            state[5] += 1
            state[6] = slots
            start_table(indices, first, n, table, state[5], slots)
        n = count_terms(
            tokens, state[2], state[3], fewest, joins, n_features, alternate, table, state[5], state[6], counts,
            indices, first, n,
        )  # fmt: skip
        state[4] = first + n
        if state[7] == 1:
            weigh(counts, n, weighting, normalize, logs, data, first)
            indptr[document + 1] = first + n
            document += 1
            state[1] = starts[document] if document < n_documents else 0
            state[2] = 0
            state[6] = 0
        else:
            kept = min(joins - 1, state[3])
            for k in range(kept):
                tokens[k] = tokens[state[3] - kept + k]
            state[2] = kept
        state[3] = 0
        state[7] = 0
    state[0] = document
    return 0
