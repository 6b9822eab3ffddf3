"""The words of the texts tell the label from other columns whose values repeat."""

import random

import pytest
from helpers.readers import write
from helpers.tables import Style

from fastlr.files.reader import Reader
from fastlr.files.streams import ReadError
from fastlr.files.tables.association import association


def rows(n, language="english", seed=0):
    """Labels and texts that depend on them."""
    rng = random.Random(seed)
    style = Style(rng, [language], 3, (5, 12), [])
    codes = rng.choices(range(3), k=n)
    return [f"kind {code}" for code in codes], [style.text(code) for code in codes], rng


@pytest.mark.parametrize("language", ["english", "russian", "chinese", "japanese"])
def test_labels_and_columns_by_chance(language):
    labels, texts, rng = rows(300, language)
    assert association(labels, texts) > 20.0
    for values in (["yes", "no"], ["a", "a", "a", "b", "c"], [str(k) for k in range(40)]):
        assert -4.0 < association(rng.choices(values, k=300), texts) < 4.0


def test_no_words_or_labels_to_tell():
    assert association(["a"] * 20, ["one text"] * 20) == 0.0
    assert association(["a", "b"] * 10, [""] * 20) == 0.0
    assert association(list(map(str, range(40))), ["good one", "bad one"] * 20) == 0.0


def located(folder, columns):
    content = "".join("\t".join(row) + "\n" for row in zip(*columns, strict=True))
    with Reader(str(write(folder, "a.tsv", content))) as reader:
        return reader.layout


def test_columns_without_names(tmp_path):
    labels, texts, rng = rows(500)
    other = rng.choices(["blue", "green", "red"], k=500)
    assert located(tmp_path, [other, texts, labels]).label == 2
    assert located(tmp_path, [labels, other, texts]).label == 0
    related = [label if rng.random() < 0.7 else "no kind" for label in labels]
    for columns in ([other, texts, labels, related], [column[:200] for column in (other, texts, labels)]):
        with pytest.raises(ReadError, match=r"cannot tell which column holds the labels: .*column 1 "):
            located(tmp_path, columns)
