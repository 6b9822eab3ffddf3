"""AdaGrad (dual averaging) and FTRL-proximal: follow the regularized leader, with a rate for every weight.

A row of ``state`` is ``(z, r, s, 1 / s^2)``: for every output the sum ``z`` of gradients and the root ``r`` of the sum
of their squares, and the feature's largest value ``s``. The weights are a function of these and of the penalties due so
far, ``-soft(z, due_l1) / (h + due_l2)`` with ``h = s * (r + s / 1000) / eta0``. So a step reads and writes its rows'
features, and the penalty needs no bookkeeping for the others. (Duchi, Hazan and Singer 2011; McMahan et al. 2013.)
``proximal`` is for FTRL-proximal: ``z`` then also decreases by ``(h - h before) * w``, which centres each step's
quadratic on its iterate instead of on zero.

``s`` makes a weight independent of its feature's unit (Ross, Mineiro and Langford 2013): a squared gradient counts
``sum |x / s|^2``-fold, over the row, so that rows of many features do not take longer steps in their score. A step is
shortened so that it does not overshoot (`shortened`), which makes the large first steps harmless.

``intercept`` holds ``z`` and ``r`` of the intercepts, whose ``s`` is 1 and which are not penalised. `state.py` names
the places of ``clock``.
"""

from math import fabs, sqrt


def strength(s, r, inverse_eta0):
    """Return the strength ``h`` of the quadratic that holds a weight, 0 only for a feature not yet seen.

    The second term is for sums of gradients that are zero but for rounding.
    """
    return s * (r + 0.001 * s) * inverse_eta0


def weight(z, held, due_l1):
    """Return the weight of a gradient sum ``z`` under quadratics, the penalty's included, of strength ``held``."""
    return -shrink(z, due_l1) / held


def row_loss(label, scores, errors):
    """Write the derivatives of the loss by the scores to ``errors``; return the loss, not finite if a score is not."""
    n_outputs = scores.shape[0]
    if n_outputs == 1:
        z = scores[0]
        if not isfinite(z):
            return 0.0 * z
        errors[0] = binary_derivative(z, label)
        return binary_loss(z, label)
    checked = 0.0
    for k in range(n_outputs):
        errors[k] = scores[k]
        checked += 0.0 * scores[k]
    if not isfinite(checked):
        return checked
    return multiclass_derivatives(label, errors)


def shortened(label, s, scores, errors, reach, scratch):
    """Return the factor, between 0 and 1, that keeps a step from overshooting.

    The step would take the scores to ``scores - errors * reach``. The factor ``t`` minimises the row's loss at
    ``scores - t * errors * reach`` plus the quadratic that holds the weights, ``t^2 / 2 * sum(errors^2 * reach)``: an
    implicit step, along the gradient. Its derivative is not positive at 0, nor negative at 1. With several outputs,
    ``reach`` becomes ``errors * reach``.
    """
    n_outputs = scores.shape[0]
    if n_outputs == 1:
        return shortened_binary(label, s, scores[0], errors[0], reach[0])
    for k in range(n_outputs):
        reach[k] *= errors[k]
    hold = dot(errors, reach)
    low = 0.0
    high = 1.0
    t = 1.0
    change = 2.0  # a Newton step longer than half the last one may belong to a cycle
    for _ in range(60):
        slope = t * hold
        curvature = hold
        for k in range(n_outputs):
            scratch[k] = scores[k] - t * reach[k]
        multiclass_along(label, scratch, reach)
        slope -= s * scratch[0]
        curvature += s * scratch[1]
        if slope > 0.0:
            high = t
        else:
            low = t
        if not curvature > 0.0:
            return t
        new = t - slope / curvature
        if not (new >= low and new <= high and fabs(new - t) <= 0.5 * change):
            new = 0.5 * (low + high)
        change = fabs(new - t)
        t = new
        if change < 1e-7:  # the next one would be its square
            return t
    return t


def shortened_binary(label, s, z, error, reach):
    """Return what `shortened` does, for one output."""
    move = error * reach
    hold = error * move
    low = 0.0
    high = 1.0
    t = 1.0
    change = 2.0  # a Newton step longer than half the last one may belong to a cycle
    for _ in range(60):
        e = binary_derivative(z - t * move, label)
        slope = t * hold - s * move * e
        curvature = hold + binary_curvature(s * move * move, e)
        if slope > 0.0:
            high = t
        else:
            low = t
        if not curvature > 0.0:
            return t
        new = t - slope / curvature
        if not (new >= low and new <= high and fabs(new - t) <= 0.5 * change):
            new = 0.5 * (low + high)
        change = fabs(new - t)
        t = new
        if change < 1e-7:
            return t
    return t


