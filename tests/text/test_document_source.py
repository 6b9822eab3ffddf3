"""Training on documents: what those held out are for, and how good the default is on texts of several kinds."""

import numpy as np
import pytest
from helpers.texts import SMALL, draw
from sklearn.metrics import log_loss

from fastlr import LogisticRegression, SGDClassifier
from fastlr.kernels.backend import resolve_backend
from fastlr.text import TfidfVectorizer
from fastlr.text.classifier import TextClassifier
from fastlr.text.corpus import make_rows
from fastlr.text.document_source import without_new_columns


def zipf(rng, exponent, n, most):
    """Ranks with about Zipf's distribution. Those of NumPy's method depend on its version."""
    return np.minimum((1 - rng.random(n)) ** (1 / (1 - exponent)), most).astype(np.int64)


def drawn(n, n_classes, length, own, noise=0.0, first=1.0):
    """Texts of common phrases of two words and those of their class, and labels of which a share is wrong."""
    rng = np.random.default_rng(0)
    labels = rng.choice(n_classes, n, p=np.array([first, *[1.0] * (n_classes - 1)]) / (first + n_classes - 1))
    texts = []
    for label in labels:
        k = 1 + rng.poisson(length)
        common, special = zipf(rng, 1.3, k, 20_000), 1000 * label + zipf(rng, 1.2, k, 2000)
        phrases = np.where(rng.random(k) < own, special + 30_000, common)
        texts.append(" ".join(f"a{phrase} b{phrase % 50}" for phrase in phrases))
    return texts, np.where(rng.random(n) < noise, rng.integers(0, n_classes, n), labels)


# The number of texts to train on, how they are drawn, and the log-loss in units of the best other model's.
KINDS = {
    "few": (400, (2400, 4, 10, 0.2), 1.0),
    "short": (2000, (4000, 10, 3, 0.5), 1.02),
    "noisy": (2000, (4000, 2, 8, 0.3, 0.2), 1.1),
    "rare": (2000, (4000, 2, 5, 0.3, 0.0, 15.0), 1.1),
    "long": (1000, (2500, 3, 60, 0.06), 1.0),
}


@pytest.mark.skipif(resolve_backend() == "numpy", reason="the NumPy reference takes minutes")
@pytest.mark.parametrize("kind", KINDS)
def test_the_default_is_as_good_as_the_best_of_other_models(kind):
    """Of exact models of any strength and of SGD, on tf-idf values of words."""
    n, how, most = KINDS[kind]
    texts, y = drawn(*how)
    model = TextClassifier(n_threads=2).fit(texts[:n], y[:n])
    found, best = log_loss(y[n:], model.predict_proba(texts[n:])), np.inf
    vectorizer = TfidfVectorizer()
    X, X_test = vectorizer.fit_transform(texts[:n]), vectorizer.transform(texts[n:])
    for other in (SGDClassifier(random_state=0), *(LogisticRegression(C=C, tol=1e-2) for C in (1, 10, 100))):
        best = min(best, log_loss(y[n:], other.fit(X, y[:n]).predict_proba(X_test)))
    assert found < most * best
    confidence = model.predict_proba(texts[n:]).max(axis=1)
    assert confidence.mean() == pytest.approx(model.score(texts[n:], y[n:]), abs=0.05)  # it is calibrated


def test_documents_held_out_are_trained_on():
    """After a first model without them has measured the accuracy: columns that occur in no others have weights."""
    texts, labels = draw(200)
    texts = [f"{text} only{i}" for i, text in enumerate(texts)]
    model = TextClassifier(ngrams=1, n_threads=2, validation_fraction=0.5).fit(texts, labels)
    assert model.validation_["n"] == pytest.approx(100, abs=3)
    assert model.n_features_ > 300
    assert model._model.weights.any(axis=1).all()


def test_documents_to_validate_on_decide_on_rates_scale_and_shifts_only():
    texts, labels = draw(200)
    others, right = draw(50, seed=3)
    models = [TextClassifier(**SMALL).fit(texts, labels, eval_set=(others, y)) for y in (right, (right + 1) % 3)]
    weights = [model._model.weights for model in models]
    assert np.abs(weights[1]).max() < 0.5 * np.abs(weights[0]).max()
    assert np.corrcoef(weights[0].ravel(), weights[1].ravel())[0, 1] > 0.9  # the labels to train on are the same
    assert models[0].validation_["accuracy"] > 0.6 > models[1].validation_["accuracy"]


def test_rows_held_out_are_those_of_new_documents():
    """Over the columns that other documents have, divided by their length: so a model of the others sees new ones."""
    rows = make_rows(
        (
            np.array([0, 2, 3, 6, 6], np.int32),
            np.array([0, 1, 2, 1, 2, 3], np.int32),
            np.array([0.6, 0.8, 1.0, 0.48, 0.6, 0.64], np.float32),
        ),
        4,
    )
    found = without_new_columns(rows, np.array([2, 2, 9, 1]))
    # Column 0 occurs elsewhere; columns 1 and 3 only in these rows.
    assert np.array_equal(found.indices, rows.indices)
    assert found.data == pytest.approx([1.0, 0.8 / 0.6, 1.0, 0.48 / 0.6, 1.0, 0.64 / 0.6])


@pytest.mark.parametrize(
    ("parameters", "alpha"),
    [
        ({}, 1 / (100 * 300)),
        ({"C": 10}, 1 / 3000),
        ({"alpha": 1e-3}, 1e-3),
        ({"class_weight": {0: 2.0}}, 1 / (100 * 300)),
    ],
)
def test_strength_of_the_penalty(parameters, alpha):
    assert TextClassifier(**SMALL, **parameters).fit(*draw(300)).alpha_ == pytest.approx(alpha)


def test_C_counts_weights():
    texts, labels = draw(300)
    model = TextClassifier(**SMALL, C=10).fit(texts, labels, sample_weight=np.full(300, 4.0))
    assert model.alpha_ == pytest.approx(1 / 12_000)


def test_threads_do_not_matter():
    models = [TextClassifier(n_features=2**12, n_threads=n).fit(*draw(300)) for n in (1, 4)]
    assert np.array_equal(models[0]._model.weights, models[1]._model.weights)
    assert models[0].validation_ == models[1].validation_
