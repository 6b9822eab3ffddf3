"""The cost of one epoch, without what a fit does once."""

from __future__ import annotations

from functools import partial

import numpy as np
from sklearn.base import clone

from harness.measure import by_turns, seconds_of


def fit(model, X, y, n_epochs):
    return clone(model).set_params(max_iter=n_epochs).fit(X, y)


def epoch_seconds(model, X, y, repeats=3, n_epochs=4):
    """Return the seconds of an epoch: a fit of ``1 + n`` of them less a fit of one, over their difference.

    So checks, automatic settings and the last settlement, which a fit pays once, do not count, nor does compilation.
    There are ``n_epochs`` of them, or more where these would be over in a moment, which is not measured well.
    """
    fit(model, X[:100], y[:100], 1)
    once = seconds_of(partial(fit, model, X, y, 1))
    n = int(np.clip(0.25 / once, n_epochs, 50))
    seconds = by_turns({epochs: partial(fit, model, X, y, epochs) for epochs in (1, 1 + n)}, repeats)
    return (seconds[1 + n]["best"] - seconds[1]["best"]) / n


def reference_epoch_seconds(model, X, y, n_rows=20):
    """Return the seconds that an epoch of the NumPy reference would take, from one over the first ``n_rows`` rows.

    These get labels of all classes, as the cost depends on their number and not on who has which.
    """
    n_samples, n_classes = X.shape[0], int(y.max()) + 1
    n_rows = min(max(n_rows, n_classes), n_samples)
    X, y = X[:n_rows], np.arange(n_rows) % n_classes
    model = clone(model).set_params(backend="numpy")
    return seconds_of(partial(fit, model, X, y, 1)) * n_samples / n_rows
