"""Products of vectors."""


def dot(x, y):
    """Return the sum of ``x[i] * y[i]``: in eight lanes, so that it becomes vector instructions."""
    n = x.shape[0]
    rest = n - n % 8
    a = 0.0
    b = 0.0
    c = 0.0
    d = 0.0
    e = 0.0
    f = 0.0
    g = 0.0
    h = 0.0
    for i in range(0, rest, 8):
        a += x[i] * y[i]
        b += x[i + 1] * y[i + 1]
        c += x[i + 2] * y[i + 2]
        d += x[i + 3] * y[i + 3]
        e += x[i + 4] * y[i + 4]
        f += x[i + 5] * y[i + 5]
        g += x[i + 6] * y[i + 6]
        h += x[i + 7] * y[i + 7]
    total = ((a + e) + (c + g)) + ((b + f) + (d + h))
    for i in range(rest, n):
        total += x[i] * y[i]
    return total
