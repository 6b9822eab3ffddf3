"""Validation, early stopping, and what they leave alone."""

import pickle

import numpy as np
import pytest
from helpers import random_labels, random_rows
from sklearn.metrics import log_loss

from fastlr import SGDClassifier
from fastlr.objective import penalty
from fastlr.schedules import LinearRestarts
from fastlr.training.monitor import TrainingMonitor

pytestmark = pytest.mark.filterwarnings("ignore:Training stopped")


def data(n_classes=3, n_rows=120, seed=0):
    """Rows, and labels that they tell something of."""
    X = random_rows(n_rows, seed=seed)
    y = np.asarray(X @ np.random.default_rng(7).normal(size=(40, n_classes))).argmax(axis=1)
    y[:n_classes] = np.arange(n_classes)
    return X, np.where(np.random.default_rng(8).random(n_rows) < 0.2, random_labels(n_rows, n_classes), y)


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("batch_size", [1, 7, "full"])
@pytest.mark.parametrize("penalty", ["l2", "elasticnet"])
def test_the_rows_held_out_are_validated_on_and_not_trained_on(backend, n_classes, batch_size, penalty):
    X, y = data(n_classes)
    parameters = {
        "penalty": penalty, "batch_size": batch_size, "max_iter": 6, "n_iter_no_change": 2, "random_state": 0,
        "early_stopping": True, "backend": backend,
    }  # fmt: skip
    model = SGDClassifier(**parameters).fit(X, y)
    held_out = model.validation_indices_
    assert len(held_out) == len(set(held_out.tolist())) == 12
    shares = np.bincount(y, minlength=n_classes) / 10
    assert (np.abs(np.bincount(y[held_out], minlength=n_classes) - shares) <= 1).all()
    # It is the model of the other rows, to the bit, stopped by these.
    rest = np.setdiff1d(np.arange(120), held_out)
    other = SGDClassifier(**parameters).fit(X[rest], y[rest], eval_set=(X[held_out], y[held_out]))
    np.testing.assert_array_equal(model.coef_, other.coef_)
    np.testing.assert_array_equal(model.intercept_, other.intercept_)
    assert not hasattr(other, "validation_indices_")
    # What it says of them is what its predictions for them say.
    best = model.best_epoch_ - 1
    expected = log_loss(y[held_out], model.predict_proba(X[held_out]), labels=np.arange(n_classes))
    assert model.history_["validation_loss"][best] == pytest.approx(expected, rel=1e-9)
    assert model.history_["validation_loss"][best] == model.history_["validation_loss"].min() == model.best_loss_
    assert model.history_["validation_accuracy"][best] == pytest.approx(model.score(X[held_out], y[held_out]))


def test_what_is_held_out_changes_nothing_but_the_validation(backend):
    X, y = data()
    parameters = {"max_iter": 1, "random_state": 0, "early_stopping": True, "backend": backend}
    model = SGDClassifier(**parameters).fit(X, y)
    X2 = X.copy()
    X2.sum_duplicates()
    X = X2.copy()
    model = SGDClassifier(**parameters).fit(X, y)
    for row in model.validation_indices_:
        X2.data[X2.indptr[row] : X2.indptr[row + 1]] *= 1000.0
    other = SGDClassifier(**parameters).fit(X2, y)
    np.testing.assert_array_equal(model.validation_indices_, other.validation_indices_)
    np.testing.assert_array_equal(model.coef_, other.coef_)
    assert model.history_["validation_loss"][0] != other.history_["validation_loss"][0]


@pytest.mark.parametrize("batch_size", [1, "full"])
def test_the_weights_of_the_best_epoch_come_back(backend, last_step_only, batch_size):
    X, y = data()
    X_val, y_val = data(seed=1)
    if batch_size == "full":  # nothing to learn: validation soon gets worse
        y = np.where(np.arange(120) < 60, y, random_labels(120, 3))
    parameters = {
        "learning_rate": "constant", "eta0": 2.0 if batch_size == 1 else 5.0, "penalty": "l1", "alpha": 1e-3,
        "random_state": 0, "backend": backend, "batch_size": batch_size,
    }  # fmt: skip
    model = SGDClassifier(early_stopping=True, n_iter_no_change=3, max_iter=60, **parameters)
    model.fit(X, y, eval_set=(X_val, y_val))
    losses = model.history_["validation_loss"]
    assert model.n_iter_ == len(losses) < 60
    assert model.best_epoch_ == losses.argmin() + 1 == len(losses) - 3
    assert losses[-1] > losses.min()
    again = SGDClassifier(max_iter=model.best_epoch_, **parameters).fit(X, y)
    np.testing.assert_array_equal(model.coef_, again.coef_)
    np.testing.assert_array_equal(model.intercept_, again.intercept_)


