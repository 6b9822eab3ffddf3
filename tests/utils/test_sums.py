"""Sums in a fixed order: exact where numbers are, near the exact sum elsewhere, and the same however an array lies."""

import math

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra import numpy as hnp

from fastlr.utils import sums

SIZES = st.sampled_from([0, 1, 2, 3, 7, 255, 256, 257, 1000, sums.BLOCK - 1, sums.BLOCK, sums.BLOCK + 1, 200_003])
SHAPES = st.sampled_from([(0, 3), (3, 0), (1, 1), (5, 1), (7, 3), (1000, 20), (3, 999), (70_000, 2), (9, 70_000)])


def normal(seed, shape):
    rng = np.random.default_rng(seed)
    return rng.normal(size=shape) * 10.0 ** rng.integers(-8, 9, size=shape)


def layouts(x):
    """Arrays of the same numbers that lie otherwise in memory."""
    wide = np.zeros((*x.shape, 3))
    wide[..., 1] = x
    read_only = x.copy()
    read_only.flags.writeable = False
    yield from (wide[..., 1], np.asfortranarray(x), read_only, x[::-1].copy()[::-1])


def folded(numbers):
    """The order of the module's docstring, for a few numbers: the second half is added to the first."""
    numbers = list(numbers)
    while len(numbers) > 1:
        half = -(-len(numbers) // 2)
        first, second = numbers[:half], numbers[half:]
        numbers = [a + b for a, b in zip(first, second, strict=False)] + first[len(second) :]
    return numbers[0]


@given(hnp.arrays(np.float64, st.integers(1, 300), elements=st.floats(-1e300, 1e300)))
def test_numbers_are_folded(x):
    with np.errstate(over="ignore", invalid="ignore"):
        np.testing.assert_array_equal(sums.sum_of(x), folded(x.tolist()))
        np.testing.assert_array_equal(sums.row_sums(x[None]), [folded(x.tolist())])
        np.testing.assert_array_equal(sums.column_sums(x[:, None]), [folded(x.tolist())])


@settings(max_examples=25)
@given(SIZES, st.integers(0, 99))
def test_errors_are_bounded(n, seed):
    x, y = normal(seed, n), normal(seed + 1, n)
    depth = math.log2(n) + 3 if n else 0
    assert abs(sums.sum_of(x) - math.fsum(x)) <= depth * 2**-53 * math.fsum(abs(x))
    products = x * y
    assert abs(sums.dot(x, y) - math.fsum(products)) <= depth * 2**-53 * math.fsum(abs(products))


@settings(max_examples=25)
@given(SHAPES, st.integers(0, 99))
def test_errors_of_rows_and_columns_are_bounded(shape, seed):
    x = normal(seed, shape)
    for found, lines in ((sums.column_sums(x), x.T), (sums.row_sums(x), x)):
        assert found.shape == (len(lines),)
        for s, line in list(zip(found, lines, strict=True))[:50]:
            assert abs(s - math.fsum(line)) <= (math.log2(max(len(line), 1)) + 3) * 2**-53 * math.fsum(abs(line))


@settings(max_examples=25)
@given(SIZES, st.integers(0, 99))
def test_integers_are_exact(n, seed):
    x, y = np.random.default_rng(seed).integers(-(2**20), 2**20, size=(2, n))
    assert sums.sum_of(x) == x.sum()
    assert sums.sum_of(x.astype(np.float32)) == x.sum()
    assert sums.dot(x, y) == (x * y).sum()
    assert sums.sum_of(x > 0) == np.count_nonzero(x > 0)


@settings(max_examples=25)
@given(SHAPES, st.integers(0, 9))
def test_memory_layout_does_not_matter(shape, seed):
    x, y = normal(seed, shape), normal(seed + 1, shape)
    for a in layouts(x):
        assert sums.sum_of(a) == sums.sum_of(x)
        assert sums.dot(a, y) == sums.dot(x, y)
        assert sums.column_sums(a).tobytes() == sums.column_sums(x).tobytes()
        assert sums.row_sums(a).tobytes() == sums.row_sums(x).tobytes()
        assert sums.row_sums(a, y).tobytes() == sums.row_sums(x * y).tobytes()
        assert sums.row_sums(a, y[:1].ravel()[: shape[1]]).tobytes() == sums.row_sums(x * y[:1]).tobytes() or not x.size
        assert sums.column_sums(a, y).tobytes() == sums.column_sums(x * y).tobytes()
        assert sums.column_sums(a, y[:, :1]).tobytes() == sums.column_sums(x * y[:, :1]).tobytes() or not x.size


def test_arrays_are_not_changed():
    for shape in ((10,), (200_000,)):
        x, y = normal(0, shape), normal(1, shape)
        before = x.copy(), y.copy()
        sums.sum_of(x), sums.dot(x, y), sums.row_sums(x[None], y[None]), sums.column_sums(x[:, None], y[:, None])
        np.testing.assert_array_equal((x, y), before)


@given(st.integers(0, 99))
def test_products_of_float32_are_exact(seed):
    x, y = normal(seed, (2, 1000)).astype(np.float32)
    assert sums.dot(x, y) == sums.sum_of(x.astype(np.float64) * y.astype(np.float64))


def test_means():
    assert sums.mean_of(np.array([1.0, 2.0, 6.0])) == 3.0
    assert sums.mean_of(np.array([True, False]), np.array([3.0, 1.0])) == 0.75


@given(st.integers(1, 60), st.integers(0, 99))
def test_solving(n, seed):
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(2 * n, n))
    matrix, x = root.T @ root, rng.normal(size=n)
    np.testing.assert_allclose(sums.solve(matrix, matrix @ x), x, rtol=1e-6, atol=1e-8)


@given(st.integers(2, 30), st.integers(0, 99))
def test_solving_a_system_that_rounding_makes_singular(n, seed):
    rng = np.random.default_rng(seed)
    p = rng.dirichlet(np.full(n, 0.1))
    matrix = np.diag(p) - np.outer(p, p)  # flat along a shift of all, and where a probability underflows
    x = sums.solve(matrix, matrix @ np.ones(n) + p - p.mean())
    assert np.isfinite(x).all()


def test_solving_a_diagonal_system_is_exact():
    np.testing.assert_array_equal(sums.solve(np.diag([2.0, 4.0, 0.0]), np.array([1.0, 1.0, 0.0])), [0.5, 0.25, 0.0])


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
def test_values_that_are_not_finite_are_not_lost(value):
    x = np.zeros(1000)
    x[500] = value
    np.testing.assert_array_equal(sums.sum_of(x), value)