def adaptive_binary(
    indptr, indices, data, labels, sample_weight, order, start, stop, l1, l2, eta0, proximal, fit_intercept,
    track_loss, state, intercept, clock, row,
):  # fmt: skip
    """Step through rows ``order[start:stop]`` under one output: see `adaptive_rows`.

    ``row`` is scratch of the type of ``state``, six rows of one number for every entry of the longest row. The state of
    the row's features is gathered there, as short loops over few arrays become vector instructions, whose square roots
    and divisions take a fraction of the time of scalar ones.
    """
    weighted = sample_weight.shape[0] > 0
    inverse_eta0 = 1.0 / eta0
    rate = rounded(inverse_eta0, state)
    floor = rounded(0.001 * inverse_eta0, state)
    zero = rounded(0.0, state)
    one = rounded(1.0, state)
    due_l1 = clock[DUE_L1]
    due_l2 = clock[DUE_L2]
    losses = clock[LOSS]
    n_steps = stop - start
    s = 1.0
    for i in range(start, stop):
        prefetch_ahead(i, order, indptr, indices, data, labels)
        first = indptr[order[i]]
        n = indptr[order[i] + 1] - first
        held_l1 = rounded(due_l1, state)
        held_l2 = rounded(due_l2, state)
        for j in range(n):
            f = indices[unsigned(first + j)]
            row[0, j] = state[f, 0]
            row[1, j] = state[f, 1]
            row[2, j] = state[f, 2]
            row[3, j] = state[f, 3]
        for j in range(n):
            largest = row[2, j]
            held = largest * (row[1, j] * rate + largest * floor) + held_l2
            row[4, j] = -shrink(row[0, j], held_l1) / held if largest > zero else zero
        for j in range(n):
            row[5, j] = data[unsigned(first + j)] * row[4, j]
        score = total_of(row[5], n)
        for j in range(n):
            x = data[unsigned(first + j)]
            unseen = one if x != zero else zero
            row[5, j] = min(x * x * row[3, j], one) if row[2, j] > zero else unseen
        spread = total_of(row[5], n)
        bias = 0.0
        if fit_intercept:
            spread += 1.0
            bias = weight(intercept[0, 0], strength(1.0, intercept[1, 0], inverse_eta0), 0.0)
            score += bias
        if not isfinite(score):
            n_steps = i - start
            break
        label = labels[order[i]]
        if weighted:
            s = sample_weight[order[i]]
        error = s * binary_derivative(score, label)
        if track_loss:
            losses += s * binary_loss(score, label)
        square = error * error * spread
        growth = rounded(square, state)
        for j in range(n):
            x = data[unsigned(first + j)]
            row[5, j] = sqrt(row[1, j] * row[1, j] + growth * x * x)
        for j in range(n):
            x = data[unsigned(first + j)]
            largest = max(row[2, j], abs(x))
            held = largest * (row[5, j] * rate + largest * floor)
            row[3, j] = x * x / (held + held_l2) if largest > zero else zero
        reach = total_of(row[3], n)
        root = sqrt(intercept[1, 0] * intercept[1, 0] + square)
        if fit_intercept:
            reach += 1.0 / strength(1.0, root, inverse_eta0)
        error *= shortened_binary(label, s, score, error, reach)
        step = rounded(error, state)
        if proximal:
            for j in range(n):
                before = row[2, j]
                largest = max(before, abs(data[unsigned(first + j)]))
                held = largest * (row[5, j] * rate + largest * floor) - before * (row[1, j] * rate + before * floor)
                row[0, j] -= held * row[4, j]
        for j in range(n):
            f = indices[unsigned(first + j)]
            x = data[unsigned(first + j)]
            state[f, 0] = row[0, j] + step * x
            state[f, 1] = row[5, j]
            if abs(x) > row[2, j]:
                state[f, 2] = abs(x)
                state[f, 3] = one / (x * x)
        if fit_intercept:
            intercept[0, 0] += error
            if proximal:
                intercept[0, 0] -= (root - intercept[1, 0]) * inverse_eta0 * bias
            intercept[1, 0] = root
        due_l1 += s * l1
        due_l2 += s * l2
    clock[DUE_L1] = due_l1
    clock[DUE_L2] = due_l2
    clock[N_STEPS] += n_steps
    clock[LOSS] = losses
    return n_steps


