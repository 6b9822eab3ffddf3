"""Adding classes and features to a model in training."""

from __future__ import annotations

import numpy as np


def with_classes(
    weights: np.ndarray, intercept: np.ndarray, old: np.ndarray, new: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the weights and intercepts of a model with more classes that keeps all ratios of the old probabilities.

    An old class keeps its output and a new class's output is 0. The single output ``w`` of two classes becomes
    ``(-w / 2, w / 2)``, whose difference is ``w``, so the odds are the same.

    Parameters
    ----------
    weights : ndarray of shape (n_features, n_outputs)
    intercept : ndarray of shape (n_outputs,)
    old, new : ndarray of shape (n_classes,)
        Sorted labels; ``new`` contains all of ``old``, and more.

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
    """Return a copy of ``weights`` with rows of zeros appended, ``n_features`` rows in all."""
    grown = np.zeros((n_features, weights.shape[1]), weights.dtype)
    grown[: len(weights)] = weights
    return grown