def test_the_last_of_several_sets_decides(backend):
    X, y = data()
    X_val, y_val = data(seed=1)
    parameters = {"early_stopping": True, "n_iter_no_change": 2, "random_state": 0, "backend": backend, "max_iter": 40}
    model = SGDClassifier(**parameters).fit(X, y, eval_set=[(X, y), (X_val, y_val)])
    twin = SGDClassifier(**parameters).fit(X, y, eval_set=(X_val, y_val))
    np.testing.assert_array_equal(model.coef_, twin.coef_)
    np.testing.assert_array_equal(model.history_["validation_1_loss"], twin.history_["validation_loss"])
    assert model.best_loss_ == model.history_["validation_1_loss"].min()
    assert "validation_loss" not in model.history_
    assert not hasattr(SGDClassifier(max_iter=1, backend=backend).fit(X, y, eval_set=(X_val, y_val)), "best_epoch_")


@pytest.mark.parametrize("class_weight", [None, "balanced", {1: 3.0}])
def test_validation_is_weighted_as_the_objective_is(backend, class_weight):
    X, y = data()
    X_val, y_val = data(seed=1)
    weights, weights_val = (np.random.default_rng(k).exponential(size=120) for k in (0, 1))
    weights_val[:50] = 0.0
    model = SGDClassifier(max_iter=2, random_state=0, class_weight=class_weight, backend=backend)
    model.fit(X, y, sample_weight=weights, eval_set=(X_val, y_val, weights_val))
    per_class = np.ones(3)
    if class_weight == "balanced":  # by the classes of the rows trained on
        per_class = weights.sum() / (3 * np.bincount(y, weights=weights))
    elif class_weight:
        per_class[1] = 3.0
    s = weights_val * per_class[y_val]
    expected = log_loss(y_val, model.predict_proba(X_val), sample_weight=s)
    assert model.history_["validation_loss"][-1] == pytest.approx(expected, rel=1e-9)
    right = np.average(model.predict(X_val) == y_val, weights=s)
    assert model.history_["validation_accuracy"][-1] == pytest.approx(right)


def test_rows_of_weight_zero_are_neither_trained_nor_validated_on(backend):
    X, y = data()
    weights = np.random.default_rng(0).exponential(size=120)
    weights[::3] = 0.0
    model = SGDClassifier(early_stopping=True, max_iter=3, n_iter_no_change=3, random_state=0, backend=backend)
    model.fit(X, y, sample_weight=weights)
    held_out = model.validation_indices_
    assert len(held_out) == 8
    assert weights[held_out].all()
    expected = log_loss(y[held_out], model.predict_proba(X[held_out]), sample_weight=weights[held_out])
    assert model.best_loss_ == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("settings", [{}, {"penalty": "l1"}, {"batch_size": 8}, {"batch_size": "full", "max_iter": 20}])
def test_watching_changes_nothing(backend, settings):
    X, y = data()
    parameters = {"random_state": 0, "backend": backend, "max_iter": 4, **settings}
    plain = SGDClassifier(**parameters).fit(X, y)
    watched = SGDClassifier(history="full", verbose=1, **parameters).fit(X, y, eval_set=[(X, y), (X[:50], y[:50])])
    np.testing.assert_array_equal(plain.coef_, watched.coef_)
    np.testing.assert_array_equal(plain.intercept_, watched.intercept_)
    assert plain.t_ == watched.t_


def test_without_validation_the_whole_objective_decides(backend):
    """Under a strong penalty, the loss alone would have stopped it at another epoch."""
    X, y = data(2)
    parameters = {"alpha": 0.01, "learning_rate": "constant", "eta0": 0.1, "random_state": 0, "backend": backend}
    history = SGDClassifier(max_iter=25, history="full", **parameters).fit(X, y).history_

    def epochs_of(values):
        best, stalled = np.inf, 0
        for epoch, value in enumerate(values, 1):
            stalled = stalled + 1 if value >= best - 1e-3 else 0
            best = min(best, value)
            if stalled == 2:
                return epoch
        return None

    model = SGDClassifier(tol=1e-3, n_iter_no_change=2, max_iter=25, **parameters).fit(X, y)
    expected = model.history_["training_loss"][-1] + penalty(model.coef_, 0.01, 0.0)
    assert model.history_["objective"][-1] == pytest.approx(expected, rel=1e-9)
    assert model.n_iter_ == epochs_of(history["objective"])
    assert epochs_of(history["training_loss"]) > model.n_iter_