def adaptive_rows(
    indptr, indices, data, labels, sample_weight, order, start, stop, l1, l2, eta0, proximal, fit_intercept,
    state, intercept, clock, values, roots, sums, scratch,
):  # fmt: skip
    """Step through rows ``order[start:stop]``, one a step, under one output a class; return the number of steps made.

    ``values`` and ``roots`` are scratch of a row for every entry of the longest row, ``sums`` of three rows, all of the
    type of ``state``; ``scratch`` of six rows of double precision. No row may contain a feature twice.
    """
    n_outputs = values.shape[1]
    weighted = sample_weight.shape[0] > 0
    inverse_eta0 = 1.0 / eta0
    rate = rounded(inverse_eta0, state)
    floor = rounded(0.001 * inverse_eta0, state)
    zero = rounded(0.0, state)
    scores = scratch[0]
    errors = scratch[1]
    reach = scratch[2]
    biases = scratch[4]
    bias_roots = scratch[5]
    moves = sums[0]
    squares = sums[1]
    spans = sums[2]
    s = 1.0
    for i in range(start, stop):
        prefetch_ahead(i, order, indptr, indices, data, labels)
        row = order[i]
        first = indptr[row]
        last = indptr[row + 1]
        due_l1 = rounded(clock[DUE_L1], state)
        due_l2 = rounded(clock[DUE_L2], state)
        spread = 0.0
        for k in range(n_outputs):
            moves[k] = 0.0
            spans[k] = 0.0
        # Short loops over few arrays: the compilers make vector instructions of them.
        for j in range(first, last):
            f = indices[j]
            x = data[j]
            largest = state[f, 2 * n_outputs]
            if largest > zero:
                spread += min(x * x * state[f, 2 * n_outputs + 1], 1.0)
                slope = largest * rate
                held = largest * largest * floor + due_l2
                for k in range(n_outputs):
                    w = -shrink(state[f, k], due_l1) / (held + slope * state[f, unsigned(n_outputs + k)])
                    values[j - first, k] = w
                    moves[k] += x * w
            else:
                spread += 1.0 if x != zero else 0.0
                for k in range(n_outputs):
                    values[j - first, k] = zero
        for k in range(n_outputs):
            scores[k] = moves[k]
        if fit_intercept:
            spread += 1.0
            for k in range(n_outputs):
                biases[k] = weight(intercept[0, k], strength(1.0, intercept[1, k], inverse_eta0), 0.0)
                scores[k] += biases[k]
        loss = row_loss(labels[row], scores, errors)
        if not isfinite(loss):
            return i - start
        if weighted:
            s = sample_weight[row]
            for k in range(n_outputs):
                errors[k] *= s
        for k in range(n_outputs):
            squares[k] = errors[k] * errors[k] * spread
        for j in range(first, last):
            f = indices[j]
            x = data[j]
            before = state[f, 2 * n_outputs]
            largest = max(before, abs(x))
            if largest > zero:
                square = x * x
                slope = largest * rate
                held = largest * largest * floor + due_l2
                for k in range(n_outputs):
                    r = state[f, unsigned(n_outputs + k)]
                    r = sqrt(r * r + squares[k] * square)
                    roots[j - first, k] = r
                    spans[k] += square / (held + slope * r)
                if proximal:
                    slope_before = before * rate
                    grown = (largest * largest - before * before) * floor
                    for k in range(n_outputs):
                        held = grown + slope * roots[j - first, k] - slope_before * state[f, unsigned(n_outputs + k)]
                        values[j - first, k] *= held
        for k in range(n_outputs):
            reach[k] = spans[k]
        if fit_intercept:
            for k in range(n_outputs):
                bias_roots[k] = sqrt(intercept[1, k] * intercept[1, k] + errors[k] * errors[k] * spread)
                reach[k] += 1.0 / strength(1.0, bias_roots[k], inverse_eta0)
        t = shortened(labels[row], s, scores, errors, reach, scratch[3])
        for k in range(n_outputs):
            errors[k] *= t
            moves[k] = errors[k]
        for j in range(first, last):
            f = indices[j]
            x = data[j]
            before = state[f, 2 * n_outputs]
            largest = max(before, abs(x))
            if largest > before:
                state[f, 2 * n_outputs] = largest
                state[f, 2 * n_outputs + 1] = 1.0 / (largest * largest)
            if largest > zero:
                if proximal:
                    for k in range(n_outputs):
                        state[f, k] += moves[k] * x - values[j - first, k]
                else:
                    for k in range(n_outputs):
                        state[f, k] += moves[k] * x
                for k in range(n_outputs):
                    state[f, unsigned(n_outputs + k)] = roots[j - first, k]
        if fit_intercept:
            for k in range(n_outputs):
                z = intercept[0, k] + errors[k]
                if proximal:
                    z -= (bias_roots[k] - intercept[1, k]) * inverse_eta0 * biases[k]
                intercept[0, k] = z
                intercept[1, k] = bias_roots[k]
        clock[DUE_L1] += s * l1
        clock[DUE_L2] += s * l2
        clock[N_STEPS] += 1.0
        clock[LOSS] += s * loss
    return stop - start


