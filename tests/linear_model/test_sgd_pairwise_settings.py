"""Every setting with every other: each pair of values meets in some model, which works or is refused clearly."""

import itertools
import pickle

import numpy as np
import pytest
import scipy.sparse as sp
from helpers import random_labels, random_rows

import fastlr
from fastlr import SGDClassifier

pytestmark = pytest.mark.filterwarnings("ignore:Training stopped")

OPTIONS = {
    "n_classes": [2, 3],
    "weighted": [False, True],
    "eval_set": [None, "one", "two"],
    "penalty": ["l2", "l1", "elasticnet", None],
    "alpha": ["auto", 0.01],
    "fit_intercept": [True, False],
    "max_iter": [None, 3],
    "tol": [None, 1e-2],
    "n_iter_no_change": [1, 2],
    "early_stopping": [False, True],
    "shuffle": [True, False],
    "batch_size": [1, 7, "full"],
    "learning_rate": ["auto", "constant", "adaptive", "optimal", "invscaling"],
    "eta0": ["auto", 0.1],
    "class_weight": [None, "balanced", {0: 2.0}],
    "warm_start": [False, True],
    "verbose": [0, 1],
    "history": ["auto", "full"],
    "dtype": [None, "float32"],
    "n_jobs": [None, 2],
    "deterministic": [True, False],
}


def covering(options, seed=0):
    """Return combinations in which every pair of values of two options occurs, few but not fewest."""
    random = np.random.default_rng(seed)
    names = list(options)
    open_pairs = {
        ((a, i), (b, j))
        for a, b in itertools.combinations(names, 2)
        for i in range(len(options[a]))
        for j in range(len(options[b]))
    }
    rows = []
    while open_pairs:
        best, most = None, -1
        for _ in range(20):
            first = sorted(open_pairs)[random.integers(len(open_pairs))]
            row = {name: int(random.integers(len(options[name]))) for name in names}
            row.update(first)
            n = sum((pair[0] in row.items()) and (pair[1] in row.items()) for pair in open_pairs)
            if n > most:
                best, most = row, n
        open_pairs -= {pair for pair in open_pairs if pair[0] in best.items() and pair[1] in best.items()}
        rows.append({name: options[name][k] for name, k in best.items()})
    return rows


COMBINATIONS = covering(OPTIONS)


def test_every_pair_is_covered():
    for a, b in itertools.combinations(OPTIONS, 2):
        for x, y in itertools.product(OPTIONS[a], OPTIONS[b]):
            assert any(row[a] == x and row[b] == y for row in COMBINATIONS)
    assert len(COMBINATIONS) < 60


