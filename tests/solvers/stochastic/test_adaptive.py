"""AdaGrad and FTRL-proximal: the closed form against the eager one, and what they promise."""

import pickle

import numpy as np
import pytest
import scipy.sparse as sp
from helpers import assert_close, make_problem, random_labels, random_rows
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone

from fastlr import SGDClassifier
from fastlr.data.validation import as_rows
from fastlr.objective.penalties import ElasticNet
from fastlr.solvers.stochastic.adaptive import make_adaptive, without_duplicates
from fastlr.solvers.stochastic.optimizer import StepSlice

PENALTIES = (None, "l2", "l1", "elasticnet")
OPTIMIZERS = ("adagrad", "ftrl")


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("n_classes", [2, 4])
@pytest.mark.parametrize("batch_size", [1, 7, 100])
def test_fit_equals_the_naive_path(compiled, optimizer, penalty, n_classes, batch_size):
    X, y = random_rows(40), random_labels(40, n_classes)
    weights = np.random.default_rng(1).exponential(size=40) * (np.arange(40) % 5 != 0)
    for dtype, index, intercept, weighted in (
        (np.float64, np.int32, True, True),
        (np.float64, np.int64, False, False),
        (np.float32, np.int32, True, False),
    ):
        A = random_rows(40, dtype=dtype, index=index)
        one, other = (
            SGDClassifier(
                penalty=penalty, alpha=0.005, l1_ratio=0.4, optimizer=optimizer, batch_size=batch_size, max_iter=2,
                fit_intercept=intercept, random_state=0, backend=name,
            ).fit(A, y, sample_weight=weights if weighted else None)
            for name in (compiled, "numpy")
        )  # fmt: skip
        tolerance = 1e-9 if dtype == np.float64 else 1e-3
        assert_close(one.coef_, other.coef_, tolerance)
        assert_close(one.intercept_, other.intercept_, tolerance)
        assert one.coef_.dtype == dtype
        assert np.abs(one.coef_).max() > 0
        assert intercept or not one.intercept_.any()
        assert one.t_ == other.t_ == 2 * -(-(32 if weighted else 40) // batch_size)
    assert X.nnz == random_rows(40).nnz


@settings(max_examples=60)
@given(data=st.data())
def test_any_matrix(compiled, data):
    n_rows, n_features = data.draw(st.integers(3, 12)), data.draw(st.integers(1, 8))
    X = random_rows(n_rows, n_features + 1, 0.3, seed=data.draw(st.integers(0, 1000)))
    X.data *= 10.0 ** data.draw(st.integers(-3, 3))
    y = random_labels(n_rows, data.draw(st.sampled_from([2, 3])))
    problem = make_problem(X, y, np.random.default_rng(0).exponential(size=n_rows))
    penalty = ElasticNet.from_strengths(
        data.draw(st.sampled_from([0.0, 0.01, 0.3])), data.draw(st.sampled_from([0.0, 0.1]))
    )
    batch_size, proximal = data.draw(st.integers(1, n_rows)), data.draw(st.booleans())
    eta0 = data.draw(st.sampled_from([0.1, 1.0, 5.0]))
    results = []
    for name in (compiled, "numpy"):
        optimizer = make_adaptive(name, (n_features + 1, problem.n_outputs), np.float64, eta0, proximal, True)
        for _ in range(2):
            optimizer.run(
                StepSlice(
                    problem, problem.active_rows, 0, n_rows, np.ones(-(-n_rows // batch_size)), batch_size, penalty
                )
            )
        results.append((optimizer.model_weights(), optimizer.intercept, optimizer.loss))
    for a, b in zip(*results, strict=True):
        assert_close(a, b, 1e-7)


def test_a_step_in_which_newtons_method_circles(compiled):
    """The third row of the second batch has its least loss at .352 of its gradient; Newton's steps go round it."""
    X, y = random_rows(7, 2, 0.3, seed=5), random_labels(7, 3)
    problem, weights = make_problem(X, y, np.random.default_rng(0).exponential(size=7)), []
    for name in (compiled, "numpy"):
        optimizer = make_adaptive(name, (2, 3), np.float64, 5.0, False, True)
        for _ in range(2):
            optimizer.run(
                StepSlice(problem, problem.active_rows, 0, 7, np.ones(2), 6, ElasticNet.from_strengths(0.0, 0.0), 1.0)
            )
        weights.append(optimizer.model_weights())
    assert_close(*weights, 1e-7)


@pytest.mark.parametrize("n_classes", [2, 4])
def test_the_source_as_cpython_runs_it(compiled, n_classes):
    problem, results = make_problem(random_rows(), random_labels(60, n_classes)), []
    for backend in (compiled, "python"):
        for batch_size in (1, 7):
            optimizer = make_adaptive(backend, (40, problem.n_outputs), np.float64, 0.5, True, True)
            optimizer.run(
                StepSlice(
                    problem,
                    problem.active_rows,
                    0,
                    60,
                    np.ones(-(-60 // batch_size)),
                    batch_size,
                    ElasticNet.from_strengths(0.01, 0.1),
                    1.0,
                )
            )
            results.append(optimizer.finish())
    assert_close(results[0], results[2], 1e-12)
    assert_close(results[1], results[3], 1e-12)


@pytest.mark.parametrize("proximal", [False, True])
def test_one_step_by_hand(backend, proximal):
    """Two new features, s = 2 and 1, and a gradient of -1/2 by the score: r is s / 2 * sqrt(2)."""
    problem = make_problem(sp.csr_matrix([[2.0, -1.0], [0.0, 0.0]]), np.array([1, 0]))
    optimizer = make_adaptive(backend, (2, 1), np.float64, 0.3, proximal, True)
    optimizer.run(
        StepSlice(problem, problem.active_rows, 0, 1, np.ones(1), 1, ElasticNet.from_strengths(0.0, 0.0), 0.0)
    )
    move = 0.3 * 0.5 / (0.5 * np.sqrt(2) + 0.001)  # of each feature's share of the score
    t = 0.5
    for _ in range(100):
        t = 2.0 / (1.0 + np.exp(t * 2 * move))
    np.testing.assert_allclose(optimizer.model_weights()[:, 0], t * move * np.array([0.5, -1.0]), rtol=1e-9)


def test_large_rates_do_not_overshoot(backend):
    """However large the rate, a step leaves its own row no worse than it was."""
    X, y = random_rows(), random_labels(60, 3)
    model = SGDClassifier(optimizer="ftrl", eta0=100.0, penalty=None, shuffle=False, backend=backend)
    for i in range(60):
        row, label = X[i], y[i : i + 1]
        before = -np.log(1 / 3) if i == 0 else -model.predict_log_proba(row)[0, label[0]]
        model.partial_fit(row, label, classes=[0, 1, 2])
        assert -model.predict_log_proba(row)[0, label[0]] <= before + 1e-9


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("batch_size", [1, 8])
def test_every_feature_may_have_a_unit_of_its_own(backend, optimizer, n_classes, batch_size):
    X, y = random_rows(), random_labels(60, n_classes)
    units = sp.diags(10.0 ** np.random.default_rng(0).integers(-4, 5, 40))
    common = {"optimizer": optimizer, "penalty": None, "batch_size": batch_size, "random_state": 0, "max_iter": 4}
    one = SGDClassifier(backend=backend, **common).fit(X, y)
    other = SGDClassifier(backend=backend, **common).fit(X @ units, y)
    np.testing.assert_allclose(other.predict_proba(X @ units), one.predict_proba(X), rtol=1e-6)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("penalty", PENALTIES)
def test_the_defaults_are_free_of_scale(backend, optimizer, penalty):
    X, y = random_rows(), random_labels(60, 3)
    one, other = (
        SGDClassifier(optimizer=optimizer, penalty=penalty, random_state=0, max_iter=4, backend=backend).fit(c * X, y)
        for c in (1.0, 1000.0)
    )
    np.testing.assert_allclose(other.predict_proba(1000.0 * X), one.predict_proba(X), rtol=1e-6)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_strong_l1_leaves_few_features(backend, optimizer):
    X, y = random_rows(), random_labels(60, 3)
    counts = [
        (
            SGDClassifier(optimizer=optimizer, penalty="l1", alpha=a, max_iter=3, backend=backend).fit(X, y).coef_ != 0
        ).sum()
        for a in (1e-6, 0.02, 10.0)
    ]
    assert counts[0] > counts[1] > counts[2] == 0


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("batch_size", [1, 5])
def test_chunks_of_partial_fit_are_one_epoch_of_fit(backend, optimizer, batch_size):
    X, y = random_rows(), random_labels(60, 3)
    parameters = {
        "optimizer": optimizer, "penalty": "elasticnet", "alpha": 0.01, "batch_size": batch_size, "shuffle": False,
        "backend": backend,
    }  # fmt: skip
    whole = SGDClassifier(max_iter=1, **parameters).fit(X, y)
    model = SGDClassifier(**parameters)
    for start, stop in ((0, 10), (10, 15), (15, 50), (50, 60)):
        model.partial_fit(X[start:stop], y[start:stop], classes=np.unique(y))
        model.predict(X)
        model = pickle.loads(pickle.dumps(model))
    assert_close(model.coef_, whole.coef_, 1e-14)  # the reference sums a chunk's sorted rows in another order
    assert_close(model.intercept_, whole.intercept_, 1e-14)
    # a fitted model goes on, by partial_fit and by warm_start, as if it had never stopped
    twice = SGDClassifier(max_iter=2, **parameters).fit(X, y)
    assert_close(whole.partial_fit(X, y).coef_, twice.coef_, 1e-9)
    warm = SGDClassifier(max_iter=1, warm_start=True, **parameters).fit(X, y).fit(X, y)
    assert_close(warm.coef_, twice.coef_, 1e-12)


def test_what_does_not_go_together_is_refused(backend):
    X, y = random_rows(), random_labels(60, 2)
    for setting, message in (
        ({"learning_rate": "invscaling"}, "optimizer='ftrl' does not support learning_rate='invscaling'"),
        ({"average": True}, "optimizer='ftrl' does not support average=True; use False"),
        ({"batch_size": "full"}, "optimizer='ftrl' does not support batch_size='full'"),
        ({"optimizer": "adam"}, "'optimizer' parameter of SGDClassifier must be a str among"),
    ):
        model = SGDClassifier(**{"optimizer": "ftrl", "backend": backend, **setting})
        with pytest.raises(ValueError, match=message):
            model.fit(X, y)
        assert not hasattr(model, "classes_")
    model = clone(SGDClassifier(optimizer="ftrl", backend=backend)).fit(X, y)
    model.coef_ = np.ones((1, 40))
    with pytest.raises(ValueError, match="cannot continue from weights alone"):
        model.partial_fit(X, y)
    np.testing.assert_array_equal(model.coef_, 1.0)
    model.set_params(optimizer="sgd").partial_fit(X, y)  # which can


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_weights_without_their_sums_do_not_go_on(backend, optimizer):
    X, y = random_rows(), random_labels(60, 3)
    best = SGDClassifier(optimizer=optimizer, early_stopping=True, n_iter_no_change=2, random_state=0, backend=backend)
    best.fit(X, y, eval_set=(X, y[::-1]))  # which soon gets worse
    assert best.best_epoch_ == best.n_iter_ - 2
    until = clone(best).set_params(early_stopping=False, max_iter=best.best_epoch_).fit(X, y)
    np.testing.assert_array_equal(best.coef_, until.coef_)
    np.testing.assert_array_equal(best.intercept_, until.intercept_)
    for model, classes in ((best.set_params(early_stopping=False), None), (until, [0, 1, 2, 3])):
        with pytest.raises(ValueError, match=r"cannot continue from weights alone: .* classes were added"):
            model.partial_fit(X, y, classes=classes)
    np.testing.assert_array_equal(until.classes_, [0, 1, 2])
    until.partial_fit(X, y)


def test_values_out_of_range_are_refused(backend):
    X, y = random_rows(), random_labels(60, 2)
    X.data[X.indptr[10]] = 1e160
    if backend == "numpy":
        pytest.skip("the reference checks its scores alone")
    with pytest.raises(ValueError, match="Training diverged"):
        SGDClassifier(optimizer="adagrad", penalty=None, backend=backend).fit(X, y)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_repeated_features_are_summed_in_the_order_of_the_entries(dtype):
    """SciPy sorts a row's columns first, and the order of those that are equal depends on the C++ library."""
    rng = np.random.default_rng(0)
    columns, values = rng.integers(0, 3, 200), rng.normal(size=200).astype(dtype)
    rows = without_duplicates(as_rows(sp.csr_array((values, columns, [0, 200, 200]), shape=(2, 5))))
    assert (rows.indptr.tolist(), rows.indices.tolist(), rows.dtype) == ([0, 3, 3], [0, 1, 2], dtype)
    sums = np.zeros(3)
    for column, value in zip(columns, values.tolist(), strict=True):
        sums[column] += value
    np.testing.assert_array_equal(rows.data, sums.astype(dtype))
