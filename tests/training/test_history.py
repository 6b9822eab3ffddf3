"""history_: what it says of each epoch is so."""

import pickle

import numpy as np
import pandas as pd
import pytest
from helpers import random_labels, random_rows

from fastlr import SGDClassifier
from fastlr.objective import gradient, objective, penalty

pytestmark = pytest.mark.filterwarnings("ignore:Training stopped")
CHEAP = ["epoch", "seconds", "steps", "nonzeros_per_second", "learning_rate", "training_loss"]


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("batch_size", [1, 7])
@pytest.mark.parametrize("weighted", [False, True])
def test_what_every_fit_keeps(backend, n_classes, batch_size, weighted):
    X, y = random_rows(), random_labels(60, n_classes)
    weights = np.random.default_rng(0).exponential(size=60) * (np.arange(60) % 4 > 0) if weighted else None
    parameters = {"batch_size": batch_size, "shuffle": False, "learning_rate": "invscaling", "eta0": 0.3}
    model = SGDClassifier(max_iter=3, backend=backend, **parameters).fit(X, y, sample_weight=weights)
    table = pd.DataFrame(model.history_)
    assert table.columns.tolist() == CHEAP
    n_steps = -(-(45 if weighted else 60) // batch_size)
    assert table["epoch"].tolist() == [1, 2, 3]
    assert table["steps"].tolist() == [n_steps, 2 * n_steps, 3 * n_steps]
    np.testing.assert_allclose(table["learning_rate"], 0.3 / np.sqrt(1 + n_steps * np.arange(3)))
    assert (np.diff(table["seconds"], prepend=0.0) > 0).all()
    assert (table["nonzeros_per_second"] > 0).all()
    # The training loss is the mean of the rows' losses, each before its own step: replay the first epoch.
    replay = SGDClassifier(backend="numpy", **parameters)
    rows = np.arange(60) if weights is None else np.flatnonzero(weights)
    s = np.ones(60) if weights is None else weights
    replay.partial_fit(X[:1], y[:1], np.unique(y), sample_weight=[0.0])
    total = 0.0
    for begin in range(0, len(rows), batch_size):
        batch = rows[begin : begin + batch_size]
        total -= s[batch] @ replay.predict_log_proba(X[batch])[np.arange(len(batch)), y[batch]]
        replay.partial_fit(X[batch], y[batch], sample_weight=s[batch])
        replay.set_params(alpha=float(model.alpha_))
    assert table["training_loss"][0] == pytest.approx(total / s.sum(), rel=1e-6)
    pickle.loads(pickle.dumps(model.history_))


def test_losses_out_of_the_ordinary_are_summed_up_exactly(backend):
    """Odds that would overflow a product, and rows so sure that theirs are 1."""
    X = np.array([[1e3], [-1e3], [1e3], [1.0]] * 30)
    y = np.array([1, 1, 0, 0] * 30)
    model = SGDClassifier(
        backend=backend, warm_start=True, learning_rate="constant", eta0=1e-300, max_iter=1, alpha=0.0
    )
    model.fit(X, y)
    for weight in (0.01, 0.5, 3.0, 700.0):
        model.coef_, model.intercept_ = np.array([[weight]]), np.array([0.3])
        z = X[:, 0] * weight + 0.3
        expected = np.mean(np.logaddexp(0.0, z) - y * z)
        assert model.fit(X, y).history_["training_loss"][0] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("penalty_name", ["l2", "elasticnet", None])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_what_is_kept_on_request(backend, last_step_only, penalty_name, n_classes):
    X, y = random_rows(), random_labels(60, n_classes)
    parameters = {"penalty": penalty_name, "alpha": 0.02, "max_iter": 2, "random_state": 0, "backend": backend}
    model = SGDClassifier(history="full", **parameters).fit(X, y)
    history = model.history_
    assert list(history) == [*CHEAP, "objective", "nonzero_weights"]
    expected = history["training_loss"][-1] + penalty(model.coef_, model.alpha_, model.l1_ratio_)
    assert history["objective"][-1] == pytest.approx(expected, rel=1e-9)
    assert history["nonzero_weights"][-1] == np.count_nonzero(model.coef_)
    assert history["nonzero_weights"].dtype == np.int64


@pytest.mark.parametrize("n_classes", [2, 3])
def test_full_batches_know_the_gradient(backend, n_classes):
    X, y = random_rows(), random_labels(60, n_classes)
    parameters = {"batch_size": "full", "alpha": 0.02, "backend": backend}
    model = SGDClassifier(max_iter=4, **parameters).fit(X, y)
    before = SGDClassifier(max_iter=3, **parameters).fit(X, y)
    coef = before.coef_.T
    g, g0 = gradient(coef, before.intercept_, X, y)
    norm = max(np.abs(g + 0.02 * coef).max(), np.abs(g0).max())
    history = model.history_
    assert history["gradient_norm"][-1] == pytest.approx(norm, rel=1e-9)
    loss = objective(coef, before.intercept_, X, y)
    assert history["training_loss"][-1] == pytest.approx(loss, rel=1e-9)
    # The end, without a step, is told too.
    model = SGDClassifier(max_iter=500, tol=1e-2, **parameters).fit(X, y)
    assert model.n_iter_ == len(model.history_["epoch"]) == model.t_ + 1
    assert model.history_["gradient_norm"][-1] <= 1e-2 < model.history_["gradient_norm"][-2]
    loss = objective(model.coef_.T, model.intercept_, X, y)
    assert model.history_["training_loss"][-1] == pytest.approx(loss, rel=1e-9)


def test_each_fit_has_its_own(backend):
    X, y = random_rows(), random_labels(60, 2)
    model = SGDClassifier(max_iter=3, warm_start=True, random_state=0, backend=backend).fit(X, y)
    first = model.history_
    model.set_params(max_iter=2).fit(X, y)
    assert len(first["epoch"]) == 3
    assert model.history_["epoch"].tolist() == [1, 2]
    assert model.history_["steps"].tolist() == [60, 120]
    assert model.history_["training_loss"][0] < first["training_loss"][0]
    model.partial_fit(X, y)
    assert model.history_["epoch"].tolist() == [1, 2]
