"""TextClassifier."""

import copy

import numpy as np
import pytest
from helpers.texts import SMALL, draw, interrupt
from sklearn.base import clone, is_classifier
from sklearn.model_selection import cross_val_score

import fastlr
from fastlr.kernels.backend import resolve_backend
from fastlr.objective import probabilities as exact_probabilities
from fastlr.text.classifier import TextClassifier
from fastlr.text.feature_names import Sample
from fastlr.text.predictor import probabilities


@pytest.mark.parametrize("n_classes", [2, 3, 7])
def test_learns_what_the_words_say(n_classes):
    model = TextClassifier(**SMALL).fit(*draw(600, n_classes))
    texts, labels = draw(200, n_classes, seed=1)
    assert model.score(texts, labels) > 0.8
    proba = model.predict_proba(texts)
    assert proba.shape == (200, n_classes)
    assert np.allclose(proba.sum(axis=1), 1.0)
    assert np.array_equal(model.classes_[proba.argmax(axis=1)], model.predict(texts))
    assert model.validation_["n"] == pytest.approx(60, abs=n_classes)
    assert model.decision_function(texts).shape == ((200,) if n_classes == 2 else (200, n_classes))


def test_backends_train_the_same_model():
    texts, labels = draw(150)
    models = []
    for backend in {"numpy", resolve_backend("auto")}:
        models.append(TextClassifier(**SMALL, alpha=1e-5, max_iter=2, backend=backend).fit(texts, labels))
    for model in models[1:]:
        assert np.array_equal(model._model.columns.kept, models[0]._model.columns.kept)
        assert np.allclose(model._model.weights, models[0]._model.weights, atol=1e-4)
        assert np.allclose(model.predict_proba(texts), models[0].predict_proba(texts), atol=1e-4)


def test_an_interrupt_at_the_end_leaves_the_model_there_was(monkeypatch, tmp_path, small_text_model):
    model = copy.deepcopy(small_text_model)
    monkeypatch.setattr(Sample, "terms", interrupt)
    with pytest.raises(KeyboardInterrupt):
        model.fit(["nice plot", "awful plot"] * 10, ["p", "n"] * 10)
    fastlr.save(model, tmp_path / "model")
    fastlr.save(small_text_model, tmp_path / "fitted")
    assert (tmp_path / "model").read_bytes() == (tmp_path / "fitted").read_bytes()


@pytest.mark.parametrize("n_threads", [1, 3])
@pytest.mark.parametrize("size", [7, 70])
def test_stream_is_fit(n_threads, size):
    texts, labels = draw(300)
    names = np.array(["a", "b", "c"])[labels]
    whole = TextClassifier(**SMALL).fit(texts, names)
    stream = TextClassifier(n_features=2**12, n_threads=n_threads).fit_stream(
        (texts[i : i + size], names[i : i + size]) for i in range(0, 300, size)
    )
    assert stream.classes_.tolist() == ["a", "b", "c"]
    assert np.array_equal(stream._model.columns.weights, whole._model.columns.weights)
    assert np.array_equal(stream._model.weights, whole._model.weights)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"ngrams": 0}, "ngrams must be None or an integer"),
        ({"alpha": -1.0}, "alpha must be"),
        ({"C": 0.0}, "C must be"),
        ({"C": 1.0, "alpha": 1.0}, "C must be"),
        ({"validation_fraction": 1.0}, "validation_fraction must be"),
        ({"penalty": "l3"}, "penalty must be one of"),
        ({"optimizer": "adam"}, "optimizer must be one of"),
        ({"max_iter": 0}, "max_iter must be"),
        ({"random_state": "0"}, "random_state must be .* a RandomState or None"),
        ({"l1_ratio": 1.5}, "l1_ratio must be a number between 0 and 1; got 1.5"),
        ({"l1_ratio": np.nan}, "l1_ratio must be"),
        ({"alpha": np.array([1.0, 2.0])}, "alpha must be"),
        ({"penalty": np.array(["l1", "l2"])}, "penalty must be one of"),
    ],
)
def test_parameters_out_of_range(parameters, message):
    with pytest.raises(ValueError, match=message):
        TextClassifier(**parameters).fit(["a", "b"], [0, 1])


@pytest.mark.parametrize(
    ("texts", "y", "message"),
    [
        (["a", "b"], [0], "one label per document"),
        (["a", "b"], [0, 0], "at least two classes"),
        ([], [], "no documents to train on"),
        ("text", [0], "string object"),
        (["a", "b"], [0.0, np.nan], r"y has 1 missing label .*the first at y\[1\]"),
        (["a", "b"], [1, "x"], "y contains labels of several types: integers, strings"),
        (["a", "b"], (k for k in [0, 1]), "y should be a 1d array or a list of labels; got generator"),
        (["a", "b"], {0, 1}, "y should be a 1d array or a list of labels; got set"),
        (["a", "b"], None, "y should be a 1d array or a list of labels; got NoneType"),
    ],
)
def test_input_that_is_refused(texts, y, message):
    with pytest.raises(ValueError, match=message):
        TextClassifier().fit(texts, y)


