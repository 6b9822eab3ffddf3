"""What a pilot finds out about the labels, and what is planned by it."""

import dataclasses

import numpy as np
import pytest
import scipy.sparse as sp
from helpers import make_problem

from fastlr import SGDClassifier
from fastlr.schedules import Constant
from fastlr.solvers.stochastic.sgd import LazySGD
from fastlr.training.config import TrainingConfig
from fastlr.training.defaults import planned_epochs, rate_gain
from fastlr.training.pilot import needs_pilot, pilot_loss
from fastlr.training.plan import make_plan, scale_of


def words(n_rows=1200, n_classes=2, noise=0.0, seed=0):
    """Return rows of ten words, one of which tells the class, and labels, a share of which is replaced at random."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, n_classes, n_rows)
    columns = rng.integers(n_classes, 60, (n_rows, 10))
    columns[:, 0] = y
    X = sp.csr_array((np.ones(columns.size), columns.ravel(), np.arange(0, columns.size + 1, 10)), (n_rows, 60))
    return X, np.where(rng.random(n_rows) < noise, rng.integers(0, n_classes, n_rows), y).astype(np.int32)


def loss_of(problem, backend, **settings):
    settings = TrainingConfig(**settings)
    return pilot_loss(settings, problem, scale_of(settings, problem, backend), backend)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_noise_leaves_few_epochs(compiled, n_classes):
    clear, noisy = (words(n_classes=n_classes, noise=noise) for noise in (0.0, 1.0))
    assert loss_of(make_problem(*clear), compiled) < 0.3
    assert loss_of(make_problem(*noisy), compiled) > 0.95
    assert SGDClassifier(backend=compiled, random_state=0).fit(*noisy).n_iter_ == 12
    assert SGDClassifier(backend=compiled, random_state=0, max_iter=3).fit(*noisy).n_iter_ == 3


@pytest.fixture(scope="module")
def weighted():
    """Rows, labels, weights and their loss by the NumPy reference."""
    X, y = words(400, noise=0.3)
    weights = np.random.default_rng(1).exponential(size=len(y)) * (np.arange(len(y)) % 7 > 0)
    return X, y, weights, loss_of(make_problem(X, y, weights), "numpy")


def test_backends_agree_and_the_scale_does_not_matter(compiled, weighted):
    X, y, weights, loss = weighted
    assert 0.5 < loss < 1.5
    for c, s in ((1.0, 1.0), (1000.0, 1.0), (1.0, 8.0)):
        np.testing.assert_allclose(loss_of(make_problem(c * X, y, s * weights), compiled), loss, rtol=1e-9)
    for other in ({"penalty": "l1", "average": True}, {"batch_size": 16}, {"n_jobs": 2}):
        assert loss_of(make_problem(X, y, weights), compiled, **other) == loss_of(make_problem(X, y, weights), compiled)


def test_the_loss_is_that_of_rows_not_seen(backend):
    """Every row has a feature of its own, by which its label is learned at once and no other's is."""
    y = np.random.default_rng(0).integers(0, 2, 400).astype(np.int32)
    assert loss_of(make_problem(sp.eye_array(400, format="csr"), y), backend) == pytest.approx(1.0, abs=0.3)


def test_one_class_in_the_sample(compiled):
    X, y = words(n_rows=12_000)
    y[:] = 0
    y[1] = 1  # not among every other row
    assert loss_of(make_problem(X, y), compiled) == 0.0


def test_where_there_is_a_pilot():
    few, some, many = (make_problem(*words(n)) for n in (999, 1000, 90_000))
    for settings, problem, expected in (
        ({}, few, False),
        ({}, some, True),
        ({}, many, False),
        ({"max_iter": 5}, some, False),
        ({"eta0": 0.1}, some, False),
        ({"learning_rate": "constant"}, some, False),
        ({"learning_rate": Constant(0.1)}, some, False),
        ({"optimizer": "ftrl"}, some, False),
        ({"batch_size": "full"}, some, False),
        ({"batch_size": 10}, some, True),
        ({"early_stopping": True}, some, False),
        ({"tol": 0.1}, some, False),
    ):
        assert needs_pilot(TrainingConfig(**settings), problem) == expected


def test_planned_epochs():
    for n_rows, loss, epochs in (
        (5000, 0.3, 44), (5000, 0.7, 44), (5000, 0.75, 44), (5000, 0.85, 22), (5000, 0.9, 11), (5000, 2.0, 6),
        (300, 0.7, 100), (1000, 0.95, 12), (20_000, 0.3, 11), (20_000, 0.9, 5), (40_000, 0.3, 9), (40_000, 0.6, 6),
        (70_000, 0.3, 7), (89_999, 0.3, 6), (90_000, 0.7, 5),
    ):  # fmt: skip
        assert planned_epochs(n_rows, loss) == epochs
    assert planned_epochs(5000) == 44
    assert [rate_gain(n, 1, 0.3) for n in (5, 9, 18, 44)] == [3.6, 2.0, 1.0, 1.0]
    assert rate_gain(9, 1, 0.6) == rate_gain(9, 20, 0.3) == 1.0


def test_a_plan_has_the_larger_rate(compiled):
    problem = make_problem(*words(40_000))
    scale = scale_of(TrainingConfig(), problem, "numpy")
    given, found = (make_plan(TrainingConfig(max_iter=n), problem, scale, compiled) for n in (9, None))
    assert found.max_iter == 9
    assert found.schedule == dataclasses.replace(given.schedule, eta0=2.0 * given.schedule.eta0)


def test_the_pilot_takes_arrays_as_training_does(compiled, monkeypatch):
    """Numba would compile its kernel once more, for seconds, for arrays that may be written to."""
    seen = []
    run = LazySGD.run

    def watched(self, steps):
        problem, rows = steps.problem, steps.problem.rows
        seen.extend([steps.order, rows.indptr, rows.indices, rows.data, problem.labels, problem.sample_weight])
        run(self, steps)

    monkeypatch.setattr(LazySGD, "run", watched)
    X, y = words()
    loss_of(make_problem(X, y, np.ones(len(y))), compiled)
    assert seen
    assert not any(array.flags.writeable for array in seen)
