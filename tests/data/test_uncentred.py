"""Columns far from 0 relative to their spread are warned of, and no others."""

import warnings

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

import fastlr
from fastlr import LogisticRegression, SGDClassifier
from fastlr.datasets import make_bag_of_words

WARNING = "hardly learns from columns far from 0 relative to their spread: {} \\(mean over {} standard deviations"


def with_a_year(n_samples=300, n_classes=2):
    random = np.random.default_rng(0)
    X = np.c_[random.normal(size=n_samples), 2000 + 5 * random.normal(size=n_samples)]
    return X, np.arange(n_samples) % n_classes


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("convert", [np.asarray, sp.csr_array, lambda X: X.astype(np.float32)])
@pytest.mark.parametrize("settings", [{}, {"optimizer": "ftrl"}, {"optimizer": "adagrad"}, {"batch_size": "full"}])
def test_a_year_is_warned_of_in_fit_and_in_the_first_chunk(n_classes, convert, settings):
    X, y = with_a_year(n_classes=n_classes)
    model = SGDClassifier(max_iter=2, tol=1e9 if "batch_size" in settings else None, random_state=0, **settings)
    with pytest.warns(UserWarning, match=WARNING.format(1, 10 if settings else 30)):
        model.fit(convert(X), y)
    stream = SGDClassifier(random_state=0, **settings)
    with pytest.warns(UserWarning, match=WARNING.format(1, 10)) as caught:
        stream.partial_fit(convert(X), y, classes=np.unique(y))
    assert caught[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        stream.partial_fit(convert(X), y)


def test_columns_are_named_and_stores_are_looked_at(tmp_path):
    X, y = with_a_year()
    frame = pd.DataFrame(X, columns=["length", "year"])
    with pytest.warns(UserWarning, match=WARNING.format("year", 30)):
        SGDClassifier(max_iter=2, random_state=0).fit(frame, y)
    with pytest.warns(UserWarning, match=WARNING.format("0, 1, 2, 3, 4 and 3 others", 30)):
        SGDClassifier(max_iter=2, random_state=0).fit(np.repeat(X[:, 1:], 8, axis=1), y)
    store = fastlr.write_store(tmp_path / "store", sp.csr_array(X), y)
    with pytest.warns(UserWarning, match=WARNING.format(1, 30)):
        SGDClassifier(max_iter=2, random_state=0).fit(store)


def others():
    random = np.random.default_rng(0)
    y = random.integers(2, size=300)
    yield "standardised", random.normal(size=(300, 3)), y
    yield "between 0 and 1", random.random((300, 3)), y
    yield "counts", random.poisson(30, size=(300, 3)).astype(float), y
    yield "one-hot", np.eye(4)[np.minimum(random.integers(400, size=300), 3)], y
    yield "ones", np.c_[np.ones(300), 0.1 * np.ones(300), random.normal(size=300)], y
    yield "text", *make_bag_of_words(300, 2000, random_state=0)
    yield "long text", *make_bag_of_words(300, 100, mean_length=400, weighting="counts", random_state=0)
    yield "few rows", np.array([[2000.0], [2001.0]] * 5), y[:10]


@pytest.mark.parametrize(("name", "X", "y"), [pytest.param(*case, id=case[0]) for case in others()])
def test_other_columns_are_not(name, X, y):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for optimizer in ("sgd", "ftrl"):
            SGDClassifier(optimizer=optimizer, max_iter=1, random_state=0).fit(X, y)
            SGDClassifier(optimizer=optimizer, random_state=0).partial_fit(X, y, classes=[0, 1])


def test_the_remedies_that_are_named_work():
    X, _ = with_a_year()
    y = (X[:, 1] + np.random.default_rng(1).logistic(size=300) > 2000).astype(int)
    exact = LogisticRegression().fit(X, y).score(X, y)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert SGDClassifier(random_state=0).fit(X - X.mean(axis=0), y).score(X - X.mean(axis=0), y) > exact - 0.02
        SGDClassifier(fit_intercept=False, random_state=0).fit(X, y)
    with pytest.warns(UserWarning, match="hardly learns"):
        assert SGDClassifier(random_state=0).fit(X, y).score(X, y) < exact - 0.1
