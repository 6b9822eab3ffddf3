"""What every penalty promises: value, proximal step, subgradients, conjugate."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastlr.objective import penalty as penalty_value
from fastlr.objective.penalties import ElasticNet, soft_threshold

PENALTIES = {
    "none": ElasticNet.from_strengths(0.0, 0.0),
    "l1": ElasticNet.from_strengths(0.7, 0.0),
    "l2": ElasticNet.from_strengths(0.0, 0.4),
    "elasticnet": ElasticNet.from_strengths(0.3, 0.4),
}
ELASTIC_NETS = {name: penalty for name, penalty in PENALTIES.items() if isinstance(penalty, ElasticNet)}
EVERY_ELASTIC_NET = pytest.mark.parametrize("penalty", ELASTIC_NETS.values(), ids=ELASTIC_NETS)
EVERY_PENALTY = pytest.mark.parametrize("penalty", PENALTIES.values(), ids=PENALTIES)


def draw(seed=0, shape=(30, 3)):
    weights = np.random.default_rng(seed).normal(size=shape)
    weights[np.random.default_rng(seed + 1).random(shape) < 0.3] = 0.0
    return weights


@EVERY_ELASTIC_NET
def test_the_value_is_that_of_the_formula(penalty):
    w = draw()
    expected = penalty.l1 * np.abs(w).sum() + 0.5 * penalty.l2 * np.square(w).sum()
    assert penalty.value(w) == pytest.approx(expected, rel=1e-14)
    assert penalty.value(w.astype(np.float32)) == pytest.approx(expected, rel=1e-6)
    assert penalty.value(w) == pytest.approx(penalty_value(w, penalty.alpha, penalty.l1_ratio), rel=1e-14)
    assert penalty.value(np.zeros((4, 2))) == 0.0


def test_long_arrays_are_summed_piece_by_piece():
    w = draw(shape=(1 << 17, 2))
    penalty = PENALTIES["elasticnet"]
    assert penalty.value(w) == pytest.approx(0.3 * np.abs(w).sum() + 0.2 * np.square(w).sum(), rel=1e-12)
    over = np.maximum(np.abs(w) - 0.3, 0.0)
    assert penalty.conjugate(w) == pytest.approx(np.square(over).sum() / 0.8, rel=1e-12)


@EVERY_PENALTY
@settings(max_examples=60)
@given(
    seed=st.integers(0, 10**6), step=st.sampled_from([1e-3, 0.5, 1.0, 30.0]), size=st.sampled_from([1e-3, 1.0, 50.0])
)
def test_the_proximal_step_is_the_least(penalty, seed, step, size):
    w = size * draw(seed, (6, 2))

    def value(u):
        return 0.5 * np.square(u - w).sum() + step * penalty.value(u)

    u = penalty.prox(w, step)
    rng = np.random.default_rng(seed)
    for distance in (1e-4, 1e-2, 1.0, size):
        assert value(u) <= value(u + distance * rng.normal(size=u.shape)) * (1.0 + 1e-12) + 1e-12
    assert value(u) <= min(value(w), value(np.zeros_like(w))) * (1.0 + 1e-12) + 1e-12


@EVERY_PENALTY
def test_steps_may_differ_by_feature(penalty):
    w, steps = draw(), np.linspace(0.0, 2.0, 30)[:, None]
    together = penalty.prox(w, steps)
    for k, step in enumerate(steps[:, 0]):
        np.testing.assert_array_equal(penalty.prox(w[k : k + 1], step), together[k : k + 1])
    np.testing.assert_array_equal(together[0], w[0])


def test_the_soft_threshold_has_no_negative_zeros():
    w = np.array([-2.0, -0.5, -0.0, 0.0, 0.5, 2.0])
    np.testing.assert_array_equal(soft_threshold(w, 1.0), [-1.0, 0.0, 0.0, 0.0, 0.0, 1.0])
    assert not np.signbit(soft_threshold(w, 1.0)[1:]).any()
    assert soft_threshold(w.astype(np.float32), np.float32(1.0)).dtype == np.float32


@EVERY_PENALTY
def test_violations_are_the_nearest_subgradient_to_zero(penalty):
    w, gradient = draw(), np.random.default_rng(5).normal(size=(30, 3))
    step = 1e-7
    # A proximal step moves a weight by the step times what it lacks to be optimal, or a zero by no more.
    moved = np.abs(penalty.prox(w - step * gradient, step) - w) / step
    np.testing.assert_allclose(penalty.violations(gradient, w), moved, atol=1e-6)


@EVERY_ELASTIC_NET
def test_there_are_no_violations_where_the_gradient_balances_the_penalty(penalty):
    w = draw()
    still = penalty.violations(-penalty.l2 * w - penalty.l1 * np.sign(w), w)
    np.testing.assert_allclose(still, 0.0, atol=1e-15)


@EVERY_PENALTY
@settings(max_examples=60)
@given(seed=st.integers(0, 10**6), size=st.sampled_from([1e-2, 1.0, 40.0]))
def test_fenchel_youngs_inequality_at_scaled_dual_points(penalty, seed, size):
    w, v = size * draw(seed), np.random.default_rng(seed).normal(size=(30, 3))
    for scale in penalty.dual_scales(v):
        assert 0.0 <= scale <= 1.0
        conjugate = penalty.conjugate(v, scale)
        assert np.isfinite(conjugate)
        product = scale * float(np.vdot(v, w))
        assert penalty.value(w) + conjugate >= product - 1e-9 * (1.0 + abs(product))


@pytest.mark.parametrize("name", ["l2", "elasticnet"])
def test_fenchel_and_young_agree_at_the_gradient_of_the_conjugate(name):
    penalty, v = PENALTIES[name], np.random.default_rng(0).normal(size=(30, 3))
    w = soft_threshold(v, penalty.l1) / penalty.l2
    assert penalty.value(w) + penalty.conjugate(v) == pytest.approx(np.vdot(v, w), rel=1e-12)


def test_the_conjugate_is_infinite_outside_its_domain():
    v = np.array([[0.71, -0.2]])
    assert PENALTIES["l1"].conjugate(v) == np.inf
    assert PENALTIES["l1"].conjugate(v, PENALTIES["l1"].dual_scales(v)[0]) == 0.0
    assert PENALTIES["none"].conjugate(v) == np.inf
    assert PENALTIES["none"].dual_scales(v) == []


@pytest.mark.parametrize("size", [1e-200, 1e200])
@EVERY_PENALTY
def test_extreme_weights(penalty, size):
    w = size * draw()
    with np.errstate(all="ignore"):
        assert penalty.value(w) >= 0.0
        assert not np.isnan(penalty.prox(w, 1.0)).any()
        assert all(0.0 <= scale <= 1.0 for scale in penalty.dual_scales(w))


def test_both_ways_to_write_a_penalty():
    penalty = ElasticNet.from_alpha(0.1, 0.3)
    assert (penalty.alpha, penalty.l1_ratio) == (0.1, 0.3)
    assert penalty.lazy_form == (penalty.l1, penalty.l2) == (0.1 * 0.3, 0.1 * (1.0 - 0.3))
    again = ElasticNet.from_strengths(*penalty.lazy_form)
    assert (again.alpha, again.l1_ratio) == pytest.approx((0.1, 0.3), rel=1e-15)
    assert not ElasticNet.from_alpha(0.0, 0.5)
    assert {name: penalty.kind for name, penalty in PENALTIES.items()} == {name: name for name in PENALTIES}


def test_many_steps_at_once_are_the_lazy_form():
    penalty, w = PENALTIES["elasticnet"], draw()
    step_by_step = w
    scale, owed = 1.0, 0.0
    for eta in np.linspace(0.3, 0.01, 20):
        step_by_step = penalty.prox(step_by_step, eta)
        l1, l2 = penalty.lazy_form
        owed += eta * l1 / scale
        scale /= 1.0 + eta * l2
    np.testing.assert_allclose(scale * soft_threshold(w, owed), step_by_step, rtol=1e-12, atol=1e-15)
