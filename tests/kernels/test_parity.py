"""The kernels against the NumPy reference: same steps, same weights, to rounding."""

import itertools

import numpy as np
import pytest
from helpers import assert_close, make_problem, random_labels, random_rows
from hypothesis import given, settings
from hypothesis import strategies as st

from fastlr import SGDClassifier
from fastlr.kernels.compilers.python import bind_sources
from fastlr.objective.penalties import ElasticNet
from fastlr.solvers.stochastic import sgd as lazy_module
from fastlr.solvers.stochastic.optimizer import StepSlice
from fastlr.solvers.stochastic.sgd import LazySGD, make_sgd
from fastlr.utils.arrays import frozen

SCHEDULES = {
    "auto": {},
    "constant": {"learning_rate": "constant", "eta0": 0.3},
    "optimal": {"learning_rate": "optimal", "alpha": 0.01},
    "invscaling": {"learning_rate": "invscaling", "eta0": 0.5, "power_t": 0.3},
}
PENALTIES = (None, "l2", "l1", "elasticnet")

pytestmark = pytest.mark.filterwarnings("ignore:Training stopped")


@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("n_classes", [2, 5])
@pytest.mark.parametrize("batch_size", [1, 7, 100, "full"])  # 100 is more than there are rows
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_fit_equals_the_naive_path(compiled, penalty, n_classes, batch_size, schedule):
    X, y = random_rows(40), random_labels(40, n_classes)
    weights = np.random.default_rng(1).exponential(size=40) * (np.arange(40) % 5 != 0)
    for shuffle, intercept, weighted, dtype in itertools.product(
        (False, True), (False, True), (False, True), (np.float64, np.float32)
    ):
        if dtype == np.float32 and not (shuffle and intercept):
            continue
        parameters = {
            "alpha": 0.01, "penalty": penalty, "l1_ratio": 0.4, "batch_size": batch_size, "shuffle": shuffle,
            "fit_intercept": intercept, "max_iter": 2, "random_state": 0, **SCHEDULES[schedule],
        }  # fmt: skip
        if penalty is None and schedule == "optimal":
            continue
        models = [
            SGDClassifier(**parameters, backend=backend).fit(
                X.astype(dtype), y, sample_weight=weights if weighted else None
            )
            for backend in (compiled, "numpy")
        ]
        tolerance = 1e-10 if dtype == np.float64 else 1e-4
        assert_close(models[0].coef_, models[1].coef_, tolerance)
        assert_close(models[0].intercept_, models[1].intercept_, tolerance)
        assert models[0].t_ == models[1].t_
        assert np.abs(models[0].coef_).max() > 0
        assert models[0].coef_.dtype == dtype
        assert intercept or not models[0].intercept_.any()


@pytest.mark.parametrize("index", [np.int32, np.int64])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_every_type_of_arrays(compiled, index, dtype):
    X, y = random_rows(dtype=dtype, index=index), random_labels(60, 3)
    assert X.indices.dtype == index
    for labels in (y, y > 0):
        for batch_size in (1, 7, "full"):
            parameters = {"penalty": "elasticnet", "alpha": 0.01, "max_iter": 2, "batch_size": batch_size}
            one, other = (
                SGDClassifier(random_state=0, backend=name, **parameters).fit(X, labels) for name in (compiled, "numpy")
            )
            assert_close(one.coef_, other.coef_, 1e-4 if dtype == np.float32 else 1e-10)
            assert_close(one.decision_function(X), other.decision_function(X), 1e-4 if dtype == np.float32 else 1e-10)


