"""Counting n-grams of a vocabulary, which is learned on the way or given; and tf-idf.

An n-gram is identified by its 64-bit hash. A slot of the vocabulary's open-addressing table is two numbers: the hash,
and the number of the n-gram plus one, or 0 if the slot is empty. Most slots of a large vocabulary are not in any cache,
so the n-grams of a batch are listed, and their slots prefetched, before the first one is counted.
"""


def enter_terms(hashes, n, table):
    """Enter n-grams 0 to ``n`` into an empty table."""
    mask = u64(table.shape[0] // 2 - 1)
    for k in range(n):
        slot = hashes[k] & mask
        while table[(slot << u64(1)) | u64(1)] != u64(0):
            slot = (slot + u64(1)) & mask
        table[slot << u64(1)] = hashes[k]
        table[(slot << u64(1)) | u64(1)] = u64(k + 1)


def count_listed(
    terms, halves, carried, n_tokens, smallest, largest, learn, table, begins, ends, hashes, first_begins, first_ends,
    places, indices, counts, first, state,
):  # fmt: skip
    """Count the n-grams that are listed; learn those that are new, with where they begin and end."""
    mask = u64(table.shape[0] // 2 - 1)
    n = state[WRITTEN]
    n_terms = state[N_TERMS]
    t = 0
    for j in range(carried, n_tokens):
        most = min(largest, j + 1) if state[HALVES] == 0 else longest_ngram(halves, j, largest)
        for size in range(smallest, most + 1):
            h = terms[t]
            t += 1
            slot = h & mask
            number = as_index(table[(slot << u64(1)) | u64(1)])
            while number != 0 and table[slot << u64(1)] != h:
                slot = (slot + u64(1)) & mask
                number = as_index(table[(slot << u64(1)) | u64(1)])
            if number == 0:
                if not learn:
                    continue
                hashes[n_terms] = h
                first_begins[n_terms] = begins[j - size + 1]
                first_ends[n_terms] = ends[j]
                places[n_terms] = -1
                n_terms += 1
                number = n_terms
                table[slot << u64(1)] = h
                table[(slot << u64(1)) | u64(1)] = u64(number)
            place = places[number - 1]
            if place >= first:
                counts[place] += 1
            else:  # its first time in this document
                places[number - 1] = n
                indices[n] = number - 1
                counts[n] = 1
                n += 1
    state[WRITTEN] = n
    state[N_TERMS] = n_terms


def count_documents(
    buffer, starts, stops, alphabet, pages, changes, stop_words, masks, splitting, lowercase, min_length, errors,
    smallest, largest, budget, tokens, halves, begins, ends, scratch, text, inside, marks, opens, closes, edges, terms,
    learn, table, hashes, first_begins, first_ends, places, indptr, indices, counts, state,
):  # fmt: skip
    """Write the counts of documents as `hash_documents` does; here ``state[N_TERMS]`` is the number of n-grams learned.

    A larger ``table`` must come with the n-grams that it had, and with ``places`` of at least half its slots.
    """
    characters = splitting >= WITHIN_TOKENS
    joins = 1 if characters else largest
    fewest = 1 if characters else smallest
    n_documents = starts.shape[0]
    mask = u64(table.shape[0] // 2 - 1)
    document = state[DOCUMENT]
    while document < n_documents and budget > 0:
        stop = stops[document]
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
        reach = joins if state[HALVES] == 0 else 2 * joins
        most = (state[N_WAITING] - state[N_CARRIED]) * (reach - fewest + 1)
        if state[WRITTEN] + most > indices.shape[0]:
            state[DOCUMENT] = document
            return OUTPUT_FULL
        if learn and 4 * (state[N_TERMS] + most) > table.shape[0]:
            state[DOCUMENT] = document
            return TABLE_FULL
        n = list_terms(tokens, halves, state[N_CARRIED], state[N_WAITING], fewest, joins, terms, state)
        for k in range(n):
            prefetch(table, 2 * as_index(terms[k] & mask))
        count_listed(
            terms, halves, state[N_CARRIED], state[N_WAITING], fewest, joins, learn, table, begins, ends, hashes,
            first_begins, first_ends, places, indices, counts, indptr[document], state,
        )  # fmt: skip
        if state[AT_END] == 1:
            indptr[document + 1] = state[WRITTEN]
            document += 1
            state[POSITION] = starts[document] if document < n_documents else 0
        carry(tokens, halves, begins, ends, joins, state)
    state[DOCUMENT] = document
    return DONE


def weigh_rows(indptr, indices, data, idf, sublinear, norm, logs, start, stop, out):
    """Write tf-idf values of rows ``start`` to ``stop``: ``tf * idf`` or ``(1 + log tf) * idf``, over the row's norm.

    ``idf`` is empty if all are 1; ``norm`` is 0 for none, else 1 or 2. ``logs`` has ``1 + log`` of
    small numbers.
    """
    with_idf = idf.shape[0] > 0
    for row in range(start, stop):
        total = 0.0
        for j in range(indptr[row], indptr[row + 1]):
            value = 1.0 * data[j]
            if sublinear:
                whole = truncated(value) if value > 0.0 and value < logs.shape[0] else 0
                value = logs[whole] if whole > 0 and whole == value else 1.0 + log(value)
            if with_idf:
                value *= idf[indices[j]]
            total += value * value if norm == 2 else fabs(value)
            out[j] = value
        if norm > 0 and total > 0.0:
            scale = 1.0 / (sqrt(total) if norm == 2 else total)
            for j in range(indptr[row], indptr[row + 1]):
                out[j] *= scale
