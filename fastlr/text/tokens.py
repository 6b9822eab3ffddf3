"""The words of `fastlr.TextClassifier`: runs of letters, symbols, and letters of scripts without spaces.

In plain Python, character by character: this defines what the kernels compute, with which it shares the tables.
"""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from fastlr.kernels.sources.state import ALONE, HALF, MARK, SKIPPED
from fastlr.text.unicode_tables import has_kind, kind_of, lower

SIGNS = "!?[|"

# What the symbols of ASCII hold or begin with: without these, tokens are runs of letters.
BEGIN_SYMBOLS = SIGNS.encode() + b"+#:;=<"

# What does not follow a symbol.
NO_MORE = r"(?![0-9A-Z_a-z+#\x80-\U0010ffff])"

# Eyes, perhaps a nose, and a mouth; or a heart.
EMOTICON = r"(?:[:;=]['^-]?[()*/3DOP\[\\\]op{|}]|</?3)" + NO_MORE

# The end of "C++" or "C#".
SUFFIX = r"[+#]+" + NO_MORE


@functools.cache
def pattern(expression: str) -> re.Pattern[str]:
    """Return a compiled expression: compiling takes 2 ms, which predictions by kernels do not need."""
    return re.compile(expression)


class Token(NamedTuple):
    """A token, and whether it is half a word: a letter of a script without spaces."""

    text: str
    half: bool


def split_tokens(text: str, lowercase: bool) -> list[Token]:
    """Return the tokens of a document; see `fastlr.text.analyzer.Analyzer` for what they are."""
    tokens: list[Token] = []
    word, first = "", 0  # the token that is being read, and the kind of its first character

    def end() -> None:
        nonlocal word
        if word:
            tokens.append(Token(word, bool(first & HALF)))
        word = ""

    i = 0
    while i < len(text):
        character = text[i]
        if has_kind(character):
            kind = kind_of(character)
            i += 1
            if kind & SKIPPED:
                continue
            if word and (first | kind) & ALONE and not kind & MARK:
                end()
            if not word:
                first = kind
            word += lower(character) if lowercase else character
            continue
        found = pattern(SUFFIX).match(text, i) if word and not first & ALONE else None
        if found:
            word += found[0]
        end()
        if not found and (i == 0 or text[i - 1] <= " "):
            found = pattern(EMOTICON).match(text, i)
            if found:
                tokens.append(Token(found[0].lower() if lowercase else found[0], half=False))
        if not found and character in SIGNS:
            tokens.append(Token(character, half=False))
        i = found.end() if found else i + 1
    end()
    return tokens


def join_tokens(tokens: Sequence[Token]) -> str:
    """Return an n-gram as it is shown: joined by spaces, but for letters of scripts without spaces."""
    text = ""
    for i, token in enumerate(tokens):
        text += " " + token.text if i and not (token.half and tokens[i - 1].half) else token.text
    return text


def mostly_without_spaces(texts: Iterable[bytes]) -> bool:
    """Return whether most letters of UTF-8 documents are of scripts without spaces between words."""
    counts = {False: 0, True: 0}
    for text in texts:
        for character, n in Counter(text.decode(errors="ignore")).items():
            if character.isalpha():
                counts[bool(kind_of(character) & HALF)] += n
    return counts[True] > counts[False]


def longest_ngram(tokens: Sequence[Token], last: int, largest: int) -> int:
    """Return the number of tokens of the longest n-gram that ends in token ``last``; two halves count as one word."""
    room, n = 2 * largest, 0
    while n <= last and room >= (needed := 1 if tokens[last - n].half else 2):
        room -= needed
        n += 1
    return n
