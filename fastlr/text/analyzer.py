"""What the n-grams of a text are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from numbers import Integral
from typing import Any

import numpy as np

from fastlr.text.ngrams import hash_word, split_words
from fastlr.utils.arrays import frozen
from fastlr.utils.checks import one_of, true_or_false

ANALYZERS = ("word", "char_wb")
DECODE_ERRORS = ("strict", "ignore", "replace")


def _integer(value: Any) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool)


def english_stop_words() -> frozenset[str]:
    """Return scikit-learn's list."""
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    return ENGLISH_STOP_WORDS


@dataclass(frozen=True, kw_only=True)
class Analyzer:
    """How a text becomes n-grams.

    A word is a run of letters, digits and other numbers, marks (which belong to the letter before them) and
    underscores, of any script: code points of Unicode's categories L, N and M, by the Unicode version of Python's
    `unicodedata`. All else separates words. Lower-casing goes code point by code point: what would become two (only
    "İ") stays as it is, and a final sigma is a sigma.

    Parameters
    ----------
    analyzer : {"word", "char_wb"}, default="word"
        N-grams of words; or of the characters of what stands between white space, with a blank on either side. One that
        is shorter than the n-gram counts once, with its blanks.
    ngram_range : tuple of two int, default=(1, 1)
        The smallest and largest number of words or characters.
    lowercase : bool, default=True
    min_token_length : int, default=1
        Words of fewer characters are left out, as are stop words, before n-grams are made. Of no effect for "char_wb".
    stop_words : set or list of str, "english" or None, default=None
        Words to leave out; "english" are scikit-learn's. Only for "word".
    decode_error : {"strict", "ignore", "replace"}, default="strict"
        What bytes that are not UTF-8 are: an error, nothing (what is beside them joins), or separators. A NUL is
        always a separator.

    Raises
    ------
    ValueError
        If a setting is none of these, or a stop word is not one word.
    """

    analyzer: str = "word"
    ngram_range: tuple[int, int] = (1, 1)
    lowercase: bool = True
    min_token_length: int = 1
    stop_words: Iterable[str] | str | None = None
    decode_error: str = "strict"

    def __post_init__(self) -> None:
        one_of("analyzer", self.analyzer, ANALYZERS)
        one_of("decode_error", self.decode_error, DECODE_ERRORS)
        true_or_false("lowercase", self.lowercase)
        sizes = self.ngram_range
        if not (
            isinstance(sizes, (tuple, list))
            and len(sizes) == 2
            and all(map(_integer, sizes))
            and 1 <= sizes[0] <= sizes[1] <= 64
        ):
            raise ValueError(f"ngram_range must be two integers, 1 <= smallest <= largest <= 64; got {sizes!r}.")
        object.__setattr__(self, "ngram_range", (int(sizes[0]), int(sizes[1])))
        if not (_integer(self.min_token_length) and self.min_token_length >= 1):
            raise ValueError(f"min_token_length must be an integer, 1 or more; got {self.min_token_length!r}.")
        object.__setattr__(self, "stop_words", self._checked_stop_words())

    def _checked_stop_words(self) -> frozenset[str] | None:
        words = self.stop_words
        if words is None:
            return None
        if self.analyzer != "word":
            raise ValueError(f"stop_words are for analyzer='word'; got analyzer={self.analyzer!r}.")
        if isinstance(words, str) and words == "english":
            words = english_stop_words()
        elif isinstance(words, (str, Iterator)) or not isinstance(words, Iterable):  # an iterator serves but once
            raise ValueError(f"stop_words must be a set or list of str, 'english' or None; got {words!r}.")
        checked = set()
        for word in words:
            if not isinstance(word, str):
                raise ValueError(f"stop_words must be str; found {word!r}.")
            tokens = split_words(word, self.lowercase)
            if len(tokens) != 1:
                raise ValueError(f"A stop word must be one word, but {word!r} is {tokens}.")
            checked.add(tokens[0])
        return frozenset(checked)

    def keep(self, words: list[str]) -> list[str]:
        """Return those of the words of a text that n-grams are made of."""
        excluded = self.stop_words or ()
        return [word for word in words if len(word) >= self.min_token_length and word and word not in excluded]

    @property
    def characters(self) -> bool:
        """Whether n-grams are of characters."""
        return self.analyzer == "char_wb"

    @property
    def orders(self) -> int:
        """Number of n-grams that end in a word, at most; 1 for those of characters."""
        return 1 if self.characters else self.ngram_range[1] - self.ngram_range[0] + 1

    @cached_property
    def stop_hashes(self) -> np.ndarray:
        """Hashes of the stop words, in an open-addressing set of a power of two slots; empty if there are none."""
        if not self.stop_words:
            return frozen(np.zeros(0, np.uint64))
        slots = 1 << (4 * len(self.stop_words)).bit_length()
        hashes = np.zeros(slots, np.uint64)
        for word in self.stop_words:
            h = hash_word(word)
            slot = h % slots
            while hashes[slot]:
                slot = (slot + 1) % slots
            hashes[slot] = h
        return frozen(hashes)
