"""Elementary functions against exact decimals, in units of the last place, and at the ends of their domains."""

from decimal import Decimal, localcontext

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from fastlr.kernels.compilers.python import bind_sources
from fastlr.utils import elementary

scalar = bind_sources()


def ulps(found, exact):
    return abs(Decimal(float(found)) - exact) / Decimal(float(np.spacing(abs(float(exact)))))


def check(function, exact, x, bound):
    with localcontext() as context:
        context.prec = 40
        assert ulps(function(x), exact(Decimal(x))) <= bound


@given(st.floats(-708.0, 709.0) | st.floats(-2.0, 2.0))
def test_exponentials(x):
    check(elementary.exp, Decimal.exp, x, 2)


@given(st.floats(5e-324, 1.7e308) | st.floats(0.5, 2.0).filter(lambda x: x != 1.0))
def test_logarithms(x):
    check(elementary.log, Decimal.ln, x, 2)


@given(st.floats(-0.999, 1e10) | st.floats(-(2.0**-20), 2.0**-20))
def test_logarithms_near_one(x):
    if abs(x) > 1e-18:  # below, 40 digits leave too few of 1 + x, and x is the nearest number
        check(elementary.log1p, lambda d: (1 + d).ln(), x, 3)
    else:
        assert elementary.log1p(x) == x


@given(st.floats(1e-10, 1e10), st.sampled_from([0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.75, 4.0, 0.3, 0.9, 2.2, 7.0]))
def test_powers(x, exponent):
    quick = exponent <= 4.0 and 4.0 * exponent == int(4.0 * exponent)
    bound = 4 if quick else 3 + 3 * abs(exponent * np.log(x))
    check(lambda x: elementary.power(x, exponent), lambda d: d ** Decimal(exponent), x, bound)
    check(lambda x: elementary.power(x, -exponent), lambda d: d ** -Decimal(exponent), x, bound + 1)


@given(st.floats(0.01, 1.0), st.integers(0, 300))
def test_repeated_factors(factor, n):
    if factor**n > 1e-300:
        check(lambda x: elementary.integer_power(x, n), lambda d: d**n, factor, 2 * n)


@given(st.floats(-750.0, 709.0))
def test_exponentials_are_those_of_the_kernels(x):
    assert elementary.exp(x) == scalar.exp(x)


@given(st.floats(5e-324, 1.7e308) | st.floats(0.5, 2.0))
def test_logarithms_are_those_of_the_kernels(x):
    assert elementary.log(x) == scalar.log(np.float64(x))


@given(st.floats(-0.5, 1.0))
def test_logarithms_near_one_are_those_of_the_kernels(x):
    assert elementary.log1p(x) == scalar.log1p(x)


def test_values_that_are_exact():
    for function, x, value in (
        (elementary.exp, 0.0, 1.0), (elementary.log, 1.0, 0.0), (elementary.log1p, 0.0, 0.0),
        (elementary.power, (9.0, 0.5), 3.0), (elementary.power, (3.0, 2.0), 9.0), (elementary.power, (7.1, 1), 7.1),
        (elementary.power, (16.0, -0.75), 0.125), (elementary.power, (0.0, 0), 1.0), (elementary.power, (5.0, 0), 1.0),
        (elementary.integer_power, (0.5, 10), 2.0**-10), (elementary.integer_power, (0.3, 0), 1.0),
    ):  # fmt: skip
        assert function(*(x if isinstance(x, tuple) else (x,))) == value


@pytest.mark.filterwarnings("error")
def test_ends_of_the_domains():
    nan = np.nan
    for function, x, value in (
        (elementary.exp, [-np.inf, -708.1, 709.1, np.inf, nan], [0.0, 0.0, np.inf, np.inf, nan]),
        (elementary.log, [0.0, -0.0, -1.0, -np.inf, np.inf, nan], [-np.inf, -np.inf, nan, nan, np.inf, nan]),
        (elementary.log1p, [-1.0, -2.0, np.inf, nan], [-np.inf, nan, np.inf, nan]),
        (lambda x: elementary.power(x, 0.3), [0.0, np.inf], [0.0, np.inf]),
        (lambda x: elementary.power(x, -0.5), [0.0, np.inf], [np.inf, 0.0]),
    ):  # fmt: skip
        np.testing.assert_array_equal(function(np.array(x)), value)


@pytest.mark.parametrize("function", [elementary.exp, elementary.log, elementary.log1p])
def test_shape_and_layout_do_not_matter(function):
    x = np.abs(np.random.default_rng(0).normal(size=(100, 90)))
    assert function(x).shape == x.shape
    assert function(x)[:2].tolist() == [[function(value) for value in row] for row in x[:2].tolist()]
    assert function(x).tobytes() == np.array([function(row) for row in x]).tobytes()
    assert function(np.asfortranarray(x)[::3]).tobytes() == function(x)[::3].tobytes()
    assert isinstance(function(1.0), float)
    assert function(np.zeros((0, 3))).shape == (0, 3)
