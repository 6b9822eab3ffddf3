"""Tables in many formats, dialects, encodings and compressions give the documents and labels that they hold.

`random_tables` draws them, and reads many more.
"""

import json

from files.random_tables import draw, expected_rows, outcome, told_columns
from helpers.readers import write
from helpers.table_files import content_of
from helpers.texts import SMALL

import fastlr
from fastlr import TextClassifier
from fastlr.files.reader import Reader

# What every reader of files knows, under a name that says it.
USUAL = {
    "task": ("one label",),
    "dialect": ("CSV with commas", "TSV", "JSON Lines", "fastText", "Vowpal Wabbit"),
    "quoting": ("minimal", "all", "words", ""),
    "encoding": ("UTF-8", "UTF-8 with a mark"),
    "line_end": ("LF", "CRLF"),
    "suffix": (".csv", ".tsv", ".jsonl", ".vw", ".fasttext"),
    "pipe": ("False",),
}


def is_usual(choices):
    named = (choices["format"] == "CSV") == (choices["suffix"] == ".csv")
    return named and all(choices[name] in values for name, values in USUAL.items())


def outcomes(folder, seed, n, told, accept=lambda choices: True):
    found = {}
    for i in range(n):
        table, form, choices = draw(seed, i)
        if accept(choices):
            found[i] = outcome(table, form, folder, told)
    return found


def test_usual_files_whose_columns_are_told(tmp_path):
    found = outcomes(tmp_path, 2, 300, True, is_usual)
    assert len(found) > 25
    assert {i: (result, reason) for i, (result, reason) in found.items() if result != "right"} == {}


def test_a_model_is_that_of_the_plain_documents(tmp_path):
    """Whatever format they come in."""
    tried = set()
    for i in range(200):
        table, form, choices = draw(3, i)
        if choices["dialect"] in tried or not is_usual(choices):
            continue
        tried.add(choices["dialect"])
        file = write(tmp_path, f"table{form.suffix}", content_of(table, form))
        lines = (json.dumps({"label": label, "text": text}) + "\n" for label, text in expected_rows(table, form))
        plain = write(tmp_path, "plain.jsonl", "".join(lines))
        assert model_bytes(tmp_path, file, told_columns(table, form)) == model_bytes(tmp_path, plain, {})
    assert len(tried) == len(USUAL["dialect"])


def model_bytes(folder, path, columns):
    with Reader(str(path), **columns) as reader:
        batches = ((batch.documents, batch.labels, batch.weights) for batch in reader)
        model = TextClassifier(**SMALL).fit_batches(batches, lambda: reader.labels.names)
    fastlr.save(model, folder / "model")
    return (folder / "model").read_bytes()
