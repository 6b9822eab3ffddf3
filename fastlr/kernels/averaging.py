"""The mean of all iterates, at the cost of the non-zeros that the steps touch.

Where a mean is kept, a row of ``weights`` is ``(v, paid, part)``, or ``(v, part)`` where there is no L1 penalty: after
the values of ``lazy`` ``n_outputs`` more. Between two visits the iterates of a feature are
``scale_t * (c - s * owed_t)``, with the sign ``s`` of ``v`` and ``c = v + s * paid``, until ``owed`` has taken all of
it, and zero from then on. So they would sum up to ``c * A - s * B``, with the running sums ``A`` of ``scale_t`` and
``B`` of ``scale_t * owed_t``, if ``c`` and ``s`` had always been the same; and whenever a visit changes them, ``part``
takes away what the change adds to the steps before it. What all iterates sum up to is then ``part + c * A - s * B``. A
feature whose weight was taken to zero unseen changed at that moment: ``history`` holds ``(owed, A, B)`` after each
step, and is searched for it. (Without an L1 penalty nothing is owed, and this is the averaging of Xu 2011,
arXiv:1107.2490.)

``clock`` goes on with ``A``, ``B`` and the sums of the intercepts. ``counts``, empty where no mean is kept, holds the
number of iterates summed, the number of the first step, from 1, whose iterate counts, and the length of the history.
"""

from math import fabs


def sign(v):
    """Return -1, 0 or 1."""
    return (1.0 if v > 0.0 else 0.0) - (1.0 if v < 0.0 else 0.0)


def near(target, history, n_history):
    """Return about the step at which ``owed`` reached ``target``: it grows evenly, so a few of Newton's steps do."""
    last = n_history - 1
    middle = last
    left = 0
    right = last
    for _ in range(3):
        rise = history[right, 0] - history[left, 0]
        if not rise > 0.0:
            break
        shift = (target - history[middle, 0]) * (right - left) / rise
        middle = middle + truncated(min(max(shift, -1.0 * middle), 1.0 * (last - middle)))
        left = max(middle - 8, 0)
        right = min(middle + 8, last)
    return middle


def place(target, guess, history, n_history):
    """Return the last entry of the history whose ``owed`` is below ``target``, or -1: bounds spread from a guess."""
    low = -1
    high = n_history
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


def before_zero(v, paid, guess, history, n_history):
    """Return the sum of the iterates, up to the step that took it to zero, of a weight that was ``v`` from the start.

    That step is the first at which ``owed`` has reached ``paid + |v|``; what came before the history counts nothing.
    """
    target = 1.0 * paid + fabs(v)
    low = place(target, guess, history, n_history)
    return sign(v) * (target * history[low, 1] - history[low, 2]) if low >= 0 else 0.0


def iterates_sum(v, paid, part, owed, n_history, clock, history):
    """Return the sum of all counted iterates of one weight."""
    if v != 0.0 and fabs(v) <= owed - paid:
        if n_history == 0:
            return 1.0 * part
        return part + before_zero(v, paid, near(paid + fabs(v), history, n_history), history, n_history)
    return part + v * clock[4] + sign(v) * (paid * clock[4] - clock[5])


def subtract_averaging(start, stop, indices, data, step, weights, reach):
    """``weights -= step * x`` over one row's non-zeros, under one output, nothing ever owed; ``reach`` is ``A``."""
    for j in range(start, stop):
        f = indices[j]
        moved = step * data[j]
        weights[f, 0] -= moved
        weights[f, 1] += moved * reach


def subtract_averaging_paying(
    start, stop, indices, data, step, weights, owed, reach, debt, history, n_history,
):  # fmt: skip
    """Let one row's features pay, then ``weights -= step * x``, under one output; ``debt`` is ``owed * A - B``."""
    for j in range(start, stop):
        f = indices[j]
        v = weights[f, 0]
        paid = weights[f, 1]
        old = shrink(v, owed - paid)
        moved = step * data[j]
        new = old - moved
        change = moved * reach
        if not old * new > 0.0:
            if old == 0.0 and v != 0.0 and n_history > 0:
                change += before_zero(v, paid, near(paid + fabs(v), history, n_history), history, n_history)
            change -= (sign(new) - sign(old)) * debt
        weights[f, 0] = new
        weights[f, 1] = owed
        weights[f, 2] += change


