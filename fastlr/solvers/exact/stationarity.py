"""Running a solver without a penalty, where no dual bound helps: until the gradient is small."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

import numpy as np

from fastlr.objective.row_passes import RowPasses
from fastlr.solvers.exact.conjugate_gradient import conjugate_gradients, energy
from fastlr.solvers.exact.smooth_objective import Smooth
from fastlr.solvers.exact.task import Iterate, Solution, Start

# Newton's method raises the log-odds of rows that nothing holds back by about 1 a step. Within a few steps those of all
# others fall by less than this part of it, or there is a finite optimum, near which no step is as large.
RISE, REST, N_STEPS = 0.5, 1e-5, 10


def stationarity(
    passes: RowPasses, weights: np.ndarray, intercept: np.ndarray, fit_intercept: bool
) -> tuple[float, float]:
    """Return the sum of the weighted losses, and the largest entry of the gradient of their mean."""
    smooth = Smooth(passes, 0.0, fit_intercept)
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
    stopping, known = solution.stopping, solution.stopping.begun
    for n_iter, (weights, intercept, guess, *_) in enumerate(iterates, solution.n_iter):
        if known:  # the iterate from which a fit is resumed
            known = False
            if solution.converged or n_iter >= max_iter:
                break
            continue
        stopping.begun, solution.n_iter = True, n_iter
        if guess <= tol or n_iter >= max_iter:
            solution.primal, stopping.norm = evaluate(weights, intercept)
            solution.weights, solution.intercept = weights.copy(), intercept.copy()
            solution.converged = stopping.norm <= tol
        progress(solution)
        if solution.converged or n_iter >= max_iter:
            break
    return stopping.norm


def separates(passes: RowPasses, weights: np.ndarray, intercept: np.ndarray, fit_intercept: bool) -> bool:
    """Return whether every active row's own class has the greatest score.

    Multiples of such a model have ever smaller losses, so no finite model is the best.
    """
    smooth = Smooth(passes, 0.0, fit_intercept)
    least, _ = passes.log_odds(smooth.scores(smooth.unknowns(Start(weights, intercept))))
    return least > 0.0


def partly_separates(passes: RowPasses, weights: np.ndarray, intercept: np.ndarray, fit_intercept: bool) -> bool:
    """Return whether weights can move so that some rows' own classes gain and no row's own class loses.

    The directions tried are Newton's steps from the model. Moves along such a direction have ever smaller losses, so no
    finite model is the best. (Albert and Anderson 1984, Biometrika 71(1): quasi-complete separation.)
    """
    smooth = Smooth(passes, 0.0, fit_intercept)
    theta = smooth.unknowns(Start(weights, intercept))
    with np.errstate(over="ignore", invalid="ignore"):  # without a line search, steps may lead beyond float32
        for part in (0.01, *[1e-6] * N_STEPS):  # of the gradient; a rough step shows that most models are optimal
            _, gradient, curvatures = smooth.value_and_gradient(theta, smooth.scores(theta))
            diagonal = smooth.hessian_diagonal(curvatures)
            inverse = np.divide(1.0, diagonal, out=np.ones_like(diagonal), where=diagonal > 0.0)
            product = partial(smooth.hessian_product, curvatures)
            goal = part * part * energy(inverse, gradient)
            step, _ = conjugate_gradients(product, inverse, gradient, goal, rounding=smooth.rounding)
            fall, rise = passes.log_odds(smooth.scores(step))
            if rise < RISE or fall >= -REST * rise:
                return rise >= RISE
            theta = theta + step
    return False