def test_the_automatic_rate_has_fallen_to_zero_when_training_ends(backend):
    """Its falls are as long as the patience, and an end is at the end of one."""
    X, y = data(n_rows=40)
    for settings in ({"early_stopping": True}, {"tol": 1e-3}):
        model = SGDClassifier(n_iter_no_change=3, random_state=0, backend=backend, max_iter=300, **settings).fit(X, y)
        rates = model.history_["learning_rate"]
        assert model.n_iter_ < 300
        assert model.n_iter_ % 3 == 0
        np.testing.assert_allclose(rates / rates[0], np.resize([1, 2 / 3, 1 / 3], model.n_iter_))
    cut = SGDClassifier(n_iter_no_change=3, random_state=0, backend=backend, max_iter=5, tol=0.0).fit(X, y)
    rates = cut.history_["learning_rate"]
    np.testing.assert_allclose(rates / rates[0], [1, 2 / 3, 1 / 3, 1, 1 / 2])


def test_restarts_do_not_depend_on_the_slices():
    schedule = LinearRestarts(0.5, 7, 19)
    whole = schedule.rates(0, 25)
    np.testing.assert_array_equal(np.concatenate([schedule.rates(k, 5) for k in range(0, 25, 5)]), whole)
    assert (whole[[0, 7, 14]] == 0.5).all()
    assert (whole[19:] == 0.0).all()
    assert (np.diff(whole[14:20]) < 0).all()


def test_ctrl_c_leaves_the_best_weights(backend, monkeypatch):
    X, y = data()
    X_val, y_val = data(seed=1)
    original = TrainingMonitor.epoch_done

    def epoch_done(self, *arguments):
        if original(self, *arguments) or self.n_epochs == 12:
            raise KeyboardInterrupt
        return False

    model = SGDClassifier(
        early_stopping=True, n_iter_no_change=100, learning_rate="constant", eta0=2.0, random_state=0, backend=backend
    )
    monkeypatch.setattr(TrainingMonitor, "epoch_done", epoch_done)
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, y, eval_set=(X_val, y_val))
    assert model.n_iter_ == len(model.history_["epoch"]) == 12
    assert model.best_epoch_ < 12
    expected = log_loss(y_val, model.predict_proba(X_val))
    assert model.history_["validation_loss"].min() == pytest.approx(expected, rel=1e-9)


def test_a_fit_without_early_stopping_forgets_the_last_one(backend):
    X, y = data()
    model = SGDClassifier(early_stopping=True, max_iter=2, random_state=0, backend=backend).fit(X, y)
    model.set_params(early_stopping=False).fit(X, y)
    for name in ("best_epoch_", "best_loss_", "validation_indices_"):
        assert not hasattr(model, name)
    assert "validation_loss" not in model.history_


X, Y = data()
FAULTS = {
    "not a tuple": ([X, Y], "eval_set must be .X, y., .X, y, sample_weight., a store, or a list"),
    "an array": (X, "eval_set must be"),
    "nothing": ([], "eval_set must be"),
    "no labels": ((X,), "eval_set must be"),
    "other features": ((random_rows(60, 39), Y[:60]), "eval_set: X has 39 features"),
    "another label": ((X, np.where(Y == 0, 9, Y)), r"eval_set: y contains labels that are not in classes: \[9\]"),
    "too few labels": ([(X, Y), (X, Y[:-1])], r"eval_set\[1\]: Found input variables with inconsistent numbers"),
    "NaN": ((X * np.nan, Y), "eval_set: Input X contains NaN"),
    "negative weight": ((X, Y, -np.ones(120)), "eval_set: sample_weight must be finite and 0 or more"),
    "no weight": ((X, Y, np.zeros(120)), "eval_set: The sum of sample_weight"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_faulty_evaluation_sets(fault):
    eval_set, message = FAULTS[fault]
    model = SGDClassifier(max_iter=1, random_state=0).fit(X, Y)
    before = pickle.dumps(model)
    with pytest.raises(ValueError, match=message):
        model.fit(X, Y, eval_set=eval_set)
    assert pickle.dumps(model) == before


def test_what_early_stopping_refuses():
    with pytest.raises(ValueError, match="no rows to hold out"):
        SGDClassifier(early_stopping=True).fit(np.eye(3), [0, 1, 2])
    model = SGDClassifier(early_stopping=True, max_iter=1).fit(X, Y)
    before = pickle.dumps(model)
    with pytest.raises(ValueError, match="partial_fit does not support early_stopping"):
        model.partial_fit(X, Y)
    assert pickle.dumps(model) == before
    for fraction in (0.0, 1.0, "some"):
        with pytest.raises(ValueError, match="validation_fraction"):
            SGDClassifier(early_stopping=True, validation_fraction=fraction).fit(X, Y)
