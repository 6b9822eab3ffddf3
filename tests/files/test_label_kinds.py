"""Labels of every kind: each trains, predicts in its own type, saves and loads in every estimator, or none takes it."""

import copy
import datetime
import decimal
import functools
import pickle

import numpy as np
import pytest
from helpers import random_rows
from helpers.model_files import assert_same
from helpers.texts import SMALL

import fastlr
from fastlr import LogisticRegression, LogisticRegressionCV, SGDClassifier, TextClassifier
from fastlr.data.labels import as_labels

N = 24
CODES = np.arange(N) * 7 % 3
X = random_rows(N, 12, 0.5)
TEXTS = [f"{('good', 'bad', 'fair')[k]} film {i % 5}" for i, k in enumerate(CODES)]
BIG = 2**53


def objects(*values):
    array = np.empty(len(values), object)
    array[:] = values
    return array


def string_dtype():
    dtypes = getattr(np, "dtypes", None)
    if not hasattr(dtypes, "StringDType"):
        pytest.skip("this NumPy has no StringDType")
    return dtypes.StringDType()


def pandas_series(values, dtype):
    pandas = pytest.importorskip("pandas")
    if "pyarrow" in dtype:
        pytest.importorskip("pyarrow")
    return pandas.Series(values).astype(dtype)


def polars_series(values):
    return pytest.importorskip("polars").Series(values)


def arrow_array(values):
    return pytest.importorskip("pyarrow").array(values)


# The labels of N rows, and the classes that are to be found, in the type they are to have.
DATES = np.array(["2020-01-01", "2021-06-30", "1999-12-31"], "M8[D]")
KINDS = {
    "bool": lambda: (np.array([False, True])[CODES % 2], np.array([False, True])),
    "int": lambda: (CODES * 5, np.array([0, 5, 10])),
    "int8": lambda: (CODES.astype(np.int8), np.arange(3, dtype=np.int8)),
    "uint64": lambda: (2**64 - 1 - CODES.astype(np.uint64), np.array([2**64 - 3, 2**64 - 2, 2**64 - 1], np.uint64)),
    "big ints": lambda: (BIG + CODES, BIG + np.arange(3)),
    "float": lambda: (CODES.astype(float), np.arange(3.0)),
    "str": lambda: (np.array(["b", "a", "cc"])[CODES], np.array(["a", "b", "cc"])),
    "bytes": lambda: (np.array([b"b", b"a", b"\xff"])[CODES], np.array([b"a", b"b", b"\xff"])),
    "date": lambda: (DATES[CODES], np.sort(DATES)),
    "nanoseconds": lambda: (DATES.astype("M8[ns]")[CODES], np.sort(DATES).astype("M8[ns]")),
    "duration": lambda: (CODES.astype("m8[h]"), np.arange(3).astype("m8[h]")),
    "StringDType": lambda: (
        np.array(["b", "a", "c" * 99], string_dtype())[CODES],
        np.array(["a", "b", "c" * 99], string_dtype()),
    ),
    "objects: int": lambda: (CODES.astype(object), objects(0, 1, 2)),
    "objects: np.int64": lambda: (objects(*CODES), objects(0, 1, 2)),
    "objects: bool": lambda: ((CODES > 0).astype(object), objects(False, True)),
    "objects: int beyond int64": lambda: (objects(*(2**70 + int(k) for k in CODES)), objects(*range(2**70, 2**70 + 3))),
    "objects: float": lambda: (CODES.astype(float).astype(object), objects(0.0, 1.0, 2.0)),
    "objects: str": lambda: (objects("b", "a", "a\0")[CODES], objects("a", "a\0", "b")),
    "objects: bytes": lambda: (objects(b"b", b"a", b"a\0")[CODES], objects(b"a", b"a\0", b"b")),
    "objects: date": lambda: (objects(*DATES)[CODES], np.sort(DATES)),
    "list: int": lambda: ((CODES * 5).tolist(), np.array([0, 5, 10])),
    "list: int and bool": lambda: ([True, 0, 5] * 8, np.array([0, 1, 5])),
    "list: int and float": lambda: ([1, 0.0, 5] * 8, np.array([0.0, 1.0, 5.0])),
    "list: int of both signs": lambda: ([2**63, -1, 5] * 8, objects(-1, 5, 2**63)),
    "list: str": lambda: (["b", "a", "cc"] * 8, np.array(["a", "b", "cc"])),
    "list: str that end in zero": lambda: (["b", "a", "a\0"] * 8, objects("a", "a\0", "b")),
    "tuple: bytes": lambda: ((b"b", b"a") * 12, np.array([b"a", b"b"])),
    "masked, none missing": lambda: (np.ma.array(CODES, mask=False), np.arange(3)),
    "pandas: Int64": lambda: (pandas_series(BIG + CODES, "Int64"), BIG + np.arange(3)),
    "pandas: UInt8": lambda: (pandas_series(CODES, "UInt8"), np.arange(3, dtype=np.uint8)),
    "pandas: boolean": lambda: (pandas_series(CODES > 0, "boolean"), np.array([False, True])),
    "pandas: string": lambda: (pandas_series(["b", "a", "c"] * 8, "string"), objects("a", "b", "c")),
    "pandas: category": lambda: (pandas_series(["b", "a", "c"] * 8, "category"), objects("a", "b", "c")),
    "pandas: category of int": lambda: (pandas_series(BIG + CODES, "category"), BIG + np.arange(3)),
    "pandas: object": lambda: (pandas_series(CODES, "object"), objects(0, 1, 2)),
    "pandas: int64[pyarrow]": lambda: (pandas_series(BIG + CODES, "int64[pyarrow]"), BIG + np.arange(3)),
    "pandas: bool[pyarrow]": lambda: (pandas_series(CODES > 0, "bool[pyarrow]"), np.array([False, True])),
    "pandas: string[pyarrow]": lambda: (pandas_series(["b", "a", "c"] * 8, "string[pyarrow]"), objects("a", "b", "c")),
    "pandas: timestamp": lambda: (
        pandas_series(DATES[CODES].astype("M8[ns]"), "timestamp[ns][pyarrow]"),
        np.sort(DATES).astype("M8[ns]"),
    ),
    "Polars: int": lambda: (polars_series(BIG + CODES), BIG + np.arange(3)),
    "PyArrow: int": lambda: (arrow_array(BIG + CODES), BIG + np.arange(3)),
    "PyArrow: dictionary": lambda: (arrow_array(["b", "a", "c"] * 8).dictionary_encode(), objects("a", "b", "c")),
}  # fmt: skip