def adaptive_batch(
    indptr, indices, data, labels, sample_weight, order, start, stop, l1, l2, eta0, proximal, fit_intercept,
    state, intercept, clock, slot, touched, sums, all_scores, all_errors, scratch,
):  # fmt: skip
    """Take one step over rows ``order[start:stop]``; return False, with nothing written, if a score is not finite.

    ``slot`` of every feature is -1 before and after. ``touched`` and ``sums`` have a row for each feature of the batch:
    ``sums`` has the gradients, the shortened gradients, the weights and the roots, and the largest value; its last row
    is for the intercepts. No row may contain a feature twice.
    """
    n_outputs = all_scores.shape[1]
    weighted = sample_weight.shape[0] > 0
    inverse_eta0 = 1.0 / eta0
    size = 1.0 * (stop - start)
    due_l1 = clock[DUE_L1]
    due_l2 = clock[DUE_L2]
    n_touched = 0
    last = sums.shape[0] - 1
    reach = scratch[2]
    s = 1.0
    for i in range(start, stop):
        for j in range(indptr[order[i]], indptr[order[i] + 1]):
            f = indices[j]
            if slot[f] < 0:
                slot[f] = n_touched
                touched[n_touched] = f
                sums[n_touched, 4 * n_outputs] = state[f, 2 * n_outputs]
                for k in range(n_outputs):
                    sums[n_touched, k] = 0.0
                    sums[n_touched, n_outputs + k] = 0.0
                    sums[n_touched, 2 * n_outputs + k] = 0.0
                    if state[f, 2 * n_outputs] > 0.0:
                        held = strength(1.0 * state[f, 2 * n_outputs], 1.0 * state[f, n_outputs + k], inverse_eta0)
                        sums[n_touched, 2 * n_outputs + k] = weight(1.0 * state[f, k], held + due_l2, due_l1)
                n_touched += 1
            sums[slot[f], 4 * n_outputs] = max(sums[slot[f], 4 * n_outputs], fabs(1.0 * data[j]))
    for k in range(n_outputs):
        sums[last, k] = 0.0
        sums[last, n_outputs + k] = 0.0
        sums[last, 2 * n_outputs + k] = weight(intercept[0, k], strength(1.0, intercept[1, k], inverse_eta0), 0.0)
    spread = 0.0
    total = 0.0
    losses = 0.0
    for i in range(start, stop):
        prefetch_ahead(i, order, indptr, indices, data, labels)
        row = order[i]
        scores = all_scores[i - start]
        errors = all_errors[i - start]
        for k in range(n_outputs):
            scores[k] = sums[last, 2 * n_outputs + k]
        for j in range(indptr[row], indptr[row + 1]):
            f = slot[indices[j]]
            x = 1.0 * data[j]
            largest = sums[f, 4 * n_outputs]
            spread += (x / largest) * (x / largest) if largest > 0.0 else 0.0
            for k in range(n_outputs):
                scores[k] += x * sums[f, 2 * n_outputs + k]
        loss = row_loss(labels[row], scores, errors)
        if not isfinite(loss):
            for j in range(n_touched):
                slot[touched[j]] = -1
            return False
        if weighted:
            s = sample_weight[row]
        total += s
        losses += s * loss
        for k in range(n_outputs):
            errors[k] *= s / size
            sums[last, k] += errors[k]
        for j in range(indptr[row], indptr[row + 1]):
            f = slot[indices[j]]
            for k in range(n_outputs):
                sums[f, k] += errors[k] * data[j]
    spread /= size
    if fit_intercept:
        spread += 1.0
    for j in range(n_touched):
        for k in range(n_outputs):
            r = 1.0 * state[touched[j], n_outputs + k]
            sums[j, 3 * n_outputs + k] = sqrt(r * r + sums[j, k] * sums[j, k] * spread)
    for k in range(n_outputs):
        r = intercept[1, k]
        sums[last, 3 * n_outputs + k] = sqrt(r * r + sums[last, k] * sums[last, k] * spread)
    for i in range(start, stop):
        row = order[i]
        errors = all_errors[i - start]
        for k in range(n_outputs):
            reach[k] = 0.0
            if fit_intercept:
                reach[k] = 1.0 / strength(1.0, sums[last, 3 * n_outputs + k], inverse_eta0)
        for j in range(indptr[row], indptr[row + 1]):
            f = slot[indices[j]]
            x = 1.0 * data[j]
            largest = sums[f, 4 * n_outputs]
            if largest > 0.0:
                for k in range(n_outputs):
                    reach[k] += x * x / (strength(largest, sums[f, 3 * n_outputs + k], inverse_eta0) + due_l2)
        if weighted:
            s = sample_weight[row]
        t = shortened(labels[row], s / size, all_scores[i - start], errors, reach, scratch[3])
        for k in range(n_outputs):
            errors[k] *= t
            sums[last, n_outputs + k] += errors[k]
        for j in range(indptr[row], indptr[row + 1]):
            f = slot[indices[j]]
            for k in range(n_outputs):
                sums[f, n_outputs + k] += errors[k] * data[j]
    for j in range(n_touched):
        f = touched[j]
        slot[f] = -1
        before = 1.0 * state[f, 2 * n_outputs]
        largest = sums[j, 4 * n_outputs]
        for k in range(n_outputs):
            r = sums[j, 3 * n_outputs + k]
            z = state[f, k] + sums[j, n_outputs + k]
            if proximal:
                held = strength(largest, r, inverse_eta0)
                held -= strength(before, 1.0 * state[f, n_outputs + k], inverse_eta0)
                z -= held * sums[j, 2 * n_outputs + k]
            state[f, k] = z
            state[f, n_outputs + k] = r
        if largest > before:
            state[f, 2 * n_outputs] = largest
            state[f, 2 * n_outputs + 1] = 1.0 / (largest * largest)
    if fit_intercept:
        for k in range(n_outputs):
            r = sums[last, 3 * n_outputs + k]
            z = intercept[0, k] + sums[last, n_outputs + k]
            if proximal:
                z -= (r - intercept[1, k]) * inverse_eta0 * sums[last, 2 * n_outputs + k]
            intercept[0, k] = z
            intercept[1, k] = r
    clock[DUE_L1] += total / size * l1
    clock[DUE_L2] += total / size * l2
    clock[N_STEPS] += 1.0
    clock[LOSS] += losses
    return True


def weight_of(z, r, s, inverse_eta0, due_l1, due_l2):
    """Return the weight of a state, 0 for a feature not yet seen."""
    slope = s * inverse_eta0
    held = 0.001 * s * slope + due_l2 + slope * r
    return weight(z, held, due_l1) if s > 0.0 else 0.0


def adaptive_weights(state, clock, eta0, out):
    """Write the weights, of shape ``(n_features, n_outputs)``, to ``out``."""
    n_outputs = out.shape[1]
    inverse_eta0 = 1.0 / eta0
    due_l1 = clock[DUE_L1]
    due_l2 = clock[DUE_L2]
    if n_outputs == 1:  # a loop over features that becomes vector instructions
        for f in range(out.shape[0]):
            s = 1.0 * state[f, 2]
            out[f, 0] = weight_of(1.0 * state[f, 0], 1.0 * state[f, 1], s, inverse_eta0, due_l1, due_l2)
        return
    for f in range(out.shape[0]):
        s = 1.0 * state[f, 2 * n_outputs]
        for k in range(n_outputs):
            out[f, k] = weight_of(
                1.0 * state[f, k], 1.0 * state[f, unsigned(n_outputs + k)], s, inverse_eta0, due_l1, due_l2
            )
