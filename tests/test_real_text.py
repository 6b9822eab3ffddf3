"""Real text with the defaults: abstracts of 20 arXiv categories, and titles of 200 subreddits."""

import lzma

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.linear_model import SGDClassifier as Peer
from sklearn.metrics import log_loss

from fastlr import SGDClassifier


def read(path, vectorizer):
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        rows = [line.rstrip("\n").split("\t") for line in lines]
    n = int(0.8 * len(rows))
    texts, y = [row[-1] for row in rows], np.array([row[0] for row in rows])
    return vectorizer.fit_transform(texts[:n]), y[:n], vectorizer.transform(texts[n:]), y[n:], vectorizer


@pytest.fixture(scope="module")
def arxiv(text_data):
    return read(text_data / "arxiv.tsv.xz", TfidfVectorizer(sublinear_tf=True, min_df=2))


@pytest.fixture(scope="module")
def reddit(text_data):
    return read(text_data / "reddit.tsv.xz", TfidfVectorizer(sublinear_tf=True, min_df=2, dtype=np.float32))


def scores(model, X, y):
    p = model.predict_proba(X)
    return (model.classes_[p.argmax(axis=1)] == y).mean(), log_loss(y, p, labels=model.classes_)


@pytest.fixture(scope="module")
def best_of_scikit_learn(arxiv):
    """Accuracy and log-loss of SGDClassifier and LogisticRegression, each at its alpha or C of the least log-loss.

    The grids are the neighbourhood of the best of those of ``benchmarks/quality.py``.
    """
    X, y, X_test, y_test, _ = arxiv
    best = []
    for models in (
        [Peer(loss="log_loss", alpha=alpha, random_state=0) for alpha in (3e-6, 1e-5)],
        [LogisticRegression(C=10, tol=1e-3)],
    ):
        best.append(min((scores(model.fit(X, y), X_test, y_test) for model in models), key=lambda pair: pair[1]))
    return max(pair[0] for pair in best), min(pair[1] for pair in best)


def test_untuned_as_good_as_tuned_peers(compiled, arxiv, best_of_scikit_learn):
    X, y, X_test, y_test, _ = arxiv
    accuracy, loss = scores(SGDClassifier(random_state=0, backend=compiled).fit(X, y), X_test, y_test)
    assert accuracy >= best_of_scikit_learn[0] - 0.003
    assert loss <= best_of_scikit_learn[1] + 0.01


def test_large_weights_are_telling_words(compiled, arxiv):
    X, y, *_, vectorizer = arxiv
    model = SGDClassifier(penalty="elasticnet", random_state=0, backend=compiled).fit(X, y)
    names = vectorizer.get_feature_names_out()
    words = {c: set(names[np.argsort(-w)[:15]]) for c, w in zip(model.classes_, model.coef_, strict=True)}
    assert {"language", "text"} & words["cs.CL"]
    assert {"security", "privacy"} <= words["cs.CR"]
    assert 0.2 < (model.coef_ == 0).mean() < 0.9


def test_features_in_other_units(compiled, arxiv):
    X, y, X_test, *_ = arxiv
    for penalty in ("l2", "l1"):
        one, other = (
            SGDClassifier(penalty=penalty, random_state=0, backend=compiled).fit(c * X, y).predict_proba(c * X_test)
            for c in (1.0, 1000.0)
        )
        np.testing.assert_allclose(one, other, atol=1e-9)


def test_two_hundred_classes_of_short_texts(compiled, reddit):
    X, y, X_test, y_test, _ = reddit
    model = SGDClassifier(random_state=0, backend=compiled).fit(X, y)
    accuracy, loss = scores(model, X_test, y_test)
    assert accuracy > 0.58
    assert loss < 2.05
    assert model.coef_.dtype == np.float32
    assert sp.issparse(X)
