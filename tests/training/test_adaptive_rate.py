"""`learning_rate="adaptive"`: the rate is divided by 5 wherever training stalls."""

import numpy as np
import pytest
from helpers import random_labels, random_rows
from sklearn.exceptions import ConvergenceWarning

from fastlr import SGDClassifier
from fastlr.training.early_stopping import AdaptiveRate

ADAPTIVE = {"learning_rate": "adaptive", "random_state": 0}


def replay(values, rates, tol, n_iter_no_change, least):
    """Return the rates that scikit-learn's rule gives for these values, and the epoch at which it stops."""
    rate, best, stalled, expected = rates[0], np.inf, 0, []
    for epoch, value in enumerate(values, 1):
        expected.append(rate)
        stalled = stalled + 1 if value > best - tol else 0
        best = min(best, value)
        if stalled >= n_iter_no_change:
            if rate <= least:
                return expected, epoch
            rate, stalled = rate / 5, 0
    return expected, None


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("settings", [{}, {"batch_size": 7}, {"early_stopping": True}, {"average": True}])
def test_the_rate_follows_the_rule(backend, n_classes, settings):
    X, y = random_rows(), random_labels(60, n_classes)
    model = SGDClassifier(eta0=0.5, tol=1e-2, n_iter_no_change=2, backend=backend, **ADAPTIVE, **settings).fit(X, y)
    values = model.history_["validation_loss" if "early_stopping" in settings else "objective"]
    rates, last = replay(values, model.history_["learning_rate"], 1e-2, 2, 1e-6)
    np.testing.assert_allclose(model.history_["learning_rate"], rates, rtol=1e-12)
    assert last == model.n_iter_
    assert rates[0] == 0.5
    assert 1e-6 / 5 < rates[-1] <= 1e-6


def test_without_tol_it_is_a_thousandth_and_without_eta0_the_scale_does_not_matter(backend):
    X, y = random_rows(), random_labels(60, 2)
    model = SGDClassifier(backend=backend, **ADAPTIVE).fit(X, y)
    rates = model.history_["learning_rate"]
    np.testing.assert_allclose(rates, replay(model.history_["objective"], rates, 1e-3, 5, 1e-6 * rates[0])[0])
    scaled = SGDClassifier(backend=backend, **ADAPTIVE).fit(1024 * X, y)
    assert scaled.n_iter_ == model.n_iter_
    np.testing.assert_allclose(scaled.history_["learning_rate"] * 1024**2, rates, rtol=1e-9)
    np.testing.assert_allclose(scaled.coef_ * 1024, model.coef_, rtol=1e-6)


def test_an_end_by_max_iter_is_reported(backend):
    X, y = random_rows(), random_labels(60, 2)
    with pytest.warns(ConvergenceWarning, match="max_iter=3 before reaching tol=0.001"):
        SGDClassifier(max_iter=3, backend=backend, **ADAPTIVE).fit(X, y)


def test_it_ends_nearer_to_the_optimum_than_a_constant_rate(backend):
    X, y = random_rows(), random_labels(60, 2)
    settings = {"eta0": 0.3, "alpha": 0.01, "tol": 1e-3, "random_state": 0, "history": "full", "backend": backend}
    adaptive = SGDClassifier(learning_rate="adaptive", **settings).fit(X, y)
    constant = SGDClassifier(learning_rate="constant", **settings).fit(X, y)
    assert adaptive.n_iter_ > constant.n_iter_
    assert adaptive.history_["objective"][-1] < constant.history_["objective"][-1]


def test_a_checkpoint_knows_the_rate(backend, tmp_path, monkeypatch):
    X, y = random_rows(), random_labels(60, 2)
    model = SGDClassifier(eta0=0.5, tol=1e-2, n_iter_no_change=1, backend=backend, **ADAPTIVE)
    whole = model.fit(X, y).coef_.copy()
    n_iter = model.n_iter_
    original, n_epochs = AdaptiveRate.stops, 0

    def interrupted(self, *arguments):
        nonlocal n_epochs
        n_epochs += 1
        if n_epochs == n_iter // 2:
            raise MemoryError
        return original(self, *arguments)

    monkeypatch.setattr(AdaptiveRate, "stops", interrupted)
    with pytest.raises(MemoryError):
        model.fit(X, y, checkpoint=tmp_path / "run", checkpoint_every=0)
    monkeypatch.undo()
    model.fit(X, y, checkpoint=tmp_path / "run", resume=True)
    np.testing.assert_array_equal(model.coef_, whole)
    assert model.n_iter_ == n_iter
    assert model.history_["learning_rate"][-1] < model.history_["learning_rate"][n_iter // 2 - 1] / 4


def test_a_stream_keeps_the_first_rate(backend):
    X, y = random_rows(), random_labels(60, 2)
    settings = {"eta0": 0.1, "alpha": 0.01, "shuffle": False, "backend": backend}
    adaptive, constant = (SGDClassifier(learning_rate=name, **settings) for name in ("adaptive", "constant"))
    for _ in range(4):
        adaptive.partial_fit(X, y, classes=[0, 1])
        constant.partial_fit(X, y, classes=[0, 1])
    np.testing.assert_array_equal(adaptive.coef_, constant.coef_)


def test_full_batches_and_rates_of_each_weight_refuse_it():
    X, y = random_rows(), random_labels(60, 2)
    with pytest.raises(ValueError, match="batch_size='full' does not support learning_rate='adaptive'"):
        SGDClassifier(batch_size="full", **ADAPTIVE).fit(X, y)
    with pytest.raises(ValueError, match="optimizer='ftrl' does not support learning_rate='adaptive'"):
        SGDClassifier(optimizer="ftrl", **ADAPTIVE).fit(X, y)


def test_elastic_net_needs_a_share_and_other_penalties_do_not():
    X, y = random_rows(), random_labels(60, 2)
    for penalty in ("l1", "l2", None):
        model = SGDClassifier(penalty=penalty, l1_ratio=None, max_iter=2, random_state=0).fit(X, y)
        given = SGDClassifier(penalty=penalty, max_iter=2, random_state=0).fit(X, y)
        np.testing.assert_array_equal(model.coef_, given.coef_)
    with pytest.raises(ValueError, match="penalty='elasticnet' needs l1_ratio, a number from 0 to 1; got None"):
        SGDClassifier(penalty="elasticnet", l1_ratio=None).fit(X, y)
    with pytest.raises(ValueError, match="needs l1_ratio"):
        SGDClassifier(penalty="elasticnet", l1_ratio=None).partial_fit(X, y, classes=[0, 1])
