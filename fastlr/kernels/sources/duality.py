"""Sums over rows for the duality gap; `fastlr.objective.duality` has the formulas.

``p`` has a column for each class, even for two classes, where ``scores`` have one column.
"""


def add_row(s, p, mass, product):
    """Add ``s p`` to ``mass`` and, unless it is empty, ``s p p^T`` to ``product``."""
    n_classes = p.shape[0]
    for k in range(n_classes):
        mass[k] += s * p[k]
    for k in range(product.shape[0]):
        x = s * p[k]
        for m in range(n_classes):
            product[k, m] += x * p[m]


def losses_binary(scores, intercept, labels, sample_weight, start, stop, p, mass, product):
    """Write the rows' probabilities to ``p`` and add them up by `add_row`; return the sum of the rows' losses."""
    weighted = sample_weight.shape[0] > 0
    total = 0.0
    s = 1.0
    for i in range(start, stop):
        if weighted:
            s = sample_weight[i]
        total += s * binary_dual(scores[i, 0] + intercept[0], labels[i], p[i])
        add_row(s, p[i], mass, product)
    return total


def losses_softmax(scores, intercept, labels, sample_weight, start, stop, p, mass, product):
    """Do what `losses_binary` does, under one output a class."""
    weighted = sample_weight.shape[0] > 0
    n_outputs = scores.shape[1]
    # All rows first: to read at once, as a vector, what was just written in single numbers, a processor would wait.
    for i in range(start, stop):
        for k in range(n_outputs):
            p[i, k] = scores[i, k] + intercept[k]
    total = 0.0
    s = 1.0
    for i in range(start, stop):
        if weighted:
            s = sample_weight[i]
        row = p[i]
        total += s * multiclass_dual(labels[i], row)
        add_row(s, row, mass, product)
    return total


def balance_binary(labels, sample_weight, start, stop, take, give, p, factors):
    """Move a share ``take`` of each class's probability to the classes in the shares ``give``, in place.

    Writes ``s_i (e_{y_i} - p_i)`` of the second class to ``factors``: ``1 - p`` is the other probability, which keeps
    the digits of a small one.
    """
    weighted = sample_weight.shape[0] > 0
    s = 1.0
    for i in range(start, stop):
        if weighted:
            s = sample_weight[i]
        freed = take[0] * p[i, 0] + take[1] * p[i, 1]
        p[i, 0] = p[i, 0] - take[0] * p[i, 0] + freed * give[0]
        p[i, 1] = p[i, 1] - take[1] * p[i, 1] + freed * give[1]
        factors[i, 0] = s * p[i, 0] if labels[i] == 1 else -s * p[i, 1]


def balance_softmax(labels, sample_weight, start, stop, take, give, p, factors):
    """Do what `balance_binary` does, for all classes under one output a class."""
    weighted = sample_weight.shape[0] > 0
    n_classes = p.shape[1]
    s = 1.0
    for i in range(start, stop):
        label = labels[i]
        if weighted:
            s = sample_weight[i]
        row = p[i]
        rest = 0.0  # 1 - p of the true class, as the sum of the others
        if n_classes < 8:  # what the lanes below do then, in two loops: 0.7 of the time with three classes
            freed = 0.0
            for k in range(n_classes):
                freed += take[k] * row[k]
                row[k] -= take[k] * row[k]
            for k in range(n_classes):
                row[k] += freed * give[k]
                if k != label:
                    rest += row[k]
        else:
            freed = dot(take, row)
            for k in range(n_classes):
                row[k] = row[k] - take[k] * row[k] + freed * give[k]
            own = row[label]
            row[label] = 0.0
            rest = total_of(row, n_classes)
            row[label] = own
        for k in range(n_classes):
            factors[i, k] = -s * row[k]
        factors[i, label] = s * rest


def mixed_entropy(labels, sample_weight, start, stop, share, p, scratch):
    """Return the sum of ``s_i H(share * p_i + (1 - share) * e_{y_i})``, with the entropy ``H``.

    ``scratch`` has space for some rows of ``p``, one after the other: a loop over all their entries at once is vector
    instructions, also if there are only two classes.
    """
    weighted = sample_weight.shape[0] > 0
    n_classes = p.shape[1]
    n_rows = scratch.shape[0] // n_classes
    total = 0.0
    s = 1.0
    begin = start
    while begin < stop:
        end = min(begin + n_rows, stop)
        n = 0
        for i in range(begin, end):
            for k in range(n_classes):
                scratch[unsigned(n + k)] = share * p[i, k]
            scratch[n + labels[i]] += 1.0 - share
            n += n_classes
        for j in range(n):
            scratch[j] = conjugate(scratch[j])
        n = 0
        for i in range(begin, end):
            if weighted:
                s = sample_weight[i]
            h = 0.0
            for k in range(n_classes):
                h -= scratch[n + k]
            total += s * h
            n += n_classes
        begin = end
    return total
