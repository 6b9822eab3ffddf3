"""What laziness must not change: the weights, whoever looks, however the rows come, wherever the run is cut."""

import numpy as np
import pytest
import scipy.sparse as sp
from helpers import assert_same_bits, make_problem, random_labels, random_rows

from fastlr import SGDClassifier
from fastlr.data.problem import Problem
from fastlr.data.validation import check_rows
from fastlr.objective.penalties import ElasticNet
from fastlr.solvers.stochastic import sgd as sgd_module
from fastlr.solvers.stochastic.optimizer import StepSlice
from fastlr.solvers.stochastic.sgd import LazySGD, make_sgd
from fastlr.utils.arrays import frozen
from fastlr.utils.time_slices import TimeSlices

PENALTIES = (None, "l2", "l1", "elasticnet")


def steps_of(backend, problem, penalty, dtype=np.float64):
    shape = (problem.rows.shape[1], problem.n_outputs)
    return make_sgd(backend, np.zeros(shape, dtype), np.zeros(problem.n_outputs), penalty.l1 > 0, False)


@pytest.mark.usefixtures("last_step_only")
@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("n_classes", [2, 4])
@pytest.mark.parametrize("batch_size", [1, 5])
@pytest.mark.parametrize("learning_rate", ["constant", "optimal", "invscaling"])
def test_chunks_of_partial_fit_are_one_epoch_of_fit(backend, penalty, n_classes, batch_size, learning_rate):
    """Bit for bit, whether or not somebody looked in between."""
    if penalty is None and learning_rate == "optimal":
        pytest.skip("optimal needs a penalty")
    X, y = random_rows(), random_labels(60, n_classes)
    weights = np.random.default_rng(0).exponential(size=60)
    parameters = {
        "penalty": penalty, "alpha": 0.01, "learning_rate": learning_rate, "eta0": 0.5, "batch_size": batch_size,
        "shuffle": False, "backend": backend,
    }  # fmt: skip
    whole = SGDClassifier(max_iter=1, **parameters).fit(X, y, sample_weight=weights)
    for looks in (False, True):
        model = SGDClassifier(**parameters)
        for start, stop in ((0, 10), (10, 15), (15, 50), (50, 60)):
            model.partial_fit(X[start:stop], y[start:stop], classes=np.unique(y), sample_weight=weights[start:stop])
            if looks:
                model.predict(X)
                assert model.coef_.shape == whole.coef_.shape
        np.testing.assert_array_equal(model.coef_, whole.coef_)
        np.testing.assert_array_equal(model.intercept_, whole.intercept_)
        assert model.t_ == whole.t_


@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("batch_size", [1, 5, "full"])
@pytest.mark.filterwarnings("ignore:Training stopped")
def test_same_seed_same_bits(backend, penalty, batch_size):
    X, y = random_rows(), random_labels(60, 3)
    one, two, other = (
        SGDClassifier(penalty=penalty, batch_size=batch_size, max_iter=3, tol=9.0, random_state=seed, backend=backend)
        .fit(X, y).coef_ for seed in (0, 0, 1)
    )  # fmt: skip
    np.testing.assert_array_equal(one, two)
    assert (one != other).any() == (batch_size != "full")


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize(
    ("optimizer", "batch_size"),
    [("sgd", 1), ("sgd", 4), ("sgd", 30), ("sgd", 150), ("adagrad", 1), ("ftrl", 1), ("ftrl", 4)],
)
def test_results_do_not_depend_on_the_slices(compiled, monkeypatch, n_classes, optimizer, batch_size):
    X, y = random_rows(200), random_labels(200, n_classes)
    monkeypatch.setattr(sgd_module, "LARGE_BATCH", 0)
    models = []
    for size in (1, 40, 1000):
        monkeypatch.setattr(TimeSlices, "__init__", lambda self, size=size: setattr(self, "rows", size))
        parameters = {"optimizer": optimizer, "batch_size": batch_size, "penalty": "elasticnet", "max_iter": 4}
        models.append(SGDClassifier(random_state=0, backend=compiled, **parameters).fit(X, y))
    for other in models[1:]:
        assert_same_bits(models[0], other)


def test_a_feature_seen_once_ends_at_exactly_zero(backend):
    """Its gradient gave it a weight; the penalty of the following steps exceeds that weight."""
    X = sp.csr_matrix(np.array([[1.0, 0.0]] + [[0.0, 1.0]] * 30))
    y = np.array([1] + [0, 1] * 15)
    for batch_size in (1, 3):
        model = SGDClassifier(
            penalty="l1", alpha=0.05, learning_rate="constant", eta0=0.5, max_iter=1, shuffle=False, backend=backend,
            batch_size=batch_size,
        )  # fmt: skip
        model.partial_fit(X[:3], y[:3], classes=[0, 1])
        assert model.coef_[0, 0] > 0
        model.partial_fit(X[3:], y[3:])
        assert model.coef_[0, 0] == 0.0
        assert model.fit(X, y).coef_[0, 0] == 0.0


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_strong_penalties_rebase_the_scale(compiled, dtype, n_classes):
    """Hundreds of steps that each halve the weights leave the range of the scale many times."""
    X, y = random_rows(dtype=dtype), random_labels(60, n_classes)
    problem = make_problem(X, y)
    for penalty in (
        ElasticNet.from_strengths(0.0, 3.0),
        ElasticNet.from_strengths(1e-4, 3.0),
        ElasticNet.from_strengths(1e25, 0.0),
    ):
        results = []
        for backend in (compiled, "numpy"):
            optimizer = steps_of(backend, problem, penalty, dtype)
            for _ in range(8):
                optimizer.run(StepSlice(problem, problem.active_rows, 0, 60, np.full(60, 0.5), 1, penalty))
            results.append(optimizer.finish())
        np.testing.assert_allclose(*results, atol=1e-4 if dtype == np.float32 else 1e-12)
        assert np.isfinite(results[0]).all()


