"""Running a solver without a penalty, where no dual bound helps: until the gradient is small."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from fastlr.data.problem import Problem
from fastlr.kernels.kernel_set import KernelSet
from fastlr.solvers.exact.smooth_objective import Smooth
from fastlr.solvers.exact.task import Iterate, Solution, Start


def stationarity(
    problem: Problem, weights: np.ndarray, intercept: np.ndarray, fit_intercept: bool, kernels: KernelSet
) -> tuple[float, float]:
    """Return the sum of the weighted losses, and the largest entry of the gradient of their mean."""
    smooth = Smooth(problem, 0.0, fit_intercept, kernels)
    theta = smooth.unknowns(Start(weights, intercept))
    value, gradient, _ = smooth.value_and_gradient(theta, smooth.scores(theta))
    return value, smooth.guess(value, gradient)


def run_stationary(
    iterates: Iterable[Iterate],
    evaluate: Callable[[np.ndarray, np.ndarray], tuple[float, float]],
    solution: Solution,
    tol: float,
    max_iter: int,
    progress: Callable[[Solution], None],
) -> float:
    """Take up to ``max_iter`` iterates after the start, until the largest entry of the gradient is at most ``tol``.

    Parameters
    ----------
    iterates : iterable of Iterate
    evaluate : callable
        Returns `stationarity` for weights and intercept.
    solution : Solution
        Changed in place; holds the model evaluated last.
    tol : float
    max_iter : int
    progress : callable
        Called with the solution after each iterate.

    Returns
    -------
    float
        The largest entry of the gradient of the mean loss at the solution.
    """
    norm = np.inf
    for n_iter, (weights, intercept, guess, _) in enumerate(iterates):
        solution.n_iter = n_iter
        if guess <= tol or n_iter >= max_iter:
            solution.primal, norm = evaluate(weights, intercept)
            solution.weights, solution.intercept = weights.copy(), intercept.copy()
            solution.converged = norm <= tol
        progress(solution)
        if solution.converged or n_iter >= max_iter:
            break
    return norm


def separates(
    problem: Problem, weights: np.ndarray, intercept: np.ndarray, fit_intercept: bool, kernels: KernelSet
) -> bool:
    """Return whether every active row's own class has the greatest score.

    Multiples of such a model have ever smaller losses, so no finite model is the best.
    """
    smooth = Smooth(problem, 0.0, fit_intercept, kernels)
    scores = smooth.scores(smooth.unknowns(Start(weights, intercept)))[problem.active_rows]
    labels = problem.labels[problem.active_rows]
    if problem.n_outputs == 1:
        return bool(((2 * labels - 1) * scores[:, 0] > 0.0).all())
    own = scores[np.arange(len(labels)), labels].copy()
    scores[np.arange(len(labels)), labels] = -np.inf
    return bool((own > scores.max(axis=1)).all())
