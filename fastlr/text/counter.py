"""Documents to rows of counts, with a vocabulary that is learned or given."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fastlr import kernels
from fastlr.kernels.sources.state import INVALID, N_TERMS, OUTPUT_FULL, SCRATCH_FULL, TABLE_FULL, WRITTEN
from fastlr.text.analyzer import Analyzer
from fastlr.text.documents import Documents
from fastlr.text.ngrams import character_ngrams, decode
from fastlr.text.scanner import BATCH, BUDGET, FIRST_SIZE, Scanner, grown
from fastlr.text.string_hashes import hash_strings
from fastlr.text.tokens import BEGIN_SYMBOLS, join_tokens
from fastlr.text.unicode_tables import ascii_table

FIRST_SLOTS = 1 << 16  # of a vocabulary's hash table
MAX_NGRAMS = 1 << 31  # because their numbers have 32 bits


@dataclass(frozen=True)
class Counts:
    """Documents as rows of counts.

    Attributes
    ----------
    indptr : ndarray of int64, shape (n_documents + 1,)
    indices : ndarray of int32, shape (n_entries,)
        Numbers of n-grams, which count up in order of first appearance.
    counts : ndarray of int64, shape (n_entries,)
    hashes : ndarray of uint64, shape (n_terms,)
        Hash of each n-gram.
    begins, ends : ndarray of int64, shape (n_terms,)
        Where in the buffer each n-gram occurs first, or, for n-grams of characters, the word around it. Empty if the
        vocabulary was given.
    """

    indptr: np.ndarray
    indices: np.ndarray
    counts: np.ndarray
    hashes: np.ndarray
    begins: np.ndarray
    ends: np.ndarray


def make_table(hashes: np.ndarray, n: int, slots: int, backend: str) -> np.ndarray:
    """Return the hash table of a vocabulary, with the first ``n`` of its n-grams in it."""
    table = np.zeros(2 * slots, np.uint64)
    kernels.load(backend).enter_terms(hashes, n, table)
    return table


def count_documents(analyzer: Analyzer, documents: Documents, backend: str, hashes: np.ndarray | None = None) -> Counts:
    """Return the counts of n-grams in documents; with ``hashes``, only of the n-grams with these hashes.

    Parameters
    ----------
    analyzer : Analyzer
    documents : Documents
    backend : {"numba", "cython"}
    hashes : ndarray of uint64 or None
        Hashes of the vocabulary; None learns it.

    Returns
    -------
    Counts

    Raises
    ------
    ValueError
        If a document is not UTF-8 and ``decode_error`` is "strict", or there are more than 2^31 different n-grams.
    """
    learn = hashes is None
    kernel = kernels.load(backend).count_documents
    scanner = Scanner.make(analyzer, documents, with_places=learn)
    state = scanner.state
    indptr = np.zeros(len(documents) + 1, np.int64)
    size = BATCH * (analyzer.orders + 1) + min(documents.n_bytes // 4 * analyzer.orders, FIRST_SIZE)
    indices, counts = np.empty(size, np.int32), np.empty(size, np.int64)
    if hashes is None:
        slots = FIRST_SLOTS
        hashes = np.empty(slots // 2, np.uint64)
        begins, ends, places = (np.empty(slots // 2, np.int64) for _ in range(3))
    else:
        slots = max(16, 1 << (2 * len(hashes)).bit_length())
        hashes = np.array(hashes, np.uint64)
        begins, ends = np.empty(0, np.int64), np.empty(0, np.int64)
        places = np.full(len(hashes), -1, np.int64)
        state[N_TERMS] = len(hashes)
    table = make_table(hashes, int(state[N_TERMS]), slots, backend)
    while not scanner.done:
        reason = kernel(
            *scanner.arguments, BUDGET, *scanner.work_arrays, learn, table, hashes, begins, ends, places, indptr,
            indices, counts, state,
        )  # fmt: skip
        n_terms = int(state[N_TERMS])
        if reason == INVALID:
            scanner.raise_invalid()
        elif reason == OUTPUT_FULL:
            size = scanner.size_for_all(len(indices))
            indices, counts = (grown(array, int(state[WRITTEN]), size) for array in (indices, counts))
        elif reason == TABLE_FULL:
            if 2 * slots > MAX_NGRAMS:
                raise ValueError(
                    f"The documents have more than {MAX_NGRAMS:,} different n-grams, the most that can be counted."
                )
            slots = 4 * slots
            hashes, begins, ends, places = (
                grown(array, n_terms, slots // 2) for array in (hashes, begins, ends, places)
            )
            table = make_table(hashes, n_terms, slots, backend)
        elif reason == SCRATCH_FULL:
            scanner.grow_scratch()
    n, n_terms = int(indptr[-1]), int(state[N_TERMS])
    return Counts(indptr, indices[:n], counts[:n], hashes[:n_terms], begins[:n_terms], ends[:n_terms])


def spell(analyzer: Analyzer, documents: Documents, counts: Counts, numbers: np.ndarray) -> list[str]:
    """Return the n-grams with these numbers as strings."""
    spelled: dict[bytes, dict[int, str]] = {}  # for characters: the n-grams of a word, by their hashes
    buffer = memoryview(documents.buffer)  # type: ignore[arg-type]  # NumPy's arrays are buffers, also before 3.12
    unused = bytes(range(128, 256))  # only ASCII is translated
    letters = bytes(ascii_table(analyzer.belongs, bool(analyzer.lowercase)).tolist()).replace(b"\0", b" ") + unused
    # No word within an n-gram was dropped.
    whole = analyzer.longest == 1 or (analyzer.min_token_length == 1 and not analyzer.stop_words)
    strings = []
    begins, ends, hashes = (memoryview(array[numbers]) for array in (counts.begins, counts.ends, counts.hashes))
    for begin, end, h in zip(begins, ends, hashes, strict=True):
        text = bytes(buffer[begin:end])
        if analyzer.characters:
            if text not in spelled:
                decoded = decode(text, "it", analyzer.decode_error)
                ngrams = list(character_ngrams(analyzer, decoded))
                spelled[text] = dict(zip(hash_strings(ngrams).tolist(), ngrams, strict=True))
            strings.append(spelled[text][h])
            continue
        # Python's tokens take 35 us an n-gram, which was half of the time of a fit on 500 titles.
        is_plain = text.isascii() and not (analyzer.symbols and len(text.translate(None, BEGIN_SYMBOLS)) < len(text))
        if whole and is_plain:
            strings.append(" ".join(text.translate(letters).decode().split()))
            continue
        words = analyzer.split(decode(text, "it", analyzer.decode_error))
        strings.append(join_tokens(words if whole else analyzer.keep(words)))
    return strings
