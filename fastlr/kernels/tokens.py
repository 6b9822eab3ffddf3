"""From the bytes of a document to the hashes of its words, or of the character n-grams in them.

A hash takes 8 bytes at a time, the first byte lowest whatever the machine; bytes past the end count as 0, which no word
holds. Letters are read in the same way: an ASCII word of up to 7 letters is found, lower-cased and hashed by a few
operations on one 64-bit number. The first byte that is not ASCII sends its word to `read_letters`, which goes letter by
letter and gets the same hash.

All arithmetic is on unsigned 64-bit numbers, made by ``u64``: Numba makes a floating-point number of an unsigned and a
signed one. Constants are below 2^63, where both compilers take them for integers.

``state`` holds where the reader stands, so that it may leave at any full batch, and go on: 0 document, 1 position,
2 hashes carried over from the last batch for n-grams, 3 hashes that wait to be counted, 4 entries written,
5 generation, 6 slots in use, 7 whether the document is at its end; of the word whose character n-grams are being read,
8 its bytes, 9 the size of the n-grams, 10 and 11 where the next one begins and ends, 12 and 13 the word's place in the
buffer; 14 is the number of letters of the word last read, 15 where it ends.
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
    """Hash of an n-gram that is longer by one word on the left."""
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


def lowered(word):
    """Lower-case the ASCII letters among the bytes."""
    low = word & u64(0x7F7F7F7F7F7F7F7F)
    capitals = (low + u64(0x3F3F3F3F3F3F3F3F)) & ~(low + u64(0x2525252525252525))
    return word | ((capitals & ~(word | u64(0x7F7F7F7F7F7F7F7F))) >> u64(2))


def hash_bytes(buffer, start, stop):
    """Hash of a word that is already lower-cased."""
    h = u64(0x243F6A8885A308D3)
    for i in range(start, stop, 8):
        h = mixed(h, load(buffer, i, stop))
    return finished(h)


def width_of(byte):
    """Bytes of the code point that begins with this one."""
    if byte < 0x80:
        return 1
    if byte < 0xE0:
        return 2
    if byte < 0xF0:
        return 3
    return 4


def decoded(word):
    """Return the code point, not ASCII, that begins in the lowest byte; -1 where the bytes are not UTF-8."""
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
    """Return the lower case of a code point, 0 if it is no letter, by its entry in ``changes``.

    An entry is what lower-casing adds, plus 2^21; 0 for what is no letter. Equal pages of 256 code points are stored
    once, at ``256 * pages[code >> 8]``. ``alphabet`` has the ASCII letters themselves.
    """
    return code + change - 0x200000 if change != 0 else 0


def read_letters(buffer, p, stop, alphabet, pages, changes, errors, tokens, n, state):
    """Hash the word that begins at ``p`` into ``tokens[n]``; return where to read on, -1 at an error.

    ``state`` gets the number of its letters, which may be none, and where it ends. A byte that is not UTF-8 separates
    words if ``errors`` is 0, is passed over if it is -1, and is an error if it is -2.
    """
    h = u64(0x243F6A8885A308D3)
    word = u64(0)
    filled = 0
    n_letters = 0
    end = p
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
                state[1] = p
                return -1
        p += width
        if letter == 0:
            break
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
    state[14] = n_letters
    state[15] = end
    return p


def is_among(h, hashes):
    """Tell whether a hash is in an open-addressing set of a power of two slots, those of 0 empty."""
    mask = u64(hashes.shape[0] - 1)
    slot = h & mask
    while hashes[slot] != u64(0):
        if hashes[slot] == h:
            return True
        slot = (slot + u64(1)) & mask
    return False


def read_words(
    buffer, stop, alphabet, pages, changes, stop_words, lowercase, min_length, errors, tokens, n, begins, ends, state
):
    """Read words from where ``state`` stands until ``tokens`` is full or the document at its end.

    Hashes are written from ``tokens[n]`` on, and the words' places in the buffer into ``begins`` and ``ends`` unless
    these are empty. Return the number of hashes in ``tokens``, or -1 at bytes that are not UTF-8.
    """
    p = state[1]
    capacity = tokens.shape[0]
    with_places = begins.shape[0] > 0
    with_stop_words = stop_words.shape[0] > 0
    high = ~u64(0x7F7F7F7F7F7F7F7F)
    while p < stop and n < capacity:
        word = load(buffer, p, stop)
        inside = letters_of(word)
        if inside & u64(0x80) == u64(0) and word & u64(0x80) == u64(0):  # a blank, or the like
            found = (inside | word) & high
            if found == u64(0):
                p += 8
            else:
                p += trailing_zeros(found) >> 3
            continue
        begin = p
        h = u64(0x243F6A8885A308D3)
        outside = inside ^ high
        while outside == u64(0):
            h = mixed(h, lowered(word) if lowercase else word)
            p += 8
            word = load(buffer, p, stop)
            outside = letters_of(word) ^ high
        k = trailing_zeros(outside) >> 3
        if (word >> u64(8 * k)) & u64(0x80) == u64(0):
            if k > 0:
                word &= (u64(1) << u64(8 * k)) - u64(1)
                h = mixed(h, lowered(word) if lowercase else word)
                p += k
            tokens[n] = finished(h)
            n_letters = p - begin
            end = p
            p += 1
        else:
            p = read_letters(buffer, begin, stop, alphabet, pages, changes, errors, tokens, n, state)
            if p < 0:
                return -1
            n_letters = state[14]
            end = state[15]
        if n_letters >= min_length and not (with_stop_words and is_among(tokens[n], stop_words)):
            if with_places:
                begins[n] = begin
                ends[n] = end
            n += 1
    state[1] = p
    state[7] = 1 if p >= stop else 0
    return n


def read_spelling(buffer, stop, alphabet, pages, changes, errors, scratch, state):
    """Spell the next word into ``scratch``, with a blank on either side; return its bytes.

    0 says that there is none left, -1 is an error, and -2 asks for a larger ``scratch``.
    """
    p = state[1]
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
                state[1] = p
                return -1
        p += width
        if letter == 0:
            if n > 1:
                break
            begin = p
            continue
        if n + 16 > scratch.shape[0]:
            state[1] = begin
            return -2
        letter = encoded(letter)
        for _ in range(width_of(letter & 0xFF)):
            scratch[n] = letter & 0xFF
            letter >>= 8
            n += 1
    state[1] = p
    if n == 1:
        return 0
    scratch[n] = 32
    state[12] = begin
    state[13] = p
    return n + 1


def read_characters(
    buffer, stop, alphabet, pages, changes, errors, smallest, largest, scratch, tokens, n, begins, ends, state
):
    """Read the character n-grams of words as `read_words` reads words; -2 asks for a larger ``scratch``.

    The n-grams of a word are those of its letters with a blank on either side, all of one size after the other, up to
    the first size that takes all of it.
    """
    capacity = tokens.shape[0]
    with_places = begins.shape[0] > 0
    while n < capacity:
        if state[8] == 0:
            length = read_spelling(buffer, stop, alphabet, pages, changes, errors, scratch, state)
            if length == -1 or (length == -2 and n == 0):
                return length
            if length == -2:  # what has been read is to be counted first
                return n
            if length == 0:
                state[7] = 1
                return n
            state[8] = length
            state[9] = smallest
            state[10] = 0
            state[11] = 0
        length = state[8]
        size = state[9]
        begin = state[10]
        end = state[11]
        if end == 0:  # the first of its size
            for _ in range(size):
                if end < length:
                    end += width_of(as_index(scratch[end]))
        while n < capacity:
            tokens[n] = hash_bytes(scratch, begin, end)
            if with_places:
                begins[n] = state[12]
                ends[n] = state[13]
            n += 1
            if end >= length:
                if begin == 0 or size == largest:
                    state[8] = 0
                state[9] = size + 1
                begin = 0
                end = 0
                break
            begin += width_of(as_index(scratch[begin]))
            end += width_of(as_index(scratch[end]))
        state[10] = begin
        state[11] = end
    return n
