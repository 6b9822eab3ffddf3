"""Tables in many formats, dialects, encodings and compressions give the documents and labels that they hold.

`random_tables` draws them, and reads many more.
"""

import json
from collections import Counter

from files.random_tables import draw, expected_rows, outcome, told_columns
from helpers.readers import write
from helpers.table_files import content_of
from helpers.texts import SMALL

import fastlr
from fastlr import TextClassifier
from fastlr.files.reader import Reader

# Without a mark, UTF-16 of several scripts looks like any other bytes.
HARD = ("UTF-16, big end first",)


def outcomes(folder, seed, n, told):
    for i in range(n):
        table, form, choices = draw(seed, i)
        if choices["encoding"] not in HARD and (not told or table.task == "one label"):
            yield i, *outcome(table, form, folder, told)


def test_tables_whose_columns_are_told(tmp_path):
    found = list(outcomes(tmp_path, 2, 100, told=True))
    assert len(found) > 80
    assert [result for result in found if result[1] != "right"] == []


def test_tables_whose_columns_are_found(tmp_path):
    """Nearly all; most of the others lead to a question, as nobody could tell."""
    found = list(outcomes(tmp_path, 2, 150, told=False))
    counts = Counter(result for _, result, _ in found)
    assert counts["right"] > 0.85 * len(found), counts
    others = [result for result in found if result[1] in ("refused", "wrong")]
    assert len(others) <= 0.02 * len(found), others


def test_a_model_is_that_of_the_plain_documents(tmp_path):
    """Whatever format they come in."""
    tried = set()
    for i in range(150):
        table, form, choices = draw(3, i)
        if choices["format"] in tried or form.pipe or choices["encoding"] in HARD or table.task != "one label":
            continue
        tried.add(choices["format"])
        file = write(tmp_path, f"table{form.suffix}", content_of(table, form))
        lines = (json.dumps({"label": label, "text": text}) + "\n" for label, text in expected_rows(table, form))
        plain = write(tmp_path, "plain.jsonl", "".join(lines))
        assert model_bytes(tmp_path, file, told_columns(table, form)) == model_bytes(tmp_path, plain, {})
    assert len(tried) == 9


def model_bytes(folder, path, columns):
    with Reader(str(path), **columns) as reader:
        batches = ((batch.documents, batch.labels, batch.weights) for batch in reader)
        model = TextClassifier(**SMALL).fit_batches(batches, lambda: reader.labels.names)
    fastlr.save(model, folder / "model")
    return (folder / "model").read_bytes()
