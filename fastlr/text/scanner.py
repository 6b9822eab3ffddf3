"""What the kernels that read texts have in common: their arguments, the room that they work in, and their errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from fastlr.text.analyzer import Analyzer
from fastlr.text.documents import Documents
from fastlr.text.ngrams import invalid
from fastlr.text.unicode_tables import tables_for
from fastlr.utils.arrays import frozen

BATCH = 512  # words that are read before they are counted: their hashes stay in the nearest cache
LOOK = 1 << 11  # bytes that are looked at before their words are read
BUDGET = 1 << 22  # bytes to read in one call of a kernel, which cannot be interrupted: some 20 ms
FIRST_ROOM = 1 << 22  # entries to make room for before any text has been seen
FIRST_SCRATCH = 1 << 10  # bytes of a word whose character n-grams are read
PIECE = 1 << 20  # bytes to look at in one step

# By the length of a word, 0 to 16: which bytes are its own of the first 8, and of the next 8, and whether these count.
MASKS = np.zeros((17, 3), np.uint64)
for _length in range(17):
    MASKS[_length] = 256 ** min(_length, 8) - 1, 256 ** max(_length - 8, 0) - 1, (2**64 - 1) * (_length > 8)
MASKS = frozen(MASKS.ravel())

INVALID, NO_ROOM, NO_SLOTS, NO_SCRATCH = 1, 2, 3, 4  # why a kernel returned
ERRORS = {"strict": -2, "ignore": -1, "replace": 0}  # what the kernels call them

# Places in the kernels' ``state``: see fastlr/kernels/tokens.py.
DOCUMENT, POSITION, WRITTEN, N_TERMS = 0, 1, 4, 6


def _ascii_only(documents: Documents) -> bool:
    """Tell whether a buffer holds nothing but ASCII; at memory speed, up to the first byte that is not."""
    buffer = documents.buffer
    return all(buffer[start : start + PIECE].max() < 0x80 for start in range(0, len(buffer), PIECE))


@dataclass
class Scanner:
    """A pass over documents.

    Attributes
    ----------
    settings : tuple
        What the kernels take first: the text and what its n-grams are.
    batch : list of ndarray
        The room that they read into: hashes of words, their places in the buffer (no entries where these are not asked
        for), and the letters of a word; a piece of the text, where in it words are, and their edges; hashes of n-grams.
    state : ndarray of int64, shape (16,)
        Where the pass stands.
    """

    documents: Documents
    settings: tuple[Any, ...]
    batch: list[np.ndarray]
    state: np.ndarray

    @classmethod
    def make(cls, analyzer: Analyzer, documents: Documents, with_places: bool) -> Scanner:
        """Prepare a pass over documents."""
        characters, lowercase = analyzer.characters, bool(analyzer.lowercase)
        settings = (
            *(documents.buffer, documents.starts, documents.stops),
            *tables_for(characters, lowercase, _ascii_only(documents)),
            *(analyzer.stop_hashes, MASKS, characters, lowercase, int(analyzer.min_token_length)),
            *(ERRORS[analyzer.decode_error], *analyzer.ngram_range),
        )
        tokens = np.empty(BATCH + analyzer.ngram_range[1], np.uint64)
        places = len(tokens) if with_places else 0
        batch = [
            *(tokens, np.empty(places, np.int64), np.empty(places, np.int64), np.empty(FIRST_SCRATCH, np.uint8)),
            *(np.empty(LOOK + 24, np.uint8), np.empty(LOOK // 8 + 8, np.uint64), np.empty(LOOK + 2, np.int32)),
            np.empty(len(tokens) * analyzer.orders, np.uint64),
        ]
        state = np.zeros(16, np.int64)
        if len(documents):
            state[POSITION] = documents.starts[0]
        return cls(documents, settings, batch, state)

    @property
    def done(self) -> bool:
        """Whether all documents have been read."""
        return int(self.state[DOCUMENT]) >= len(self.documents)

    def bytes_read(self) -> int:
        """Return the bytes of the documents that have been read."""
        i = int(self.state[DOCUMENT])
        begun = int(self.state[POSITION] - self.documents.starts[i]) if i < len(self.documents) else 0
        return begun + int((self.documents.stops[:i] - self.documents.starts[:i]).sum())

    def room_for_all(self, room: int) -> int:
        """Return how many entries to make room for: as many as the text so far lets expect, twice as many at least.

        Memory that is never touched costs nothing.
        """
        expected = int(1.1 * room * self.documents.n_bytes / max(self.bytes_read(), 1))
        return max(2 * room, min(expected, 64 * room))

    def grow_scratch(self) -> None:
        """Make room for a longer word."""
        self.batch[3] = np.empty(8 * len(self.batch[3]), np.uint8)

    def raise_invalid(self) -> None:
        """Raise the ValueError for the bytes at which the pass stands, which are not UTF-8."""
        i, position = int(self.state[DOCUMENT]), int(self.state[POSITION])
        start = int(self.documents.starts[i])
        byte = int(self.documents.buffer[position])
        raise ValueError(invalid(self.documents.name(i), position - start, byte))


class OutputBuffer:
    """Where one thread at a time writes rows to: memory that may be used again and again."""

    def __init__(self) -> None:
        self.indices, self.data = np.empty(0, np.int32), np.empty(0, np.float32)

    def clear(self, room: int, dtype: Any) -> None:
        """Make room for as many entries, with values of a type."""
        if room > len(self.indices) or self.data.dtype != dtype:
            self.indices, self.data = np.empty(room, np.int32), np.empty(room, dtype)

    def grow(self, n: int, room: int) -> None:
        """Make room for as many entries, of which the first ``n`` stay."""
        self.indices, self.data = grown(self.indices, n, room), grown(self.data, n, room)


def grown(array: np.ndarray, n: int, room: int) -> np.ndarray:
    """Return a longer array with the first ``n`` entries of this one."""
    longer = np.empty(room, array.dtype)
    longer[:n] = array[:n]
    return longer
