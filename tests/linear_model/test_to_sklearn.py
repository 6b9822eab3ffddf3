"""What `to_sklearn` returns is a scikit-learn model of the same probabilities."""

import pickle

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from helpers import random_labels, random_rows
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression as Theirs

from fastlr import LogisticRegression, LogisticRegressionCV, SGDClassifier


@pytest.mark.parametrize("labels", [np.array([2, 5]), np.array(["a", "b", "c"])], ids=len)
@pytest.mark.parametrize("fit_intercept", [False, True])
@pytest.mark.parametrize(
    "cls",
    [
        lambda **kw: SGDClassifier(max_iter=5, **kw),
        LogisticRegression,
        lambda **kw: LogisticRegressionCV(Cs=[0.1, 1.0], cv=2, **kw),
    ],
    ids=["SGDClassifier", "LogisticRegression", "LogisticRegressionCV"],
)
def test_the_same_probabilities(any_backend, cls, labels, fit_intercept):
    X, y = random_rows(), labels[random_labels(60, len(labels))]
    model = cls(fit_intercept=fit_intercept, class_weight={labels[0]: 2.0}, random_state=0, backend=any_backend).fit(
        X, y
    )
    theirs = model.to_sklearn()
    assert type(theirs) is Theirs
    for A in (X, X.toarray(), 100 * X):
        np.testing.assert_allclose(theirs.predict_proba(A), model.predict_proba(A), rtol=0, atol=1e-12)
        np.testing.assert_array_equal(theirs.predict(A), model.predict(A))
    twin = pickle.loads(pickle.dumps(theirs))
    np.testing.assert_array_equal(twin.predict_proba(X), theirs.predict_proba(X))
    assert clone(theirs).fit(X, y).score(X, y) > 0.5
    assert theirs.get_params()["fit_intercept"] == fit_intercept
    theirs.coef_[:] = 0.0
    assert model.coef_.any()


def test_in_the_midst_of_a_stream_and_sparse(any_backend):
    X, y = random_rows(), random_labels(60, 3)
    model = SGDClassifier(penalty="l1", alpha=0.02, random_state=0, backend=any_backend).partial_fit(
        X, y, classes=range(3)
    )
    np.testing.assert_allclose(model.to_sklearn().predict_proba(X), model.predict_proba(X), rtol=0, atol=1e-12)
    model.sparsify()
    theirs = model.to_sklearn()
    assert sp.issparse(theirs.coef_)
    np.testing.assert_allclose(theirs.predict_proba(X), model.predict_proba(X), rtol=0, atol=1e-12)


@pytest.mark.filterwarnings("ignore:'penalty' was deprecated")
@pytest.mark.parametrize(
    ("parameters", "C", "l1_ratio"),
    [
        ({"C": 3.0}, 3.0, 0.0),
        ({"C": 3.0, "l1_ratio": 0.5}, 3.0, 0.5),
        ({"penalty": None}, np.inf, 0.0),
        ({"penalty": "l1", "C": 2.0}, 2.0, 1.0),
        ({"penalty": "elasticnet", "l1_ratio": 0.2}, 1.0, 0.2),
    ],
)
def test_the_penalty_is_theirs_too(parameters, C, l1_ratio):
    """Fitted again, it finds the same model."""
    X, y = random_rows(300, 10), random_labels(300, 2)
    model = LogisticRegression(**parameters, tol=1e-9).fit(X, y)
    theirs = model.to_sklearn()
    assert (theirs.C, theirs.l1_ratio or 0.0) == (C, l1_ratio)
    again = clone(theirs).set_params(max_iter=10_000, tol=1e-8).fit(X, y)
    np.testing.assert_allclose(again.coef_, model.coef_, atol=1e-3)


def test_names_and_errors():
    X = pd.DataFrame(random_rows(60, 3).toarray(), columns=["a", "b", "c"])
    model = SGDClassifier(random_state=0, max_iter=5)
    with pytest.raises(NotFittedError):
        model.to_sklearn()
    theirs = model.fit(X, random_labels(60, 2)).to_sklearn()
    assert theirs.feature_names_in_.tolist() == ["a", "b", "c"]
    with pytest.raises(ValueError, match="feature names should match"):
        theirs.predict(X[["c", "b", "a"]])
