"""How a document is split into n-grams."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from numbers import Integral
from typing import Any

import numpy as np

from fastlr.kernels.sources.state import INK, LETTERS, SYMBOLS, WHOLE, WITHIN_TOKENS
from fastlr.text.ngrams import hash_word, split_words
from fastlr.text.tokens import Token, split_tokens
from fastlr.text.unicode_tables import has_kind, is_alphanumeric, is_ink, is_letter
from fastlr.utils.arrays import frozen
from fastlr.utils.checks import one_of, true_or_false

ANALYZERS = ("word", "char", "char_wb", "whitespace")
SPLITTINGS = {"word": LETTERS, "char": WHOLE, "char_wb": WITHIN_TOKENS, "whitespace": INK}

DECODE_ERRORS = ("strict", "ignore", "replace")
MAX_SIZE = 64  # of an n-gram


def is_integer(value: Any) -> bool:
    """Return whether a value is an integer and no bool."""
    return isinstance(value, Integral) and not isinstance(value, bool)


def english_stop_words() -> frozenset[str]:
    """Return scikit-learn's English stop words."""
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    return ENGLISH_STOP_WORDS


@dataclass(frozen=True, kw_only=True)
class Analyzer:
    r"""How a document is split into n-grams.

    A word is a run of letters, digits, marks and underscores of any script: code points of the Unicode categories L, N
    and M, as in the Unicode version of Python's `unicodedata`. Every other character separates words. Lower-casing is
    done code point by code point. One that would become two (only "İ") stays as it is, and a final sigma becomes a
    sigma.

    Parameters
    ----------
    analyzer : {"word", "char", "char_wb", "whitespace"}, default="word"
        ``"word"`` makes n-grams of words, ``"whitespace"`` of the tokens between white space. ``"char_wb"`` makes
        n-grams of the characters of each token between white space, padded by a space on either side; ``"char"`` those
        of the whole document, with one space for white space of any length, and one at either end. What is shorter than
        the n-gram counts once.
    ngram_range : tuple of two int, default=(1, 1)
        Smallest and largest number of words or characters in an n-gram.
    lowercase : bool, default=True
        Whether to convert to lower case first.
    min_token_length : int, default=1
        Words of fewer characters are dropped before n-grams are made. No effect with "char" and "char_wb".
    stop_words : set or list of str, "english" or None, default=None
        Words to drop before n-grams are made; "english" is scikit-learn's list. Only for "word".
    decode_error : {"strict", "ignore", "replace"}, default="strict"
        Bytes that are not UTF-8 raise an error, are dropped, or separate words. A NUL always separates words.
    marks : bool, default=True
        Whether combining marks, category M, belong to words. Without them a word is a run of ``\w``, as in Python's
        regular expressions. Only for "word".
    symbols : bool, default=False
        Whether words are those of `fastlr.TextClassifier`. Emoji, other pictographs, emoticons such as ":)" and "<3",
        and the signs "!", "?", "[" and "|" are words too. "+" and "#" at the end of a word belong to it, as in "C++".
        Each letter of a script without spaces (Chinese, Japanese, Thai, Lao, Khmer, Burmese) is a word with its marks,
        and counts half: where n-grams have up to ``n`` words, such letters have n-grams of up to ``2 * n``. Skin tones
        and variation selectors of emoji are ignored. Only for "word", with ``decode_error="strict"``.

    Raises
    ------
    ValueError
        If a parameter is not one of these, or a stop word is not one word.
    """

    analyzer: str = "word"
    ngram_range: tuple[int, int] = (1, 1)
    lowercase: bool = True
    min_token_length: int = 1
    stop_words: Iterable[str] | str | None = None
    decode_error: str = "strict"
    marks: bool = True
    symbols: bool = False

    def __post_init__(self) -> None:
        one_of("analyzer", self.analyzer, ANALYZERS)
        one_of("decode_error", self.decode_error, DECODE_ERRORS)
        true_or_false("lowercase", self.lowercase)
        true_or_false("marks", self.marks)
        true_or_false("symbols", self.symbols)
        if self.symbols and not (self.analyzer == "word" and self.decode_error == "strict" and self.marks):
            raise ValueError("symbols=True requires analyzer='word', decode_error='strict' and marks=True.")
        sizes = self.ngram_range
        if not (
            isinstance(sizes, (tuple, list))
            and len(sizes) == 2
            and all(map(is_integer, sizes))
            and 1 <= sizes[0] <= sizes[1] <= MAX_SIZE
        ):
            raise ValueError(
                f"ngram_range must be two integers, 1 <= smallest <= largest <= {MAX_SIZE}; got {sizes!r}."
            )
        object.__setattr__(self, "ngram_range", (int(sizes[0]), int(sizes[1])))
        if not (is_integer(self.min_token_length) and self.min_token_length >= 1):
            raise ValueError(f"min_token_length must be an integer, 1 or more; got {self.min_token_length!r}.")
        object.__setattr__(self, "stop_words", self._checked_stop_words())

    def _checked_stop_words(self) -> frozenset[str] | None:
        words: Any = self.stop_words
        if words is None:
            return None
        if self.analyzer != "word":
            raise ValueError(f"stop_words requires analyzer='word'; got analyzer={self.analyzer!r}.")
        if isinstance(words, str) and words == "english":
            words = english_stop_words()
        elif isinstance(words, (str, Iterator)) or not isinstance(words, Iterable):  # an iterator can be read only once
            raise ValueError(f"stop_words must be a set or list of str, 'english' or None; got {words!r}.")
        checked = set()
        for word in words:
            if not isinstance(word, str):
                raise ValueError(f"stop_words must be str; found {word!r}.")
            tokens = [token.text for token in self.split(word)]
            if len(tokens) != 1:
                raise ValueError(f"Each stop word must be one word, but {word!r} splits into {tokens}.")
            checked.add(tokens[0])
        return frozenset(checked)

    def split(self, text: str) -> list[Token]:
        """Return the words of a document, also those that are too short and stop words."""
        if self.symbols:
            return split_tokens(text, self.lowercase)
        return [Token(word, half=False) for word in split_words(text, self.lowercase, self.belongs)]

    def keep(self, words: list[Token]) -> list[Token]:
        """Return the words of a document without those that are too short and without stop words."""
        excluded = self.stop_words or ()
        return [word for word in words if len(word.text) >= self.min_token_length and word.text not in excluded]

    @property
    def characters(self) -> bool:
        """Whether n-grams are made of characters."""
        return self.analyzer in ("char", "char_wb")

    @property
    def belongs(self) -> Callable[[str], bool]:
        """The function that says which characters belong to words, or to tokens between white space."""
        if self.analyzer != "word":
            return is_ink
        return has_kind if self.symbols else is_letter if self.marks else is_alphanumeric

    @property
    def splitting(self) -> int:
        """The kernels' constant for how documents are split."""
        return SYMBOLS if self.symbols else SPLITTINGS[self.analyzer]

    @property
    def orders(self) -> int:
        """Largest number of n-grams that end in one word; 1 for n-grams of characters."""
        return 1 if self.characters else self.longest - self.ngram_range[0] + 1

    @property
    def longest(self) -> int:
        """Largest number of words in an n-gram, halves of words counted as words."""
        return self.ngram_range[1] * (2 if self.symbols else 1)

    @cached_property
    def stop_hashes(self) -> np.ndarray:
        """Hashes of the stop words, as an open-addressing set with a power of two slots; empty if there are none."""
        words = frozenset(self.stop_words or ())
        if not words:
            return frozen(np.zeros(0, np.uint64))
        slots = 1 << (4 * len(words)).bit_length()
        hashes = np.zeros(slots, np.uint64)
        for word in words:
            h = hash_word(word)
            slot = h % slots
            while hashes[slot]:
                slot = (slot + 1) % slots
            hashes[slot] = h
        return frozen(hashes)
