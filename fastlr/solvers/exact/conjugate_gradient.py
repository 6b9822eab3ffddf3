"""Preconditioned conjugate gradients, for linear systems whose matrix is known only by its products."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import numpy as np

from fastlr.utils import sums

Dot = Callable[[np.ndarray, np.ndarray], float]

MAX_PRODUCTS = 500

# Pairs kept. To 1e-6 of the objective the L1 models of the abstracts need 71, 52, 48 and 45 products with 0, 10, 20 and
# 100 pairs (C = 1), and 161, 107, 92 and 87 (C = 10). Newton's method under L2 needs no fewer with them.
N_SECANTS = 20


def energy(inverse: np.ndarray, gradient: np.ndarray, dot: Dot = sums.dot) -> float:
    """Return the squared norm of a gradient in the metric of the preconditioner."""
    return dot(gradient, inverse * gradient)


class Secants:
    """Earlier products with this Hessian or a similar one, which improve the preconditioner.

    It becomes the BFGS update of the inverse diagonal. (Morales and Nocedal 2000, SIAM J. Optimization 10(4).)

    Parameters
    ----------
    room : int
        Maximum number of entries kept, in up to `N_SECANTS` pairs of arrays.
    """

    def __init__(self, room: int) -> None:
        self.room = room
        self.pairs: deque[tuple[np.ndarray, np.ndarray]] = deque()

    def add(self, direction: np.ndarray, change: np.ndarray) -> None:
        """Keep the product ``change`` of the Hessian with ``direction``."""
        self.pairs.append((direction, change))
        while len(self.pairs) > min(N_SECANTS, self.room // (2 * direction.size)):
            self.pairs.popleft()

    def move(self, taken: Callable[[np.ndarray], np.ndarray]) -> None:
        """Replace every array by what ``taken`` makes of it, for other unknowns."""
        self.pairs = deque((taken(direction), taken(change)) for direction, change in self.pairs)

    def preconditioner(self, inverse: np.ndarray, dot: Dot = sums.dot) -> Callable[[np.ndarray], np.ndarray]:
        """Return the product with the preconditioner's inverse, for unknowns that stay where ``inverse`` is 0."""
        free = inverse != 0.0
        known = []
        for direction, change in self.pairs:
            curvature = dot(direction, change * free)
            if curvature > 0.0:
                known.append((direction * free, change * free, curvature))

        def scaled(residual: np.ndarray) -> np.ndarray:
            if not known:
                return inverse * residual
            left, shares = residual.copy(), []
            for direction, change, curvature in reversed(known):
                shares.append(dot(direction, left) / curvature)
                left -= shares[-1] * change
            result = inverse * left
            for direction, change, curvature in known:
                result += (shares.pop() - dot(change, result) / curvature) * direction
            return result

        return scaled


def conjugate_gradients(
    product: Callable[[np.ndarray], np.ndarray],
    inverse: np.ndarray,
    gradient: np.ndarray,
    goal: float,
    ends: Callable[[int, np.ndarray], bool] = lambda n_products, solution: False,
    secants: Secants | None = None,
    dot: Dot = sums.dot,
    rounding: float = 1e-14,
) -> tuple[np.ndarray, bool]:
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
        Called with the number of products and the solution after each step; returns True to stop.
    secants : Secants or None
        Earlier products, to which those of this call are added. None preconditions by the diagonal alone.
    dot : callable
        Returns the sum of the products of two arrays of one shape. Those with secants take a tenth of the time if a
        kernel computes them.
    rounding : float
        ``H`` is flat where its curvature is at most this part of what the preconditioner says.

    Returns
    -------
    solution : ndarray
        ``d``. If ``H`` is flat in some direction, the solution before it, or that direction if it is the first.
    is_flat : bool
        Whether it is such a direction.
    """
    secants = Secants(0) if secants is None else secants
    scaled = secants.preconditioner(inverse, dot)
    solution = np.zeros_like(gradient)
    residual = -gradient
    direction = scaled(residual)
    left = dot(residual, direction)
    if not left > 0.0:  # pairs of directions in which H is flat, to rounding: the preconditioner lost its definiteness
        secants.pairs.clear()
        scaled = secants.preconditioner(inverse, dot)
        direction = scaled(residual)
        left = dot(residual, direction)
    is_diagonal = not secants.pairs
    scratch = np.empty_like(gradient)
    for n_products in range(1, MAX_PRODUCTS + 1):
        change = product(direction)
        curvature = dot(direction, change)
        # A curvature of `left` is what the preconditioner says. A gradient that is nothing but rounding may leave 0.
        if not curvature > rounding * left > 0.0:
            return (solution, False) if solution.any() else (direction, True)
        secants.add(direction, change)
        length = left / curvature
        # A temporary array for each product would take longer than the products.
        solution += np.multiply(direction, length, out=scratch)
        residual -= np.multiply(change, length, out=scratch)
        ahead = np.multiply(inverse, residual, out=scratch)
        new = dot(residual, ahead)
        if new <= goal or ends(n_products, solution):  # this is the energy
            break
        if not is_diagonal:
            ahead = scaled(residual)
            new = dot(residual, ahead)
        direction = (new / left) * direction
        direction += ahead
        left = new
    return solution, False
