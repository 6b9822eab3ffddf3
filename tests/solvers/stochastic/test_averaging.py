"""The mean of the iterates: against the explicit mean of all of them, for any penalty, batches and cuts."""

import numpy as np
import pytest
import scipy.sparse as sp
from helpers import assert_close, make_problem, random_labels, random_rows
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import SGDClassifier as Peer

from fastlr import SGDClassifier
from fastlr.objective.penalties import ElasticNet
from fastlr.solvers.stochastic import sgd as lazy_module
from fastlr.solvers.stochastic.optimizer import StepSlice
from fastlr.solvers.stochastic.sgd import LazySGD, make_sgd
from fastlr.utils.arrays import frozen

PENALTIES = (None, "l2", "l1", "elasticnet")

pytestmark = pytest.mark.filterwarnings("ignore:Training stopped")


def iterates_of(problem, batch_size, penalty, rates, order):
    """All iterates of the reference, one after another."""
    optimizer = make_sgd("numpy", np.zeros((problem.rows.shape[1], problem.n_outputs)), np.zeros(problem.n_outputs),
                       True, False)  # fmt: skip
    weights, intercepts = [], []
    for t, begin in enumerate(range(0, len(order), batch_size)):
        stop = min(begin + batch_size, len(order))
        optimizer.run(StepSlice(problem, order, begin, stop, rates[t : t + 1], batch_size, penalty))
        weights.append(optimizer.model_weights())
        intercepts.append(optimizer.intercept.copy())
    return np.array(weights), np.array(intercepts)


@pytest.mark.parametrize("n_classes", [2, 4])
@pytest.mark.parametrize("batch_size", [1, 7, 100, "full"])
@pytest.mark.parametrize("penalty", PENALTIES)
def test_fit_equals_the_naive_path(compiled, penalty, n_classes, batch_size):
    X, y = random_rows(), random_labels(60, n_classes)
    weights = np.random.default_rng(1).exponential(size=60) * (np.arange(60) % 5 != 0)
    for average, dtype, alpha in ((True, np.float64, 0.02), (30, np.float64, 0.08), (True, np.float32, 0.02)):
        one, other = (
            SGDClassifier(
                penalty=penalty, alpha=alpha, l1_ratio=0.5, batch_size=batch_size, max_iter=4, eta0=0.3, random_state=0,
                learning_rate="invscaling", average=average, backend=name,
            ).fit(X.astype(dtype), y, sample_weight=weights)
            for name in (compiled, "numpy")
        )  # fmt: skip
        assert_close(one.coef_, other.coef_, 1e-10 if dtype == np.float64 else 1e-4)
        assert_close(one.intercept_, other.intercept_, 1e-10 if dtype == np.float64 else 1e-4)
        assert one.coef_.dtype == dtype
        assert one.coef_.shape == (1 if n_classes == 2 else n_classes, 40)
        assert np.abs(one.coef_).max() > 0


