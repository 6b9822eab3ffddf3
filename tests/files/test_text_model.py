"""Files of models of texts: everything is kept, and a bad file gets one clear error."""

import json
from pathlib import Path

import numpy as np
import pytest
from helpers.texts import SMALL, draw

import fastlr
from fastlr.files import text_model
from fastlr.persistence import tensor_file
from fastlr.text.classifier import TextClassifier
from fastlr.text.known_columns import KnownColumns

GOLDEN = Path(__file__).parents[1] / "files" / "golden"


@pytest.mark.parametrize("labels", [["a", "b"], [1, 2], [True, False], [5.0, -1.0]], ids=str)
def test_files_keep_everything(tmp_path, small_text_model, labels):
    texts, codes = draw(200, 2)
    model = TextClassifier(**SMALL).fit(texts, np.array(labels)[codes])
    fastlr.save(model, tmp_path / "model")
    again = fastlr.load(tmp_path / "model")
    assert again.get_params() == model.get_params()
    assert again.classes_.dtype == model.classes_.dtype
    assert again.words_ == model.words_
    assert again.validation_ == model.validation_
    assert np.array_equal(again.predict_proba(texts), model.predict_proba(texts))
    mapped = fastlr.load(tmp_path / "model", mmap=True, verify=False)
    assert np.array_equal(mapped.predict(texts), model.predict(texts))


def test_golden_file():
    """A file of format 1, written once, is read by every later version."""
    model = fastlr.load(GOLDEN / "text_classifier_1.fastlr")
    expected = json.loads((GOLDEN / "text_classifier_1.json").read_text())
    assert model.predict(expected["texts"]).tolist() == expected["labels"]
    assert np.allclose(model.predict_proba(expected["texts"]), expected["probabilities"], atol=1e-6)
    assert set(model.words_.values()) == set(expected["words"])
    assert model.data_columns_ is None  # which came later


def test_golden_file_with_symbols():
    """A file of format 2: symbols and letters of scripts without spaces are words."""
    model = fastlr.load(GOLDEN / "text_classifier_2.fastlr")
    expected = json.loads((GOLDEN / "text_classifier_2.json").read_text())
    assert model.predict(expected["texts"]).tolist() == expected["labels"]
    assert np.allclose(model.predict_proba(expected["texts"]), expected["probabilities"], atol=1e-6)
    assert set(model.words_.values()) == set(expected["words"])


def test_golden_file_with_columns():
    """Of format 1, too: who does not know the names of the columns of the data does without them."""
    model = fastlr.load(GOLDEN / "text_classifier_1_columns.fastlr")
    assert model.data_columns_ == KnownColumns(("title", "words"), "kind")
    assert model.predict(["fine film", "dull film"]).tolist() == ["good", "bad"]


@pytest.mark.parametrize("name", ["kept", "weights", "column_weights", "intercept", "word_places", "word_ends"])
@pytest.mark.parametrize("how", ["missing", "short", "type", "high", "low"])
def test_files_that_contradict_themselves(tmp_path, small_text_model, name, how):
    """With checksums that are right."""
    path = tmp_path / "model"
    fastlr.save(small_text_model, path)
    header, tensors = tensor_file.read(path)
    array = tensors[name].copy()
    if how == "missing":
        del tensors[name]
    elif how == "short":
        tensors[name] = array[:-1]
    elif how == "type":
        tensors[name] = array.astype(np.float16)
    else:
        value = np.inf if array.dtype.kind == "f" else 2**30
        array.reshape(-1)[-1] = value if how == "high" else -value
        tensors[name] = array
    tensor_file.write(path, header, tensors)
    with pytest.raises(ValueError, match="is not a text model that fastlr"):
        fastlr.load(path)


@pytest.mark.parametrize(
    "changes",
    [
        {"format": 3},
        {"format": "1"},
        {"classes": ["a"]},
        {"classes": "ab"},
        {"classes": [None, [], {}]},
        {"data_columns": ["text"]},
        {"data_columns": {"text": "text", "label": None, "n_columns": None}},
        {"data_columns": {"text": [], "label": None, "n_columns": None}},
        {"data_columns": {"text": ["text"], "label": 1, "n_columns": None}},
        {"data_columns": {"text": ["1"], "label": None, "n_columns": True}},
        {"hasher": None},
        {"hasher": {"ngram_range": [1, 2], "n_features": 10}},
        {"hasher": {"ngram_range": [1, 2], "colour": "red"}},
        {"parameters": {"colour": "red"}},
        {"parameters": {"alpha": "much"}},
    ],
    ids=str,
)
def test_headers_that_are_refused(tmp_path, small_text_model, changes):
    path = tmp_path / "model"
    fastlr.save(small_text_model, path)
    header, tensors = tensor_file.read(path)
    tensor_file.write(path, {**header, **changes}, tensors)
    with pytest.raises(ValueError, match="is not a text model that fastlr"):
        fastlr.load(path)


def test_other_files_are_refused(tmp_path):
    model = fastlr.SGDClassifier().fit([[0.0], [1.0]], [0, 1])
    fastlr.save(model, tmp_path / "model")
    with pytest.raises(ValueError, match="its kind is 'model', not 'text model'"):
        text_model.load(tmp_path / "model")
    with pytest.raises(TypeError, match="TextClassifier"):
        fastlr.save(object(), tmp_path / "model")
