"""Conjugate gradients, preconditioned by a diagonal: a linear system solved by products with its matrix alone."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

MAX_PRODUCTS = 500


def energy(inverse: np.ndarray, gradient: np.ndarray) -> float:
    """Return the squared norm of a gradient as the preconditioner measures it."""
    return float(np.vdot(gradient, inverse * gradient))


def conjugate_gradients(
    product: Callable[[np.ndarray], np.ndarray],
    inverse: np.ndarray,
    gradient: np.ndarray,
    goal: float,
    ends: Callable[[int, np.ndarray], bool] = lambda n_products, solution: False,
) -> np.ndarray:
    """Solve ``H d = -gradient`` until the `energy` of what is left of the gradient is at most ``goal``.

    Parameters
    ----------
    product : callable
        Returns ``H`` times an array in the shape of the gradient. ``H`` is symmetric and positive semi-definite.
    inverse : ndarray
        Inverse of the preconditioner's diagonal. Where it is 0, ``d`` stays 0.
    gradient : ndarray
    goal : float
    ends : callable
        Told the number of products and the solution so far after each step; ends the method by returning True.

    Returns
    -------
    ndarray
        ``d``. Where ``H`` is flat, to rounding, the way there.
    """
    solution = np.zeros_like(gradient)
    residual = -gradient
    direction = inverse * residual
    left = float(np.vdot(residual, direction))
    for n_products in range(1, MAX_PRODUCTS + 1):
        change = product(direction)
        curvature = float(np.vdot(direction, change))
        if not curvature > 1e-14 * left:  # flat, to rounding: a curvature of `left` is what the diagonal says
            return solution if solution.any() else direction
        length = left / curvature
        solution += length * direction
        residual -= length * change
        scaled = inverse * residual
        new = float(np.vdot(residual, scaled))
        if new <= goal or ends(n_products, solution):
            break
        direction = scaled + (new / left) * direction
        left = new
    return solution
