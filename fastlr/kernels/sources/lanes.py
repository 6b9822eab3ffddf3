"""Sums and maxima of short arrays in lanes, which become vector instructions and have the same order everywhere.

The order of a sum decides its last digits, so compilers must not choose it. In the order of the entries each addition
would wait for the last one: a sum over 100 classes would take longer than their exponentials. Here every eighth entry
belongs to one lane, and the entries that are left over to one more.
"""


def total_of_lanes(x):
    """Return the sum of eight lanes."""
    return ((lane(x, 0) + lane(x, 4)) + (lane(x, 2) + lane(x, 6))) + (
        (lane(x, 1) + lane(x, 5)) + (lane(x, 3) + lane(x, 7))
    )


def total_of(x, n):
    """Return the sum of the first ``n`` entries, in double precision."""
    rest = n - n % 8
    last = 0.0
    for k in range(rest, n):
        last += x[k]
    if rest == 0:
        return last
    sums = lanes_of(x, 0)
    for k in range(8, rest, 8):
        sums = add_lanes(sums, lanes_of(x, k))
    return total_of_lanes(sums) + last


def dot(x, y):
    """Return the sum of the products of the entries, in double precision."""
    n = x.shape[0]
    rest = n - n % 8
    last = 0.0
    for k in range(rest, n):
        last += x[k] * y[k]
    if rest == 0:
        return last
    sums = multiply_lanes(lanes_of(x, 0), lanes_of(y, 0))
    for k in range(8, rest, 8):
        sums = add_lanes(sums, multiply_lanes(lanes_of(x, k), lanes_of(y, k)))
    return total_of_lanes(sums) + last


def squares_of(x, start, stop):
    """Return the sum of the squares of entries ``start`` to ``stop``, in double precision."""
    rest = stop - (stop - start) % 8
    last = 0.0
    for k in range(rest, stop):
        v = 1.0 * x[k]
        last += v * v
    if rest == start:
        return last
    eight = lanes_of(x, start)
    sums = multiply_lanes(eight, eight)
    for k in range(start + 8, rest, 8):
        eight = lanes_of(x, k)
        sums = add_lanes(sums, multiply_lanes(eight, eight))
    return total_of_lanes(sums) + last


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
    top = lanes_of(x, 0)
    for k in range(8, rest, 8):
        top = larger_lanes(lanes_of(x, k), top)
    even = larger(larger(lane(top, 0), lane(top, 4)), larger(lane(top, 2), lane(top, 6)))
    odd = larger(larger(lane(top, 1), lane(top, 5)), larger(lane(top, 3), lane(top, 7)))
    return larger(larger(even, odd), last)
