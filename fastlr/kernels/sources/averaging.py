"""Averaged SGD: the mean of all iterates, at the cost of the non-zeros that the steps touch.

With averaging a row of ``weights`` is ``(v, paid, part)``, or ``(v, part)`` without an L1 penalty: the values of
`lazy_penalty`, then ``n_outputs`` more. Between two visits the iterates of a feature are ``scale_t * (c - s *
owed_t)``, with the sign ``s`` of ``v`` and ``c = v + s * paid``, until the penalty has taken the weight to zero, where
it stays. Let ``A`` be the running sum of ``scale_t`` and ``B`` that of ``scale_t * owed_t``. If ``c`` and ``s`` had
always been the same, the iterates would sum to ``c * A - s * B``. Whenever a visit changes them, ``part`` is corrected
for the steps before it, so that the sum of all iterates is ``part + c * A - s * B``.

A weight that the penalty took to zero between two visits changed at that step. ``history`` is searched for it: after a
first row of zeros it holds ``(owed, A, B)`` after each averaged iterate. (Without an L1 penalty nothing is owed, and
this is the averaging of Xu 2011, arXiv:1107.2490.)

`state.py` names the places of ``clock``, which holds ``A``, ``B`` and the sums of the intercepts, and of ``counts``.
``history`` is None without an L1 penalty, and ``counts`` too without averaging: Numba leaves out the code that they are
for, which would take as long to compile as all the rest of a first fit.
"""

from math import copysign, fabs, sqrt


def sign(v, one):
    """Return -1, 0 or 1, in the type of ``one``."""
    zero = one - one
    return (one if v > zero else zero) - (one if v < zero else zero)


def before_zero(v, paid, history, n_history):
    """Return the sum of the iterates of a weight that was ``v`` from the start, up to the step that took it to zero.

    That is the first step at which ``owed`` has reached ``paid + |v|``; steps before the history do not count. The
    search begins where the parabola of `count_iterate` reaches it, which under linear decay is next to the step.
    """
    target = 1.0 * paid + fabs(v)
    low = 0
    high = n_history + 1
    if n_history > 2:
        share = min(max((target - history[1, 0]) * history[1, 3], 0.0), 1.0)
        slope = history[0, 3]
        root = slope + sqrt(max(slope * slope + 4.0 * (1.0 - slope) * share, 0.0))
        if root > 2.0 * share:
            share = 2.0 * share / root
        low = truncated(share * (n_history - 1.0))
        low += (history[low + 1, 0] < target) + (history[min(low + 2, n_history), 0] < target)
        low = min(low, n_history)
    step = 1
    if history[low, 0] < target:
        while low + step < high and history[low + step, 0] < target:
            low += step
            step *= 2
        high = min(high, low + step)
    else:
        high = low
        while high - step > 0 and not history[high - step, 0] < target:
            high -= step
            step *= 2
        low = max(0, high - step)
    while high - low > 1:
        middle = (low + high) // 2
        if history[middle, 0] < target:
            low = middle
        else:
            high = middle
    return copysign(target * history[low, 1] - history[low, 2], 1.0 * v)


def iterates_sum(v, paid, owed, clock, history, n_history):
    """Return the sum of the averaged iterates of one weight, had it been ``v`` from the start."""
    if v == 0.0:
        return 0.0
    if fabs(v) <= owed - paid:
        return before_zero(v, paid, history, n_history)
    return v * clock[SCALE_SUM] + sign(1.0 * v, 1.0) * (paid * clock[SCALE_SUM] - clock[OWED_SUM])


def subtract_averaging(start, stop, indices, data, step, weights, reach):
    """``weights -= step * x`` over one row's non-zeros, under one output, without L1; ``reach`` is ``A``."""
    away = -step * reach
    for j in range(start, stop):
        f = indices[j]
        x = data[j]
        weights[f, 0] -= step * x
        weights[f, 1] -= away * x


def subtract_averaging_paying(
    start, stop, indices, data, step, weights, owed, reach, debt, history, n_history,
):  # fmt: skip
    """Let one row's features pay, then ``weights -= step * x``, under one output; ``debt`` is ``owed * A - B``."""
    one = rounded(1.0, weights)
    for j in range(start, stop):
        f = indices[j]
        v = weights[f, 0]
        paid = weights[f, 1]
        part = weights[f, 2]
        old = shrink(v, owed - paid)
        moved = step * data[j]
        new = old - moved
        part += moved * reach
        if not old * new > 0.0:
            part += (sign(old, one) - sign(new, one)) * debt
            if old == 0.0 and v != 0.0:
                part = rounded(part + before_zero(v, paid, history, n_history), weights)
        weights[f, 0] = new
        weights[f, 1] = owed
        weights[f, 2] = part