def run_steps(optimizer, problem, batch_size, penalty, n_epochs=2, eta=0.3):
    order = problem.active_rows
    for _ in range(n_epochs):
        optimizer.run(
            StepSlice(problem, order, 0, len(order), np.full(-(-len(order) // batch_size), eta), batch_size, penalty)
        )
    return optimizer.finish(), optimizer.intercept


@settings(max_examples=60)
@given(data=st.data())
def test_any_matrix(compiled, data):
    """Random CSR matrices, penalties and batches: kernels and reference agree."""
    n_rows, n_features = data.draw(st.integers(2, 12)), data.draw(st.integers(1, 8))
    value = st.floats(-4, 4, width=32)
    lengths = data.draw(st.lists(st.integers(0, 6), min_size=n_rows, max_size=n_rows))
    nnz = sum(lengths)
    X = random_rows(n_rows, n_features + 1)
    X.indptr = np.r_[0, np.cumsum(lengths)].astype(np.int32)
    X.indices = np.array(data.draw(st.lists(st.integers(0, n_features), min_size=nnz, max_size=nnz)), np.int32)
    X.data = np.array(data.draw(st.lists(value, min_size=nnz, max_size=nnz)), float)
    y = random_labels(n_rows, data.draw(st.sampled_from([2, min(3, n_rows)])))
    weights = np.array(data.draw(st.lists(st.floats(0, 3), min_size=n_rows, max_size=n_rows)))
    if not weights.any():
        weights = None
    penalty = ElasticNet.from_strengths(
        data.draw(st.sampled_from([0.0, 0.05, 1.0])), data.draw(st.sampled_from([0.0, 0.05, 1.0]))
    )
    batch_size = data.draw(st.integers(1, n_rows))
    problem = make_problem(X, y, weights)
    results = []
    for name in (compiled, "numpy"):
        weights, intercept = np.zeros((n_features + 1, problem.n_outputs)), np.zeros(problem.n_outputs)
        results.append(
            run_steps(make_sgd(name, weights, intercept, penalty.l1 > 0, True), problem, batch_size, penalty)
        )
    assert_close(results[0][0], results[1][0], 1e-10)
    assert_close(results[0][1], results[1][1], 1e-10)


@pytest.mark.parametrize("n_classes", [2, 4])
@pytest.mark.parametrize("l1", [0.0, 0.01])
@pytest.mark.parametrize("batch_size", [5, 55])
def test_large_batches_are_the_same_steps(compiled, monkeypatch, n_classes, l1, batch_size):
    """Batches cut within, by rows (5 rows, 40 features) or through a gradient of all features (55 rows)."""
    problem = make_problem(random_rows(), random_labels(60, n_classes))
    penalty = ElasticNet.from_strengths(l1, 0.01)
    results = []
    for large in (0, 1 << 20):
        monkeypatch.setattr(lazy_module, "LARGE_BATCH", large)
        optimizer = LazySGD(compiled, np.zeros((40, problem.n_outputs)), np.zeros(problem.n_outputs), l1 > 0, True)
        results.append((*run_steps(optimizer, problem, batch_size, penalty), optimizer.loss))
    for a, b in zip(*results, strict=True):
        assert_close(a, b, 1e-12)


@pytest.mark.parametrize("n_classes", [2, 4])
def test_the_source_as_cpython_runs_it(compiled, n_classes):
    """The same lines, compiled and not."""
    problem = make_problem(random_rows(), random_labels(60, n_classes))
    results = []
    for backend in (compiled, "python"):
        for l1, batch_size in itertools.product((0.0, 0.01), (1, 7)):
            optimizer = LazySGD(backend, np.zeros((40, problem.n_outputs)), np.zeros(problem.n_outputs), l1 > 0, True)
            results.append(run_steps(optimizer, problem, batch_size, ElasticNet.from_strengths(l1, 0.01)))
        optimizer = LazySGD(backend, np.zeros((40, problem.n_outputs)), np.zeros(problem.n_outputs), False, True)
        norm = optimizer.start_full_step(problem, ElasticNet.from_strengths(0.01, 0.01), 1.0)
        optimizer.end_full_step(problem, 0.5, ElasticNet.from_strengths(0.01, 0.01), 1.0)
        results.append((optimizer.finish(), np.array([norm])))
    half = len(results) // 2
    for a, b in zip(results[:half], results[half:], strict=True):
        assert_close(a[0], b[0], 1e-13)
        assert_close(a[1], b[1], 1e-13)


def test_two_class_softmax_is_the_binary_model():
    """Loss and probabilities of scores (z1, z2) are the binary ones at z = z2 - z1."""
    python = bind_sources()
    for z1, z2 in ((0.3, -1.2), (0.0, 30.0), (-500.0, 500.0), (1000.0, -1000.0)):
        for label in (0, 1):
            scores = np.array([z1, z2])
            loss = python.softmax(scores) - (z1, z2)[label]
            assert loss == pytest.approx(python.binary_loss(z2 - z1, label), rel=1e-12, abs=1e-12)
            assert scores[1] - label == pytest.approx(python.binary_derivative(z2 - z1, label), rel=1e-9, abs=1e-15)


def test_rows_repeated_in_a_batch_count_each_time(backend):
    X, y = random_rows(), random_labels(60, 3)
    problem = make_problem(X, y)
    order = frozen(np.array([3, 8, 8, 3, 3, 20]))
    optimizer = make_sgd(backend, np.zeros((40, 3)), np.zeros(3), True, False)
    optimizer.run(StepSlice(problem, order, 0, 6, np.array([0.5]), 6, ElasticNet.from_strengths(0.01, 0.01), 1.0))
    expected = np.zeros((40, 3))
    for row in order:
        p = np.full(3, 1 / 3)
        p[y[row]] -= 1
        expected += np.outer(X[row].toarray(), p)
    expected = -0.5 * expected / 6
    expected = np.sign(expected) * np.maximum(np.abs(expected) - 0.005, 0) / 1.005
    np.testing.assert_allclose(optimizer.finish(), expected, atol=1e-14)
