"""Hashes of many n-grams that are given as strings, as the kernels have them."""

from __future__ import annotations

import numpy as np

from fastlr.text.ngrams import SEED


def _mixed(h: np.ndarray, multiplier: int) -> np.ndarray:
    h = h * np.uint64(multiplier)
    return h ^ (h >> np.uint64(32))


def hash_strings(words: list[str]) -> np.ndarray:
    """Return `hash_word` of each word or character n-gram, uint64 of shape (n_words,).

    Raises
    ------
    UnicodeEncodeError
        If a word contains half of a surrogate pair.
    """
    encoded = list(map(str.encode, words))
    lengths = np.fromiter(map(len, encoded), np.int64, len(words))
    starts = np.cumsum(lengths) - lengths
    buffer = np.frombuffer(b"".join(encoded) + bytes(8), np.uint8)
    hashes = np.full(len(words), SEED, np.uint64)
    active, done = np.flatnonzero(lengths), 0
    while len(active):  # words with more than ``done`` bytes
        places = np.arange(done, done + 8)
        chunk = buffer[starts[active, None] + places]
        chunk[places >= lengths[active, None]] = 0
        hashes[active] = _mixed(hashes[active] ^ chunk.view("<u8").ravel(), 0x1E3779B97F4A7C15)
        done += 8
        active = active[lengths[active] > done]
    return _mixed(hashes, 0x58F38DED2A2D7B15)


def hash_ngrams(ngrams: list[str], characters: bool) -> np.ndarray:
    """Return the hash of each n-gram, of characters or of words that are joined by spaces, uint64 of shape (n,).

    Raises
    ------
    UnicodeEncodeError
        If an n-gram contains half of a surrogate pair.
    """
    if characters or not ngrams:
        return hash_strings(ngrams)
    of_words = hash_strings(" ".join(ngrams).split(" "))
    sizes = np.fromiter((ngram.count(" ") + 1 for ngram in ngrams), np.int64, len(ngrams))
    last = np.cumsum(sizes) - 1
    hashes = of_words[last]
    for k in range(1, int(sizes.max())):
        longer = np.flatnonzero(sizes > k)
        joined = hashes[longer] * np.uint64(0x369DEA0F31A53F85) + of_words[last[longer] - k]
        hashes[longer] = _mixed(joined, 0x27BB2EE687B0B0FD)
    return hashes
