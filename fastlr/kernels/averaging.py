"""The mean of all iterates, at the cost of the non-zeros that the steps touch.

Two ways of adding up, each the cheaper one where it is used. ``clock`` goes on with the running sums ``A`` of
``scale_t`` and ``B`` of ``scale_t * owed_t`` over the iterates that count, and with the sums of the intercepts.

Without an L1 penalty a row of ``weights`` is ``(v, part)``. The iterates of a feature would sum up to ``v * A``, had
``v`` always been the same; whenever a visit changes it, ``part`` takes away what the change adds to the steps before.
What all iterates sum up to is then ``part + v * A``, and a step moves both columns by multiples of the row (Xu 2011,
arXiv:1107.2490).

With one, a row is ``(v, paid, part, visit)``, and ``part`` is the sum up to the last visit of the feature, which was
after ``visit`` iterates; there ``history`` holds ``(owed, A, B)``. Between two visits the iterates are
``scale_t * shrink(v, owed_t - paid)``. Of a weight that has not reached zero by now they sum up to
``dA * shrink(v, m)``, with the growth ``dA`` of ``A`` since and the mean debt ``m = (dB - paid * dA) / dA``, whatever
its sign. Of one that has, they do so up to the step at which it got there, for which the history is searched.

``counts``, empty where no mean is kept, holds the number of iterates summed, the number of the first step, from 1,
whose iterate counts, and the length of the history, not counting its first row, of zeros.
"""

from math import copysign, fabs


def place(target, guess, history, n_history):
    """Return the last row of the history whose ``owed`` is below ``target``: bounds spread from a guess."""
    low = 0
    high = n_history + 1
    step = 1
    if history[guess, 0] < target:
        low = guess
        while low + step < high and history[low + step, 0] < target:
            low += step
            step *= 2
        high = min(high, low + step)
    else:
        high = guess
        while high - step > low and not history[high - step, 0] < target:
            high -= step
            step *= 2
        low = max(low, high - step)
    while high - low > 1:
        middle = (low + high) // 2
        if history[middle, 0] < target:
            low = middle
        else:
            high = middle
    return low


def before_zero(v, paid, visit, owed, history, n_history):
    """Return the sum of the iterates, since its last visit, of a weight that has reached zero by now.

    It did so at the first step at which ``owed`` had reached ``paid + |v|``. From the last visit until now ``owed`` has
    grown about evenly, so a guess by proportion is near.
    """
    if v == 0.0:
        return 0.0
    target = 1.0 * paid + fabs(v)
    guess = visit + truncated((n_history - visit) * min(fabs(v) / (1.0 * owed - paid), 1.0))
    low = max(place(target, guess, history, n_history), visit)
    return copysign(target * (history[low, 1] - history[visit, 1]) - (history[low, 2] - history[visit, 2]), 1.0 * v)


def iterates_sum(v, paid, visit, owed, clock, history, n_history):
    """Return the sum of the counted iterates of one weight since its last visit."""
    if fabs(v) <= owed - paid:
        return before_zero(v, paid, visit, owed, history, n_history)
    reach = clock[4] - history[visit, 1]
    return v * reach - copysign(clock[5] - history[visit, 2] - paid * reach, 1.0 * v)


def subtract_averaging(start, stop, indices, data, step, weights, reach):
    """``weights -= step * x`` over one row's non-zeros, under one output, nothing ever owed; ``reach`` is ``A``."""
    away = -step * reach
    for j in range(start, stop):
        f = indices[j]
        x = data[j]
        weights[f, 0] -= step * x
        weights[f, 1] -= away * x


def subtract_averaging_paying(
    start, stop, indices, data, step, weights, owed, clock, history, n_history, now,
):  # fmt: skip
    """Let one row's features pay what they owe, then ``weights -= step * x``, under one output.

    ``now`` is ``n_history`` in the type of the weights.
    """
    whole = clock[4]
    debts = clock[5]
    for j in range(start, stop):
        f = indices[j]
        v = weights[f, 0]
        paid = weights[f, 1]
        part = weights[f, 2]
        visit = truncated(weights[f, 3])
        due = owed - paid
        if v <= due and v >= -due:
            part += before_zero(v, paid, visit, owed, history, n_history)
        else:
            reach = whole - history[unsigned(visit), 1]
            part += v * reach - copysign(debts - history[unsigned(visit), 2] - paid * reach, 1.0 * v)
        weights[f, 0] = shrink(v, due) - step * data[j]
        weights[f, 1] = owed
        weights[f, 2] = part
        weights[f, 3] = now