@settings(max_examples=80)
@given(data=st.data())
def test_the_mean_is_that_of_all_iterates(backend, data):
    """Random matrices, penalties strong enough to take weights to zero unseen, any first step, any history."""
    n_rows, n_features = data.draw(st.integers(4, 40)), data.draw(st.integers(1, 8))
    X = random_rows(n_rows, n_features + 1, 0.3, seed=data.draw(st.integers(0, 1000)))
    y = random_labels(n_rows, data.draw(st.sampled_from([2, 3])))
    weights = data.draw(st.sampled_from([None, np.random.default_rng(0).exponential(size=n_rows)]))
    problem = make_problem(X, y, weights)
    penalty = ElasticNet.from_strengths(
        data.draw(st.sampled_from([0.0, 0.01, 0.1])), data.draw(st.sampled_from([0.0, 0.01, 2.0]))
    )
    batch_size, average = data.draw(st.integers(1, 3)), data.draw(st.integers(1, n_rows))
    order = frozen(np.random.default_rng(0).integers(0, n_rows, 3 * n_rows))
    n_steps = -(-len(order) // batch_size)
    rates = np.random.default_rng(1).uniform(0.0, 1.0, n_steps)
    weights, intercepts = iterates_of(problem, batch_size, penalty, rates, order)
    optimizer = make_sgd(backend, np.zeros((n_features + 1, problem.n_outputs)), np.zeros(problem.n_outputs),
                       penalty.l1 > 0, False, average)  # fmt: skip
    if backend != "numpy" and penalty.l1:
        optimizer.history = np.zeros((1 + data.draw(st.integers(1, 50)), 4))
    half = data.draw(st.integers(0, n_steps))
    for first, last in ((0, half), (half, n_steps)):
        start, stop = first * batch_size, min(last * batch_size, len(order))
        if start < stop:
            optimizer.run(StepSlice(problem, order, start, stop, rates[first:last], batch_size, penalty))
            counted = slice(average - 1, last) if last >= average else slice(last - 1, last)
            assert_close(optimizer.model_weights(), weights[counted].mean(axis=0))
            assert_close(optimizer.intercept, intercepts[counted].mean(axis=0))
    assert_close(optimizer.finish(), weights[counted].mean(axis=0))


def test_a_weight_taken_to_zero_unseen(backend):
    """One row gives a feature the weight 0.5; a penalty of 0.2 a step takes it away: 0.3, 0.1, 0, 0, ..."""
    X = sp.csr_matrix(([1.0], [0], [0] + [1] * 11), shape=(11, 2))
    problem = make_problem(X, np.r_[1, np.zeros(10, int)])
    optimizer = make_sgd(backend, np.zeros((2, 1)), np.zeros(1), True, False, 1)
    optimizer.run(
        StepSlice(problem, problem.active_rows, 0, 11, np.ones(11), 1, ElasticNet.from_strengths(0.2, 0.0), 0.0)
    )
    np.testing.assert_allclose(optimizer.model_weights()[:, 0], [(0.3 + 0.1) / 11, 0.0], rtol=1e-14)


def test_the_mean_has_more_features_than_the_last_iterate(backend, last_step_only):
    """What the L1 penalty has taken to zero was there for a while."""
    X, y = random_rows(), random_labels(60, 2)
    setting = {"penalty": "l1", "alpha": 0.05, "max_iter": 5, "random_state": 0, "backend": backend}
    last, mean = (SGDClassifier(average=average, **setting).fit(X, y).coef_ for average in (False, True))
    assert (mean != 0).sum() > (last != 0).sum() > 0


@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("batch_size", [1, 5])
def test_chunks_of_partial_fit_are_one_epoch_of_fit(backend, last_step_only, penalty, n_classes, batch_size):
    """Bit for bit, whether or not somebody looked in between."""
    X, y = random_rows(), random_labels(60, n_classes)
    parameters = {
        "penalty": penalty, "alpha": 0.02, "learning_rate": "constant", "eta0": 0.5, "batch_size": batch_size,
        "shuffle": False, "average": 4, "backend": backend,
    }  # fmt: skip
    whole = SGDClassifier(max_iter=1, **parameters).fit(X, y)
    for looks in (False, True):
        model = SGDClassifier(**parameters)
        for start, stop in ((0, 10), (10, 15), (15, 50), (50, 60)):
            model.partial_fit(X[start:stop], y[start:stop], classes=np.unique(y))
            if looks:
                model.predict(X)
        np.testing.assert_array_equal(model.coef_, whole.coef_)
        np.testing.assert_array_equal(model.intercept_, whole.intercept_)


def test_before_the_first_step_that_counts_there_is_the_last_iterate(backend):
    X, y = random_rows(), random_labels(60, 3)
    setting = {"penalty": "l1", "random_state": 0, "backend": backend, "max_iter": 2}
    late = SGDClassifier(average=1000, **setting).fit(X, y)
    plain = SGDClassifier(**setting).fit(X, y)
    assert_close(late.coef_, plain.coef_)
    assert_close(late.intercept_, plain.intercept_)
    one = SGDClassifier(average=120, **setting).fit(X, y)  # the last step alone
    assert_close(one.coef_, plain.coef_)
    np.testing.assert_array_equal(SGDClassifier(average=0, **setting).fit(X, y).coef_, plain.coef_)
    np.testing.assert_array_equal(
        SGDClassifier(average=1, **setting).fit(X, y).coef_, SGDClassifier(average=True, **setting).fit(X, y).coef_
    )


@pytest.mark.parametrize("n_classes", [2, 4])
@pytest.mark.parametrize("l1", [0.0, 0.01])
@pytest.mark.parametrize("batch_size", [5, 55])
def test_large_batches_are_the_same_steps(compiled, monkeypatch, n_classes, l1, batch_size):
    problem, rates = make_problem(random_rows(), random_labels(60, n_classes)), np.full(60, 0.3)
    results = []
    for large in (0, 1 << 20):
        monkeypatch.setattr(lazy_module, "LARGE_BATCH", large)
        optimizer = LazySGD(compiled, np.zeros((40, problem.n_outputs)), np.zeros(problem.n_outputs), l1 > 0, True, 1)
        for _ in range(3):
            n_steps = -(-60 // batch_size)
            optimizer.run(
                StepSlice(
                    problem,
                    problem.active_rows,
                    0,
                    60,
                    rates[:n_steps],
                    batch_size,
                    ElasticNet.from_strengths(l1, 0.01),
                    1.0,
                )
            )
        results.append((optimizer.finish(), optimizer.intercept))
    assert_close(results[0][0], results[1][0], 1e-12)
    assert_close(results[0][1], results[1][1], 1e-12)


@pytest.mark.parametrize("n_classes", [2, 4])
def test_the_source_as_cpython_runs_it(compiled, n_classes):
    problem = make_problem(random_rows(), random_labels(60, n_classes))
    results = []
    for backend in (compiled, "python"):
        for l1, batch_size in ((0.0, 1), (0.02, 1), (0.02, 7)):
            optimizer = LazySGD(
                backend, np.zeros((40, problem.n_outputs)), np.zeros(problem.n_outputs), l1 > 0, True, 5
            )
            rates = np.full(-(-60 // batch_size), 0.3)
            penalty = ElasticNet.from_strengths(l1, 0.01)
            optimizer.run(StepSlice(problem, problem.active_rows, 0, 60, rates, batch_size, penalty))
            results.append(optimizer.finish())
    for a, b in zip(results[:3], results[3:], strict=True):
        assert_close(a, b, 1e-13)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_strong_penalties_lose_no_digits(compiled, dtype):
    """The scale falls by half a step, or the penalty due comes to many times a weight."""
    largest = 0.5 if dtype == np.float32 else 1e3
    problem = make_problem(random_rows(dtype=dtype), random_labels(60, 3))
    for penalty in (
        ElasticNet.from_strengths(0.0, 1.0),
        ElasticNet.from_strengths(0.001, 1.0),
        ElasticNet.from_strengths(largest, 0.0),
    ):
        results = []
        for name in (compiled, "numpy"):
            optimizer = make_sgd(name, np.zeros((40, 3), dtype), np.zeros(3), penalty.l1 > 0, False, 1)
            for _ in range(10):
                optimizer.run(StepSlice(problem, problem.active_rows, 0, 60, np.full(60, 1.0), 1, penalty))
            results.append(optimizer.finish())
        assert_close(*results, 2e-4 if dtype == np.float32 else 1e-8)


def test_without_a_penalty_it_is_scikit_learns(backend):
    """Which averages rightly there."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(40, 5)), rng.integers(0, 2, 40)
    common = {"penalty": None, "learning_rate": "constant", "eta0": 0.1, "max_iter": 3, "tol": None, "shuffle": False}
    for average in (True, 50):
        peer = Peer(loss="log_loss", alpha=1.0, average=average, **common).fit(X, y)
        model = SGDClassifier(average=average, backend=backend, **common).fit(X, y)
        np.testing.assert_allclose(model.coef_, peer.coef_, rtol=1e-6)
        np.testing.assert_allclose(model.intercept_, peer.intercept_, rtol=1e-6)


def test_bad_values_are_refused():
    for bad in (-1, 0.5, "yes"):
        with pytest.raises(ValueError, match="'average' parameter of SGDClassifier must be an int in the range"):
            SGDClassifier(average=bad).fit([[0.0], [1.0]], [0, 1])


def test_training_goes_on_from_the_iterate_in_a_stream(backend):
    """Not from the mean that is shown."""
    X, y = random_rows(), random_labels(60, 2)
    common = {"learning_rate": "constant", "eta0": 0.5, "shuffle": False, "backend": backend}
    whole = SGDClassifier(max_iter=2, **common).fit(X, y)
    model = SGDClassifier(average=120, **common)
    model.partial_fit(X, y, classes=[0, 1])
    model.partial_fit(X, y)
    assert_close(model.coef_, whole.coef_)


def test_the_mean_is_not_lost_where_another_backend_cannot_continue_it(compiled):
    X, y = random_rows(), random_labels(60, 2)
    model = SGDClassifier(average=True, backend="numpy").partial_fit(X, y, classes=[0, 1])
    before = model.coef_.copy()
    with pytest.raises(ValueError, match="steps taken with backend='numpy' cannot continue with"):
        model.set_params(backend=compiled).partial_fit(X, y)
    np.testing.assert_array_equal(model.coef_, before)
