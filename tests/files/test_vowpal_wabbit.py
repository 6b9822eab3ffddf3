"""Lines of Vowpal Wabbit."""

import pytest
from helpers.readers import write

from fastlr.files.reader import Reader
from fastlr.files.streams import ReadError
from fastlr.files.vowpal_wabbit import BadLine, parse


@pytest.mark.parametrize(
    ("line", "label", "weight", "words", "values"),
    [
        ("1 | a b", "1", 1, "a b", {}),
        ("-1 |f a b", "-1", 1, "f__a f__b", {}),
        ("2 1.0 0 'tag |f a:2 b |g c:0 d", "2", 1, "f__b g__d", {"f__a": 2.0}),
        ("1 0.25 tag|f:1 a:b 3:2", "1", 0.25, "f__a f__b", {"f__3": 2.0}),
        ("1 'tag| a", "1", 1, "a", {}),
        ("1 3 | a:0.5 b:-1e3 size.max:2", "1", 3, "", {"a": 0.5, "b": -1000.0, "size_2e_max": 2.0}),
        ("1 |f:0.5 a b:4 |:2 c", "1", 1, "", {"f__a": 0.5, "f__b": 2.0, "c": 2.0}),
        ("1 |f:0 a |g don't", "1", 1, "g__don'g__t", {}),
        ("1 |a-b c", "1", 1, "a_2d_b__c", {}),
    ],
)
def test_lines_of_vowpal_wabbit(line, label, weight, words, values):
    """Lines with values have a constant besides."""
    found = parse(line)
    assert (found.label, found.weight) == (label, weight)
    assert found.text.split() == words.split()
    assert found.values == ([*values.items(), ("constant__", 1.0)] if values else [])


@pytest.mark.parametrize("label", [1, 2])
def test_a_table_whose_first_cells_are_empty(tmp_path, label):
    """Spaces stand before the bar of a namespace."""
    rows = [["", "a fine film", "all of it", f"seen {i} times"] for i in range(30)]
    for i, row in enumerate(rows):
        row[label] = "ab"[i % 2]
    path = write(tmp_path, "table", "".join("|".join(row) + "\n" for row in rows))
    with Reader(str(path), label=str(label + 1), text="4") as reader:
        assert (reader.layout.format, reader.layout.sep, reader.layout.label) == ("csv", "|", label)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("1 a b", r"no \|"),
        ("| a", "no label"),
        ("'tag | a", "no label"),
        ("1 -2.0 | a", "importance -2.0 is not a non-negative number"),
        ("1 much | a", "importance much is not a non-negative number"),
        ("1 inf | a", "importance inf is not a non-negative number"),
        ("1 1 0.5 | a", "initial prediction 0.5"),
        ("1 2 3 4 | a", "4 words before"),
        ("1:0.5 2:1 | a", "label 1:0.5: several labels and costs are not supported"),
        ("1,3 | a", "several labels and costs"),
        ("1 | a:nan", "a:nan: the value is not finite"),
        ("1 | a:1e31", "the value is not finite, or too large"),
        ("1 | :3", ":3: a value without a feature name"),
        ("1 |f:x a", "weight x of namespace f is not a number"),
        ("1 |f:nan a", "weight nan of namespace f"),
        ("1 | \udcff:2", "not UTF-8"),
    ],
)
def test_lines_of_vowpal_wabbit_that_are_not_read(line, reason):
    with pytest.raises(BadLine, match=reason):
        parse(line)


def test_tags_are_ids(tmp_path):
    path = write(tmp_path, "a.vw", "x 'one | a\ny 2 two|f b\n1 | c\nx 1 0 'a/b|f d\n")
    for with_labels in (True, False):
        with Reader(str(path), id="tag", with_labels=with_labels) as reader:
            assert [batch.ids for batch in reader] == [["one", "two", "", "a/b"]]
            assert str(reader.layout) == "Vowpal Wabbit; id in 'tag'"
    with pytest.raises(ReadError, match="there is no column 'name'; --id tag gives the tags"):
        Reader(str(path), id="name")


def test_importance_and_values_in_batches(tmp_path):
    path = write(tmp_path, "a.vw", "x 2 | a b\ny |f c:3 d:4\n\nx | e\n")
    with Reader(str(path)) as reader:
        (batch,) = reader
    assert batch.weights.tolist() == [2, 1, 1]
    assert [bytes(name) for name in batch.documents.names] == [b"f__c", b"f__d", b"constant__"]
    assert batch.documents.rows.tolist() == [1, 1, 1]
    assert batch.documents.values.tolist() == [3, 4, 1]
    part = batch.documents.part(1, 3)
    assert (len(part), part.rows.tolist()) == (2, [0, 0, 0])
    assert len(batch.documents.part(2, 3).values) == 0
    with Reader(str(path), with_labels=False) as reader:
        (batch,) = reader
    assert batch.weights is None
