"""Tokenizing: from the bytes of a document to the hashes of its words, or of their character n-grams.

A hash takes in 8 bytes at a time, the first byte lowest on every machine; bytes past the end count as 0, which no word
contains. Letters are classified, lower-cased and hashed 8 bytes at a time too, by a few operations on one 64-bit
number. A word with a byte that is not ASCII goes to `read_letters`, which goes letter by letter and computes the same
hash.

All arithmetic is on unsigned 64-bit numbers, made by ``u64``: of an unsigned and a signed one Numba would make a
floating-point number. Constants are below 2^63, where both compilers take them for integers.

``state`` is the position of the pass, so that a kernel may return when a batch is full and continue later; `state.py`
names its places.
"""


def mixed(h, word):
    """Take 8 bytes into the hash."""
    h = (h ^ word) * u64(0x1E3779B97F4A7C15)
    return h ^ (h >> u64(32))


def finished(h):
    """Let every bit of the hash depend on every bit taken in."""
    h = h * u64(0x58F38DED2A2D7B15)
    return h ^ (h >> u64(32))


def joined(h, word):
    """Return the hash of an n-gram that is longer by one word on the left."""
    h = (h * u64(0x369DEA0F31A53F85) + word) * u64(0x27BB2EE687B0B0FD)
    return h ^ (h >> u64(32))


def load(buffer, i, stop):
    """Return bytes ``i`` to ``i + 8`` as one number, with 0 for those from ``stop`` on."""
    n = stop - i
    if n >= 8:
        return load_word(buffer, i)
    word = u64(0)
    for k in range(n):
        word |= u64(buffer[i + k]) << u64(8 * k)
    return word


def letters_of(word):
    """Set the highest bit of each byte that is an ASCII letter, digit or underscore, and no others."""
    # No sum below carries into the next byte: a byte without its highest bit is at most 0x7F.
    low = word & u64(0x7F7F7F7F7F7F7F7F)
    folded = low | u64(0x2020202020202020)
    letters = (folded + u64(0x1F1F1F1F1F1F1F1F)) & ~(folded + u64(0x0505050505050505))
    digits = (low + u64(0x5050505050505050)) & ~(low + u64(0x4646464646464646))
    underscores = ~((low ^ u64(0x5F5F5F5F5F5F5F5F)) + u64(0x7F7F7F7F7F7F7F7F))
    return (letters | digits | underscores) & ~(word | u64(0x7F7F7F7F7F7F7F7F))


def ink_of(word):
    """Set the highest bit of each byte that is ASCII and neither white space nor NUL, and no others."""
    low = word & u64(0x7F7F7F7F7F7F7F7F)
    lines = (low + u64(0x7777777777777777)) & ~(low + u64(0x7272727272727272))  # 9 to 13
    blanks = (low + u64(0x6464646464646464)) & ~(low + u64(0x5F5F5F5F5F5F5F5F))  # 28 to 32
    return (low + u64(0x7F7F7F7F7F7F7F7F)) & ~(lines | blanks) & ~(word | u64(0x7F7F7F7F7F7F7F7F))


def marks_of(word):
    """Set the highest bit of each byte that may begin a symbol or the end of a word such as "C++"; and a few others."""
    low = word & u64(0x7F7F7F7F7F7F7F7F)
    folded = low | u64(0x2020202020202020)
    signs = ~(((low & u64(0x7575757575757575)) ^ u64(0x2121212121212121)) + u64(0x7F7F7F7F7F7F7F7F))  # ! # ) +
    eyes = (low + u64(0x4646464646464646)) & ~(low + u64(0x4040404040404040))  # : ; < = > ?
    bars = (folded + u64(0x0505050505050505)) & ~(folded + u64(0x0303030303030303))  # [ \ { |
    return (signs | eyes | bars) & ~(word | u64(0x7F7F7F7F7F7F7F7F))


def packed(word):
    """Return the highest bits of the bytes, that of the first byte lowest."""
    return ((word >> u64(7)) & u64(0x0101010101010101)) * u64(0x0102040810204080) >> u64(56)


def lowered(word):
    """Lower-case the ASCII letters among the bytes."""
    low = word & u64(0x7F7F7F7F7F7F7F7F)
    capitals = (low + u64(0x3F3F3F3F3F3F3F3F)) & ~(low + u64(0x2525252525252525))
    return word | ((capitals & ~(word | u64(0x7F7F7F7F7F7F7F7F))) >> u64(2))


