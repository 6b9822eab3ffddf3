"""Sums and maxima of short arrays in lanes, which become vector instructions and have the same order everywhere.

The order of a sum decides its last digits, so compilers must not choose it. In the order of the entries each addition
would wait for the last one: a sum over 100 classes would take longer than their exponentials. Here every eighth entry
belongs to one lane, and the entries that are left over to one more.
"""


def total_of(x, n):
    """Return the sum of the first ``n`` entries, in double precision."""
    rest = n - n % 8
    last = 0.0
    for k in range(rest, n):
        last += x[k]
    if rest == 0:
        return last
    a = 0.0
    b = 0.0
    c = 0.0
    d = 0.0
    e = 0.0
    f = 0.0
    g = 0.0
    h = 0.0
    for k in range(0, rest, 8):
        a += x[k]
        b += x[k + 1]
        c += x[k + 2]
        d += x[k + 3]
        e += x[k + 4]
        f += x[k + 5]
        g += x[k + 6]
        h += x[k + 7]
    return (((a + e) + (c + g)) + ((b + f) + (d + h))) + last


def dot(x, y):
    """Return the sum of the products of the entries, in double precision."""
    n = x.shape[0]
    rest = n - n % 8
    last = 0.0
    for k in range(rest, n):
        last += x[k] * y[k]
    if rest == 0:
        return last
    a = 0.0
    b = 0.0
    c = 0.0
    d = 0.0
    e = 0.0
    f = 0.0
    g = 0.0
    h = 0.0
    for k in range(0, rest, 8):
        a += x[k] * y[k]
        b += x[k + 1] * y[k + 1]
        c += x[k + 2] * y[k + 2]
        d += x[k + 3] * y[k + 3]
        e += x[k + 4] * y[k + 4]
        f += x[k + 5] * y[k + 5]
        g += x[k + 6] * y[k + 6]
        h += x[k + 7] * y[k + 7]
    return (((a + e) + (c + g)) + ((b + f) + (d + h))) + last


def larger(x, y):
    """Return the larger number: one instruction."""
    return x if x > y else y


def largest_of(x):
    """Return the largest entry, in double precision."""
    n = x.shape[0]
    rest = n - n % 8
    last = 1.0 * x[0]
    for k in range(rest, n):
        last = larger(1.0 * x[k], last)
    if rest == 0:
        return last
    a = last
    b = a
    c = a
    d = a
    e = a
    f = a
    g = a
    h = a
    for k in range(0, rest, 8):
        a = larger(1.0 * x[k], a)
        b = larger(1.0 * x[k + 1], b)
        c = larger(1.0 * x[k + 2], c)
        d = larger(1.0 * x[k + 3], d)
        e = larger(1.0 * x[k + 4], e)
        f = larger(1.0 * x[k + 5], f)
        g = larger(1.0 * x[k + 6], g)
        h = larger(1.0 * x[k + 7], h)
    return larger(larger(larger(larger(a, e), larger(c, g)), larger(larger(b, f), larger(d, h))), last)
