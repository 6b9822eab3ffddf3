"""What tests of several subjects use: the backends to run on, and random problems."""

import os

import numpy as np
import pytest
import scipy.sparse as sp

from fastlr import SGDClassifier
from fastlr.data.labels import encode_labels
from fastlr.data.problem import Problem
from fastlr.data.validation import check_rows
from fastlr.datasets import make_bag_of_words
from fastlr.kernels.backend import resolve_backend
from fastlr.utils.arrays import frozen
from fastlr.utils.time_slices import BLOCK


def backends(*, compiled=False):
    """The backends to test: that of FASTLR_BACKEND if it names one, otherwise all; missing ones are skipped by name."""
    chosen = os.environ.get("FASTLR_BACKEND", "auto")
    names = ["numba", "cython"] if compiled else ["numba", "cython", "numpy"]
    parameters = []
    for name in names if chosen == "auto" else [chosen]:
        marks = []
        try:
            resolve_backend(name)
        except ImportError as error:
            marks = [pytest.mark.skip(reason=str(error))]
        if name not in names:
            marks = [pytest.mark.skip(reason=f"for the compiled backends, not {name}")]
        parameters.append(pytest.param(name, marks=marks))
    return parameters


def one_backend():
    """The first of the backends that is there, for what no backend has a part in; CI runs the suite on each of them."""
    parameters = backends()
    return next((p for p in parameters if not p.marks), parameters[0])


def random_rows(n_rows=60, n_features=40, density=0.15, seed=0, dtype=np.float64, index=np.int32):
    """Random CSR with empty rows, an empty column, explicit zeros, unsorted and duplicate indices."""
    rng = np.random.default_rng(seed)
    lengths = rng.binomial(n_features, density, n_rows)
    lengths[rng.integers(0, n_rows, 3)] = 0
    indptr = np.r_[0, np.cumsum(lengths)].astype(index)
    indices = rng.integers(0, n_features - 1, indptr[-1]).astype(index)
    data = rng.normal(size=indptr[-1]).astype(dtype)
    data[rng.random(len(data)) < 0.05] = 0.0
    X = sp.csr_matrix((n_rows, n_features), dtype=dtype)
    X.indptr, X.indices, X.data = indptr, indices, data
    return X


def random_labels(n_rows, n_classes, seed=0):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, n_classes, n_rows)
    y[:n_classes] = np.arange(n_classes)
    return y


def short_slices(self, start, stop, multiple=1):
    """Slices to stop between in the midst of an epoch, as long ones have them."""
    size = max(BLOCK // multiple, 1) * multiple
    for begin in range(start, stop, size):
        yield begin, min(begin + size, stop)


def assert_same_bits(model, other):
    for name in ("coef_", "intercept_", "n_iter_", "t_"):
        np.testing.assert_array_equal(getattr(model, name), getattr(other, name), err_msg=name)
    assert model.coef_.dtype == other.coef_.dtype
    for name in set(getattr(model, "history_", ())) - {"seconds", "nonzeros_per_second"}:  # a stream has none
        np.testing.assert_array_equal(model.history_[name], other.history_[name], err_msg=name)
    assert getattr(model, "best_epoch_", None) == getattr(other, "best_epoch_", None)
    assert vars(model).keys() == vars(other).keys()


def held_out_loss(n_classes, **parameters):
    X, y = make_bag_of_words(6000, 2000, n_classes=n_classes, random_state=0)
    train, test = slice(0, 4500), slice(4500, None)
    model = SGDClassifier(max_iter=5, random_state=0, **parameters)
    p = model.fit(X[train], y[train]).predict_proba(X[test])
    return -np.log(p[np.arange(p.shape[0]), np.searchsorted(model.classes_, y[test])]).mean()


def weighted_problem(n_classes, weighted=True):
    X, y = random_rows(90, 12, 0.4), random_labels(90, n_classes)
    s = None
    if weighted:
        s = np.random.default_rng(0).uniform(0.0, 2.0, 90)
        s[::8] = 0.0
    return X, y, s


def make_problem(X, y, weights=None):
    """Rows, labels and weights as the optimizers take them."""
    classes = np.unique(y)
    weights = None if weights is None else frozen(weights)
    return Problem.make(check_rows(X), encode_labels(y, classes), weights, len(classes))


def assert_close(a, b, tolerance=1e-10):
    """Equal to a share of the largest number, or of 1."""
    np.testing.assert_allclose(a, b, rtol=0, atol=tolerance * max(1.0, np.abs(b).max()))
