"""Which characters belong to words or tokens, and their lower case, as tables for the kernels."""

from __future__ import annotations

import functools
import sys
import unicodedata
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from fastlr.utils.arrays import frozen

NOT_A_LETTER = 0
NO_CHANGE = 1 << 21  # added to the difference that lower-casing makes to a code point
PAGE = 256


class Tables(NamedTuple):
    """Letters by code point.

    Attributes
    ----------
    alphabet : ndarray of uint8, shape (128,)
        For ASCII, the lower-cased letter; 0 if it is not a letter.
    pages : ndarray of uint8, shape (4352,)
        For ``code >> 8``, the page of ``changes`` with this code point.
    changes : ndarray of int32, shape (256 * n_pages,)
        Lower-cased minus given code point, plus 2^21; 0 if it is not a letter.
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
            # Most pages contain only letters, without capitals.
            uniform = text.isalpha() and text.lower() == text
            entries = np.full(PAGE, NO_CHANGE if uniform else NOT_A_LETTER, np.int32)
            for i, character in enumerate("" if uniform else text):
                if belongs(character):
                    entries[i] = NO_CHANGE + (ord(lower(character)) - ord(character) if lowercase else 0)
        pages[page] = numbers.setdefault(entries.tobytes(), len(numbers))
    changes = np.frombuffer(b"".join(numbers), np.int32)
    return Tables(ascii_table(belongs, lowercase), frozen(pages), frozen(changes))


def tables_for(belongs: Callable[[str], bool], lowercase: bool, ascii_only: bool) -> Tables:
    """Return the tables that documents need; for ASCII, the tables of Unicode, which take time to make, are empty."""
    if ascii_only:
        return Tables(ascii_table(belongs, lowercase), frozen(np.zeros(0, np.uint8)), frozen(np.zeros(0, np.int32)))
    return unicode_tables(belongs, lowercase)