def hash_bytes(buffer, start, stop):
    """Return the hash of a word that is already lower-cased."""
    h = u64(0x243F6A8885A308D3)
    for i in range(start, stop, 8):
        h = mixed(h, load(buffer, i, stop))
    return finished(h)


def width_of(byte):
    """Return the number of bytes of the code point that begins with this byte."""
    if byte < 0x80:
        return 1
    if byte < 0xE0:
        return 2
    if byte < 0xF0:
        return 3
    return 4


def decoded(word):
    """Return the code point beyond ASCII that begins in the lowest byte; -1 if the bytes are not UTF-8."""
    byte = as_index(word & u64(0xFF))
    if byte < 0xC2 or byte > 0xF4:
        return -1
    second = as_index(word >> u64(8) & u64(0xFF))
    if second & 0xC0 != 0x80:
        return -1
    code = second & 0x3F
    if byte < 0xE0:
        return (byte & 0x1F) << 6 | code
    third = as_index(word >> u64(16) & u64(0xFF))
    if third & 0xC0 != 0x80:
        return -1
    code = code << 6 | (third & 0x3F)
    # Not what fewer bytes would say, no half of a surrogate pair, nothing beyond Unicode.
    if byte < 0xF0:
        code |= (byte & 0x0F) << 12
        return -1 if code < 0x800 or (code >= 0xD800 and code < 0xE000) else code
    fourth = as_index(word >> u64(24) & u64(0xFF))
    if fourth & 0xC0 != 0x80:
        return -1
    code = (byte & 0x07) << 18 | code << 6 | (fourth & 0x3F)
    return -1 if code < 0x10000 or code > 0x10FFFF else code


def encoded(code):
    """Return the bytes of a code point in UTF-8, the first one lowest."""
    if code < 0x80:
        return code
    if code < 0x800:
        return 0x80C0 | (code >> 6) | ((code & 0x3F) << 8)
    if code < 0x10000:
        return 0x8080E0 | (code >> 12) | ((code >> 6 & 0x3F) << 8) | ((code & 0x3F) << 16)
    last = (code & 0x3F) | 0x80
    return 0x8080F0 | (code >> 18) | ((code >> 12 & 0x3F) << 8) | ((code >> 6 & 0x3F) << 16) | (last << 24)


def lower_letter(code, change):
    """Return the lower case of a code point, or 0 if it is not a letter, by its entry in ``changes``.

    An entry is what lower-casing adds, plus 2^21; 0 if the code point is not a letter. Equal pages of 256 code points
    are stored once, at ``256 * pages[code >> 8]``. ``alphabet`` has the ASCII letters themselves. Bits above those of
    the lower case are the kind of the character.
    """
    return code + (change & 0x3FFFFF) - 0x200000 if change != 0 else 0


def is_word_byte(byte):
    """Return whether a byte is an ASCII letter, digit or underscore, or beyond ASCII."""
    folded = byte | 0x20
    return (folded >= 0x61 and folded <= 0x7A) or (byte >= 0x30 and byte <= 0x39) or byte == 0x5F or byte >= 0x80


def suffix_end(buffer, i, stop):
    """Return where the "+" and "#" from ``i`` on end; ``i`` if a letter follows or there are none."""
    end = i
    while end < stop and (buffer[end] == 0x2B or buffer[end] == 0x23):
        end += 1
    return i if end < stop and is_word_byte(as_index(buffer[end])) else end


def byte_at(buffer, i, stop):
    """Return a byte, or a space from ``stop`` on."""
    return as_index(buffer[i]) if i < stop else 0x20


def is_mouth(byte):
    """Return whether an emoticon may end in a byte: one of ``()*/3DOP[]op{|}`` or a backslash."""
    if byte >= 0x7B and byte <= 0x7D:
        return True
    if byte >= 0x5B and byte <= 0x5D:
        return True
    if byte >= 0x28 and byte <= 0x2A:
        return True
    return byte == 0x2F or byte == 0x33 or byte == 0x44 or byte == 0x4F or byte == 0x50 or byte == 0x6F or byte == 0x70


