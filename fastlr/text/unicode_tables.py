"""Which characters belong to words or tokens, and their lower case, as tables for the kernels."""

from __future__ import annotations

import functools
import sys
import unicodedata
from bisect import bisect
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from fastlr.kernels.sources.state import ALONE, HALF, KIND_SHIFT, MARK, SKIPPED
from fastlr.utils.arrays import frozen

NOT_A_LETTER = 0
NO_CHANGE = 1 << 21  # added to the difference that lower-casing makes to a code point
PAGE = 256

# Where the code points of scripts without spaces between words begin and end, in turn: Thai, Lao, Burmese, Khmer, Tai
# Le, New Tai Lue, Tai Tham, Japanese, Chinese, Yi and Tai Viet. Tibetan has marks between syllables, its words here.
WITHOUT_SPACES = (
    *(0x0E00, 0x0F00, 0x1000, 0x10A0, 0x1780, 0x1800, 0x1950, 0x1A00, 0x1A20, 0x1AB0, 0x2E80, 0x3130, 0x31A0, 0x31C0),
    *(0x31F0, 0x3200, 0x3400, 0x4DC0, 0x4E00, 0xA4D0, 0xA9E0, 0xAA00, 0xAA60, 0xAAE0, 0xF900, 0xFB00, 0xFF66, 0xFFA0),
    *(0x1AFF0, 0x1B170, 0x20000, 0x40000),
)

EMOJI = range(0x1F000, 0x1FB00)  # all of it, so that those of later versions of Unicode are known
FLAGS = range(0x1F1E6, 0x1F200)  # letters, two of which make a flag
LOOKS = (0xFE0E, 0xFE0F, *range(0x1F3FB, 0x1F400))  # whether an emoji has colours, and skin tones
FIRST_PICTOGRAPH = 0x2000  # symbols below it take two bytes in UTF-8, and are signs such as "°" and "©"


class Tables(NamedTuple):
    """Letters by code point.

    Attributes
    ----------
    alphabet : ndarray of uint8, shape (128,)
        For ASCII, the lower-cased letter; 0 if it is not a letter.
    pages : ndarray of uint8, shape (4352,)
        For ``code >> 8``, the page of ``changes`` with this code point.
    changes : ndarray of int32, shape (256 * n_pages,)
        Lower-cased minus given code point, plus 2^21; 0 if it is not a letter. Above these bits, from `KIND_SHIFT` on,
        is the kind of the character for `has_kind`, otherwise 0.
    """

    alphabet: np.ndarray
    pages: np.ndarray
    changes: np.ndarray


def is_letter(character: str) -> bool:
    """Return whether a character is part of a word: a letter, digit or other number, mark, or underscore."""
    return character == "_" or unicodedata.category(character)[0] in "LNM"


def is_alphanumeric(character: str) -> bool:
    r"""Return whether a character matches ``\w`` in Python's regular expressions: a letter, number or underscore."""
    return character == "_" or character.isalnum()


def is_ink(character: str) -> bool:
    """Return whether a character is part of a token between white space: all but white space, NUL and surrogates."""
    return not (character.isspace() or character == "\0" or "\ud800" <= character <= "\udfff")


def has_kind(character: str) -> bool:
    """Return whether a character is part of a token where symbols count as tokens: a letter, emoji or pictograph."""
    category = unicodedata.category(character)
    if category[0] in "LNM" or character == "_" or ord(character) in EMOJI:
        return True
    return category == "So" and ord(character) >= FIRST_PICTOGRAPH


def kind_of(character: str) -> int:
    """Return the kind of such a character, of the constants of `fastlr.kernels.sources.state`; 0 for most letters."""
    code = ord(character)
    if code in LOOKS:
        return SKIPPED
    category = unicodedata.category(character)
    if category[0] == "M":
        return MARK
    if category[0] in "LN" or character == "_":
        return ALONE | HALF if bisect(WITHOUT_SPACES, code) % 2 else 0
    return 0 if code in FLAGS else ALONE


def _no_kind(character: str) -> int:
    return 0


def lower(character: str) -> str:
    """Return the lower case of a character if that is one character, otherwise the character itself."""
    lowered = character.lower()
    return lowered if len(lowered) == 1 else character


@functools.cache
def ascii_table(belongs: Callable[[str], bool], lowercase: bool) -> np.ndarray:
    """Return ``alphabet`` of `Tables`; ``belongs`` is one of the functions above that say what is a letter."""
    alphabet = np.zeros(128, np.uint8)
    for code in range(128):
        if belongs(chr(code)):
            alphabet[code] = ord(chr(code).lower()) if lowercase else code
    return frozen(alphabet)


@functools.cache
def unicode_tables(belongs: Callable[[str], bool], lowercase: bool) -> Tables:
    """Return the tables of all of Unicode, which are made once, in about 0.1 s."""
    numbers: dict[bytes, int] = {}
    pages = np.zeros((sys.maxunicode + 1) // PAGE, np.uint8)
    for page in range(len(pages)):
        first = page * PAGE
        # Planes 4 to 13 are unassigned, and 15 and 16 are for private use: no letters, capitals or white space.
        if 0x40000 <= first < 0xE0000 or first >= 0xF0000:
            entries = np.full(PAGE, NO_CHANGE if belongs is is_ink else NOT_A_LETTER, np.int32)
        else:
            text = "".join(map(chr, range(first, first + PAGE)))
            kind = kind_of if belongs is has_kind else _no_kind
            # Most pages contain only letters of one kind, without capitals.
            uniform = text.isalpha() and text.lower() == text and kind(text[0]) == kind(text[-1])
            entries = np.full(PAGE, NO_CHANGE | kind(text[0]) << KIND_SHIFT if uniform else NOT_A_LETTER, np.int32)
            # Letters and pictographs are printable, and many pages are unassigned.
            empty = belongs is not is_ink and first not in EMOJI and not any(map(str.isprintable, text))
            for i, character in enumerate("" if uniform or empty else text):
                if belongs(character):
                    change = ord(lower(character)) - ord(character) if lowercase else 0
                    entries[i] = NO_CHANGE + change | kind(character) << KIND_SHIFT
        pages[page] = numbers.setdefault(entries.tobytes(), len(numbers))
    changes = np.frombuffer(b"".join(numbers), np.int32)
    return Tables(ascii_table(belongs, lowercase), frozen(pages), frozen(changes))


def tables_for(belongs: Callable[[str], bool], lowercase: bool, ascii_only: bool) -> Tables:
    """Return the tables that documents need; for ASCII, the tables of Unicode, which take time to make, are empty."""
    if ascii_only:
        return Tables(ascii_table(belongs, lowercase), frozen(np.zeros(0, np.uint8)), frozen(np.zeros(0, np.int32)))
    return unicode_tables(belongs, lowercase)
