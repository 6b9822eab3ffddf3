"""TextClassifier as one of scikit-learn's classifiers: class weights, seeds, routed metadata, its diagram."""

import numpy as np
import pytest
import sklearn
from helpers.texts import SMALL, draw
from sklearn.base import clone
from sklearn.exceptions import UnsetMetadataPassedError
from sklearn.model_selection import cross_validate
from sklearn.pipeline import make_pipeline

import fastlr
from fastlr import TextClassifier

TEXTS, Y = draw(90, 3)
Y = np.array(["p", "q", "r"])[Y]


def test_log_probabilities_are_finite_logarithms():
    model = TextClassifier(**SMALL).fit(TEXTS, Y)
    logs = model.predict_log_proba(TEXTS)
    np.testing.assert_allclose(np.exp(logs), model.predict_proba(TEXTS), rtol=1e-12)
    model._model.weights[:] *= 1e4
    assert model.predict_proba(TEXTS).min() == 0.0
    assert np.isfinite(model.predict_log_proba(TEXTS)).all()


def test_class_weights_are_weights_of_documents():
    weights = {"p": 3.0, "r": 0.5, "q": 1.0, "not here": 9.0}
    per_document = np.array([weights[label] for label in Y])
    given = np.linspace(0.5, 2.0, len(Y))
    evaluation = TEXTS[:30], Y[:30], given[:30]
    model = TextClassifier(**SMALL, class_weight=weights).fit(TEXTS, Y, given, eval_set=evaluation)
    other = TextClassifier(**SMALL).fit(
        TEXTS, Y, given * per_document, eval_set=(*evaluation[:2], given[:30] * per_document[:30])
    )
    np.testing.assert_array_equal(model.decision_function(TEXTS), other.decision_function(TEXTS))
    assert model.validation_ == other.validation_


def test_balanced_classes_have_the_same_total_weight():
    texts, y = TEXTS[:70], np.where(np.arange(70) < 60, "common", "rare")
    balanced = {"common": 70 / (2 * 60), "rare": 70 / (2 * 10)}
    models = [TextClassifier(**SMALL, class_weight=weight) for weight in ("balanced", balanced)]
    for model in models:
        model.fit(texts, y)
    stream = clone(models[0]).fit_stream([(texts[:20], y[:20]), (texts[20:], y[20:])])
    for model in (models[1], stream):
        np.testing.assert_array_equal(model.decision_function(texts), models[0].decision_function(texts))
        assert model.validation_ == models[0].validation_


def test_class_weights_that_are_refused():
    for weight, message in (
        ("even", "class_weight must be a dict, 'balanced' or None; got 'even'"),
        ({"p": -1.0, "q": 1.0, "r": 1.0}, r"class_weight\['p'\] must be a number"),
        ({"s": 1.0}, "class_weight names the class 's'"),
    ):
        with pytest.raises(ValueError, match=message):
            TextClassifier(**SMALL, class_weight=weight).fit(TEXTS, Y)


def test_seeds_of_every_kind(tmp_path):
    one, same, other = (
        TextClassifier(**SMALL, random_state=np.random.RandomState(seed)).fit(TEXTS, Y) for seed in (5, 5, 6)
    )
    assert np.array_equal(one.decision_function(TEXTS), same.decision_function(TEXTS))
    assert not np.array_equal(one.decision_function(TEXTS), other.decision_function(TEXTS))
    # None draws from NumPy's global generator, as in scikit-learn.
    found = []
    for seed in (0, 0, 1):
        np.random.seed(seed)  # noqa: NPY002
        found.append(TextClassifier(**SMALL, random_state=None).fit(TEXTS, Y).decision_function(TEXTS))
    assert np.array_equal(found[0], found[1])
    assert not np.array_equal(found[0], found[2])
    fastlr.save(one, tmp_path / "model")
    again = fastlr.load(tmp_path / "model")
    for model in (one, again):
        model.fit(TEXTS, Y)
    assert np.array_equal(one.decision_function(TEXTS), again.decision_function(TEXTS))


def test_metadata_is_routed():
    half = np.r_[np.zeros(45), np.ones(45)]
    with sklearn.config_context(enable_metadata_routing=True):
        model = TextClassifier(**SMALL)
        assert model.set_fit_request(sample_weight=True).set_score_request(sample_weight="importance") is model
        found = cross_validate(clone(model), TEXTS, Y, params={"sample_weight": half, "importance": half}, cv=2)
        assert np.isfinite(found["test_score"]).all()
        assert clone(model).get_metadata_routing().score.requests == {"sample_weight": "importance"}
        routed = make_pipeline(clone(model)).fit(TEXTS, Y, sample_weight=half)
        expected = TextClassifier(**SMALL).fit(TEXTS, Y, half)
        assert np.array_equal(routed.decision_function(TEXTS), expected.decision_function(TEXTS))
        with pytest.raises(UnsetMetadataPassedError, match=r"not requested for .*TextClassifier"):
            cross_validate(TextClassifier(**SMALL), TEXTS, Y, params={"sample_weight": half})
        with pytest.raises(TypeError, match=r"Unexpected args: \{'importance'\}"):
            model.set_fit_request(importance=True)
    with pytest.raises(RuntimeError, match="only available when metadata routing is enabled"):
        model.set_fit_request(sample_weight=True)


def test_the_diagram_of_notebooks():
    model = TextClassifier(ngrams=1)
    assert "TextClassifier" in model._repr_html_()
    assert "TextClassifier" in make_pipeline(model)._repr_html_()
    with sklearn.config_context(display="text"):
        assert model._repr_html_() is None
