"""The exact models: the same bits on every cluster, lazy predictions, and a model that needs no cluster."""

import pickle

import dask.array as da
import numpy as np
import pytest
from distributed import Client, LocalCluster
from sklearn.base import clone

import fastlr
from fastlr.dask import LogisticRegression, SGDClassifier, duality_gap
from fastlr.kernels.backend import resolve_backend

from .conftest import assert_same

# Few rounds, as each costs many times what these few rows do.
FAST = {"solver": "lbfgs", "tol": 0.1}
CASES = [
    {"solver": "lbfgs", "tol": 0.1},
    {"solver": "newton", "max_iter": 2, "fit_intercept": False},
    {"l1_ratio": 1.0, "max_iter": 5},
    {"l1_ratio": 0.5, "max_iter": 3},
    {"C": np.inf, "solver": "lbfgs", "max_iter": 1},
]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("parameters", CASES, ids=str)
def test_bits_are_those_of_this_process(client, three_classes, parameters):
    expected = fastlr.LogisticRegression(**parameters).fit(three_classes.here())
    X, y = three_classes.delayed(three_classes.X), three_classes.delayed(three_classes.y)
    model = LogisticRegression(**parameters).fit(X, y)
    assert_same(model, expected)
    assert model.converged_ == expected.converged_
    assert model.history_["objective"].tolist() == expected.history_["objective"].tolist()
    assert model.duality_gap_ == expected.duality_gap_ or np.isnan(model.duality_gap_)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(("n_workers", "n_threads"), [(1, 1), (1, 2), (3, 2)])
def test_bits_do_not_depend_on_workers_and_threads(two_classes, n_workers, n_threads):
    size = {"n_workers": n_workers, "threads_per_worker": n_threads}
    with LocalCluster(**size, processes=False, dashboard_address=":0") as cluster, Client(cluster) as client:
        for parameters in CASES:
            expected = fastlr.LogisticRegression(**parameters).fit(two_classes.here())
            X, y = two_classes.delayed(two_classes.X), two_classes.delayed(two_classes.y)
            assert_same(LogisticRegression(**parameters, client=client).fit(X, y), expected)
        if resolve_backend() != "numpy":
            by_steps = {"random_state": 0, "max_iter": 1, "penalty": "elasticnet"}
            expected = fastlr.SGDClassifier(**by_steps).fit(two_classes.here())
            assert_same(SGDClassifier(**by_steps, client=client).fit(X, y), expected)


def test_predictions_are_lazy(client, three_classes):
    X, y = three_classes.delayed(three_classes.X), three_classes.delayed(three_classes.y)
    model = LogisticRegression(**FAST).fit(X, y)
    local = model.to_local()
    dense = three_classes.X.toarray()
    known = da.from_array(dense, chunks=(150, -1))
    for method in ("predict", "predict_proba", "predict_log_proba", "decision_function"):
        expected = getattr(local, method)(dense)
        lazy = getattr(model, method)(known)
        assert lazy.shape == expected.shape
        assert lazy.dtype == expected.dtype
        assert lazy.chunks[0] == (150, 150, 100)
        assert np.array_equal(lazy.compute(), expected)
        unknown, expected = getattr(model, method)(X), getattr(local, method)(three_classes.X)
        assert np.isnan(unknown.shape[0])
        assert np.array_equal(unknown.compute(), expected)
        assert np.array_equal(getattr(model, method)(three_classes.X), expected)
    score = local.score(three_classes.X, three_classes.y, three_classes.sample_weight)
    weights = three_classes.delayed(three_classes.sample_weight)
    assert model.score(X, y, weights) == pytest.approx(score, rel=1e-15)
    assert model.score(three_classes.X, three_classes.y, three_classes.sample_weight) == score


def test_to_local(client, two_classes, tmp_path):
    X, y = two_classes.delayed(two_classes.X), two_classes.delayed(two_classes.y)
    model = LogisticRegression(C=2.0, **FAST, client=client).fit(X, y)
    local = model.to_local()
    assert type(local) is fastlr.LogisticRegression
    assert local.get_params() == fastlr.LogisticRegression(C=2.0, **FAST).get_params()
    fastlr.save(local, tmp_path / "model")
    assert_same(fastlr.load(tmp_path / "model"), model)
    gap = fastlr.duality_gap(local, two_classes.X, two_classes.y)
    assert gap.relative <= local.tol
    assert duality_gap(model, X, y) == fastlr.duality_gap(local, two_classes.here()) == pytest.approx(gap, rel=1e-9)
    with pytest.raises(ValueError, match=r"y has the classes \[1, 2\], but the model \[0, 1\]"):
        duality_gap(model, X, two_classes.delayed(two_classes.y + 1))
    again = pickle.loads(pickle.dumps(model))
    assert again.client is None
    assert_same(again, model)
    other = clone(model)
    assert other.client is client
    assert other.C == 2.0
    assert not hasattr(other, "coef_")


def test_warm_start(client, two_classes):
    X, y = two_classes.delayed(two_classes.X), two_classes.delayed(two_classes.y)
    model = LogisticRegression(**FAST, warm_start=True).fit(X, y)
    before = model.coef_.copy()
    assert model.fit(X, y).n_iter_[0] == 0
    assert np.array_equal(model.coef_, before)
