"""Elementary functions of arrays: the same bits with every version of NumPy and on every processor.

The C library and NumPy compute them by formulas of their own, which differ in the last digits. Here they consist of
additions, multiplications, divisions and square roots of float64 numbers, entry by entry, which have one result by IEEE
754. `exp` and `log` have the formulas and the bits of the kernels' functions in
``fastlr/kernels/sources/elementary.py``, where their errors are bounded; these here are for arrays that are small or
rare. They take 10 to 35 ns a number, and at least 15 to 40 us. An ulp is a unit in the last place of the result.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from fastlr.utils.arrays import chunked_slices

LOG_2_HIGH, LOG_2_LOW = 0.6931471803691238, 1.9082149292705877e-10

# Numbers at a time, whose temporaries stay in the cache.
CHUNK = 1 << 12


def _in_chunks(function: Callable[[np.ndarray], np.ndarray]) -> Callable[[Any], Any]:
    """Apply a function of one-dimensional arrays to arrays and numbers of any type and shape, without warnings."""

    @wraps(function)
    def apply(x: Any) -> Any:
        x = np.asarray(x, np.float64)
        flat, out = np.ravel(x), np.empty(x.size)
        with np.errstate(all="ignore"):
            for chunk in chunked_slices(len(flat), CHUNK):
                out[chunk] = function(flat[chunk])
        return out.reshape(x.shape)[()]  # a number for a number

    return apply


@_in_chunks
def exp(x: np.ndarray) -> np.ndarray:
    """Return ``exp(x)``, to within 2 ulps; 0 below -708 and infinity above 709."""
    n = (x * 1.4426950408889634 + 6755399441055744.0) - 6755399441055744.0
    r = (x - n * LOG_2_HIGH) - n * LOG_2_LOW
    r2 = r * r
    r4 = r2 * r2
    low = (1.0 + r) + r2 * (0.5000000000000006 + 0.1666666666666667 * r)
    middle = (0.041666666666573156 + 0.008333333333326155 * r) + r2 * (
        0.0013888888932485064 + 0.00019841269874765584 * r
    )
    high = (2.4801504350640128e-05 + 2.75572554616619e-06 * r) + r2 * (
        2.7626355953081263e-07 + 2.5105193687767447e-08 * r
    )
    p = (low + r4 * middle) + r4 * r4 * high
    power = ((n + 6755399441056767.0).view(np.uint64) << np.uint64(52)).view(np.float64)
    return np.where(x < -708.0, 0.0, np.where(x > 709.0, np.inf, p * power))


@_in_chunks
def log(x: np.ndarray) -> np.ndarray:
    """Return the natural logarithm, to within 2 ulps; minus infinity for 0, and NaN for negative numbers."""
    tiny = x < 2.2250738585072014e-308
    bits = np.where(tiny, x * 18014398509481984.0, x).view(np.uint64)
    exponent = (bits + np.uint64(0x00195F6200000000)) >> np.uint64(52)
    f = (bits + np.uint64(0x4000000000000000) - (exponent << np.uint64(52))).view(np.float64) - 1.0
    k = exponent.astype(np.float64) - np.where(tiny, 1078.0, 1024.0)
    s = f / (2.0 + f)
    z = s * s
    z2 = z * z
    low = (0.6666666666666666 + 0.4 * z) + z2 * (0.2857142857142857 + 0.2222222222222222 * z)
    high = (0.18181818181818182 + 0.15384615384615385 * z) + z2 * (0.13333333333333333 + 0.11764705882352941 * z)
    rest = z * (low + z2 * z2 * (high + z2 * z2 * 0.10526315789473684))
    result = k * LOG_2_HIGH + (f - (s * (f - rest) - k * LOG_2_LOW))
    result = np.where((x > 0.0) & (x < np.inf), result, x)  # infinity and NaN are their own logarithms
    return np.where(x < 0.0, np.nan, np.where(x == 0.0, -np.inf, result))


@_in_chunks
def log1p(x: np.ndarray) -> np.ndarray:
    """Return ``log(1 + x)``, to within 3 ulps.

    Between -1/2 and 1 it is the kernels' function. Elsewhere ``1 + x`` is exact, or rounding it changes a logarithm
    above 0.69 by half an ulp at most.
    """
    s = x / (2.0 + x)
    z = s * s
    z2 = z * z
    z4 = z2 * z2
    a = (0.6666666666666666 + 0.4 * z) + z2 * (0.2857142857142857 + 0.2222222222222222 * z)
    b = (0.18181818181818182 + 0.15384615384615385 * z) + z2 * (0.13333333333333333 + 0.11764705882352941 * z)
    c = (0.10526315789473684 + 0.09523809523809523 * z) + z2 * (0.08695652173913043 + 0.08 * z)
    d = (0.07407407407407407 + 0.06896551724137931 * z) + z2 * 0.06451612903225806
    series = x - s * (x - z * ((a + z4 * b) + z4 * z4 * (c + z4 * d)))
    near = (x >= -0.5) & (x <= 1.0)
    return series if near.all() else np.where(near, series, log(1.0 + x))


def power(x: Any, exponent: float) -> Any:
    """Return ``x ** exponent`` for ``x >= 0``.

    For multiples of 1/4 up to 4, square roots and products give the result to within 4 ulps. Other exponents take
    ``exp(exponent * log(x))``, to within ``3 + 3 |exponent * log(x)|`` ulps. A negative exponent adds one division.
    """
    x = np.asarray(x, np.float64)[()]
    if exponent < 0.0:
        with np.errstate(divide="ignore"):
            return 1.0 / power(x, -exponent)
    quarters = 4.0 * exponent
    if quarters > 16.0 or quarters != int(quarters):
        return exp(exponent * log(x))
    n, result = int(quarters), np.ones_like(x)
    if n % 4:
        root = np.sqrt(x)
        result = (np.sqrt(root), root, root * np.sqrt(root))[n % 4 - 1]
    for _ in range(n // 4):
        result = result * x
    return result


def integer_power(factor: float, exponents: Any) -> np.ndarray:
    """Return ``factor ** n`` for each ``n`` of ``exponents``, integers of 0 or more, to within ``2 n`` ulps.

    It is computed by repeated squaring.
    """
    exponents = np.asarray(exponents, np.int64)
    result, square = np.ones(exponents.shape), float(factor)
    for bit in range(int(exponents.max(initial=0)).bit_length()):
        result = np.where(exponents >> bit & 1, result * square, result)
        square *= square
    return result
