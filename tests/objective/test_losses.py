"""What every loss promises: derivatives, curvature, conjugate, probabilities, and range."""

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastlr import kernels
from fastlr.kernels import bind
from fastlr.objective.losses import LOG_LOSS, LOSSES

EVERY_LOSS = pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
EVERY_SHAPE = pytest.mark.parametrize("n_outputs", [1, 3, 7])


def draw(n_outputs, seed=0, size=3.0, n_samples=40):
    rng = np.random.default_rng(seed)
    n_classes = max(n_outputs, 2)
    return size * rng.normal(size=(n_samples, n_outputs)), rng.integers(0, n_classes, n_samples)


def test_every_loss_has_kernels():
    assert sorted(LOSSES) == list(bind.LOSSES)


def test_log_loss_has_a_reference():
    assert kernels.load("numpy", "log_loss").supports("certificate")


@EVERY_LOSS
@EVERY_SHAPE
def test_the_derivative_is_the_limit_of_differences(loss, n_outputs):
    z, y = draw(n_outputs)
    derivative = loss.derivative(z, y)
    assert derivative.shape == z.shape
    for k in range(n_outputs):
        step = 1e-6 * np.eye(n_outputs)[k]
        difference = (loss.value(z + step, y) - loss.value(z - step, y)) / 2e-6
        np.testing.assert_allclose(derivative[:, k], difference, atol=1e-8)


@EVERY_LOSS
@EVERY_SHAPE
def test_value_and_derivative_are_the_two_of_them(loss, n_outputs):
    z, y = draw(n_outputs)
    value, derivative = loss.value_and_derivative(z, y)
    np.testing.assert_allclose(value, loss.value(z, y), rtol=1e-12)
    np.testing.assert_array_equal(derivative, loss.derivative(z, y))


@EVERY_LOSS
@EVERY_SHAPE
def test_the_second_derivative_is_the_limit_of_differences_and_within_its_bound(loss, n_outputs):
    z, y = draw(n_outputs)
    s = np.random.default_rng(1).uniform(0.5, 2.0, len(z))
    curvatures = loss.curvatures(loss.probabilities(z))
    hessians = np.empty((len(z), n_outputs, n_outputs))
    for k in range(n_outputs):
        direction = np.tile(np.eye(n_outputs)[k], (len(z), 1))
        hessians[:, k] = loss.hessian_product(curvatures, direction, s)
        step = 1e-6 * direction
        difference = (loss.derivative(z + step, y) - loss.derivative(z - step, y)) / 2e-6
        np.testing.assert_allclose(hessians[:, k], s[:, None] * difference, atol=1e-8)
    diagonals = loss.hessian_diagonal(curvatures, s)
    np.testing.assert_allclose(diagonals, np.einsum("ikk->ik", hessians), rtol=1e-10, atol=1e-300)
    largest = np.linalg.eigvalsh(hessians / s[:, None, None])[:, -1]
    assert largest.max() <= loss.curvature_bound(n_outputs) * (1.0 + 1e-12)


@EVERY_LOSS
@pytest.mark.parametrize("n_outputs", [1, 3])
def test_the_curvature_bound_is_reached(loss, n_outputs):
    # Softmax comes close where two classes share the probability.
    z = np.zeros((1, n_outputs))
    z[0, 2:] = -40.0
    curvatures = loss.curvatures(loss.probabilities(z))
    rows = np.vstack(
        [loss.hessian_product(curvatures, np.eye(n_outputs)[k][None], np.ones(1)) for k in range(n_outputs)]
    )
    assert np.linalg.eigvalsh(rows)[-1] == pytest.approx(loss.curvature_bound(n_outputs), rel=1e-9)


@EVERY_LOSS
@EVERY_SHAPE
def test_fenchel_and_young_agree_at_the_derivative(loss, n_outputs):
    z, y = draw(n_outputs)
    dual = loss.derivative(z, y)
    products = (dual * z).sum(axis=1)
    np.testing.assert_allclose(loss.value(z, y) + loss.conjugate(dual, y), products, atol=1e-9)
    np.testing.assert_allclose(loss.conjugate(dual, y), -loss.entropy(loss.probabilities(z)), atol=1e-9)