def emoticon_end(buffer, first, i, stop):
    """Return where the emoticon at ``i`` ends: eyes, perhaps a nose, and a mouth, or a heart; ``i`` if there is none.

    White space or the document's beginning, at ``first``, is before it, and no letter, "+" or "#" behind it.
    """
    if i > first and buffer[i - 1] > 0x20:
        return i
    eyes = as_index(buffer[i])
    end = i + 1
    byte = byte_at(buffer, end, stop)
    if eyes == 0x3C:
        if byte == 0x2F:
            end += 1
        if byte_at(buffer, end, stop) != 0x33:
            return i
    else:
        if eyes != 0x3A and eyes != 0x3B and eyes != 0x3D:
            return i
        if byte == 0x27 or byte == 0x2D or byte == 0x5E:
            end += 1
        if not is_mouth(byte_at(buffer, end, stop)):
            return i
    end += 1
    byte = byte_at(buffer, end, stop)
    return i if is_word_byte(byte) or byte == 0x2B or byte == 0x23 else end


def read_letters(buffer, p, stop, alphabet, pages, changes, errors, symbols, tokens, n, state):
    """Hash the word that begins at ``p`` into ``tokens[n]``; return where to continue, or -1 at an error.

    Writes the number of letters, which may be 0, where the word ends, and the kind of its first letter to ``state``. A
    byte that is not UTF-8 separates words if ``errors`` is 0, is skipped if it is -1, and is an error if it is -2.
    """
    h = u64(0x243F6A8885A308D3)
    word = u64(0)
    filled = 0
    n_letters = 0
    begin = p
    end = p
    suffix = p  # where "++" or the like ends
    first = 0
    while p < stop:
        around = load(buffer, p, stop)
        byte = as_index(around & u64(0xFF))
        width = 1
        kind = 0
        if byte < 0x80:
            letter = as_index(alphabet[byte])
            if symbols and (byte == 0x2B or byte == 0x23) and n_letters > 0 and first & ALONE == 0:
                if p >= suffix:
                    suffix = suffix_end(buffer, p, stop)
                if p < suffix:
                    letter = byte
        else:
            code = decoded(around)
            if code >= 0:
                width = width_of(byte)
                change = as_index(changes[256 * as_index(pages[code >> 8]) + (code & 0xFF)])
                letter = lower_letter(code, change)
                kind = change >> KIND_SHIFT
                if kind & SKIPPED != 0:
                    p += width
                    continue
            elif errors == 0:
                letter = 0
            elif errors == -1:
                p += 1
                continue
            else:
                state[POSITION] = p
                return -1
        if letter == 0:
            if p == begin or byte >= 0x80:  # others may be a symbol
                p += width
            break
        if n_letters == 0:
            first = kind
        elif (first | kind) & ALONE != 0 and kind & MARK == 0:
            break
        p += width
        end = p
        n_letters += 1
        letter = encoded(letter)
        bits = 8 * width_of(letter & 0xFF)
        word |= u64(letter) << u64(filled)
        filled += bits
        if filled >= 64:
            h = mixed(h, word)
            filled -= 64
            word = u64(letter) >> u64(bits - filled)
    if filled > 0:
        h = mixed(h, word)
    tokens[n] = finished(h)
    state[N_LETTERS] = n_letters
    state[LETTERS_END] = end
    state[KIND] = first
    return p


def is_among(h, hashes):
    """Return whether a hash is in an open-addressing set, of a power of two slots or none; empty slots are 0."""
    if hashes.shape[0] == 0:
        return False
    mask = u64(hashes.shape[0] - 1)
    slot = h & mask
    while hashes[slot] != u64(0):
        if hashes[slot] == h:
            return True
        slot = (slot + u64(1)) & mask
    return False


def look_at(buffer, start, stop, ink, lowercase, text, inside):
    """Copy bytes ``start`` to ``stop`` into ``text``, lower-cased, and set a bit of ``inside`` for each byte in a word.

    With ``ink`` words are what is between white space. All bytes beyond ASCII count as in a word at first. An entry of
    ``inside`` has the bits of 8 bytes; the bits behind the last byte, up to 64, are 0. The loops have no branch and are
    vectorized: 0.8 ns for 8 bytes.
    """
    whole = (stop - start) >> 3
    changes = ~u64(0) if lowercase else u64(0)
    if ink:
        for k in range(whole):
            word = load_word(buffer, start + 8 * k)
            inside[k] = packed(ink_of(word) | word)
            store_word(text, 8 * k, word | lowered(word) & changes)
    else:
        for k in range(whole):
            word = load_word(buffer, start + 8 * k)
            inside[k] = packed(letters_of(word) | word)
            store_word(text, 8 * k, word | lowered(word) & changes)
    word = load(buffer, start + 8 * whole, stop)
    inside[whole] = packed((ink_of(word) if ink else letters_of(word)) | word)
    store_word(text, 8 * whole, word | lowered(word) & changes)
    for k in range(whole + 1, whole + 8):
        inside[k] = u64(0)