def subtract_outer_averaging_paying(
    start, stop, indices, data, errors, weights, owed, clock, history, n_history, now,
):  # fmt: skip
    """Let one row's features pay what they owe, then ``weights -= outer(x, errors)``; ``now`` as under one output."""
    n_outputs = errors.shape[0]
    first = n_outputs + 1
    for j in range(start, stop):
        f = indices[j]
        x = data[j]
        paid = weights[f, n_outputs]
        visit = truncated(weights[f, 2 * n_outputs + 1])
        due = owed - paid
        growth = clock[4] - history[visit, 1]
        mean_debt = (clock[5] - history[visit, 2]) / growth - paid if growth > 0.0 else 0.0
        reach = rounded(growth, weights)
        mean_due = rounded(mean_debt, weights)
        n_gone = 0  # to zero; mostly none, and these are short loops for vector instructions
        for k in range(n_outputs):
            n_gone += fabs(weights[f, k]) <= due
        if n_gone > 0:
            for k in range(n_outputs):
                v = weights[f, k]
                if fabs(v) <= due:
                    weights[f, first + k] += before_zero(v, paid, visit, owed, history, n_history)
                    weights[f, first + k] -= reach * shrink(v, mean_due)
        for k in range(n_outputs):
            v = weights[f, k]
            weights[f, unsigned(first + k)] += reach * shrink(v, mean_due)
            weights[f, k] = shrink(v, due) - x * errors[k]
        weights[f, n_outputs] = owed
        weights[f, 2 * n_outputs + 1] = now


def subtract_row(start, stop, indices, data, errors, weights, clock, counts, history, moves):
    """Move one row's features by ``errors``, which the step is a factor of, and keep account for the mean.

    ``moves`` is scratch, two numbers an output.
    """
    n_outputs = errors.shape[0]
    owed = rounded(clock[1], weights)
    now = rounded(counts[2], weights)
    if history.shape[0] > 0:
        if n_outputs > 1:
            subtract_outer_averaging_paying(
                start, stop, indices, data, errors, weights, owed, clock, history, counts[2], now
            )
        else:
            subtract_averaging_paying(
                start, stop, indices, data, errors[0], weights, owed, clock, history, counts[2], now
            )
    elif n_outputs > 1:
        for k in range(n_outputs):
            moves[k] = errors[k]
            moves[n_outputs + k] = -clock[4] * errors[k]
        subtract_outer(start, stop, indices, data, moves, weights)
    else:
        subtract_averaging(start, stop, indices, data, errors[0], weights, rounded(clock[4], weights))


def count_iterate(step, intercept, clock, counts, history):
    """Count the iterate after step number ``step``, from 1, if it is one of those that count.

    Returns whether the history is full, in which case the next step needs everything settled.
    """
    if step < counts[1]:
        return False
    counts[0] += 1
    clock[4] += clock[0]
    clock[5] += clock[0] * clock[1]
    for k in range(intercept.shape[0]):
        clock[6 + k] += intercept[k]
    if history.shape[0] == 0:
        return False
    counts[2] += 1
    n_history = counts[2]
    history[n_history, 0] = clock[1]
    history[n_history, 1] = clock[4]
    history[n_history, 2] = clock[5]
    return n_history + 1 == history.shape[0]


def settle_averaging(weights, n_outputs, clock, counts, history):
    """Make every feature pay and apply the scale, with all iterates so far summed up, and begin both sums anew."""
    owed = rounded(clock[1], weights)
    lazy = history.shape[0] > 0
    first = n_outputs + (1 if lazy else 0)
    paid = owed
    visit = 0
    for f in range(weights.shape[0]):
        if lazy:
            paid = weights[f, n_outputs]
            visit = truncated(weights[f, 2 * n_outputs + 1])
            weights[f, n_outputs] = 0.0
            weights[f, 2 * n_outputs + 1] = 0.0
        for k in range(n_outputs):
            v = weights[f, k]
            if v != 0.0:
                if lazy:
                    weights[f, first + k] += iterates_sum(v, paid, visit, owed, clock, history, counts[2])
                else:
                    weights[f, first + k] += v * clock[4]
                weights[f, k] = clock[0] * shrink(v, owed - paid)
    clock[0] = 1.0
    clock[1] = 0.0
    clock[4] = 0.0
    clock[5] = 0.0
    counts[2] = 0


def averaged(weights, clock, counts, history, out):
    """Write the mean of the iterates to ``out``, shape ``(n_features, n_outputs)``; ``weights`` stay as they are."""
    owed = rounded(clock[1], weights)
    n_outputs = out.shape[1]
    lazy = history.shape[0] > 0
    first = n_outputs + (1 if lazy else 0)
    for f in range(out.shape[0]):
        for k in range(n_outputs):
            v = weights[f, k]
            total = 1.0 * weights[f, first + k]
            if lazy:
                visit = truncated(weights[f, 2 * n_outputs + 1])
                total += iterates_sum(v, weights[f, n_outputs], visit, owed, clock, history, counts[2])
            else:
                total += v * clock[4]
            out[f, k] = total / counts[0]


def settle_all(weights, n_outputs, clock, counts, history):
    """Make every feature pay and apply the scale, whether or not a mean is kept."""
    if counts.shape[0] > 0:
        settle_averaging(weights, n_outputs, clock, counts, history)
    else:
        settle(weights, n_outputs, clock)
