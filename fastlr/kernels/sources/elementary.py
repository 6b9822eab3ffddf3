"""Exponential and logarithms made of correctly rounded operations alone: the same bits on every machine.

The functions of C libraries differ in their last bit. These call nothing and have no branch for ordinary numbers, so
that loops over them become vector instructions. An ulp is a unit in the last place of the result.
"""


def exp(x):
    """Return ``exp(x)`` for ``x <= 709``, to within 2 ulps; 0 below -708, where the result would be subnormal.

    ``2 ** n * exp(r)`` with ``n`` the integer nearest to ``x / log(2)``, ``|r| <= log(2) / 2`` and a polynomial of
    degree 11 that is within 7e-18 of ``exp(r)``, nearly as close as the Taylor series of degree 13. The three additions
    that end the sum round by half an ulp each, ``r`` itself and the other terms by less than another half. It takes
    1 ns in a loop over classes, where a call takes 7.
    """
    # Adding 1.5 * 2^52 rounds to an integer, as no bits are left for a fraction.
    n = (x * 1.4426950408889634 + 6755399441055744.0) - 6755399441055744.0
    # log(2) in two parts, the first with so few digits that its product with n is exact.
    r = (x - n * 0.6931471803691238) - n * 1.9082149292705877e-10
    r2 = r * r
    r4 = r2 * r2
    # Estrin's order: half as long a chain of dependent products as Horner's.
    low = (1.0 + r) + r2 * (0.5000000000000006 + 0.1666666666666667 * r)
    middle = (0.041666666666573156 + 0.008333333333326155 * r) + r2 * (
        0.0013888888932485064 + 0.00019841269874765584 * r
    )
    high = (2.4801504350640128e-05 + 2.75572554616619e-06 * r) + r2 * (
        2.7626355953081263e-07 + 2.5105193687767447e-08 * r
    )
    p = (low + r4 * middle) + r4 * r4 * high
    # The sum's last bits are n + 1023, the exponent of 2^n; the shift moves them to their place. NaN stays NaN.
    power = float_of(bits_of(n + 6755399441056767.0) << u64(52))
    return 0.0 if x < -708.0 else p * power


def log(x):
    """Return the natural logarithm, to within 2 ulps; that of 0, infinity, NaN and negative numbers as in C."""
    if x < 2.2250738585072014e-308:
        if x > 0.0:
            return log_of_normal(x * 18014398509481984.0, 54.0)
        return float_of(u64(0xFFF0000000000000)) if x == 0.0 else float_of(u64(0x7FF8000000000000))
    return log_of_normal(x, 0.0) if isfinite(x) else x


def log_of_normal(x, n_doublings):
    """Return ``log(x / 2 ** n_doublings)`` for a number of ordinary exponent, without a branch.

    ``x`` is ``2 ** k * (1 + f)`` with ``1 + f`` between the square roots of 1/2 and 2. With ``s = f / (2 + f)``,
    ``log(1 + f) = 2 atanh(s) = f - s * (f - R)`` where ``R`` is ``2/3 s^2 + 2/5 s^4 + ...``, to the power 18: the
    remainder is below 1e-17 of the result. ``f`` is exact, and what is subtracted from it at most a fifth of the
    result: its five roundings come to one ulp, the last subtraction to half of one. For other ``k`` than 0 the product
    with the first part of ``log(2)`` is exact, and the two sums round by half an ulp each.
    """
    bits = bits_of(x)
    # The constant is such that the exponent is 1024 from the square root of 1/2 on, up to that of 2: k is 1024 less.
    exponent = (bits + u64(0x00195F6200000000)) >> u64(52)
    f = float_of(bits + u64(0x4000000000000000) - (exponent << u64(52))) - 1.0
    # `exponent` as the last bits of a number is 2^52 + exponent; subtracting 2^52 + 1024 leaves k.
    k = float_of(exponent | u64(0x4330000000000000)) - 4503599627371520.0 - n_doublings
    s = f / (2.0 + f)
    z = s * s
    z2 = z * z
    low = (0.6666666666666666 + 0.4 * z) + z2 * (0.2857142857142857 + 0.2222222222222222 * z)
    high = (0.18181818181818182 + 0.15384615384615385 * z) + z2 * (0.13333333333333333 + 0.11764705882352941 * z)
    rest = z * (low + z2 * z2 * (high + z2 * z2 * 0.10526315789473684))
    return k * 0.6931471803691238 + (f - (s * (f - rest) - k * 1.9082149292705877e-10))


def log1p(x):
    """Return ``log(1 + x)`` for ``-1/2 <= x <= 1``, to within 2 ulps, also near 0.

    As `log_of_normal` does for ``f = x``: then ``|s| <= 1/3``, and the series to the power 30 leaves less than 1e-17.
    """
    s = x / (2.0 + x)
    z = s * s
    z2 = z * z
    z4 = z2 * z2
    a = (0.6666666666666666 + 0.4 * z) + z2 * (0.2857142857142857 + 0.2222222222222222 * z)
    b = (0.18181818181818182 + 0.15384615384615385 * z) + z2 * (0.13333333333333333 + 0.11764705882352941 * z)
    c = (0.10526315789473684 + 0.09523809523809523 * z) + z2 * (0.08695652173913043 + 0.08 * z)
    d = (0.07407407407407407 + 0.06896551724137931 * z) + z2 * 0.06451612903225806
    return x - s * (x - z * ((a + z4 * b) + z4 * z4 * (c + z4 * d)))
