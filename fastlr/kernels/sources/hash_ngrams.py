"""Hashing: counts the n-grams of each document by column, then weights and normalises the row.

The columns of a document are counted in a small open-addressing table that stays in the nearest cache. A slot is one
number: the column, and below it 2^31 plus the count, of 32 bits each; an empty slot is 0. While a document is read,
``indices`` holds the slots of its columns, in the order of their first appearance.
"""


def enter_columns(indices, counts, first, n, table, slots):
    """Enter the ``n`` columns from ``indices[first]`` on, with their counts, into the first ``slots`` slots."""
    mask = u64(slots - 1)
    for k in range(slots):
        table[k] = u64(0)
    for k in range(n):
        column = u64(indices[first + k])
        slot = column & mask
        while table[slot] != u64(0):
            slot = (slot + u64(1)) & mask
        table[slot] = column << u64(32) | u64(counts[k])
        indices[first + k] = slot


def leave_columns(indices, counts, first, n, table):
    """Undo `enter_columns`, so that they may be entered again."""
    for k in range(n):
        entry = table[indices[first + k]]
        counts[k] = as_index(entry & u64(0xFFFFFFFF))
        indices[first + k] = entry >> u64(32)


def count_terms(terms, n_terms, n_features, alternate, table, slots, indices, first, n):
    """Count n-grams by column; return how many columns the document has.

    There is no branch on whether a column is new, as it would be mispredicted: 3 instead of 5 ns an n-gram.
    """
    mask = u64(slots - 1)
    low = u64(0xFFFFFFFF)
    for k in range(n_terms):
        h = terms[k]
        column = ((h >> u64(32)) * u64(n_features)) >> u64(32)
        slot = column & mask
        entry = table[slot]
        # Neither empty nor the column's own. A product is 0 in either case, and no compiler makes two branches of it.
        while ((entry >> u64(32)) ^ column) * (entry & low) != u64(0):
            slot = (slot + u64(1)) & mask
            entry = table[slot]
        new = 1 if entry == u64(0) else 0
        entry |= (column << u64(32) | u64(0x80000000)) & (u64(0) - u64(new))
        table[slot] = entry + (~u64(0) if alternate and h & u64(1) != u64(0) else u64(1))
        indices[first + n] = slot
        n += new
    return n


def weigh(table, n, weighting, norm, values, indices, data, first):
    """Turn the counts of a document into its values; the slots in ``indices`` become columns.

    The values are divided by their norm if ``norm`` is 1 or 2, the sum of their magnitudes or the Euclidean norm.
    ``values`` has the values of small counts. Larger counts have a loop of their own: with a logarithm in the first
    loop Numba would take the logarithms of all counts, 14 instead of 1 ns an entry.
    """
    zero = as_index(u64(0x80000000))
    last = values.shape[0] - 1
    largest = 0
    for k in range(first, first + n):
        entry = table[indices[k]]
        indices[k] = entry >> u64(32)
        count = as_index(entry & u64(0xFFFFFFFF)) - zero
        value = values[min(abs(count), last)]
        if abs(count) > last and weighting != 1:
            value = abs(count)
        largest = max(largest, abs(count))
        data[k] = -value if count < 0 else value
    if largest > last and weighting == 2:
        for k in range(first, first + n):
            value = fabs(data[k])
            if value > last:  # as no value in the table is
                data[k] = copysign(1.0 + log(value), data[k])
    if norm > 0:
        total = 0.0
        for k in range(first, first + n):
            value = data[k]
            total += value * value if norm == 2 else fabs(value)
        scale = 1.0 / (sqrt(total) if norm == 2 else total) if total > 0.0 else 0.0
        for k in range(first, first + n):
            data[k] *= scale


def hash_documents(
    buffer, starts, stops, alphabet, pages, changes, stop_words, masks, splitting, lowercase, min_length, errors,
    smallest, largest, n_features, alternate, weighting, norm, values, budget, tokens, halves, begins, ends, scratch,
    text, inside, marks, opens, closes, edges, terms, table, counts, indptr, indices, data, state,
):  # fmt: skip
    """Write the rows of documents from the position in ``state``, until ``budget`` bytes are read or an array is full.

    Return DONE; or INVALID for bytes that are not UTF-8, at ``state[POSITION]``; or what is too small, OUTPUT_FULL for
    ``indices`` and ``data``, TABLE_FULL for ``table`` and SCRATCH_FULL for ``scratch``: call again with a larger one.
    """
    characters = splitting >= WITHIN_TOKENS
    joins = 1 if characters else largest  # words to an n-gram
    fewest = 1 if characters else smallest
    n_documents = starts.shape[0]
    document = state[DOCUMENT]
    while document < n_documents and budget > 0:
        stop = stops[document]
        first = indptr[document]
        if state[N_WAITING] == 0:
            begun = state[POSITION]
            if characters:
                n = read_characters(
                    buffer, stop, alphabet, pages, changes, splitting == WHOLE, errors, smallest, largest, scratch,
                    tokens, 0, begins, ends, state,
                )  # fmt: skip
            else:
                n = read_words(
                    buffer, starts[document], stop, alphabet, pages, changes, stop_words, masks, splitting, lowercase,
                    min_length, errors, tokens, halves, state[N_CARRIED], begins, ends, text, inside, marks, opens,
                    closes, edges, state,
                )  # fmt: skip
            if n < 0:
                state[DOCUMENT] = document
                return INVALID if n == -1 else SCRATCH_FULL
            budget -= state[POSITION] - begun + 4 * n + 64
            state[N_WAITING] = n
        n = state[WRITTEN] - first
        reach = joins if state[HALVES] == 0 else 2 * joins
        most = n + (state[N_WAITING] - state[N_CARRIED]) * (reach - fewest + 1)
        if first + most > indices.shape[0]:
            state[DOCUMENT] = document
            return OUTPUT_FULL
        if state[N_SLOTS] == 0 or 2 * most > state[N_SLOTS]:
            if state[N_SLOTS] > 0:
                leave_columns(indices, counts, first, n, table)
                state[N_SLOTS] = 0
            slots = 64
            while slots < 4 * most:
                slots *= 2
            if slots > table.shape[0]:
                state[DOCUMENT] = document
                return TABLE_FULL
            enter_columns(indices, counts, first, n, table, slots)
            state[N_SLOTS] = slots
        n_terms = list_terms(tokens, halves, state[N_CARRIED], state[N_WAITING], fewest, joins, terms, state)
        n = count_terms(terms, n_terms, n_features, alternate, table, state[N_SLOTS], indices, first, n)
        state[WRITTEN] = first + n
        if state[AT_END] == 1:
            weigh(table, n, weighting, norm, values, indices, data, first)
            indptr[document + 1] = first + n
            document += 1
            state[POSITION] = starts[document] if document < n_documents else 0
            state[N_SLOTS] = 0
        carry(tokens, halves, begins, ends, joins, state)
    state[DOCUMENT] = document
    return DONE
