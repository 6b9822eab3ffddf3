"""Sample weights: a number for all rows, an array, and what is neither; arrays of other libraries."""

import fractions

import numpy as np
import pytest
from helpers import random_labels, random_rows
from helpers.model_files import assert_same
from helpers.texts import SMALL

import fastlr
from fastlr import LogisticRegression, SGDClassifier, TextClassifier

X, Y = random_rows(30, 8, 0.5), random_labels(30, 3)
TEXTS = [f"film {k}" for k in Y]


CALLS = {
    "LogisticRegression": lambda weight: LogisticRegression(C=2.0).fit(X, Y, weight).coef_,
    "SGDClassifier": lambda weight: SGDClassifier(random_state=0, max_iter=3).fit(X, Y, weight).coef_,
    "partial_fit": lambda weight: SGDClassifier(random_state=0).partial_fit(X, Y, [0, 1, 2], weight).coef_,
    "eval_set": lambda weight: (
        SGDClassifier(random_state=0, max_iter=2).fit(X, Y, eval_set=(X, Y, weight)).history_["validation_loss"]
    ),
    "score": lambda weight: SGDClassifier(random_state=0, max_iter=3).fit(X, Y).score(X, Y[::-1], weight),
    "regularization_path": lambda weight: fastlr.regularization_path(X, Y, [0.1, 1.0], sample_weight=weight).coefs,
    "duality_gap": lambda weight: fastlr.duality_gap(LogisticRegression().fit(X, Y), X, Y, weight).primal,
    "TextClassifier": lambda weight: TextClassifier(**SMALL).fit(TEXTS, Y, weight).decision_function(TEXTS),
    "fit_stream": lambda weight: TextClassifier(**SMALL).fit_stream([(TEXTS, Y, weight)]).decision_function(TEXTS),
    "score of documents": lambda weight: TextClassifier(**SMALL).fit(TEXTS, Y).score(TEXTS, Y[::-1], weight),
}


def stored(folder, weight):
    return fastlr.write_store(folder, X, Y, weight).weights()


@pytest.mark.parametrize("call", CALLS)
def test_a_number_weighs_every_row(call):
    call = CALLS[call]
    for number in (2.0, 3, np.float32(0.5), True, fractions.Fraction(1, 4)):
        assert_same(call(number), call(np.full(30, float(number))))


def test_a_number_weighs_every_row_of_a_store(tmp_path):
    np.testing.assert_array_equal(stored(tmp_path / "a", 2.0), np.full(30, 2.0))
    store = fastlr.write_store(tmp_path / "b", X, Y)
    assert_same(
        LogisticRegression(solver="newton").fit(store, sample_weight=2.0).coef_,
        LogisticRegression(solver="newton").fit(X, Y, 2.0).coef_,
    )


FAULTY = {
    "a negative number": (-1.0, r"sample_weight\[0\] is -1.0"),
    "NaN": (np.nan, r"sample_weight\[0\] is nan"),
    "infinity": (np.inf, r"sample_weight\[0\] is inf"),
    "a complex number": (1j, r"sample_weight.shape == \(\), expected \(30,\)"),
    "an array of no dimensions": (np.array(2.0), r"sample_weight.shape == \(\), expected \(30,\)"),
    "a string": ("2", r"sample_weight.shape == \(\), expected \(30,\)"),
    "too few": (np.ones(29), r"sample_weight.shape == \(29,\), expected \(30,\)"),
    "a column": (np.ones((30, 1)), r"sample_weight.shape == \(30, 1\), expected \(30,\)"),
    "strings": (["1"] * 30, "sample_weight must contain real numbers; found <U1"),
    "complex numbers": (np.ones(30) * 1j, "sample_weight must contain real numbers; found complex128"),
    "objects": ([{}] * 30, "sample_weight must contain real numbers"),
    "one NaN": (np.r_[np.ones(29), np.nan], r"finite and 0 or more for every row; sample_weight\[29\] is nan"),
    "one below 0": (np.r_[1.0, -2.0, np.ones(28)], r"finite and 0 or more for every row; sample_weight\[1\] is -2"),
}


@pytest.mark.parametrize("call", CALLS)
def test_weights_that_are_refused(tmp_path, call):
    for weight, message in FAULTY.values():
        with pytest.raises(ValueError, match=message):
            CALLS[call](weight)
        with pytest.raises(ValueError, match=message):
            stored(tmp_path, weight)


class Tensor:
    """An array of another library."""

    shape = (30,)
    __dlpack__ = None

    def __array__(self, dtype=None, copy=None):
        return Y.astype(dtype or float)


def test_arrays_of_other_libraries_are_refused_under_dispatch(monkeypatch):
    model = LogisticRegression().fit(X, Tensor())
    monkeypatch.setattr("fastlr.linear_model.array_api.get_config", lambda: {"array_api_dispatch": True})
    for name, arrays in (("X", (Tensor(), Y)), ("y", (X, Tensor())), ("sample_weight", (X, Y, Tensor()))):
        for each in (LogisticRegression(), SGDClassifier()):
            message = rf"does not support array_api_dispatch: {name} is an array of .*Convert it to a NumPy array"
            with pytest.raises(TypeError, match=message):
                each.fit(*arrays)
    with pytest.raises(TypeError, match="X is an array of"):
        model.predict(Tensor())
    assert_same(LogisticRegression().fit(X, Y).coef_, model.coef_)


def test_arrays_of_the_array_api():
    xp = pytest.importorskip("array_api_strict")
    model = LogisticRegression().fit(xp.asarray(X.toarray()), xp.asarray(Y))
    assert_same(model.coef_, LogisticRegression().fit(X.toarray(), Y).coef_)


def test_masked_weights_are_refused():
    weights = np.ma.array(np.ones(30), mask=Y == 1)
    for each in (LogisticRegression(), SGDClassifier(), TextClassifier(**SMALL)):
        with pytest.raises(ValueError, match="sample_weight has masked values"):
            each.fit(TEXTS if isinstance(each, TextClassifier) else X, Y, sample_weight=weights)
    nothing_masked = np.ma.array(np.full(30, 2.0))
    assert_same(LogisticRegression().fit(X, Y, nothing_masked).coef_, LogisticRegression().fit(X, Y, 2.0).coef_)
