"""Log-loss: the cross-entropy of one row, as every kernel sees it.

For two classes ``loss(z, y) = log(1 + exp(z)) - y z`` with the score ``z`` and ``y`` in {0, 1}; with more classes
``loss(z, y) = logsumexp(z) - z[y]``. Every expression is arranged so that no exponential overflows.

A further loss is a file with functions of the same names. First come the functions for two classes and for more that
gradient methods call, then those of the duality gap, then the steps of dual coordinate ascent, for which every row has
a dual variable: the probabilities of its classes.
"""

from math import fabs


def margin_term(margin):
    """Return what value and derivative share, for the score ``margin`` of the true class: ``1 + exp(margin)``."""
    return 1.0 + exp(min(margin, 709.0))


def term_derivative(sign, term):
    """Return the derivative by the score, which is ``sign`` times the margin: ``sigmoid(z) - y``."""
    return -sign / term


def is_factor(term):
    """Return whether the loss is the logarithm of ``term`` plus `beside_factor`, so that a product sums up losses."""
    return term <= 1e100


def beside_factor(margin):
    """Return the loss less the logarithm of its term."""
    return -margin


def binary_loss(z, label):
    """Return ``log(1 + exp(z)) - label * z``, without a branch as below."""
    return max(-z if label == 1 else z, 0.0) + log1p(exp(-fabs(z)))


def binary_derivative(z, label):
    """Return ``sigmoid(z) - label``, the derivative of the binary loss, without cancellation near 0.

    No branch, as a row's label and the sign of its score are hard to predict.
    """
    sign = 2.0 * label - 1.0
    return term_derivative(sign, margin_term(sign * z))


def binary_curvature(factor, derivative):
    """Return ``factor`` times the second derivative, where the first is ``derivative``."""
    return factor * fabs(derivative) * (1.0 - fabs(derivative))


def multiclass_derivatives(label, scores):
    """Turn a row's scores into the derivatives by them, in place; return the loss."""
    true_score = scores[label]
    normalizer = softmax(scores)
    scores[label] -= 1.0
    return normalizer - true_score


def multiclass_along(label, scores, moves):
    """Write the first two derivatives of the loss along ``moves`` to the first two entries of ``scores``."""
    softmax(scores)
    mean = dot(scores, moves)
    for k in range(scores.shape[0]):
        scores[k] *= moves[k]
    square = dot(scores, moves)
    scores[0] = mean - moves[label]
    scores[1] = square - mean * mean


def binary_dual(z, label, p):
    """Write the dual variable that belongs to a score, the probabilities of both classes, to ``p``; return the loss."""
    e = exp(-fabs(z))
    small = e / (1.0 + e)
    large = 1.0 / (1.0 + e)
    p[0] = small if z > 0.0 else large
    p[1] = large if z > 0.0 else small
    return max(-z if label == 1 else z, 0.0) + log1p(e)


def multiclass_dual(label, scores):
    """Turn a row's scores into the dual variable that belongs to them, its probabilities, in place; return the loss."""
    true_score = scores[label]
    top = exponentials(scores)
    own = scores[label]
    scores[label] = 0.0
    others = total_of(scores, scores.shape[0])
    scores[label] = own
    total = own + others
    multiply(scores, 1.0 / total)
    # Where a row is nearly certain the difference of two scores would leave few digits.
    if others < own:
        return -log1p(-others / total)
    return top + log(total) - true_score


def probabilities_binary(p, start, stop):
    """Write the probabilities of row ``i`` to ``p[2 * i]`` and ``p[2 * i + 1]``; the latter holds the row's score.

    ``p`` has one dimension, so that the loop becomes vector instructions.
    """
    for i in range(start, stop):
        z = p[2 * i + 1]
        e = exp(-fabs(z))
        small = e / (1.0 + e)
        large = 1.0 / (1.0 + e)
        p[2 * i] = small if z > 0.0 else large
        p[2 * i + 1] = large if z > 0.0 else small


def probabilities_softmax(p, start, stop):
    """Turn the scores of rows ``start`` to ``stop`` into probabilities."""
    for i in range(start, stop):
        softmax(p[i])


def log_probabilities_binary(p, start, stop):
    """Do what `probabilities_binary` does, for log-probabilities."""
    for i in range(start, stop):
        z = p[2 * i + 1]
        rest = log1p(exp(-fabs(z)))
        p[2 * i] = -max(z, 0.0) - rest
        p[2 * i + 1] = min(z, 0.0) - rest