def subtract_outer_averaging(start, stop, indices, data, errors, weights, reach):
    """``weights -= outer(x, errors)`` over one row's non-zeros, with nothing ever owed."""
    n_outputs = errors.shape[0]
    for j in range(start, stop):
        f = indices[j]
        x = data[j]
        for k in range(n_outputs):
            moved = x * errors[k]
            weights[f, k] -= moved
            weights[f, n_outputs + k] += moved * reach


def subtract_outer_averaging_paying(
    start, stop, indices, data, errors, weights, owed, reach, debt, history, n_history,
):  # fmt: skip
    """Let one row's features pay what they owe, then ``weights -= outer(x, errors)``."""
    n_outputs = errors.shape[0]
    for j in range(start, stop):
        f = indices[j]
        x = data[j]
        due = owed - weights[f, n_outputs]
        n_changed = 0  # signs; mostly none, and then the loops become vector instructions
        for k in range(n_outputs):
            old = shrink(weights[f, k], due)
            n_changed += 0 if old * (old - x * errors[k]) > 0.0 else 1
        if n_changed > 0:
            paid = weights[f, n_outputs]
            visit = -1  # the step of the last visit, once it is needed; from there the way is short
            for k in range(n_outputs):
                v = weights[f, k]
                old = shrink(v, due)
                new = old - x * errors[k]
                if not old * new > 0.0:
                    if old == 0.0 and v != 0.0 and n_history > 0:
                        if visit < 0:
                            visit = max(place(paid, near(paid, history, n_history), history, n_history), 0)
                        guess = visit + truncated((n_history - 1 - visit) * (fabs(v) / due))
                        weights[f, n_outputs + 1 + k] += before_zero(v, paid, guess, history, n_history)
                    weights[f, n_outputs + 1 + k] -= (sign(new) - sign(old)) * debt
        for k in range(n_outputs):
            moved = x * errors[k]
            weights[f, k] = shrink(weights[f, k], due) - moved
            weights[f, n_outputs + 1 + k] += moved * reach
        weights[f, n_outputs] = owed


def subtract_row(start, stop, indices, data, errors, weights, clock, counts, history):
    """Move one row's features by ``errors``, which the step is a factor of, and keep account for the mean."""
    n_outputs = errors.shape[0]
    lazy = history.shape[0] > 0
    owed = clock[1]
    reach = clock[4]
    debt = owed * reach - clock[5]
    if n_outputs > 1 and lazy:
        subtract_outer_averaging_paying(
            start, stop, indices, data, errors, weights, rounded(owed, weights), rounded(reach, weights),
            rounded(debt, weights), history, counts[2],
        )  # fmt: skip
    elif n_outputs > 1:
        subtract_outer_averaging(start, stop, indices, data, errors, weights, rounded(reach, weights))
    elif lazy:
        subtract_averaging_paying(
            start, stop, indices, data, errors[0], weights, rounded(owed, weights), rounded(reach, weights),
            rounded(debt, weights), history, counts[2],
        )  # fmt: skip
    else:
        subtract_averaging(start, stop, indices, data, errors[0], weights, rounded(reach, weights))


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
    n_history = counts[2]
    history[n_history, 0] = clock[1]
    history[n_history, 1] = clock[4]
    history[n_history, 2] = clock[5]
    counts[2] += 1
    return n_history + 1 == history.shape[0]


def settle_averaging(weights, n_outputs, clock, counts, history):
    """Make every feature pay and apply the scale, with all iterates so far summed up, and begin both sums anew."""
    owed = rounded(clock[1], weights)
    lazy = history.shape[0] > 0
    first = n_outputs + (1 if lazy else 0)
    paid = owed
    for f in range(weights.shape[0]):
        if lazy:
            paid = weights[f, n_outputs]
            weights[f, n_outputs] = 0.0
        for k in range(n_outputs):
            v = weights[f, k]
            part = weights[f, first + k]
            weights[f, first + k] = iterates_sum(v, paid, part, owed, counts[2], clock, history)
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
    paid = owed
    for f in range(out.shape[0]):
        if lazy:
            paid = weights[f, n_outputs]
        for k in range(n_outputs):
            part = weights[f, first + k]
            out[f, k] = iterates_sum(weights[f, k], paid, part, owed, counts[2], clock, history) / counts[0]


def settle_all(weights, n_outputs, clock, counts, history):
    """Make every feature pay and apply the scale, whether or not a mean is kept."""
    if counts.shape[0] > 0:
        settle_averaging(weights, n_outputs, clock, counts, history)
    else:
        settle(weights, n_outputs, clock)