def find_marks(buffer, start, stop, marks):
    """Set a bit of ``marks`` for each of bytes ``start`` to ``stop`` that may begin a symbol; return whether any may.

    An entry has the bits of 8 bytes; the bits behind the last byte, up to 64, are 0.
    """
    whole = (stop - start) >> 3
    last = marks_of(load(buffer, start + 8 * whole, stop))
    seen = last
    for k in range(whole):
        seen |= marks_of(load_word(buffer, start + 8 * k))
    if seen == u64(0):
        return False
    for k in range(whole):
        marks[k] = packed(marks_of(load_word(buffer, start + 8 * k)))
    marks[whole] = packed(last)
    store_word(marks, whole + 1, u64(0))
    return True


def find_edges(inside, size, edges):
    """Write where each word among the first ``size`` bytes begins and ends; return the number of these edges."""
    n = 0
    last = u64(0)
    for start in range(0, size, 64):
        bits = u64(0)
        for k in range(8):
            bits |= inside[(start >> 3) + k] << u64(8 * k)
        changes = bits ^ (bits << u64(1) | last)
        last = bits >> u64(63)
        while changes != u64(0):
            edges[n] = start + trailing_zeros(changes)
            n += 1
            changes &= changes - u64(1)
    if last != u64(0):
        edges[n] = size
        n += 1
    return n


def find_symbols(buffer, first, p, stop, size, marks, inside, opens, closes):
    """Set the bits of ``opens`` and ``closes`` where a symbol among ``size`` bytes from ``p`` on begins and ends.

    The bits of "++" and the like at the end of a word are set in ``inside``; no such word began before ``p``. Where a
    symbol that begins here ends behind these bytes is left open.
    """
    for k in range((size >> 6) + 1):
        opens[k] = u64(0)
        closes[k] = u64(0)
    after = 0
    for start in range(0, size, 64):
        bits = load_word(marks, start >> 3)
        while bits != u64(0):
            at = start + trailing_zeros(bits)
            bits &= bits - u64(1)
            if at < after:
                continue
            byte = as_index(buffer[p + at])
            if byte == 0x21 or byte == 0x3F or byte == 0x5B or byte == 0x7C:  # ! ? [ |
                after = at + 1
            elif byte == 0x23 or byte == 0x2B:
                if at > 0 and is_word_byte(as_index(buffer[p + at - 1])):
                    after = suffix_end(buffer, p + at, stop) - p
                    for k in range(at, min(after, size)):
                        inside[k >> 3] |= u64(1) << u64(k & 7)
                continue
            else:
                after = emoticon_end(buffer, first, p + at, stop) - p
                if after == at:
                    continue
                for k in range(at, min(after, size)):  # a mouth may be a letter
                    inside[k >> 3] &= ~(u64(1) << u64(k & 7))
            opens[at >> 6] |= u64(1) << u64(at & 63)
            if after <= size:
                closes[after >> 6] |= u64(1) << u64(after & 63)


def find_tokens(inside, opens, closes, size, edges):
    """Write the edges of words and symbols as `find_edges` does; where one begins as another ends there are two."""
    n = 0
    last = u64(0)
    for start in range(0, size, 64):
        bits = u64(0)
        for k in range(8):
            bits |= inside[(start >> 3) + k] << u64(8 * k)
        before = bits << u64(1) | last
        last = bits >> u64(63)
        beginning = bits & ~before | opens[start >> 6]
        ending = before & ~bits | closes[start >> 6]
        changes = beginning | ending
        twice = beginning & ending
        while changes != u64(0):
            at = trailing_zeros(changes)
            edges[n] = start + at
            edges[n + 1] = start + at
            n += 1 + as_index(twice >> u64(at) & u64(1))
            changes &= changes - u64(1)
    if n & 1 != 0:
        edges[n] = size
        n += 1
    return n