def fit(model, y, classes, folder):
    return model.fit(X, y)


def fit_stream(model, y, classes, folder):
    y = as_labels(y)
    return model.partial_fit(X[:9], y[:9], classes=classes).partial_fit(X[9:], y[9:])


def fit_store(model, y, classes, folder):
    return model.fit(fastlr.write_store(folder / "store", X, y))


def fit_texts(model, y, classes, folder):
    return model.fit(TEXTS, y)


def fit_batches(model, y, classes, folder):
    y = as_labels(y)
    return model.fit_stream([(TEXTS[:9], y[:9]), ([], []), (TEXTS[9:], y[9:])])


SGD = functools.partial(SGDClassifier, random_state=0, max_iter=1)
CV = functools.partial(LogisticRegressionCV, Cs=[1.0], cv=2, tol=0.1)
TEXT = functools.partial(TextClassifier, **SMALL, validation_fraction=0, alpha=1e-6, max_iter=1)
ESTIMATORS = {
    "LogisticRegression": (functools.partial(LogisticRegression, tol=0.1), fit),
    "LogisticRegressionCV": (CV, fit),
    "SGDClassifier": (SGD, fit),
    "partial_fit": (SGD, fit_stream),
    "store": (SGD, fit_store),
    "TextClassifier": (TEXT, fit_texts),
    "fit_stream": (TEXT, fit_batches),
}


def same_labels(found, expected):
    assert found.dtype == expected.dtype
    assert found.tolist() == expected.tolist()
    assert list(map(type, found.tolist())) == list(map(type, expected.tolist()))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_labels_are_kept_as_they_are(tmp_path, no_waiting_for_the_disk, kind, estimator):
    y, classes = KINDS[kind]()
    make, train = ESTIMATORS[estimator]
    data = TEXTS if make is TEXT else X
    model = train(make(), y, classes, tmp_path)
    same_labels(model.classes_, classes)
    predicted = model.predict(data)
    assert predicted.dtype == classes.dtype
    own = as_labels(y)
    if make is CV:
        assert np.isfinite(model.score(data, own, sample_weight=2.0))
        model.set_params(scoring="accuracy").fit(data, y)
    assert model.score(data, y) == (predicted == own).mean()
    assert model.score(data, own[::-1], sample_weight=2.0) == (predicted == own[::-1]).mean()
    fastlr.save(model, tmp_path / "model")
    for again in (fastlr.load(tmp_path / "model"), pickle.loads(pickle.dumps(model)), copy.deepcopy(model)):
        same_labels(again.classes_, classes)
        assert_same(again.predict_proba(data), model.predict_proba(data))
        assert again.predict(data).tolist() == predicted.tolist()
        if train is fit_stream:
            again.partial_fit(X, y)
    if kind.startswith(("list", "tuple", "masked", "pandas", "Polars", "PyArrow")):
        return  # from here on they are like the arrays that they became
    keys = list(classes)
    weighted = train(make(class_weight={keys[0]: 3.0, keys[-1]: 0.5}), y, classes, tmp_path)
    assert not np.array_equal(weighted.decision_function(data), model.decision_function(data))
    fastlr.save(weighted, tmp_path / "model")
    again = fastlr.load(tmp_path / "model")
    assert list(again.class_weight.values()) == [3.0, 0.5]
    assert all(a == b for a, b in zip(again.class_weight, keys[:: len(keys) - 1], strict=True))
    train(make(class_weight="balanced"), y, classes, tmp_path)


