"""Words, n-grams and their hashes in plain Python, character by character.

They define what the kernels compute, and share only the table of letters with them. The reference implementation uses
them, and so do stop words and the spelling of single n-grams.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from fastlr.text.tokens import join_tokens, longest_ngram
from fastlr.text.unicode_tables import is_ink, is_letter, lower

if TYPE_CHECKING:
    from fastlr.text.analyzer import Analyzer


WRAP = 2**64
SEED = 0x243F6A8885A308D3


def _mix(h: int, multiplier: int) -> int:
    h = h * multiplier % WRAP
    return h ^ (h >> 32)


def hash_word(word: str) -> int:
    """Return the 64-bit hash of a word or of a character n-gram."""
    data = word.encode()
    h = SEED
    for i in range(0, len(data), 8):
        h = _mix(h ^ int.from_bytes(data[i : i + 8], "little"), 0x1E3779B97F4A7C15)
    return _mix(h, 0x58F38DED2A2D7B15)


def hash_words(words: list[str]) -> int:
    """Return the 64-bit hash of an n-gram of words, computed from its last word to its first."""
    h = hash_word(words[-1])
    for word in reversed(words[:-1]):
        h = _mix(h * 0x369DEA0F31A53F85 + hash_word(word), 0x27BB2EE687B0B0FD)
    return h


def column_of(h: Any, n_features: int) -> Any:
    """Return the column of a hash, or the columns of an array of hashes, uint64."""
    return (h >> 32) * n_features >> 32


def decode(document: bytes, name: str, errors: str) -> str:
    """Return a document as a string; ``errors="replace"`` turns bytes that are not UTF-8 into NUL.

    Raises
    ------
    InvalidDocument
        If there are such bytes and ``errors`` is "strict".
    """
    try:
        return document.decode("utf-8", "ignore" if errors == "ignore" else "strict")
    except UnicodeDecodeError as error:
        if errors == "strict":
            raise InvalidDocument(name, document, error.start) from error
        text = document.decode("utf-8", "surrogateescape")
        return "".join("\0" if "\ud800" <= c <= "\udfff" else c for c in text)


class InvalidDocument(UnicodeDecodeError):
    """Raised for a document that is not UTF-8, with its name."""

    def __init__(self, name: str, document: bytes, offset: int) -> None:
        super().__init__("utf-8", document, offset, offset + 1, "invalid byte")
        self.name = name

    def __reduce__(self) -> tuple[type[InvalidDocument], tuple[str, bytes, int]]:
        # Errors of other processes are pickled, and the arguments of the base class are others.
        return type(self), (self.name, self.object, self.start)

    def __str__(self) -> str:
        return (
            f"{self.name} is not UTF-8: byte 0x{self.object[self.start]:02x} at offset {self.start}. Decode it, or use "
            "a vectorizer with decode_error='ignore' or 'replace'."
        )


def split_words(text: str, lowercase: bool, belongs: Callable[[str], bool] = is_letter) -> list[str]:
    """Return the words of a document: the runs of characters that ``belongs`` is true of."""
    spaced = "".join((lower(c) if lowercase else c) if belongs(c) else " " for c in text)
    return [word for word in spaced.split(" ") if word]


def split_padded(text: str, lowercase: bool, whole: bool) -> list[str]:
    """Return the tokens between white space, each padded by a space on either side; ``whole`` joins them by spaces."""
    words = split_words(text, lowercase, is_ink)
    return [f" {word} " for word in ([" ".join(words)] if whole and words else words)]


def character_ngrams(analyzer: Analyzer, text: str) -> Iterator[str]:
    """Yield the n-grams of the characters of a document."""
    smallest, largest = analyzer.ngram_range
    for word in split_padded(text, analyzer.lowercase, analyzer.analyzer == "char"):
        for n in range(smallest, largest + 1):
            for i in range(max(1, len(word) - n + 1)):
                yield word[i : i + n]
            if len(word) <= n:
                break


def extract_ngrams(analyzer: Analyzer, text: str) -> Iterator[tuple[str, int]]:
    """Yield the n-grams of a document with their hashes."""
    smallest, largest = analyzer.ngram_range
    if analyzer.characters:
        yield from ((ngram, hash_word(ngram)) for ngram in character_ngrams(analyzer, text))
        return
    kept = analyzer.keep(analyzer.split(text))
    for last in range(len(kept)):
        for n in range(smallest, longest_ngram(kept, last, largest) + 1):
            ngram = kept[last - n + 1 : last + 1]
            yield join_tokens(ngram), hash_words([token.text for token in ngram])