TUPLES = r"must be \(texts, y\) or \(texts, y, sample_weight\); got"


@pytest.mark.parametrize(
    ("eval_set", "error", "message"),
    [
        (5, ValueError, f"eval_set {TUPLES} int"),
        ((["a"],), ValueError, f"eval_set {TUPLES} tuple of 1"),
        ((["a"], [0], [1], [2]), ValueError, f"eval_set {TUPLES} tuple of 4"),
        ("ab", ValueError, f"eval_set {TUPLES} str"),
        ((1, 2, 3), TypeError, "eval_set: documents must be an iterable"),
        ((["a"], [0, 1]), ValueError, "eval_set: y must have one label per document"),
        ((["a"], [0], [-1]), ValueError, "eval_set: sample_weight must be finite"),
        (([b"\xff"], [0]), ValueError, "eval_set: document 0 is not UTF-8"),
        ((["a"], [2]), ValueError, "eval_set has labels that y lacks"),
    ],
    ids=str,
)
def test_texts_to_validate_on_that_are_refused(eval_set, error, message):
    with pytest.raises(error, match=message):
        TextClassifier(**SMALL).fit(["a", "b"] * 9, [0, 1] * 9, eval_set=eval_set)


def test_texts_to_validate_on_without_any_to_train_on():
    with pytest.raises(ValueError, match=r"eval_set has labels that y lacks: \[1\]"):
        TextClassifier().fit([], [], eval_set=(["a"], [1]))


@pytest.mark.parametrize(
    ("batches", "error", "message"),
    [
        (5, TypeError, "batches must be an iterable of tuples; got int"),
        ([5], ValueError, f"batch 0 {TUPLES} int"),
        ([(["a", "b"],)], ValueError, f"batch 0 {TUPLES} tuple of 1"),
        ([(["a", "b"], [0, 1]), (3, [0])], TypeError, "batch 1: documents must be an iterable"),
        ([(["a", "b"], [0, 1]), (["a"], [0], [-1])], ValueError, "batch 1: sample_weight must be finite"),
        ([(["a", "b"], [0, 1]), (["a", b"\xff"], [0, 1])], ValueError, "batch 1: document 1 is not UTF-8"),
    ],
    ids=str,
)
def test_streams_that_are_refused(batches, error, message):
    model = TextClassifier(**SMALL)
    with pytest.raises(error, match=message):
        model.fit_stream(batches)
    assert not hasattr(model, "classes_")


def test_stream_of_labels_of_several_types():
    with pytest.raises(ValueError, match="batch 1: y contains strings, but the labels so far are integers"):
        TextClassifier(**SMALL).fit_stream([(["a", "b"], [1, 2]), (["c"], ["x"])])


def test_scores_of_nothing(small_text_model):
    with pytest.raises(ValueError, match="one label per document; there are 2 documents"):
        small_text_model.score(["a", "b"], [0])
    with pytest.raises(ValueError, match="no documents to score"):
        small_text_model.score([], [])


def test_cross_validation_by_scikit_learn():
    texts, labels = draw(200, 2)
    assert is_classifier(TextClassifier())
    scores = cross_val_score(TextClassifier(**SMALL, validation_fraction=0), texts, labels, cv=2)
    assert scores.min() > 0.7


def test_not_fitted():
    with pytest.raises(ValueError, match="not fitted yet"):
        TextClassifier().predict(["a"])
    assert not hasattr(TextClassifier(), "n_features_")


def test_parameters_as_scikit_learn_has_them():
    model = TextClassifier(ngrams=3, alpha=0.1)
    assert clone(model).get_params() == model.get_params()
    assert repr(model) == "TextClassifier(ngrams=3, alpha=0.1)"
    with pytest.raises(ValueError, match="no parameters"):
        model.set_params(words=1)


def test_probabilities_are_those_of_scores(backend):
    for shape in ((50, 1), (50, 4)):
        scores = np.random.default_rng(0).normal(scale=20, size=shape)
        assert np.allclose(probabilities(scores, backend), exact_probabilities(scores), rtol=1e-12, atol=0)
    extreme = probabilities(np.array([[1e4], [-1e4], [0.0]]), backend)
    assert extreme.tolist() == [[0, 1], [1, 0], [0.5, 0.5]]
