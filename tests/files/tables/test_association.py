"""The words of the texts tell the label from other columns whose values repeat."""

import random
import statistics

import pytest
from helpers.readers import write
from helpers.tables import Style

from fastlr.files.reader import Reader
from fastlr.files.streams import ReadError
from fastlr.files.tables.association import Association


def rows(n, language="english", seed=0):
    """Labels and texts that depend on them."""
    rng = random.Random(seed)
    style = Style(rng, [language], 3, (5, 12), [])
    codes = rng.choices(range(3), k=n)
    return [f"kind {code}" for code in codes], [style.text(code) for code in codes], rng


@pytest.mark.parametrize("language", ["english", "russian", "chinese", "japanese"])
def test_labels_and_columns_by_chance(language):
    labels, texts, rng = rows(300, language)
    found = Association(texts)
    assert found.with_labels(labels) > 15.0
    for values in (["yes", "no"], ["a", "a", "a", "b", "c"], [str(k) for k in range(40)]):
        assert -4.0 < found.with_labels(rng.choices(values, k=300)) < 4.0


@pytest.mark.parametrize(("n", "n_labels"), [(20, 2), (60, 15), (200, 4)])
def test_chance_is_normal(n, n_labels):
    """Whatever the number of texts, and of labels, some of which are rare."""
    _, texts, rng = rows(n, seed=n)
    found, labels = Association(texts), rng.choices(range(n_labels), range(1, n_labels + 1), k=n)
    values = []
    for _ in range(300):
        rng.shuffle(labels)
        values.append(found.with_labels(labels))
    assert abs(statistics.mean(values)) < 0.2
    assert 0.85 < statistics.stdev(values) < 1.15
    assert max(values) < 4.5


def test_no_words_or_labels_to_tell():
    for labels, texts in (
        (["a"] * 20, ["one text"] * 20),
        (["a", "b"] * 10, [""] * 20),
        (list(map(str, range(40))), ["good one", "bad one"] * 20),
        (["a", "b"], ["good", "bad"]),
    ):
        assert Association(texts).with_labels(labels) is None


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
    few = rows(200)
    assert located(tmp_path, [other[:200], *few[1::-1]]).label == 2
    hardly = rows(12, seed=3)
    for columns in ([other, texts, labels, related], [other[:12], *hardly[1::-1]]):
        with pytest.raises(ReadError, match=r"cannot tell which column holds the labels: .*column 1 "):
            located(tmp_path, columns)