def log_probabilities_softmax(p, start, stop):
    """Turn the scores of rows ``start`` to ``stop`` into log-probabilities."""
    for i in range(start, stop):
        row = p[i]
        best = 0
        for k in range(1, row.shape[0]):
            if row[k] > row[best]:
                best = k
        top = row[best]
        others = 0.0  # than the likeliest class, whose part is 1: their sum must keep its digits beside it
        for k in range(row.shape[0]):
            row[k] -= top
            if k != best:
                others += exp(row[k])
        rest = log1p(others) if others <= 1.0 else log(1.0 + others)
        for k in range(row.shape[0]):
            row[k] -= rest


def conjugate(p):
    """Return one class's part of the conjugate of the loss, ``p log(p)``, for ``p >= 0``: minus an entropy."""
    return p * log_of_normal(max(p, 2.2250738585072014e-308), 0.0)


def binary_dual_gap(s, margin, dual, log_odds):
    """Return about the duality gap of a row of weight ``s``, to second order.

    ``dual`` is the probability of the wrong class, and ``log_odds`` its logit.
    """
    lack = margin + log_odds
    return 0.5 * s * dual * (1.0 - dual) * lack * lack


def binary_dual_step(margin, q, duals, place):
    """Maximise the dual by one row's variable; return it.

    ``duals[place]`` is ``u``, the probability of the wrong class, and the next entry its log-odds: the root of
    ``odds + margin + q * (u - old)``, with ``u = sigmoid(odds)``, which grows with the log-odds.
    """
    old = duals[place]
    odds = duals[place + 1]
    low = -margin - q * (1.0 - old)
    high = q * old - margin
    u = old
    if u == 0.0 or odds < low or odds > high:
        odds = min(max(odds, low), high)
        e = exp(-fabs(odds))
        u = (1.0 if odds > 0.0 else e) / (1.0 + e)
    for _ in range(30):
        value = odds + margin + q * (u - old)
        if value > 0.0:
            high = odds
        else:
            low = odds
        step = value / (1.0 + q * u * (1.0 - u))
        odds -= step
        if not (low < odds and odds < high):
            odds = 0.5 * (low + high)
        e = exp(-fabs(odds))
        u = (1.0 if odds > 0.0 else e) / (1.0 + e)
        if fabs(step) < 0.1:
            break
    duals[place] = u
    duals[place + 1] = odds
    return u


def multiclass_dual_start(label, q, scores, intercept, old, log_p, p):
    """Choose where the first step of a row begins, as its dual variable is ``e_y``, whose logarithms are not finite.

    From zero scores the step leads to about this: two Newton steps fewer than from one place for all rows.
    """
    n_classes = p.shape[0]
    lead = min(q, log(9.0 * n_classes))
    for k in range(n_classes):
        old[k] = 0.0
        log_p[k] = scores[k] + intercept[k]
    old[label] = 1.0
    log_p[label] += lead
    for k in range(n_classes):
        p[k] = log_p[k]
    normalizer = softmax(p)
    for k in range(n_classes):
        log_p[k] -= normalizer


def multiclass_dual_gap(s, q, scores, intercept, old, log_p, target):
    """Return about the duality gap of a row of weight ``s``, to second order; write ``z + q * old`` to ``target``."""
    mean = 0.0
    square = 0.0
    for k in range(old.shape[0]):
        z = scores[k] + intercept[k]
        lack = z - log_p[k]
        mean += old[k] * lack
        square += old[k] * lack * lack
        target[k] = z + q * old[k]
    return 0.5 * s * (square - mean * mean)


def multiclass_dual_step(n_steps, q, log_p, p, target, shares, terms):
    """Maximise the dual by one row's variable, by up to ``n_steps`` Newton steps on ``log p + q p = target - nu``.

    ``shares`` and ``terms``, one entry a class, are scratch.
    """
    n_classes = p.shape[0]
    for _ in range(n_steps):
        for k in range(n_classes):
            share = p[k] / (1.0 + q * p[k])
            shares[k] = share
            terms[k] = p[k] + share * (target[k] - log_p[k] - q * p[k])
        nu = (total_of(terms, n_classes) - 1.0) / total_of(shares, n_classes)
        for k in range(n_classes):
            step = (target[k] - nu - log_p[k] - q * p[k]) / (1.0 + q * p[k])
            step = min(max(step, -4.0), 2.0)
            terms[k] = fabs(step)
            v = min(log_p[k] + step, 0.0)
            log_p[k] = v
            p[k] = exp(v)
        total = total_of(p, n_classes)
        shift = log(total)
        inverse = 1.0 / total
        for k in range(n_classes):
            log_p[k] -= shift
            p[k] *= inverse
        if largest_of(terms) < 0.1:
            break
