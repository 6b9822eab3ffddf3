"""Running a solver without a penalty, where no dual bound helps: to a small gradient instead of a certificate."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from fastlr.data.problem import Problem
from fastlr.solvers.exact.certified import Iterate, Solution
from fastlr.solvers.exact.smooth_objective import Smooth
from fastlr.solvers.exact.start import Start


def stationarity(
    problem: Problem, weights: np.ndarray, intercept: np.ndarray, fit_intercept: bool, backend: str
) -> tuple[float, float]:
    """Return the sum of the weighted losses, and the largest entry of the gradient of their mean."""
    smooth = Smooth(problem, 0.0, fit_intercept, backend)
    theta = smooth.unknowns(Start(weights, intercept))
    value, gradient, _ = smooth.value_and_gradient(theta, smooth.scores(theta))
    return value, smooth.guess(value, gradient)


def run_stationary(
    iterates: Iterator[Iterate],
    evaluate: Callable[[np.ndarray, np.ndarray], tuple[float, float]],
    start: Solution,
    tol: float,
    max_iter: int,
    progress: Callable[[Solution], None],
) -> float:
    """Take ``iterates`` until the largest entry of the gradient is at most ``tol``, or ``max_iter`` of them.

    ``evaluate`` returns what `stationarity` does of weights and intercept. ``start`` is changed in place and holds the
    model of the last evaluation.

    Returns
    -------
    float
        The largest entry of the gradient of the mean loss at ``start``.
    """
    norm = np.inf
    for n_iter, (weights, intercept, guess, _) in enumerate(iterates, 1):
        start.n_iter = n_iter
        if guess <= tol or n_iter >= max_iter:
            start.primal, norm = evaluate(weights, intercept)
            start.weights, start.intercept = weights.copy(), intercept.copy()
            start.converged = norm <= tol
        progress(start)
        if start.converged or n_iter >= max_iter:
            break
    return norm


def separates(problem: Problem, weights: np.ndarray, intercept: np.ndarray, fit_intercept: bool, backend: str) -> bool:
    """Return whether every row that counts has its own class's score above all others.

    If so, multiples of the model have ever smaller losses, and no finite one is best.
    """
    smooth = Smooth(problem, 0.0, fit_intercept, backend)
    scores = smooth.scores(smooth.unknowns(Start(weights, intercept)))[problem.active_rows]
    labels = problem.labels[problem.active_rows]
    if problem.n_outputs == 1:
        return bool(((2 * labels - 1) * scores[:, 0] > 0.0).all())
    own = scores[np.arange(len(labels)), labels].copy()
    scores[np.arange(len(labels)), labels] = -np.inf
    return bool((own > scores.max(axis=1)).all())
