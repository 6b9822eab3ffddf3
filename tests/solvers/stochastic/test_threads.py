"""Several threads: the same bits every time, models as good as one thread's, and nothing left running."""

import copy
import itertools
import signal
import threading
import time

import numpy as np
import pytest
import scipy.sparse as sp
from helpers import random_labels, random_rows
from hypothesis import given
from hypothesis import strategies as st
from joblib import Parallel, delayed

import fastlr
from fastlr import LogisticRegression, SGDClassifier, kernels
from fastlr.datasets import make_bag_of_words
from fastlr.kernels.sources import local_sgd as local_sgd_kernels
from fastlr.solvers.stochastic import hogwild, local_sgd
from fastlr.solvers.stochastic.sgd import LazySGD
from fastlr.solvers.stochastic.thread_shares import split_steps
from fastlr.training.checkpoint import Checkpoint
from fastlr.utils import time_slices as pace_module
from fastlr.utils.parallel import Team, resolve_n_jobs


@pytest.fixture(autouse=True)
def no_thread_is_left():
    before = set(threading.enumerate())
    yield
    end = time.monotonic() + 10.0  # joblib's own threads take a moment to end
    while not set(threading.enumerate()) <= before and time.monotonic() < end:
        time.sleep(0.01)
    assert set(threading.enumerate()) <= before


