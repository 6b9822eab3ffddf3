"""Threads without a lock: models as good as one thread's."""

import copy

import numpy as np
import pytest
import scipy.sparse as sp
from helpers import assert_same_bits, held_out_loss, random_labels, random_rows

from fastlr import LogisticRegression, SGDClassifier
from fastlr.datasets import make_bag_of_words
from fastlr.solvers.stochastic import hogwild
from fastlr.training.checkpoint import Checkpoint

pytestmark = pytest.mark.usefixtures("no_thread_is_left")


@pytest.mark.parametrize("n_classes", [2, 6])
@pytest.mark.parametrize(
    "parameters",
    [
        {"penalty": "l2"},
        {"penalty": "l1"},
        {"penalty": "elasticnet", "dtype": "float32"},
        {"penalty": "l1", "batch_size": 5, "class_weight": "balanced"},
    ],
    ids=str,
)
def test_models_without_a_lock_are_as_good_as_one_threads(compiled, eager_threads, monkeypatch, n_classes, parameters):
    monkeypatch.setattr(hogwild, "ROUND", 1 << 12)
    alone = held_out_loss(n_classes, backend=compiled, **parameters)
    for n_jobs in (2, 4):
        loss = held_out_loss(n_classes, backend=compiled, n_jobs=n_jobs, deterministic=False, **parameters)
        assert loss <= 1.02 * alone


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("batch_size", [1, 4])
def test_without_a_lock_rows_that_share_no_feature_make_the_model_of_one_thread(
    compiled, eager_threads, n_classes, batch_size
):
    X = sp.diags_array(np.linspace(0.5, 2.0, 300), format="csr")
    y, s = random_labels(300, n_classes), np.random.default_rng(0).integers(0, 3, 300).astype(float)
    parameters = {
        "penalty": None, "fit_intercept": False, "learning_rate": "constant", "eta0": 0.3, "max_iter": 3,
        "batch_size": batch_size, "random_state": 0, "backend": compiled,
    }  # fmt: skip
    alone = SGDClassifier(**parameters).fit(X, y, s)
    for n_jobs in (2, 3):
        model = SGDClassifier(n_jobs=n_jobs, deterministic=False, **parameters).fit(X, y, s)
        np.testing.assert_allclose(model.coef_, alone.coef_, atol=1e-12)
        np.testing.assert_allclose(model.history_["training_loss"], alone.history_["training_loss"], atol=1e-12)
        assert model.t_ == alone.t_


@pytest.mark.parametrize("batch_size", [1, 4])
@pytest.mark.parametrize("penalty", ["l2", "l1", "elasticnet"])
@pytest.mark.parametrize("alpha", [1e-4, 1e-1, 30.0])
def test_without_a_lock_the_penalty_of_every_step_is_paid(compiled, eager_threads, penalty, alpha, batch_size):
    X, y = random_rows(400), random_labels(400, 2)
    X = sp.csr_array((X.data, X.indices, X.indptr), shape=(400, X.shape[1] + 20))  # of the last 20 no row has any
    s = np.random.default_rng(0).exponential(size=400)
    start = SGDClassifier(
        penalty=penalty, alpha=alpha, l1_ratio=0.5, learning_rate="constant", eta0=0.005, max_iter=2, warm_start=True,
        batch_size=batch_size, random_state=0, backend=compiled,
    ).fit(X, y, s)  # fmt: skip
    start.coef_ = np.r_[np.zeros(X.shape[1] - 20), np.linspace(-2.0, 2.0, 20)][None]
    alone = copy.deepcopy(start).fit(X, y, s)
    for n_jobs in (2, 3):
        model = copy.deepcopy(start).set_params(n_jobs=n_jobs, deterministic=False).fit(X, y, s)
        assert model.t_ == alone.t_
        tolerance = 1e-3 if penalty == "elasticnet" else 1e-12  # where the two meet in a round, not in a step
        np.testing.assert_allclose(model.coef_[:, -20:], alone.coef_[:, -20:], rtol=1e-9, atol=tolerance)
        np.testing.assert_array_equal(model.coef_[:, -20:] == 0.0, alone.coef_[:, -20:] == 0.0)


def test_without_a_lock_one_thread_is_one_thread(compiled, eager_threads):
    X, y = random_rows(600), random_labels(600, 3)
    for batch_size in (1, "full"):
        one = SGDClassifier(batch_size=batch_size, tol=0.1, random_state=0, backend=compiled).fit(X, y)
        other = SGDClassifier(batch_size=batch_size, tol=0.1, random_state=0, backend=compiled, deterministic=False)
        assert_same_bits(other.fit(X, y), one)


def test_without_a_lock_a_checkpoint_is_gone_on_from(compiled, eager_threads, tmp_path):
    X, y = random_rows(600), random_labels(600, 3)
    model = SGDClassifier(
        n_jobs=2, deterministic=False, penalty="elasticnet", alpha=0.01, max_iter=4, random_state=0, backend=compiled
    )
    n_calls = []

    def ticks(saver):
        n_calls.append(1)
        if len(n_calls) == 5:
            raise RuntimeError("the lights went out")
        return tick(saver)

    tick = Checkpoint.tick
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Checkpoint, "tick", ticks)
        with pytest.raises(RuntimeError, match="lights"):
            model.fit(X, y, checkpoint=tmp_path / "run", checkpoint_every=0.0)
    model.fit(X, y, checkpoint=tmp_path / "run", resume=True)
    assert model.t_ == 4 * 600
    assert np.isfinite(model.coef_).all()


def test_penalties_take_more_weights_to_zero_without_a_lock(compiled, eager_threads, monkeypatch, last_step_only):
    monkeypatch.setattr(hogwild, "ROUND", 1 << 12)
    X, y = make_bag_of_words(3000, 2000, random_state=0)
    optimum = LogisticRegression(l1_ratio=1.0, C=1.0 / (1e-3 * 3000), tol=1e-4, backend=compiled).fit(X, y)
    zeros, objectives = [], []
    for n_jobs in (1, 2, 4):
        model = SGDClassifier(
            n_jobs=n_jobs, deterministic=False, penalty="l1", alpha=1e-3, max_iter=5, random_state=0, backend=compiled
        ).fit(X, y)
        zeros.append(np.mean(model.coef_ == 0.0))
        p = model.predict_log_proba(X)
        objectives.append(
            -p[np.arange(3000), np.searchsorted(model.classes_, y)].mean() + 1e-3 * np.abs(model.coef_).sum()
        )
    assert zeros[0] < min(zeros[1:]) <= max(zeros[1:]) <= np.mean(optimum.coef_ == 0.0)
    assert max(objectives) <= 1.02 * objectives[0]


@pytest.mark.parametrize("n_classes", [2, 3])
def test_without_a_lock_a_stream_keeps_the_steps_before_a_divergence(compiled, eager_threads, n_classes):
    X, y = random_rows(600), random_labels(600, n_classes)
    X = sp.csr_array((X.data, X.indices, X.indptr), shape=(600, 41))  # of the last feature no row has any, as yet
    model = SGDClassifier(
        n_jobs=2, deterministic=False, alpha=1e-3, learning_rate="constant", eta0=0.1, shuffle=False, backend=compiled
    ).partial_fit(X, y, classes=np.arange(n_classes))  # fmt: skip
    for i in (400, 599):  # the first makes a huge weight of it, the second a score that is infinite
        X.data[X.indptr[i]], X.indices[X.indptr[i]] = 1e290, 40
    with pytest.raises(ValueError, match="Training diverged"):
        model.partial_fit(X, y)
    assert 900 < model.t_ < 1200
    assert np.isfinite(model.coef_).all()
