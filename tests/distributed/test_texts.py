"""Documents in partitions: equal bits for any number of threads, the columns of all documents, and similar accuracy."""

from itertools import pairwise

import numpy as np
import pytest
from helpers.texts import draw

from fastlr import TextClassifier
from fastlr.distributed import text_epochs
from fastlr.distributed.driver import ThisProcess
from fastlr.distributed.partition import Block
from fastlr.distributed.texts import fit_texts
from fastlr.kernels.backend import resolve_backend
from fastlr.text.shared_epochs import SHARES

compiled = pytest.mark.skipif(resolve_backend() == "numpy", reason="for the compiled backends")


def blocks(texts, labels, n, weights=None):
    bounds = np.linspace(0, len(texts), n + 1).astype(int).tolist()
    slices = [slice(a, b) for a, b in pairwise(bounds)]
    return [Block(texts[s], labels[s], None if weights is None else weights[s]) for s in slices]


def assert_same(model, expected):
    assert model.classes_.tolist() == expected.classes_.tolist()
    assert model._model.columns.kept.tolist() == expected._model.columns.kept.tolist()
    assert np.array_equal(model._model.weights, expected._model.weights)
    assert np.array_equal(model._model.intercept, expected._model.intercept)
    assert model.validation_ == expected.validation_
    assert model.words_ == expected.words_


@pytest.fixture(scope="module")
def corpus():
    texts, labels = draw(1200, n_classes=3)
    return list(texts), np.array(labels)


@compiled
@pytest.mark.parametrize("parameters", [{}, {"penalty": "l1", "C": 300.0}, {"validation_fraction": 0}], ids=str)
def test_bits_do_not_depend_on_threads(corpus, parameters):
    parts = blocks(*corpus, 3)
    expected = fit_texts(TextClassifier(**parameters), ThisProcess(), parts)
    assert_same(fit_texts(TextClassifier(**parameters), ThisProcess(n_threads=3), parts), expected)


@compiled
def test_columns_are_those_of_all_documents(corpus):
    local = TextClassifier().fit(*corpus)
    for n in (1, 4):
        model = fit_texts(TextClassifier(), ThisProcess(), blocks(*corpus, n))
        assert model._model.columns.kept.tolist() == local._model.columns.kept.tolist()
        assert np.array_equal(model._model.columns.weights, local._model.columns.weights)
        assert (model.alpha_, model.n_iter_, model.n_texts_) == (local.alpha_, local.n_iter_, local.n_texts_)
        assert model.validation_["n"] == pytest.approx(local.validation_["n"], abs=2 * n)
        assert model.score(*corpus) > local.score(*corpus) - 0.02
        assert model.validation_["accuracy"] == pytest.approx(local.validation_["accuracy"], abs=0.1)


@compiled
def test_first_epochs_are_common(corpus, monkeypatch):
    """Two thirds of the epochs serve both models; afterwards, documents held out are visited three times per epoch."""
    trained, train = [], text_epochs.train

    def record(trainings, n_epochs):
        rates = [one.epoch.schedule.rates(0, 1)[0] for one in trainings]
        trained.append(([one.problem.n_active for one in trainings], rates, n_epochs))
        train(trainings, n_epochs)
        trained[-1] += ([one.epoch.schedule.rates(n_epochs * one.epoch.n_steps, 1)[0] for one in trainings],)

    monkeypatch.setattr(text_epochs, "train", record)
    model = fit_texts(TextClassifier(), ThisProcess(), blocks(*corpus, 3))
    n, n_held_out = model.n_texts_, model.validation_["n"]
    (common, (first,), n_common, (middle,)), (own, rates, n_own, last) = trained
    assert (common, own) == ([n - n_held_out], [n + 2 * n_held_out, n - n_held_out])
    assert (n_common, n_own) == (8, 4)
    assert middle == pytest.approx(first / 2)
    assert rates[0] == rates[1] <= SHARES[1] * first
    assert last == [0.0, 0.0]


@compiled
def test_rows_without_weight_are_not_trained_on(corpus):
    texts, labels = corpus
    weights = np.where(np.arange(len(labels)) % 3 == 0, 0.0, 1.0)
    parameters = {"validation_fraction": 0, "class_weight": "balanced"}
    model = fit_texts(TextClassifier(**parameters), ThisProcess(), blocks(texts, labels, 2, weights))
    assert model.score(texts, labels, 1.0 - weights) > 0.5
    with pytest.raises(ValueError, match="finite sum above 0"):
        fit_texts(TextClassifier(), ThisProcess(), blocks(texts, labels, 2, 0.0 * weights))


@compiled
def test_refused(corpus):
    texts, labels = corpus
    for model, parts, message in [
        (TextClassifier(), [Block(texts, labels[1:], None)], "Partition 0: there are 1200 documents"),
        (TextClassifier(), [Block(texts, labels * 0, None)], "at least two classes"),
        (TextClassifier(), [Block(texts, labels, None), Block(["a"], ["b"], None)], "Partition 1: y contains strings"),
        (TextClassifier(optimizer="ftrl"), [Block(texts, labels, None)], "'ftrl' needs all documents in one process"),
        (TextClassifier(), [Block(texts, None, None)], "Partition 0: the documents have no labels"),
    ]:
        with pytest.raises(ValueError, match=message):
            fit_texts(model, ThisProcess(), parts)


def test_the_numpy_reference_is_refused(corpus):
    with pytest.raises(ValueError, match="need backend='cython' or 'numba'; found 'numpy'"):
        fit_texts(TextClassifier(backend="numpy"), ThisProcess(), blocks(*corpus, 2))
