"""Orthant-wise quasi-Newton steps (OWL-QN), for every penalty, with one gradient a step.

Within an orthant, where no weight changes its sign, an L1 penalty is linear, and L-BFGS works as without it. A step
goes along the quasi-Newton direction of the pseudo-gradient, the subgradient nearest to 0; weights that would leave the
orthant become 0. Curvature is learned from the gradients of the smooth part alone. Without L1 this is L-BFGS. (Andrew
and Gao 2007, "Scalable training of L1-regularized log-linear models".)
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from fastlr.objective.full_batch import dot
from fastlr.objective.row_passes import PerRow, RowPasses
from fastlr.solvers.exact.conjugate_gradient import Secants
from fastlr.solvers.exact.coordinate_descent import estimated_gap
from fastlr.solvers.exact.smooth_objective import Smooth
from fastlr.solvers.exact.task import Iterate, Start, Task

# A step is accepted if the objective falls by this part of what its slope predicts, up to rounding.
ENOUGH = 1e-4
# Pairs of steps and changes of the gradient that are kept.
N_PAIRS = 10


def owlqn(passes: RowPasses, task: Task, start: Start) -> Iterator[Iterate]:
    """Yield the start and the model after each step; end when no step makes progress."""
    penalty, l1 = task.penalty, task.elastic_net.l1
    smooth = Smooth(passes, penalty.l2, task.fit_intercept)
    rest = penalty.nonsmooth_part  # L2 is in the smooth objective
    kernel_dot = partial(dot, kernels=task.kernels)
    theta = smooth.unknowns(start)
    thresholds = np.full((len(theta), 1), l1)
    thresholds[-1] = 0.0
    secants = Secants(2 * N_PAIRS * theta.size)

    def evaluate(theta: np.ndarray) -> tuple[float, np.ndarray, PerRow]:
        value, gradient, curvatures = smooth.value_and_gradient(theta, smooth.scores(theta))
        return value + rest.value(theta[:-1]), gradient, curvatures

    scale, inverse = 1.0, None
    if start.state is not None:
        theta, inverse, scale = (start.state[name] for name in ("theta", "inverse", "scale"))
        for pair in start.state["pairs"]:
            secants.add(*pair)
    total, gradient, curvatures = evaluate(theta)
    if inverse is None:
        diagonal = smooth.hessian_diagonal(curvatures)
        inverse = np.divide(1.0, diagonal, out=np.ones_like(diagonal), where=diagonal > 0.0)
    while True:
        pulls = _pseudo_gradient(theta, gradient, thresholds)
        state = {"theta": theta, "inverse": inverse, "scale": scale, "pairs": list(secants.pairs)}
        guess = _guess(smooth, total, theta, pulls, task)
        yield Iterate(*smooth.model(theta), guess, state=state, objective=total)
        direction = -secants.preconditioner(scale * inverse, kernel_dot)(pulls)
        direction[direction * pulls >= 0.0] = 0.0
        orthant = np.where(theta != 0.0, np.sign(theta), -np.sign(pulls))
        step = 1.0
        while True:
            new = theta + step * direction
            new[(new * orthant < 0.0) & (thresholds > 0.0)] = 0.0
            moved = new - theta
            new_total, new_gradient, _ = evaluate(new)
            if new_total <= total + ENOUGH * kernel_dot(pulls, moved) + smooth.rounding * abs(total):
                break
            step *= 0.5
            if step < 1e-10:
                yield Iterate(*smooth.model(theta), 0.0, state=state)
                return
        if not moved.any():
            break
        change = new_gradient - gradient
        curvature = kernel_dot(moved, change)
        if curvature > 0.0:
            secants.add(moved, change)
            scale = curvature / kernel_dot(change, inverse * change)
        theta, total, gradient = new, new_total, new_gradient
    yield Iterate(*smooth.model(theta), 0.0, state=state)


def _pseudo_gradient(theta: np.ndarray, gradient: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    """Return the subgradient nearest to 0 of the smooth objective plus ``sum(thresholds * |theta|)``."""
    at_zero = gradient - np.clip(gradient, -thresholds, thresholds)
    return np.where(theta != 0.0, gradient + thresholds * np.sign(theta), at_zero)


def _guess(smooth: Smooth, total: float, theta: np.ndarray, pulls: np.ndarray, task: Task) -> float:
    """Estimate the distance from the optimum."""
    if not task.elastic_net.l1:
        return smooth.guess(total, pulls)
    weights, missing = theta[:-1], np.abs(pulls[:-1])
    return (estimated_gap(weights, missing, task.elastic_net) + float(np.abs(pulls[-1]).max())) / (total or 1.0)