@pytest.mark.parametrize("combination", COMBINATIONS, ids=range(len(COMBINATIONS)))
def test_settings_work_together(backend, combination, capsys, tmp_path, eager_threads):
    parameters = dict(combination)
    n_classes, weighted, eval_set = (parameters.pop(name) for name in ("n_classes", "weighted", "eval_set"))
    X, y = random_rows(50, 30), random_labels(50, n_classes)
    weights = np.random.default_rng(1).exponential(size=50) * (np.arange(50) % 5 > 0) if weighted else None
    sets = {None: None, "one": (X[:20], y[:20]), "two": [(X[:20], y[:20]), (X[20:], y[20:], np.ones(30))]}[eval_set]
    if parameters["max_iter"] is None and (parameters["batch_size"] == "full" or parameters["tol"] is None):
        parameters["max_iter"] = 4  # to be quick
    model = SGDClassifier(random_state=0, backend=backend, **parameters)
    if parameters["n_jobs"] and backend == "numpy":
        with pytest.raises(ValueError, match="backend='numpy' supports only n_jobs=None"):
            model.fit(X, y)
        return
    if parameters["learning_rate"] == "optimal" and parameters["penalty"] is None:
        with pytest.raises(ValueError, match="needs a penalty and alpha > 0"):
            model.fit(X, y)
        return
    if parameters["learning_rate"] == "adaptive" and parameters["batch_size"] == "full":
        with pytest.raises(ValueError, match="does not support learning_rate='adaptive'"):
            model.fit(X, y)
        return
    alone = parameters["n_jobs"] is None or parameters["batch_size"] == "full"
    reproducible = alone or parameters["deterministic"]
    model.fit(X, y, sample_weight=weights, eval_set=sets)
    first = pickle.loads(pickle.dumps(model))
    saved = SGDClassifier(random_state=0, backend=backend, **parameters)
    for resume in (False, True):
        saved.fit(X, y, weights, eval_set=sets, checkpoint=tmp_path / "run", resume=resume)
        if reproducible:
            np.testing.assert_array_equal(saved.coef_, first.coef_)
        saved = SGDClassifier(random_state=0, backend=backend, **parameters)
    model.fit(X, y, sample_weight=weights, eval_set=sets)
    if reproducible and not parameters["warm_start"]:
        np.testing.assert_array_equal(model.coef_, first.coef_)
    check(model, X, n_classes, tmp_path)
    history = model.history_
    assert len(history["epoch"]) == model.n_iter_
    assert {len(column) for column in history.values()} == {model.n_iter_}
    assert all(np.isfinite(column).all() for column in history.values())
    watched = parameters["history"] == "full" or parameters["early_stopping"] or eval_set
    stalls = parameters["tol"] is not None or parameters["learning_rate"] == "adaptive"
    assert ("objective" in history) == bool(watched or (stalls and parameters["batch_size"] != "full"))
    assert ("validation_loss" in history) == bool(eval_set == "one" or (parameters["early_stopping"] and not eval_set))
    assert ("validation_1_loss" in history) == (eval_set == "two")
    assert ("gradient_norm" in history) == (parameters["batch_size"] == "full")
    assert hasattr(model, "best_epoch_") == parameters["early_stopping"]
    assert hasattr(model, "validation_indices_") == (parameters["early_stopping"] and not eval_set)
    assert bool(capsys.readouterr().err) == bool(parameters["verbose"])
    assert parameters["fit_intercept"] or not model.intercept_.any()
    if backend != "numpy" and alone:
        reference = SGDClassifier(random_state=0, **{**parameters, "backend": "numpy", "verbose": 0, "n_jobs": None})
        reference.fit(X, y, sample_weight=weights, eval_set=sets)
        if reference.n_iter_ == first.n_iter_:  # a tie in the last digits may end one of them an epoch earlier
            scale = max(1.0, np.abs(reference.coef_).max())
            tolerance = 1e-9 if parameters["dtype"] is None else 1e-3
            np.testing.assert_allclose(first.coef_, reference.coef_, rtol=0, atol=tolerance * scale)
            for name in set(history) - {"seconds", "nonzeros_per_second", "nonzero_weights"}:
                np.testing.assert_allclose(first.history_[name], reference.history_[name], rtol=1e-2, atol=1e-3)
    # It goes on as a stream, with a new class and new features.
    classes = np.arange(n_classes + 1)
    more = np.r_[y[:-1], n_classes]
    if parameters["early_stopping"]:
        with pytest.raises(ValueError, match="partial_fit does not support early_stopping"):
            model.partial_fit(X, more, classes=classes)
        model.set_params(early_stopping=False)
    t = model.t_
    model.partial_fit(X, more, classes=classes, sample_weight=np.zeros(50))
    assert model.t_ == t
    model.partial_fit(X, more, classes=classes, sample_weight=weights).resize_features(35)
    wide = sp.csr_matrix((X.data, X.indices, X.indptr), shape=(50, 35))
    model.partial_fit(wide, more, sample_weight=weights)
    assert model.t_ > t
    check(model, wide, n_classes + 1, tmp_path)


def check(model, X, n_classes, folder):
    p = model.predict_proba(X)
    assert p.shape == (X.shape[0], n_classes)
    np.testing.assert_allclose(p.sum(axis=1), 1.0, rtol=1e-5)
    assert np.isfinite(model.coef_).all()
    fastlr.save(model, folder / "model")
    for again in (pickle.loads(pickle.dumps(model)), fastlr.load(folder / "model")):
        np.testing.assert_array_equal(again.predict_proba(X), p)
        for name, column in model.history_.items():
            np.testing.assert_array_equal(again.history_[name], column)
