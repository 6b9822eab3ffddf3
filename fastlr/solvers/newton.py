"""Newton's method with truncated conjugate gradients: no Hessian is ever formed, only its products with vectors.

A step solves ``H d = -g`` by conjugate gradients with ``H v = X^T D (X v) + l2 v``, two passes over the rows each,
preconditioned by the Hessian's diagonal, and only as exactly as the distance from the optimum deserves; the step's
length is halved until the objective falls enough. (Lin, Weng and Keerthi 2008; Hsia, Chiang and Lin 2018.)
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from fastlr.certificate import Strengths
from fastlr.problem import Problem
from fastlr.solvers.exact import Iterate
from fastlr.solvers.smooth import Smooth
from fastlr.solvers.start import Start

MAX_PRODUCTS = 500
# A step is accepted once the objective falls by this part of what its slope promises; what rounding hides is forgiven.
ENOUGH = 1e-4


def newton(
    problem: Problem, strengths: Strengths, fit_intercept: bool, backend: str, start: Start
) -> Iterator[Iterate]:
    """Yield the model before each step, for a penalty that is L2 alone, or none; ends where no step is progress."""
    smooth = Smooth(problem, strengths.l2, fit_intercept, backend)
    theta = smooth.unknowns(start)
    scores = smooth.scores(theta)
    first, last, before, previous = None, np.inf, None, theta
    while True:
        value, gradient, probabilities = smooth.value_and_gradient(theta, scores)
        fell = before is None or value < before - smooth.rounding * abs(before)
        yield Iterate(*smooth.model(theta), smooth.guess(value, gradient))
        size = float(np.linalg.norm(gradient))
        first = first or size
        if size == 0.0 or not (fell or size < 0.5 * last):
            theta = previous if size > last else theta
            break
        direction = conjugate_gradients(smooth, probabilities, gradient, min(0.25, np.sqrt(size / first)))
        moves = smooth.scores(direction)
        slope = float(np.vdot(gradient, direction))
        step = 1.0
        while step > 1e-10:
            candidate = theta + step * direction
            new = smooth.value(candidate, scores + step * moves)
            if new <= value + ENOUGH * step * slope + smooth.rounding * abs(value):
                break
            step *= 0.5
        else:
            break
        previous, theta, scores, last, before = theta, candidate, smooth.scores(candidate), size, value
    yield Iterate(*smooth.model(theta), 0.0)


def conjugate_gradients(smooth: Smooth, probabilities: np.ndarray, gradient: np.ndarray, accuracy: float) -> np.ndarray:
    """Solve ``H d = -gradient`` until the residual has shrunk to ``accuracy``, both measured by the preconditioner."""
    diagonal = smooth.hessian_diagonal(probabilities)
    inverse = np.divide(1.0, diagonal, out=np.ones_like(diagonal), where=diagonal > 0.0)
    solution = np.zeros_like(gradient)
    residual = -gradient
    direction = inverse * residual
    energy = first = float(np.vdot(residual, direction))
    for _ in range(MAX_PRODUCTS):
        product = smooth.hessian_product(probabilities, direction)
        curvature = float(np.vdot(direction, product))
        if not curvature > 1e-14 * energy:  # flat, to rounding: a curvature of `energy` is what the diagonal says
            if not solution.any():
                solution = direction
            break
        length = energy / curvature
        solution += length * direction
        residual -= length * product
        scaled = inverse * residual
        new = float(np.vdot(residual, scaled))
        if new <= accuracy**2 * first:
            break
        direction = scaled + (new / energy) * direction
        energy = new
    return solution