@EVERY_LOSS
@settings(max_examples=60)
@given(
    n_outputs=st.sampled_from([1, 2, 3, 5]), seed=st.integers(0, 10**6), size=st.sampled_from([0.01, 1.0, 30.0]),
    scale=st.floats(0.0, 1.0),
)  # fmt: skip
def test_fenchel_youngs_inequality_at_scaled_dual_points(loss, n_outputs, seed, size, scale):
    z, y = draw(n_outputs, seed, size)
    other, _ = draw(n_outputs, seed + 1, 1.0)
    dual = scale * loss.derivative(other, y)
    conjugate = loss.conjugate(dual, y)
    assert np.isfinite(conjugate).all()  # the line from a derivative to 0 is in the domain
    products = (dual * z).sum(axis=1)
    assert (loss.value(z, y) + conjugate >= products - 1e-9 * (1.0 + np.abs(products))).all()


@pytest.mark.parametrize("n_outputs", [1, 3])
def test_the_conjugate_is_infinite_outside_its_domain(n_outputs):
    z, y = draw(n_outputs)
    dual = LOG_LOSS.derivative(z, y)
    assert np.isinf(LOG_LOSS.conjugate(-dual, y)).all()
    if n_outputs > 1:
        assert np.isinf(LOG_LOSS.conjugate(dual + 0.01, y)).all()


def test_two_classes_are_the_softmax_of_two_scores():
    z, y = draw(1)
    two = np.hstack([np.zeros_like(z), z])
    np.testing.assert_allclose(LOG_LOSS.value(z, y), LOG_LOSS.value(two, y), rtol=1e-12)
    np.testing.assert_allclose(LOG_LOSS.derivative(z, y), LOG_LOSS.derivative(two, y)[:, 1:], rtol=1e-12)
    np.testing.assert_allclose(LOG_LOSS.probabilities(z), LOG_LOSS.probabilities(two), rtol=1e-12)
    np.testing.assert_allclose(
        LOG_LOSS.conjugate(LOG_LOSS.derivative(z, y), y), LOG_LOSS.conjugate(LOG_LOSS.derivative(two, y), y), rtol=1e-9
    )


@EVERY_LOSS
@EVERY_SHAPE
def test_single_precision_is_double_precision_rounded(loss, n_outputs):
    z, y = draw(n_outputs)
    z32 = z.astype(np.float32)
    for name in ("value", "derivative"):
        single, double = (getattr(loss, name)(scores, y) for scores in (z32, z32.astype(np.float64)))
        np.testing.assert_allclose(single, double, rtol=2e-5, atol=1e-6)
    np.testing.assert_allclose(loss.probabilities(z32), loss.probabilities(z), rtol=1e-4, atol=1e-7)


@EVERY_SHAPE
def test_the_derivative_of_the_log_loss_stays_in_single_precision(n_outputs):
    z, y = draw(n_outputs)
    assert LOG_LOSS.derivative(z.astype(np.float32), y).dtype == np.float32


@EVERY_LOSS
@pytest.mark.parametrize("n_outputs", [1, 3])
@pytest.mark.parametrize("size", [1e-300, 1e-20, 700.0, 1e4, 1e300])
def test_extreme_scores(loss, n_outputs, size):
    z = np.zeros((4, n_outputs))
    z[:, -1] = [size, -size, size, -size]
    y = np.array([0, 0, max(n_outputs, 2) - 1, max(n_outputs, 2) - 1])
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        value, derivative, p = loss.value(z, y), loss.derivative(z, y), loss.probabilities(z)
    assert np.isfinite(value).all()
    assert (value >= 0.0).all()
    assert np.isfinite(derivative).all()
    assert (np.abs(derivative) <= 1.0).all()
    np.testing.assert_allclose(p.sum(axis=1), 1.0, rtol=1e-15)
    assert np.isfinite(loss.log_probabilities(z)).all()


@pytest.mark.parametrize("n_outputs", [1, 3])
@pytest.mark.parametrize("size", [700.0, 1e4, 1e300])
def test_the_loss_of_a_row_that_is_wrong_is_its_margin(n_outputs, size):
    z = np.zeros((2, n_outputs))
    z[:, -1] = [size, -size]
    y = np.array([0, max(n_outputs, 2) - 1])
    np.testing.assert_allclose(LOG_LOSS.value(z, y), size, rtol=1e-3)  # log(2) above, where two classes share the rest


def test_the_loss_of_a_row_that_is_nearly_certain_keeps_its_digits():
    assert LOG_LOSS.value(np.array([[40.0]]), np.array([1]))[0] == pytest.approx(np.exp(-40.0), rel=1e-12)
    assert LOG_LOSS.derivative(np.array([[40.0]]), np.array([1]))[0, 0] == pytest.approx(-np.exp(-40.0), rel=1e-12)


@EVERY_LOSS
def test_losses_know_their_name_and_pickle(loss):
    assert LOSSES[loss.name] is loss
    assert pickle.loads(pickle.dumps(loss)).name == loss.name
