"""Under strong penalties few features are settled, and the weights are those of settling all."""

import numpy as np
import pytest
from helpers import make_problem, random_labels, random_rows
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fastlr import SGDClassifier
from fastlr.objective.penalties import ElasticNet
from fastlr.solvers.stochastic import strong_penalty
from fastlr.solvers.stochastic.optimizer import StepSlice
from fastlr.solvers.stochastic.serial import Serial
from fastlr.solvers.stochastic.sgd import LazySGD
from fastlr.utils.arrays import frozen

N_FEATURES = 3000


def wide_problem(n_classes, dtype, weighted):
    weights = np.random.default_rng(0).choice([0.5, 1.0, 3.0], 200) if weighted else None
    return make_problem(random_rows(200, N_FEATURES, 2e-3, dtype=dtype), random_labels(200, n_classes), weights)


def train(backend, problem, penalty, cuts, n_epochs=3):
    weights, intercept = np.zeros((N_FEATURES, problem.n_outputs), problem.dtype), np.zeros(problem.n_outputs)
    optimizer = LazySGD(backend, weights, intercept, penalty.l1 > 0, True)
    executor, order = Serial(optimizer), frozen(np.random.default_rng(1).permutation(200))
    rates = np.linspace(1.0, 0.0, 200 * n_epochs, endpoint=False)
    for epoch in range(n_epochs):
        for start, stop in zip([0, *cuts], [*cuts, 200], strict=True):
            own = rates[200 * epoch + start : 200 * epoch + stop]
            executor.run(StepSlice(problem, order, start, stop, own, 1, penalty))
    return optimizer, executor.strong_penalty


@example(n_classes=2, dtype=np.float64, weighted=False, l1=1e-3, l2=1e4, cuts=[146, 187])  # zeros that have paid
@settings(max_examples=40)
@given(
    n_classes=st.sampled_from([2, 4]),
    dtype=st.sampled_from([np.float32, np.float64]),
    weighted=st.booleans(),
    l1=st.sampled_from([0.0, 1e-3, 1.0, 1e29, 1e300]),
    l2=st.sampled_from([0.0, 0.3, 10.0, 1e4, 1e9, 1e40, 1e300]),
    cuts=st.lists(st.integers(1, 199), max_size=4, unique=True).map(sorted),
)
def test_the_same_steps(compiled, n_classes, dtype, weighted, l1, l2, cuts):
    problem, penalty = wide_problem(n_classes, dtype, weighted), ElasticNet.from_strengths(l1, l2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(strong_penalty, "EXPENSIVE", np.inf)
        plain, known = train(compiled, problem, penalty, [])
        assert known.active is None
        patch.setattr(strong_penalty, "EXPENSIVE", 0.0)
        patch.setattr(strong_penalty, "GATHER_COST", 1e-3)
        optimizer, _ = train(compiled, problem, penalty, cuts)
    assert optimizer.clock[:3].tolist() == plain.clock[:3].tolist()
    assert optimizer.loss == pytest.approx(plain.loss, rel=1e-12)  # a logarithm is taken where the rows are cut
    assert optimizer.intercept.tolist() == plain.intercept.tolist()
    assert np.array_equal(optimizer.model_weights(), plain.model_weights())
    assert np.array_equal(optimizer.finish(), plain.finish())


@pytest.mark.parametrize(("l2", "strong"), [(1e-6, False), (10.0, False), (1e9, True), (1e300, True)])
def test_only_under_strong_penalties(compiled, l2, strong):
    _, known = train(
        compiled, wide_problem(2, np.float32, False), ElasticNet.from_strengths(0.0, l2), [100], n_epochs=1
    )
    assert (known.active is not None) == strong
    if strong:
        assert len(known.active) < N_FEATURES / 2


def test_work_is_bounded(compiled, monkeypatch):
    """Ten million weights, of which every step would settle all."""
    most = 0
    run = LazySGD.run

    def counted(self, steps):
        nonlocal most
        most = max(most, len(self.weights))
        return run(self, steps)

    monkeypatch.setattr(LazySGD, "run", counted)
    X = random_rows(300, 10**7, density=1e-6)
    model = SGDClassifier(alpha=1e300, max_iter=2, random_state=0, backend=compiled, dtype=np.float32)
    model.fit(X, random_labels(300, 2))
    assert 0 < most < 10_000
    assert not model.coef_.any()
    assert np.isfinite(model.intercept_).all()