@given(start=st.integers(0, 50), n_rows=st.integers(1, 60), batch_size=st.integers(1, 9), n_threads=st.integers(1, 5))
def test_each_thread_has_the_rows_of_its_rates(start, n_rows, batch_size, n_threads):
    rates = np.arange(1.0, -(-n_rows // batch_size) + 1)
    dealt, begins = split_steps(rates, start, start + n_rows, batch_size, n_threads)
    assert begins[0] == start
    assert begins[-1] == start + n_rows
    assert [-(-(b - a) // batch_size) for a, b in itertools.pairwise(begins)] == [len(own) for own in dealt]
    np.testing.assert_array_equal(np.sort(np.concatenate(dealt)), rates)


def test_a_last_round_of_fewer_steps_than_threads(compiled, eager_threads, monkeypatch):
    """Its one batch is not full: the thread that has it stops where the rows do."""
    X, y = make_bag_of_words(99, 50, n_classes=2, mean_length=20, random_state=0)
    run, ends = LazySGD.run, []

    def spy(self, problem, order, start, stop, *rest):
        ends.append((stop, len(order)))
        run(self, problem, order, start, min(stop, len(order)), *rest)

    monkeypatch.setattr(LazySGD, "run", spy)
    SGDClassifier(n_jobs=2, deterministic=False, batch_size=8, max_iter=2, random_state=0, backend=compiled).fit(X, y)
    assert (96, 99) in ends  # of rounds of two steps the last
    assert (99, 99) in ends
    assert all(stop <= n for stop, n in ends)


def assert_same_bits(model, other):
    np.testing.assert_array_equal(model.coef_, other.coef_)
    np.testing.assert_array_equal(model.intercept_, other.intercept_)
    assert model.t_ == other.t_


@pytest.mark.parametrize("n_classes", [2, 4])
@pytest.mark.parametrize(
    "parameters",
    [
        {"penalty": "l2"},
        {"penalty": "l1", "alpha": 1e-3, "dtype": "float32"},
        {"penalty": "elasticnet", "batch_size": 5, "alpha": 1e-3},
        {"penalty": None, "shuffle": False, "class_weight": "balanced"},
    ],
    ids=str,
)
def test_same_number_of_threads_same_bits(compiled, eager_threads, parameters, n_classes):
    X, y = random_rows(600), random_labels(600, n_classes)
    models = {}
    for n_jobs in (1, 2, 3, 5):
        model = SGDClassifier(n_jobs=n_jobs, max_iter=3, random_state=0, backend=compiled, **parameters)
        models[n_jobs] = model.fit(X, y)
        for _ in range(3):
            assert_same_bits(copy.deepcopy(model).fit(X, y), model)
        assert model.t_ == 3 * -(-600 // parameters.get("batch_size", 1))
    assert len({model.coef_.tobytes() for model in models.values()}) == 4
    alone = SGDClassifier(max_iter=3, random_state=0, backend=compiled, **parameters).fit(X, y)
    assert_same_bits(alone, models[1])


def test_rows_too_few_are_trained_on_by_one_thread(compiled):
    X, y = random_rows(600), random_labels(600, 2)
    one, two = (SGDClassifier(n_jobs=n, random_state=0, backend=compiled).fit(X, y) for n in (1, 2))
    assert_same_bits(one, two)


def held_out_loss(n_classes, **parameters):
    X, y = make_bag_of_words(6000, 2000, n_classes=n_classes, random_state=0)
    train, test = slice(0, 4500), slice(4500, None)
    model = SGDClassifier(max_iter=5, random_state=0, **parameters)
    p = model.fit(X[train], y[train]).predict_proba(X[test])
    return -np.log(p[np.arange(p.shape[0]), np.searchsorted(model.classes_, y[test])]).mean()


@pytest.mark.parametrize("n_classes", [2, 6])
@pytest.mark.parametrize("penalty", ["l2", "l1"])
def test_models_are_as_good_as_one_threads(compiled, eager_threads, n_classes, penalty):
    alone = held_out_loss(n_classes, penalty=penalty, backend=compiled)
    for n_jobs in (2, 4):
        assert held_out_loss(n_classes, penalty=penalty, backend=compiled, n_jobs=n_jobs) <= 1.01 * alone


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


def test_large_batches_settle_in_threads_that_share_nothing(compiled, eager_threads):
    X, y = random_rows(600), random_labels(600, 100)
    parameters = {"n_jobs": 2, "batch_size": 200, "max_iter": 2, "random_state": 0, "backend": compiled}
    one, other = (SGDClassifier(deterministic=d, **parameters).fit(X, y) for d in (True, False))
    assert_same_bits(one, other)


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


def test_penalties_take_weights_to_zero_in_threads_too(compiled, eager_threads):
    X, y = make_bag_of_words(3000, 2000, random_state=0)
    zeros = []
    for n_jobs in (1, 2, 4):
        model = SGDClassifier(n_jobs=n_jobs, penalty="l1", alpha=1e-3, max_iter=5, random_state=0, backend=compiled)
        zeros.append(np.mean(model.fit(X, y).coef_ == 0.0))
    assert 0.2 < zeros[0] < 0.99
    np.testing.assert_allclose(zeros, zeros[0], atol=0.15)


def test_penalties_take_more_weights_to_zero_without_a_lock(compiled, eager_threads, monkeypatch):
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


@given(st.floats(0.0, 50.0))
def test_two_threads_moves_are_shared_as_if_one_came_after_the_other(reach):
    part = reach / (1.0 + reach)  # of the way to rest that a thread goes
    both = part + (1.0 - part) * part
    assert np.isclose(2.0 * local_sgd_kernels.share(reach, 2) * part, both, atol=1e-12)


@given(st.floats(0.0, 1e6), st.integers(2, 64))
def test_a_move_counts_fully_or_as_one_of_n(reach, n):
    assert 1.0 / n <= local_sgd_kernels.share(reach, n) <= 1.0
    assert local_sgd_kernels.share(0.0, n) == 1.0
    assert np.isclose(local_sgd_kernels.share(1e12, n), 1.0 / n)


@pytest.mark.parametrize("lazy", [False, True])
@pytest.mark.parametrize("n_outputs", [1, 3])
def test_merge_by_hand(compiled, lazy, n_outputs):
    rng = np.random.default_rng(0)
    n, n_features = 3, 50
    weights = np.zeros((n_features, n_outputs + lazy))
    weights[:, :n_outputs] = before = rng.normal(size=(n_features, n_outputs)) * rng.integers(0, 2, (n_features, 1))
    copies = rng.normal(size=(n, *weights.shape))
    copies[:, :25, :n_outputs] = before[:25]  # features that nobody touched
    clocks = np.array([[0.9, 0.8, 7.0, 0.0], [0.8, 0.5, 7.0, 0.0], [1.0, 0.4, 7.0, 0.0]])
    if lazy:
        copies[:, :, n_outputs] = 0.0
        copies[:, 25:, n_outputs] = 0.2
    squares, curvature, rate, l2 = rng.random(n_features), rng.random(n_outputs), 2.0, 0.1
    settled = []
    for v, (scale, owed, *_) in zip(copies, clocks, strict=True):
        due = owed - v[:, n_outputs:] if lazy else 0.0
        settled.append(scale * np.sign(v[:, :n_outputs]) * np.maximum(np.abs(v[:, :n_outputs]) - due, 0.0))
    h = rate * (squares[:, None] * curvature + l2)
    expected = before + (1 + h / 2) / (1 + n * h / 2) * (sum(settled) - n * before)
    if lazy:
        crossed = ((expected > 0) & (np.max(settled, axis=0) <= 0)) | ((expected < 0) & (np.min(settled, axis=0) >= 0))
        assert crossed.any()
        expected[crossed] = 0.0
    scratch = np.empty((3, n_outputs))
    for start, stop in ((0, 20), (20, 50)):
        kernels.load(compiled).merge(weights, copies, clocks, squares, curvature, rate, l2, start, stop, scratch)
    np.testing.assert_allclose(weights[:, :n_outputs], expected, atol=1e-12)
    assert not weights[:, n_outputs:].any()
    for one in copies:
        np.testing.assert_array_equal(one, weights)


def test_streams_go_on_in_threads(compiled, eager_threads, tmp_path):
    X, y = random_rows(900), random_labels(900, 3)

    def stream():
        model = SGDClassifier(n_jobs=2, penalty="elasticnet", alpha=1e-3, random_state=0, backend=compiled)
        model.partial_fit(X[:300], y[:300], classes=[0, 1, 2])
        fastlr.save(model, tmp_path / "model")
        for one in (model, fastlr.load(tmp_path / "model")):
            one.partial_fit(X[300:600], y[300:600]).set_params(n_jobs=None).partial_fit(X[600:800], y[600:800])
            one.set_params(n_jobs=3).partial_fit(X[800:], y[800:])
            yield one

    for model in stream():
        for other in stream():
            assert_same_bits(model, other)
        assert model.t_ == 900


@pytest.mark.parametrize("n_classes", [2, 3])
def test_predictions_do_not_depend_on_threads(compiled, eager_threads, n_classes):
    X, y = random_rows(500), random_labels(500, n_classes)
    for model in (SGDClassifier(max_iter=2, random_state=0, backend=compiled), LogisticRegression(backend=compiled)):
        model.fit(X, y)
        expected = model.decision_function(X), model.predict(X), model.predict_proba(X), model.predict_log_proba(X)
        for n_jobs in (2, 3, -1):
            model.set_params(n_jobs=n_jobs)
            found = model.decision_function(X), model.predict(X), model.predict_proba(X), model.predict_log_proba(X)
            for one, other in zip(found, expected, strict=True):
                np.testing.assert_array_equal(one, other)
            model.decision_function(X[:1])  # fewer rows than threads


@pytest.mark.parametrize("n_classes", [2, 4])
@pytest.mark.parametrize(
    ("solver", "l1_ratio", "C"),
    [("newton", 0.0, 1.0), ("lbfgs", 0.0, 1.0), ("sdca", 0.3, 1.0), ("coordinate", 1.0, 1.0), ("nesterov", 0.3, 1.0),
     ("newton", 0.0, np.inf)],
)  # fmt: skip
def test_exact_models_are_certified_in_threads_too(compiled, eager_threads, solver, l1_ratio, C, n_classes):
    X, y = random_rows(400), random_labels(400, n_classes)
    s = np.random.default_rng(0).exponential(size=400)
    model = LogisticRegression(
        solver=solver, l1_ratio=l1_ratio, C=C, tol=1e-7, max_iter=5000, random_state=0, backend=compiled
    )
    alone = copy.deepcopy(model).fit(X, y, s)
    for n_jobs in (2, 3):
        model.set_params(n_jobs=n_jobs).fit(X, y, s)
        assert model.converged_
        np.testing.assert_allclose(model.objective_, alone.objective_, rtol=2e-7)
        again = copy.deepcopy(model).fit(X, y, s)
        np.testing.assert_array_equal(again.coef_, model.coef_)
        np.testing.assert_array_equal(again.history_["objective"], model.history_["objective"])


def test_exact_models_of_the_naive_path_heed_no_threads():
    X, y = random_rows(), random_labels(60, 2)
    one, two = (LogisticRegression(n_jobs=n, backend="numpy").fit(X, y) for n in (None, 2))
    np.testing.assert_array_equal(one.coef_, two.coef_)
    with pytest.raises(ValueError, match="n_jobs=0 has no meaning"):
        LogisticRegression(n_jobs=0, backend="numpy").fit(X, y)


@pytest.mark.parametrize("n_classes", [2, 4])
@pytest.mark.parametrize("penalty", ["l2", "elasticnet"])
def test_full_batches_in_threads(compiled, eager_threads, penalty, n_classes):
    X, y = random_rows(400), random_labels(400, n_classes)
    model = SGDClassifier(batch_size="full", penalty=penalty, max_iter=20, tol=1e-12, backend=compiled)
    with pytest.warns(UserWarning, match="max_iter"):
        alone = copy.deepcopy(model).fit(X, y)
    for n_jobs in (2, 3):
        for _ in range(2):
            with pytest.warns(UserWarning, match="max_iter"):
                model.set_params(n_jobs=n_jobs).fit(X, y)
            np.testing.assert_allclose(model.coef_, alone.coef_, atol=1e-12)
            np.testing.assert_allclose(model.history_["training_loss"], alone.history_["training_loss"], atol=1e-12)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"average": True}, "n_jobs=2 does not go with average=True"),
        ({"average": True, "deterministic": False}, "n_jobs=2 does not go with average=True"),
        ({"optimizer": "ftrl", "deterministic": False}, "n_jobs=2 does not go with optimizer='ftrl'"),
        ({"deterministic": "no"}, "deterministic"),
        ({"average": 10, "n_jobs": 3}, "n_jobs=3 does not go with average=10"),
        ({"optimizer": "adagrad"}, "n_jobs=2 does not go with optimizer='adagrad'"),
        ({"optimizer": "ftrl"}, "n_jobs=2 does not go with optimizer='ftrl'"),
        ({"n_jobs": 0}, "n_jobs=0 has no meaning"),
        ({"n_jobs": 1.5}, "n_jobs"),
    ],
)
def test_what_one_thread_must_do_is_refused(compiled, parameters, message):
    X, y = random_rows(), random_labels(60, 2)
    model = SGDClassifier(**{"n_jobs": 2, "backend": compiled, **parameters})
    for fit in (model.fit, lambda X, y: model.partial_fit(X, y, classes=[0, 1])):
        with pytest.raises(ValueError, match=message):
            fit(X, y)
        assert not hasattr(model, "classes_")


@pytest.mark.parametrize("parameters", [{"average": True}, {"optimizer": "ftrl"}])
def test_a_stream_of_one_thread_refuses_more(compiled, eager_threads, parameters):
    X, y = random_rows(), random_labels(60, 2)
    model = SGDClassifier(backend=compiled, **parameters).partial_fit(X, y, classes=[0, 1]).set_params(n_jobs=2)
    with pytest.raises(ValueError, match="n_jobs=2 does not go with"):
        model.partial_fit(X, y)
    assert model.t_ == 60


def test_the_naive_path_refuses_threads():
    with pytest.raises(ValueError, match="n_jobs=2 does not go with backend='numpy'"):
        SGDClassifier(n_jobs=2, backend="numpy").fit(random_rows(), random_labels(60, 2))


def test_numbers_of_threads():
    assert resolve_n_jobs(None) == resolve_n_jobs(1) == 1
    assert resolve_n_jobs(7) == 7
    assert resolve_n_jobs(-1) >= 1
    assert resolve_n_jobs(-2) == max(resolve_n_jobs(-1) - 1, 1)
    assert resolve_n_jobs(-1000) == 1


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("factor", [2.0**400, 2.0**-400])
def test_threads_are_free_of_scale(compiled, eager_threads, factor, n_classes):
    X, y = random_rows(600), random_labels(600, n_classes)
    model = SGDClassifier(n_jobs=2, max_iter=3, random_state=0, backend=compiled)
    expected = copy.deepcopy(model).fit(X, y).predict_proba(X)
    X.data *= factor
    found = model.fit(X, y).predict_proba(X)
    np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize("deterministic", [True, False])
def test_divergence_in_a_thread_is_that_of_the_fit(compiled, eager_threads, deterministic):
    X, y = random_rows(600), random_labels(600, 2)
    X.data[-1] = 1e300
    model = SGDClassifier(
        n_jobs=2, deterministic=deterministic, max_iter=2, eta0=1e200, learning_rate="constant", backend=compiled
    )
    with pytest.raises(ValueError, match="Training diverged"):
        model.fit(X, y)
    assert not hasattr(model, "classes_")


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


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("penalty", ["l2", "l1"])
@pytest.mark.parametrize("deterministic", [True, False])
def test_ctrl_c_keeps_what_the_threads_have_done(
    compiled, eager_threads, monkeypatch, n_classes, penalty, deterministic
):
    X, y = random_rows(3000), random_labels(3000, n_classes)
    monkeypatch.setattr(pace_module.TimeSlices, "__init__", lambda self: setattr(self, "rows", 7))
    model = SGDClassifier(
        n_jobs=2, deterministic=deterministic, max_iter=50, penalty=penalty, random_state=0, backend=compiled
    )
    copy.deepcopy(model).fit(X[:100], y[:100])  # compiles the kernels
    run, n_calls = local_sgd.LazySGD.run, []

    def slow(*args):
        n_calls.append(1)
        if len(n_calls) == 20:
            signal.raise_signal(signal.SIGINT)
        time.sleep(0.001)
        return run(*args)

    monkeypatch.setattr(local_sgd.LazySGD, "run", slow)
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            model.fit(X, y)
    finally:
        signal.signal(signal.SIGINT, previous)
    assert 100 < model.t_ < 50 * 3000
    assert len(n_calls) < 50
    assert np.isfinite(model.predict_proba(X)).all()
    assert model.coef_.any()


def test_fits_in_threads_within_threads(compiled, eager_threads):
    X, y = random_rows(600), random_labels(600, 2)
    model = SGDClassifier(n_jobs=2, max_iter=2, random_state=0, backend=compiled).fit(X, y)
    with Parallel(n_jobs=2, backend="threading") as parallel:
        for other in parallel(delayed(lambda: copy.deepcopy(model).fit(X, y))() for _ in range(4)):
            assert_same_bits(other, model)


def test_a_team_ends_with_the_first_error():
    begun = threading.Barrier(3)

    def work(k):
        begun.wait(timeout=10)
        if k:
            raise ValueError(f"thread {k}")
        while not team.stopping:
            time.sleep(0.001)
        return k

    with Team(3) as team:
        with pytest.raises(ValueError, match="thread 1"):
            team.run(work)
        assert team.run(lambda k: 2 * k) == [0, 2, 4]
