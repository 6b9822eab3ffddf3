"""Models that grow while they learn: more classes, more features."""

from __future__ import annotations

import numpy as np


def with_classes(
    weights: np.ndarray, intercept: np.ndarray, old: np.ndarray, new: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the weights and intercepts of a model of more classes, in which no ratio of old probabilities changes.

    A class's output comes over as it is and a new class's is 0. The one output ``w`` of two classes becomes
    ``(-w / 2, w / 2)``, whose difference it is, so that the odds are the same.

    Parameters
    ----------
    weights : ndarray of shape (n_features, n_outputs)
    intercept : ndarray of shape (n_outputs,)
    old, new : ndarray of shape (n_classes,)
        Sorted labels; ``new`` has all of ``old``, and others.

    Returns
    -------
    weights : ndarray of shape (n_features, n_new)
    intercept : ndarray of shape (n_new,)

    Examples
    --------
    >>> import numpy as np
    >>> from fastlr.solvers.stochastic.resize import with_classes
    >>> with_classes(np.array([[6.0]]), np.array([2.0]), np.array(["a", "c"]), np.array(["a", "b", "c"]))
    (array([[-3.,  0.,  3.]]), array([-1.,  0.,  1.]))
    """
    places = np.searchsorted(new, old)
    grown = np.zeros((len(weights), len(new)), weights.dtype)
    grown_intercept = np.zeros(len(new), intercept.dtype)
    if len(old) == 2:
        for place, sign in zip(places, (-0.5, 0.5), strict=True):
            grown[:, place] = sign * weights[:, 0]
            grown_intercept[place] = sign * intercept[0]
    else:
        grown[:, places] = weights
        grown_intercept[places] = intercept
    return grown, grown_intercept


def with_features(weights: np.ndarray, n_features: int) -> np.ndarray:
    """Return a copy of ``weights`` with zero rows after them, ``n_features`` in all."""
    grown = np.zeros((n_features, weights.shape[1]), weights.dtype)
    grown[: len(weights)] = weights
    return grown