def read_words(
    buffer, first, stop, alphabet, pages, changes, stop_words, masks, splitting, lowercase, min_length, errors, tokens,
    halves, n, begins, ends, text, inside, marks, opens, closes, edges, state,
):  # fmt: skip
    """Read words from the position in ``state`` until ``tokens`` is full or the document, from ``first`` on, ends.

    Hashes are written from ``tokens[n]`` on, and the words' places in the buffer into ``begins`` and ``ends`` unless
    these are empty. ``halves`` is set where a token is half a word. Return the number of hashes in ``tokens``, or -1 at
    bytes that are not UTF-8.

    ``masks`` is indexed by the length of a word of up to 16 bytes: masks of its bytes among the first 8 and among the
    next 8, and whether it has any of the latter.

    The document is read in chunks that fit into ``text``. The edges of all words of a chunk are found first, and then
    the words are hashed, so that no word waits for the length of the last one: 6 instead of 11 ns a word.
    """
    p = state[POSITION]
    capacity = tokens.shape[0]
    room = text.shape[0] - 24
    with_places = begins.shape[0] > 0
    high = ~u64(0x7F7F7F7F7F7F7F7F)
    while p < stop and n < capacity:
        # Most words take less than 8 bytes. Bytes behind the last word for which there is room are read again.
        size = min(min(stop - p, room), 8 * (capacity - n) + 56)
        look_at(buffer, p, p + size, splitting == INK, lowercase, text, inside)
        if splitting == SYMBOLS and find_marks(buffer, p, p + size, marks):
            find_symbols(buffer, first, p, stop, size, marks, inside, opens, closes)
            n_edges = find_tokens(inside, opens, closes, size, edges)
        else:
            n_edges = find_edges(inside, size, edges)
        after = p + size
        letters = p  # up to where words have been read letter by letter
        foreign = u64(0)
        if n_edges > 0 and edges[n_edges - 1] == size and after < stop:  # the last word may go on
            if edges[n_edges - 2] > 0:
                n_edges -= 2
                after = p + edges[n_edges]
            else:  # longer than the piece
                foreign = high
        i = 0
        while i < n_edges and n < capacity:
            begin = edges[i]
            end = edges[i + 1]
            length = end - begin
            h = u64(0x243F6A8885A308D3)
            seen = foreign
            while length > 16:
                word = load_word(text, end - length)
                seen |= word
                h = mixed(h, word)
                length -= 8
            # The last 16 bytes without a branch on how many there are, which the processor would guess wrong.
            word = load_word(text, end - length) & masks[3 * length]
            more = load_word(text, end - length + 8) & masks[3 * length + 1]
            h = mixed(h, word)
            h ^= (h ^ mixed(h, more)) & masks[3 * length + 2]
            if (seen | word | more) & high == u64(0):
                tokens[n] = finished(h)
                if end - begin >= min_length and not is_among(tokens[n], stop_words):
                    if with_places:
                        begins[n] = p + begin
                        ends[n] = p + end
                    n += 1
                i += 2
                continue
            letters = p + begin
            while letters < p + end and n < capacity:
                begin = letters
                letters = read_letters(
                    buffer, begin, stop, alphabet, pages, changes, errors, splitting == SYMBOLS, tokens, n, state
                )
                if letters < 0:
                    return -1
                if state[N_LETTERS] >= min_length and not is_among(tokens[n], stop_words):
                    if state[KIND] & HALF != 0:
                        halves[n] = 1
                        state[HALVES] = 1
                    if with_places:
                        begins[n] = begin
                        ends[n] = state[LETTERS_END]
                    n += 1
            if letters >= p + end:
                i += 2
        p = max(letters, p + edges[i] if i < n_edges else after)
    state[POSITION] = p
    state[AT_END] = 1 if p >= stop else 0
    return n


def read_spelling(buffer, stop, alphabet, pages, changes, whole, errors, scratch, state):
    """Spell the next word into ``scratch``, with a blank on either side; return its bytes.

    With ``whole`` that is all of the document, with one blank for all white space between two words. 0 says that there
    is none left, -1 is an error, and -2 asks for a larger ``scratch``.
    """
    p = state[POSITION]
    n = 1
    begin = p
    scratch[0] = 32
    while p < stop:
        around = load(buffer, p, stop)
        byte = as_index(around & u64(0xFF))
        width = 1
        if byte < 0x80:
            letter = as_index(alphabet[byte])
        else:
            code = decoded(around)
            if code >= 0:
                width = width_of(byte)
                letter = lower_letter(code, as_index(changes[256 * as_index(pages[code >> 8]) + (code & 0xFF)]))
            elif errors == 0:
                letter = 0
            elif errors == -1:
                p += 1
                continue
            else:
                state[POSITION] = p
                return -1
        p += width
        if letter == 0:
            if n > 1 and not whole:
                break
            if n == 1:
                begin = p
                continue
            if scratch[n - 1] == 32:
                continue
            letter = 32
        if n + 16 > scratch.shape[0]:
            state[POSITION] = begin
            return -2
        letter = encoded(letter)
        for _ in range(width_of(letter & 0xFF)):
            scratch[n] = letter & 0xFF
            letter >>= 8
            n += 1
    state[POSITION] = p
    if n == 1:
        return 0
    if scratch[n - 1] == 32:
        n -= 1
    scratch[n] = 32
    state[WORD_BEGIN] = begin
    state[WORD_END] = p
    return n + 1


