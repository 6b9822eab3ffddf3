"""Which words a hashed column stands for."""

import pytest

from fastlr.text.classifier import TextClassifier
from fastlr.text.documents import Documents
from fastlr.text.feature_names import MAX_BYTES, Sample


def test_texts_without_a_word_in_common(monkeypatch):
    monkeypatch.setattr("fastlr.text.column_selection.MIN_DOCUMENTS", ((100, 2), (0, 1)))
    texts = [f"w{i}" for i in range(150)]
    with pytest.raises(ValueError, match="No word occurs in at least 2 of the documents"):
        TextClassifier().fit(texts, ["a", "b"] * 75)
    with pytest.raises(ValueError, match="No word occurs in at least 1 of the documents"):
        TextClassifier().fit(["", "..."] * 9, ["a", "b"] * 9)


def test_words_are_the_same_whoever_reads_the_texts():
    texts, labels = ["A good film, é", "a bad film (ü)", "good; good"] * 30, ["a", "b", "c"] * 30
    found = [TextClassifier(ngrams=3, backend=b, alpha=0.0).fit(texts, labels).words_ for b in ("numpy", "auto")]
    assert found[0] == found[1]
    assert set(found[0].values()) == {
        *("a", "good", "film", "é", "bad", "ü", "a good", "good film", "film é", "a bad", "bad film", "film ü"),
        *("good good", "a good film", "good film é", "a bad film", "bad film ü"),
    }


@pytest.mark.parametrize("letter", ["a", "é", "e\u0301", "어", "𝔞"])
@pytest.mark.parametrize("shift", range(4))
def test_of_a_long_text_some_whole_words_are_looked_at(letter, shift):
    """However long it is; and none of them is cut, nor is a character."""
    word = 5 * letter
    sample = Sample()
    for _ in range(50):
        sample.add(Documents.from_texts([" " * shift + f"{word} " * MAX_BYTES, "more"]))
    assert 0.9 * MAX_BYTES < sample.n_bytes <= MAX_BYTES
    assert {found for text in sample.texts for found in text.decode().split()} == {word}


def test_of_a_word_that_is_too_long_nothing_is_looked_at():
    sample = Sample()
    sample.add(Documents.from_texts(["a" * MAX_BYTES]))
    assert sample.n_bytes == 0
    sample.add(Documents.from_texts(["語" * MAX_BYTES]))  # whose letters are words
    assert sample.n_bytes == MAX_BYTES // 8 // 3 * 3
