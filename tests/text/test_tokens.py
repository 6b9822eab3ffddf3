"""The words of TextClassifier: symbols, emoji, and letters of scripts without spaces."""

import re
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastlr.text import Hasher
from fastlr.text.feature_names import column_of_ngram
from fastlr.text.ngrams import column_of, extract_ngrams, hash_word
from fastlr.text.tokens import BEGIN_SYMBOLS, mostly_without_spaces, split_tokens
from fastlr.text.unicode_tables import NO_CHANGE, has_kind, kind_of, lower, unicode_tables

TOKENS = {
    "C++ and C# but not a+b, F#m or 1+1": "c++ and c# but not a b f m or 1 1",
    "C++, (C++) é++ c++é C++#.": "c++ c++ é++ c é c++#",
    "+1 #tag": "1 tag",
    "fine :) bad :-( :D ;P =] :'(": "fine :) bad :-( :d ;p =] :'(",
    ":) at the beginning and the end :/": ":) at the beginning and the end :/",
    ":)) :-)) :DD ab:) f(x)=(y) https://x.y a :3.": ":) :-) dd ab f x y https x y a :3",
    "<3 </3 <30 <3x a<3": "<3 </3 30 3x a 3",
    "What?! [tag] a|b !!": "what ? ! [ tag a | b ! !",
    "I ❤️ it👍🏽 ☃": "i ❤ it 👍 ☃",
    "👩\u200d💻 🇫🇷🇩🇪 1\ufe0f⃣": "👩 💻 🇫🇷🇩🇪 1⃣",
    "20°C © ®": "20 c",
    "中文ABC、日本": "中 文 abc 日 本",
    "ไทยที่": "ไ ท ย ที่",
    "한국어 हिन्दी བོད་ཡིག": "한국어 हिन्दी བོད ཡིག",
}


@pytest.mark.parametrize("text", TOKENS)
def test_tokens(backend, text):
    tokens = TOKENS[text].split(" ")
    assert [token.text for token in split_tokens(text, lowercase=True)] == tokens
    _, columns, counts = Hasher(symbols=True, n_features=2**31, norm=None, signed=False).transform([text], backend)
    wanted = Counter(column_of(hash_word(token), 2**31) for token in tokens)
    assert dict(zip(columns.tolist(), counts.tolist(), strict=True)).items() >= wanted.items()


def test_letters_without_spaces_count_half(backend):
    """Two of them have the room of one word in an n-gram."""
    hasher = Hasher(symbols=True, ngram_range=(1, 2), n_features=2**31, norm=None, signed=False)
    ngrams = "中 国 人 民 ab cd 中国 国人 人民 中国人 国人民 中国人民 民|ab 人民|ab ab|cd"
    text = "中国人民 ab cd"
    spelled = [ngram for ngram, _ in extract_ngrams(hasher, text)]
    assert sorted(spelled) == sorted(ngram.replace("|", " ") for ngram in ngrams.split())
    columns = [column_of_ngram(ngram, hasher) for ngram in spelled]
    assert sorted(columns) == sorted(hasher.transform([text], backend)[1].tolist())
    assert column_of_ngram("中国人民国", hasher) is None
    assert column_of_ngram("ab cd ab", hasher) is None


def test_a_long_text_of_letters_without_spaces(compiled):
    """N-grams across all batches of a pass."""
    text = "".join(chr(0x4E00 + 7 * i % 5000) for i in range(3000)) + " word " * 600 + "ไทย" * 400
    hasher = Hasher(symbols=True, ngram_range=(1, 3), n_features=2**31, norm=None, signed=False)
    rows = [hasher.transform([text, "a b", text], backend) for backend in (compiled, "numpy")]
    for found, wanted in zip(*rows, strict=True):
        np.testing.assert_array_equal(found, wanted)


def test_long_ends_of_words(compiled):
    """They take time in proportion to their length, wherever they are read from."""
    texts = ["c" + "+" * 100_000 + end for end in ("", "x", "é")] + ["é" + "+#" * 50_000, "+c" * 50_000]
    hasher = Hasher(symbols=True, n_features=2**31, norm=None, signed=False)
    rows = hasher.transform(texts, compiled)
    assert np.diff(rows[0]).tolist() == [1, 2, 2, 1, 1]
    assert rows[2].tolist() == [1, 1, 1, 1, 1, 1, 50_000]


def test_what_symbols_require():
    for wrong in ({"analyzer": "char_wb"}, {"decode_error": "ignore"}, {"marks": False}):
        with pytest.raises(ValueError, match="symbols=True requires"):
            Hasher(symbols=True, **wrong)
    assert Hasher(symbols=True, stop_words=["C++", "中"]).stop_words == {"c++", "中"}
    with pytest.raises(ValueError, match="must be one word"):
        Hasher(symbols=True, stop_words=["中文"])


@pytest.mark.parametrize("lowercase", [False, True])
def test_tables_of_kinds(lowercase):
    """Whole pages of letters are filled in at once, and pages without any are skipped."""
    tables = unicode_tables(has_kind, lowercase)
    for code in [*range(0x3500), *range(0x3500, 0x110000, 13), *range(0x1F000, 0x1FC00)]:
        change, character = int(tables.changes[256 * int(tables.pages[code >> 8]) + (code & 0xFF)]), chr(code)
        kind, letter = change >> 22, code + (change & 0x3FFFFF) - NO_CHANGE
        expected = (kind_of(character), ord(lower(character)) if lowercase else code) if has_kind(character) else None
        assert expected == ((kind, letter) if change else None), hex(code)


def test_mostly_without_spaces():
    assert mostly_without_spaces(["中文 abc".encode(), "ไทย".encode()])
    assert not mostly_without_spaces(["中文 abcd".encode(), "한국어 ё 1234".encode()])
    assert not mostly_without_spaces([b"", b"\xe4\xb8"])


@given(st.text(st.characters(max_codepoint=127).filter(lambda c: ord(c) not in BEGIN_SYMBOLS)))
def test_without_the_beginnings_of_symbols_tokens_are_runs_of_letters(text):
    """On which the spelling of n-grams relies for most of ASCII."""
    assert [token.text for token in split_tokens(text, True)] == re.findall("[0-9a-z_]+", text.lower())