MISSING = {
    "None among strings": (lambda: ["a", None, "b", None] * 6, 12, 1),
    "None among integers": (lambda: [0, 1, None, 1] * 6, 6, 2),
    "NaN among strings": (lambda: ["a", "b", float("nan")] * 8, 8, 2),
    "NaN": (lambda: np.where(CODES == 1, np.nan, CODES), 8, 1),
    "NaN among objects": (lambda: objects(1, 0, float("nan"), 1) [np.arange(N) % 4], 6, 2),
    "NaT": (lambda: np.array(["2020-01-01", "NaT"], "M8[D]")[CODES % 2], 8, 1),
    "NaT of durations": (lambda: np.array([0, "NaT"], "m8[s]")[CODES % 2], 8, 1),
    "masked": (lambda: np.ma.array(CODES, mask=CODES == 2), 8, 2),
    "one masked": (lambda: np.ma.array(CODES, mask=np.arange(N) == 23), 1, 23),
    "pandas.NA": (lambda: pandas_series([1, None, 3] * 8, "Int64"), 8, 1),
    "pandas.NA among strings": (lambda: pandas_series([None, "b"] * 12, "string"), 12, 0),
    "pandas.NA among booleans": (lambda: pandas_series([True, False, None] * 8, "boolean"), 8, 2),
    "pandas.NA among objects": (
        lambda: objects(1, pytest.importorskip("pandas").NA, 0) [np.arange(N) % 3], 8, 1
    ),
    "a category": (lambda: pandas_series(["a", "b", None] * 8, "category"), 8, 2),
    "null of Arrow": (lambda: pandas_series([1, None, 3] * 8, "int64[pyarrow]"), 8, 1),
    "null of Polars": (lambda: polars_series([1, 2, None] * 8), 8, 2),
    "null of PyArrow": (lambda: arrow_array(["a", "b", None] * 8), 8, 2),
}  # fmt: skip


REFUSED = {
    "fractions": (
        lambda: CODES + 0.5,
        r"Unknown label type: y contains the float 0.5\. Labels must be booleans, integers",
    ),
    "objects of fractions": (lambda: (CODES / 2).astype(object), "Unknown label type: y contains the float 0.5"),
    "infinity": (lambda: np.where(CODES == 1, np.inf, CODES), "Unknown label type: y contains the float inf"),
    "complex": (lambda: CODES + 1j, "Unknown label type: y contains complex128"),
    "records": (lambda: np.zeros(N, "i4,i4"), "Unknown label type: y contains"),
    "Decimal": (lambda: [decimal.Decimal(int(k)) for k in CODES], "Unknown label type: y contains Decimal"),
    "dates of Python": (lambda: [datetime.date(2020, 1, 1 + k) for k in CODES], "Unknown label type: y contains date"),
    "durations without a unit": (lambda: CODES.astype("m8"), "contains timedelta64 without a unit"),
    "dicts": (lambda: [{}] * N, "Unknown label type: y contains dict"),
    "str and int": (lambda: ["a", 1, 2] * 8, "y contains labels of several types: integers, strings"),
    "str and bytes": (lambda: ["a", b"a"] * 12, "y contains labels of several types: bytes, strings"),
    "date and duration": (
        lambda: objects(DATES[0], DATES[0] - DATES[1])[CODES % 2],
        "several types: datetime64, timed",
    ),
}


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_labels_that_are_refused_are_refused_by_all(tmp_path, estimator):
    make, train = ESTIMATORS[estimator]
    for faulty, n, first in MISSING.values():
        message = (
            rf"^(batch 0: )?y has {n} missing labels? \(None, NaN, NaT, NA or masked\), the first at y\[{first}\]\."
        )
        with pytest.raises(ValueError, match=message):
            train(make(), faulty(), None, tmp_path)
    for faulty, message in REFUSED.values():
        with pytest.raises(ValueError, match=message):
            train(make(), faulty(), None, tmp_path)
