"""Scanning documents with the tokenizing kernels: their arguments, their work arrays and their errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from fastlr.kernels.sources.state import DOCUMENT, POSITION
from fastlr.text.analyzer import Analyzer
from fastlr.text.documents import Documents
from fastlr.text.ngrams import InvalidDocument
from fastlr.text.unicode_tables import tables_for
from fastlr.utils.arrays import frozen

BATCH = 512  # words to read before they are counted: their hashes stay in the nearest cache
LOOK = 1 << 11  # bytes in which words are found before they are read
BUDGET = 1 << 22  # bytes to read in one call of a kernel, which cannot be interrupted: about 20 ms
FIRST_SIZE = 1 << 22  # entries to allocate before any document has been scanned
FIRST_SCRATCH = 1 << 10  # bytes of a word whose character n-grams are read

# By the length of a word, 0 to 16: masks of its bytes among the first 8 and the next 8, and whether the latter count.
MASKS = np.zeros((17, 3), np.uint64)
for _length in range(17):
    MASKS[_length] = 256 ** min(_length, 8) - 1, 256 ** max(_length - 8, 0) - 1, (2**64 - 1) * (_length > 8)
MASKS = frozen(MASKS.ravel())

CHUNK_BYTES = 1 << 20  # bytes to test for ASCII at a time

ERRORS = {"strict": -2, "ignore": -1, "replace": 0}  # the kernels' codes for ``decode_error``


def _ascii_only(documents: Documents) -> bool:
    """Return whether a buffer is ASCII: at memory speed, and only up to the first chunk that is not."""
    buffer = documents.buffer
    return all(buffer[start : start + CHUNK_BYTES].max() < 0x80 for start in range(0, len(buffer), CHUNK_BYTES))


@dataclass
class Scanner:
    """A pass of a kernel over documents.

    Attributes
    ----------
    documents : Documents
    arguments : tuple
        First arguments of the kernels: the documents and the definition of an n-gram.
    work_arrays : list of ndarray
        Arrays that the kernels work in: hashes of words, which of them are half a word, their places in the buffer
        (empty unless requested), and the letters of a word; bytes of a document, which of them belong to words and may
        be symbols, where symbols begin and end, and the edges of words; hashes of n-grams.
    state : ndarray of int64, shape (18,)
        How far the pass has come.
    """

    documents: Documents
    arguments: tuple[Any, ...]
    work_arrays: list[np.ndarray]
    state: np.ndarray

    @classmethod
    def make(cls, analyzer: Analyzer, documents: Documents, with_places: bool) -> Scanner:
        """Prepare a pass over documents."""
        lowercase = bool(analyzer.lowercase)
        arguments = (
            *(documents.buffer, documents.starts, documents.stops),
            *tables_for(analyzer.belongs, lowercase, _ascii_only(documents)),
            *(analyzer.stop_hashes, MASKS, analyzer.splitting, lowercase, int(analyzer.min_token_length)),
            *(ERRORS[analyzer.decode_error], *analyzer.ngram_range),
        )
        tokens = np.empty(BATCH + analyzer.longest, np.uint64)
        places = len(tokens) if with_places else 0
        work_arrays: list[np.ndarray] = [
            *(tokens, np.zeros(len(tokens), np.uint8), np.empty(places, np.int64), np.empty(places, np.int64)),
            *(np.empty(FIRST_SCRATCH, np.uint8), np.empty(LOOK + 24, np.uint8), np.empty(LOOK // 8 + 8, np.uint64)),
            *(np.empty(LOOK // 8 + 9, np.uint8), np.empty(LOOK // 64 + 2, np.uint64)),
            *(np.empty(LOOK // 64 + 2, np.uint64), np.empty(2 * LOOK + 4, np.int32)),
            np.empty(len(tokens) * analyzer.orders, np.uint64),
        ]
        state = np.zeros(18, np.int64)
        if len(documents):
            state[POSITION] = documents.starts[0]
        return cls(documents, arguments, work_arrays, state)

    @property
    def done(self) -> bool:
        """Whether all documents have been scanned."""
        return int(self.state[DOCUMENT]) >= len(self.documents)

    def bytes_scanned(self) -> int:
        """Return the number of bytes that have been scanned."""
        i = int(self.state[DOCUMENT])
        begun = int(self.state[POSITION] - self.documents.starts[i]) if i < len(self.documents) else 0
        return begun + int((self.documents.stops[:i] - self.documents.starts[:i]).sum())

    def size_for_all(self, size: int) -> int:
        """Return how many entries to allocate, now that ``size`` are full: extrapolated, and at least twice as many.

        Memory that is never touched costs nothing.
        """
        expected = int(1.1 * size * self.documents.n_bytes / max(self.bytes_scanned(), 1))
        return max(2 * size, min(expected, 64 * size))

    def grow_scratch(self) -> None:
        """Allocate memory for a longer word."""
        self.work_arrays[4] = np.empty(8 * len(self.work_arrays[4]), np.uint8)

    def raise_invalid(self) -> None:
        """Raise the error for the bytes that the pass has come to, which are not UTF-8."""
        i, position = int(self.state[DOCUMENT]), int(self.state[POSITION])
        raise InvalidDocument(self.documents.name(i), self.documents[i], position - int(self.documents.starts[i]))


class OutputBuffer:
    """Memory that rows are written to, by one thread at a time, again and again."""

    def __init__(self) -> None:
        self.indices, self.data = np.empty(0, np.int32), np.empty(0, np.float32)

    def clear(self, size: int, dtype: Any) -> None:
        """Provide at least ``size`` entries, with values of this type."""
        if size > len(self.indices) or self.data.dtype != dtype:
            self.indices, self.data = np.empty(size, np.int32), np.empty(size, dtype)

    def grow(self, n: int, size: int) -> None:
        """Provide ``size`` entries, of which the first ``n`` are kept."""
        self.indices, self.data = grown(self.indices, n, size), grown(self.data, n, size)


def grown(array: np.ndarray, n: int, size: int) -> np.ndarray:
    """Return a longer array with the first ``n`` entries of this one."""
    longer = np.empty(size, array.dtype)
    longer[:n] = array[:n]
    return longer