def test_float32_payments_add_up(compiled):
    """A feature that pays 200 times has paid what one pays that is read only at the end."""
    n = 20_000
    indptr = np.arange(n + 1) // 100
    X = sp.csr_matrix((np.full(200, 1e-30, np.float32), np.zeros(200, np.int32), indptr), shape=(n, 2))
    problem = make_problem(X, np.arange(n) % 2)
    optimizer = LazySGD(compiled, np.ones((2, 1), np.float32), np.zeros(1), lazy=True, track_loss=False)
    optimizer.run(
        StepSlice(problem, problem.active_rows, 0, n, np.ones(n), 1, ElasticNet.from_strengths(1e-5, 0.0), 0.0)
    )
    read, unread = optimizer.finish()[:, 0]
    assert unread == pytest.approx(1 - n * 1e-5, abs=1e-7)
    assert read == pytest.approx(unread, abs=200 * 6e-8)


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("batch_size", [1, 4])
def test_a_row_of_weight_zero_is_absent(backend, n_classes, batch_size):
    X, y = random_rows(), random_labels(60, n_classes)
    weights = np.ones(60)
    weights[5::7] = 0.0
    present = weights > 0
    parameters = {
        "penalty": "elasticnet", "alpha": 0.01, "batch_size": batch_size, "max_iter": 3, "random_state": 0,
        "shuffle": False, "backend": backend,
    }  # fmt: skip
    one = SGDClassifier(**parameters).fit(X, y, sample_weight=weights)
    two = SGDClassifier(**parameters).fit(X[present], y[present])
    np.testing.assert_array_equal(one.coef_, two.coef_)
    assert one.t_ == two.t_


@pytest.mark.parametrize("n_classes", [2, 3])
def test_in_full_batches_a_weight_of_two_is_the_row_twice(backend, n_classes):
    X, y = random_rows(), random_labels(60, n_classes)
    copies = np.random.default_rng(0).integers(0, 3, 60)
    copies[:3] = 1
    repeated = np.repeat(np.arange(60), copies)
    parameters = {"penalty": "elasticnet", "batch_size": "full", "max_iter": 50, "tol": 0.0, "backend": backend}
    with pytest.warns(UserWarning, match="max_iter"):
        one = SGDClassifier(class_weight="balanced", **parameters).fit(X, y, sample_weight=copies)
    with pytest.warns(UserWarning, match="max_iter"):
        two = SGDClassifier(class_weight="balanced", **parameters).fit(X[repeated], y[repeated])
    np.testing.assert_allclose(one.coef_, two.coef_, atol=1e-13)
    np.testing.assert_allclose(one.intercept_, two.intercept_, atol=1e-13)


def test_a_weighted_step_is_the_eager_weighted_step(backend):
    """A row of weight s follows s times its gradient and pays s times the penalty."""
    x, w, s, eta, l1, l2 = np.array([1.0, -2.0, 0.0]), np.array([0.3, -0.2, 0.01]), 2.5, 0.1, 0.05, 0.2
    problem = Problem.make(check_rows(x[None, :]), frozen(np.zeros(1, np.int32)), frozen(np.array([s])), 2)
    optimizer = make_sgd(backend, w[:, None].copy(), np.zeros(1), True, False)
    optimizer.run(
        StepSlice(problem, problem.active_rows, 0, 1, np.array([eta]), 1, ElasticNet.from_strengths(l1, l2), 1.0)
    )
    moved = w - eta * s * x / (1 + np.exp(-x @ w))
    expected = np.sign(moved) * np.maximum(np.abs(moved) - eta * s * l1, 0) / (1 + eta * s * l2)
    np.testing.assert_allclose(optimizer.finish()[:, 0], expected, atol=1e-15)


def test_partial_fit_costs_nothing_a_feature(compiled):
    """A step among 20 million features touches no memory but its own rows': the state's pages stay unmapped."""
    resource = pytest.importorskip("resource")
    n_features = 20_000_000
    X = sp.csr_matrix(([1.0, 1.0], [5, n_features - 1], [0, 1, 2]), shape=(2, n_features))
    model = SGDClassifier(penalty="elasticnet", alpha=1e-4, learning_rate="constant", eta0=0.1, backend=compiled)
    model.partial_fit(X, [0, 1], classes=[0, 1])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(20):
        model.partial_fit(X, [0, 1])
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000
    assert model.t_ == 42
