"""Newton's method with truncated conjugate gradients: no Hessian is formed, only products with it.

A step solves ``H d = -g`` by conjugate gradients, preconditioned by the Hessian's diagonal. A product ``H v = X^T D (X
v) + l2 v`` is one pass over the rows. The system is solved the more exactly the nearer the optimum is, and the step is
halved until the objective falls enough. (Lin, Weng and Keerthi 2008; Hsia, Chiang and Lin 2018.)
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial

import numpy as np

from fastlr.objective.full_batch import dot
from fastlr.objective.row_passes import RowPasses
from fastlr.solvers.exact.conjugate_gradient import conjugate_gradients, energy
from fastlr.solvers.exact.smooth_objective import Smooth
from fastlr.solvers.exact.task import Iterate, Start, Task

# A step is accepted if the objective falls by this part of what its slope predicts, up to rounding.
ENOUGH = 1e-4


def newton(passes: RowPasses, task: Task, start: Start) -> Iterator[Iterate]:
    """Yield the model before each step, for an L2 penalty or none; end when no step makes progress."""
    smooth = Smooth(passes, task.penalty.l2, task.fit_intercept)
    theta = smooth.unknowns(start)
    last, before, previous = np.inf, np.inf, theta
    if start.state is not None:
        theta, previous, last, before = (start.state[name] for name in ("theta", "previous", "last", "before"))
    scores = smooth.scores(theta)
    kernel_dot = partial(dot, kernels=task.kernels)
    # The accuracy of a step follows from where it starts, so that fits of one iteration, each from the weights of the
    # last one, are one fit of as many.
    zero = np.zeros_like(theta)
    _, at_zero, _ = smooth.value_and_gradient(zero, smooth.scores(zero))
    first = math.sqrt(kernel_dot(at_zero, at_zero))
    while True:
        value, gradient, curvatures = smooth.value_and_gradient(theta, scores)
        fell = before == np.inf or value < before - smooth.rounding * abs(before)
        state = {"theta": theta, "previous": previous, "last": last, "before": before}
        yield Iterate(*smooth.model(theta), smooth.guess(value, gradient), state=state, objective=value)
        size = math.sqrt(kernel_dot(gradient, gradient))
        if size == 0.0 or not (fell or size < 0.5 * last):
            theta = previous if size > last else theta
            break
        diagonal = smooth.hessian_diagonal(curvatures)
        inverse = np.divide(1.0, diagonal, out=np.ones_like(diagonal), where=diagonal > 0.0)
        accuracy = min(0.25, math.sqrt(size / first)) if first else 0.25
        direction, _ = conjugate_gradients(
            partial(smooth.hessian_product, curvatures), inverse, gradient,
            accuracy * accuracy * energy(inverse, gradient, kernel_dot), dot=kernel_dot,
        )  # fmt: skip
        moves = smooth.scores(direction)
        slope = kernel_dot(gradient, direction)
        step = 1.0
        while step > 1e-10:
            candidate = theta + step * direction
            new = smooth.value(candidate, passes.moved(scores, step, moves))
            if new <= value + ENOUGH * step * slope + smooth.rounding * abs(value):
                break
            step *= 0.5
        else:
            break
        previous, theta, scores, last, before = theta, candidate, smooth.scores(candidate), size, value
    yield Iterate(*smooth.model(theta), 0.0, state=state)