def read_characters(
    buffer, stop, alphabet, pages, changes, whole, errors, smallest, largest, scratch, tokens, n, begins, ends, state
):
    """Read the character n-grams of words, or of the ``whole`` document, as `read_words` reads words.

    -2 asks for a larger ``scratch``.

    The n-grams of a word are those of its letters with a blank on either side, size by size, up to the first size that
    spans the whole word.
    """
    capacity = tokens.shape[0]
    with_places = begins.shape[0] > 0
    while n < capacity:
        if state[SPELLING_SIZE] == 0:
            length = read_spelling(buffer, stop, alphabet, pages, changes, whole, errors, scratch, state)
            if length == -1 or (length == -2 and n == 0):
                return length
            if length == -2:  # the n-grams read so far must be counted first
                return n
            if length == 0:
                state[AT_END] = 1
                return n
            state[SPELLING_SIZE] = length
            state[NGRAM_SIZE] = smallest
            state[NGRAM_BEGIN] = 0
            state[NGRAM_END] = 0
        length = state[SPELLING_SIZE]
        size = state[NGRAM_SIZE]
        begin = state[NGRAM_BEGIN]
        end = state[NGRAM_END]
        if end == 0:  # the first of its size
            for _ in range(size):
                if end < length:
                    end += width_of(as_index(scratch[end]))
        while n < capacity:
            tokens[n] = hash_bytes(scratch, begin, end)
            if with_places:
                begins[n] = state[WORD_BEGIN]
                ends[n] = state[WORD_END]
            n += 1
            if end >= length:
                if begin == 0 or size == largest:
                    state[SPELLING_SIZE] = 0
                state[NGRAM_SIZE] = size + 1
                begin = 0
                end = 0
                break
            begin += width_of(as_index(scratch[begin]))
            end += width_of(as_index(scratch[end]))
        state[NGRAM_BEGIN] = begin
        state[NGRAM_END] = end
    return n


def longest_ngram(halves, j, largest):
    """Return the number of tokens of the longest n-gram that ends in token ``j``; two halves count as one word."""
    room = 2 * largest
    n = 0
    while n <= j:
        room -= 1 if halves[j - n] != 0 else 2
        if room < 0:
            break
        n += 1
    return n


def list_terms(tokens, halves, carried, n_tokens, smallest, largest, terms, state):
    """List the hashes of the n-grams that end in tokens ``carried`` to ``n_tokens``; return their number."""
    n = 0
    for j in range(carried, n_tokens):
        h = tokens[j]
        if smallest == 1:
            terms[n] = h
            n += 1
        most = min(largest, j + 1) if state[HALVES] == 0 else longest_ngram(halves, j, largest)
        for size in range(2, most + 1):
            h = joined(h, tokens[j - size + 1])
            if size >= smallest:
                terms[n] = h
                n += 1
    return n


def carry(tokens, halves, begins, ends, largest, state):
    """Move the last tokens to the front, for n-grams that go on; or forget all of them at the end of the document."""
    n = state[N_WAITING]
    kept = 0 if state[AT_END] == 1 else min((largest if state[HALVES] == 0 else 2 * largest) - 1, n)
    for k in range(kept):
        tokens[k] = tokens[n - kept + k]
        if begins.shape[0] > 0:
            begins[k] = begins[n - kept + k]
            ends[k] = ends[n - kept + k]
    if state[HALVES] != 0:
        for k in range(kept):
            halves[k] = halves[n - kept + k]
        for k in range(kept, n):
            halves[k] = 0
    state[N_CARRIED] = kept
    state[N_WAITING] = 0
    if state[AT_END] == 1:
        state[AT_END] = 0
        state[HALVES] = 0
