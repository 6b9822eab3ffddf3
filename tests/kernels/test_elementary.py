"""The exponential and the logarithms against exact values, in units in the last place."""

import math
from decimal import Context, Decimal, localcontext

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fastlr.kernels.compilers.python import bind_sources

python = bind_sources()
exactly = Context(prec=60)


def ulps(value, exact):
    """How far a number is from an exact one, in units in the last place of the latter."""
    return abs(exactly.subtract(Decimal(value), exact)) / Decimal(math.ulp(float(exact)))


@given(st.floats(-708, 709))
@example(0.0)
@example(-708.0)
@example(709.0)
@example(-0.34657359027997264)
@example(0.34657359027997264)
@example(-5e-324)
def test_exp(x):
    assert ulps(python.exp(x), Decimal(x).exp(exactly)) <= 2


def test_exp_of_what_has_no_ordinary_result():
    assert python.exp(-708.5) == python.exp(-math.inf) == 0.0
    assert math.isnan(python.exp(math.nan))


@given(st.one_of(st.floats(5e-324, exclude_min=False, allow_infinity=False), st.floats(0.25, 4)))
@example(1.0)
@example(5e-324)
@example(2.2250738585072014e-308)
@example(1.7976931348623157e308)
@example(math.sqrt(0.5))
@example(math.sqrt(2))
@example(math.nextafter(1, 0))
@example(math.nextafter(1, 2))
def test_log(x):
    value = python.log(np.float64(x))
    assert value == 0.0 if x == 1.0 else ulps(value, Decimal(x).ln(exactly)) <= 2


def test_log_of_what_has_no_ordinary_result():
    assert python.log(0.0) == python.log(-0.0) == -math.inf
    assert python.log(math.inf) == math.inf
    for x in (-1.0, -5e-324, -math.inf, math.nan):
        assert math.isnan(python.log(x))


@given(st.floats(-0.5, 1))
@example(1.0)
@example(-0.5)
@example(5e-324)
@example(-(2.0**-53))
@example(0.5)
def test_log1p(x):
    value = python.log1p(x)
    assert value == x if abs(x) < 1e-17 else ulps(value, exactly.add(Decimal(1), Decimal(x)).ln(exactly)) <= 2


@pytest.mark.parametrize(
    ("name", "low", "high"), [("exp", -708, 709), ("log", 0.4, 3), ("log", 1e-3, 1e3), ("log1p", -0.5, 1)]
)
def test_the_bound_on_many_numbers(name, low, high):
    """Against long double, where it has more digits: 2 ulps at most, and half of one on average."""
    if np.finfo(np.longdouble).eps > 1e-18:
        pytest.skip("long double has no more digits here")
    x = np.random.default_rng(0).uniform(low, high, 20_000)
    exact = getattr(np, name)(x.astype(np.longdouble))
    values = np.array([getattr(python, name)(value) for value in x.tolist()])
    errors = np.abs(values - exact) / np.spacing(np.abs(exact).astype(np.float64))
    assert errors.max() <= 2
    assert errors.mean() <= 0.5


def test_the_polynomial_of_exp():
    """Without rounding it is within 7e-18 of the exponential, from -log(2) / 2 to log(2) / 2.

    By the inequality of Markov, a polynomial of degree 11 changes by less than a tenth of its bound between two points.
    """
    constants = [x for x in python.exp.__code__.co_consts if isinstance(x, float) and 0.0 < abs(x) < 0.51]
    low, high = constants.index(0.5000000000000006), constants.index(2.5105193687767447e-08)
    coefficients = [1, 1, *constants[low : high + 1]]
    assert len(coefficients) == 12
    with localcontext(exactly):
        for k in range(-1000, 1001):
            x, value = Decimal(k) * Decimal(math.log(2) / 2) / 1000, Decimal(0)
            for coefficient in reversed(coefficients):
                value = value * x + Decimal(coefficient)
            assert abs(value - x.exp()) < Decimal("7e-18")