def subtract_outer_averaging_paying(
    start, stop, indices, data, errors, weights, owed, reach, debt, history, n_history,
):  # fmt: skip
    """Let one row's features pay what they owe, then ``weights -= outer(x, errors)``; see under one output."""
    n_outputs = errors.shape[0]
    first = n_outputs + 1
    one = rounded(1.0, weights)
    for j in range(start, stop):
        f = indices[j]
        x = data[j]
        paid = weights[f, n_outputs]
        due = owed - paid
        n_gone = 0  # weights taken to zero: mostly none, and short loops become vector instructions
        for k in range(n_outputs):
            v = weights[f, k]
            n_gone += (fabs(v) <= due) & (v != 0.0)
        if n_gone > 0:
            for k in range(n_outputs):
                v = weights[f, k]
                if v != 0.0 and fabs(v) <= due:
                    weights[f, first + k] += before_zero(v, paid, history, n_history)
        for k in range(n_outputs):
            old = shrink(weights[f, k], due)
            moved = x * errors[k]
            new = old - moved
            weights[f, k] = new
            weights[f, unsigned(first + k)] += moved * reach + (sign(old, one) - sign(new, one)) * debt
        weights[f, n_outputs] = owed


def subtract_row(start, stop, indices, data, errors, weights, clock, counts, history, moves):
    """Subtract ``outer(x, errors)`` from one row's features and update their sums of iterates.

    ``errors`` are multiplied by the step already. ``moves`` is scratch, two numbers an output.
    """
    n_outputs = errors.shape[0]
    owed = rounded(clock[OWED], weights)
    reach = rounded(clock[SCALE_SUM], weights)
    debt = rounded(clock[OWED] * clock[SCALE_SUM] - clock[OWED_SUM], weights)
    if history is not None:
        if n_outputs > 1:
            subtract_outer_averaging_paying(
                start, stop, indices, data, errors, weights, owed, reach, debt, history, counts[N_HISTORY]
            )
        else:
            subtract_averaging_paying(
                start, stop, indices, data, errors[0], weights, owed, reach, debt, history, counts[N_HISTORY]
            )
    elif n_outputs > 1:
        for k in range(n_outputs):
            moves[k] = errors[k]
            moves[n_outputs + k] = -reach * errors[k]
        subtract_outer(start, stop, indices, data, moves, weights)
    else:
        subtract_averaging(start, stop, indices, data, errors[0], weights, reach)


def count_iterate(step, intercept, clock, counts, history):
    """Add the iterate after step number ``step``, from 1, to the average, if averaging has begun.

    Return whether the history is full: then all features must be settled before the next step. The last column of the
    history's first two rows describes the parabola that ``owed`` roughly follows, through its values after the first,
    the middle and the last of ``n`` iterates: ``owed_1 + rise * (slope * u + (1 - slope) * u^2)`` with ``u`` from 0 to
    1.
    """
    if step < counts[FIRST_AVERAGED]:
        return False
    counts[N_AVERAGED] += 1
    clock[SCALE_SUM] += clock[SCALE]
    clock[OWED_SUM] += clock[SCALE] * clock[OWED]
    for k in range(intercept.shape[0]):
        clock[INTERCEPT_SUMS + k] += intercept[k]
    if history is None:
        return False
    counts[N_HISTORY] += 1
    n_history = counts[N_HISTORY]
    history[n_history, 0] = clock[OWED]
    history[n_history, 1] = clock[SCALE_SUM]
    history[n_history, 2] = clock[OWED_SUM]
    if n_history > 2:
        middle = (1 + n_history) // 2
        share = (middle - 1.0) / (n_history - 1.0)
        rise = history[n_history, 0] - history[1, 0]
        if rise > 0.0:
            history[1, 3] = 1.0 / rise
            history[0, 3] = ((history[middle, 0] - history[1, 0]) / rise - share * share) / (share - share * share)
    return n_history + 1 == history.shape[0]


def settle_averaging(weights, n_outputs, clock, counts, history):
    """Sum all iterates so far, let every feature pay, apply the scale, and reset both running sums."""
    owed = rounded(clock[OWED], weights)
    first = n_outputs + (0 if history is None else 1)
    paid = owed
    for f in range(weights.shape[0]):
        if history is not None:
            paid = weights[f, n_outputs]
            weights[f, n_outputs] = 0.0
        for k in range(n_outputs):
            v = weights[f, k]
            if v != 0.0:
                if history is not None:
                    weights[f, first + k] += iterates_sum(v, paid, owed, clock, history, counts[N_HISTORY])
                else:
                    weights[f, first + k] += v * clock[SCALE_SUM]
                weights[f, k] = clock[SCALE] * shrink(v, owed - paid)
    clock[SCALE] = 1.0
    clock[OWED] = 0.0
    clock[SCALE_SUM] = 0.0
    clock[OWED_SUM] = 0.0
    counts[N_HISTORY] = 0


def averaged(weights, clock, counts, history, out):
    """Write the mean of the iterates to ``out``, shape ``(n_features, n_outputs)``; ``weights`` stay as they are."""
    owed = rounded(clock[OWED], weights)
    n_outputs = out.shape[1]
    first = n_outputs + (0 if history is None else 1)
    for f in range(out.shape[0]):
        for k in range(n_outputs):
            v = weights[f, k]
            total = 1.0 * weights[f, first + k]
            if history is not None:
                total += iterates_sum(v, weights[f, n_outputs], owed, clock, history, counts[N_HISTORY])
            else:
                total += v * clock[SCALE_SUM]
            out[f, k] = total / counts[N_AVERAGED]


def settle_all(weights, n_outputs, clock, counts, history):
    """Let every feature pay and apply the scale, with or without averaging."""
    if counts is not None:
        settle_averaging(weights, n_outputs, clock, counts, history)
    else:
        settle(weights, n_outputs, clock)
