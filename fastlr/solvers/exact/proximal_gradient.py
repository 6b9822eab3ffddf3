"""Batch gradient descent with the step 1 / L, for every penalty, with and without Nesterov's acceleration.

A step is ``theta = prox(y - gradient(y) / L)``, where ``prox`` is the soft threshold of L1 and ``L`` an upper bound of
the curvature: the loss's bound times the largest eigenvalue of ``[X, c]^T S [X, c]``, plus L2. The constant column
``c`` of the intercept has the size of the rows, so that the step does not depend on the scale of the features. Plain
descent has ``y = theta``; accelerated descent has ``y`` ahead of it by the momentum, which restarts if the objective
would rise. Neither ever raises the objective. (Nesterov 1983; Beck and Teboulle 2009; O'Donoghue and Candès 2015.)
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

import numpy as np

from fastlr.objective.row_passes import RowPasses
from fastlr.solvers.exact.smooth_objective import Smooth
from fastlr.solvers.exact.task import Iterate, Start, Task
from fastlr.utils.sums import dot

POWER_ITERATIONS = 20
# With L1, the number of steps grows by this factor between certificates: one costs as much as a step, and slow progress
# must show between two of them.
SPACING = 1.25


def proximal_gradient(passes: RowPasses, task: Task, start: Start, accelerated: bool) -> Iterator[Iterate]:
    """Yield the start and the model after each step; end when a step changes nothing."""
    penalty = task.penalty
    smooth = Smooth(passes, penalty.l2, task.fit_intercept)
    theta = smooth.unknowns(start)
    mean_norm = passes.squared_norms() / passes.total_weight
    units = np.ones((len(theta), 1))
    units[-1] = mean_norm if 0.0 < mean_norm < np.inf else 1.0
    yield Iterate(*smooth.model(theta), np.inf)
    curvature = task.loss.curvature_bound(passes.n_outputs) * largest_eigenvalue(passes, units) + penalty.l2
    penalised = np.ones((len(theta), 1))
    penalised[-1] = 0.0
    rest = penalty.nonsmooth_part  # L2 is in the smooth objective
    scores = smooth.scores(theta)
    total = smooth.value(theta, scores) + rest.value(theta[:-1])
    momentum = 1.0
    ahead, ahead_scores = theta, scores
    next_certificate = 10.0
    for n_steps in itertools.count(1):
        value, gradient, _ = smooth.value_and_gradient(ahead, ahead_scores)
        while True:
            step = units / curvature
            moved = ahead - step * gradient
            new = rest.prox(moved, step * penalised)
            change = new - ahead
            new_scores = smooth.scores(new)
            new_value = smooth.value(new, new_scores)
            bound = dot(gradient, change) + 0.5 * curvature * dot(change, change / units)
            if new_value <= value + bound + smooth.rounding * abs(value) or not np.isfinite(curvature):
                break
            curvature *= 2.0  # the power iteration has underestimated it
        new_total = new_value + rest.value(new[:-1])
        back = dot(ahead - new, (new - theta) / units) > 0.0  # the momentum points uphill
        if ahead is not theta and (back or new_total > total + smooth.rounding * abs(total)):
            momentum, ahead, ahead_scores = 1.0, theta, scores
            continue
        if np.array_equal(new, theta):
            break
        next_momentum = 0.5 * (1.0 + math.sqrt(1.0 + 4.0 * momentum * momentum)) if accelerated else 1.0
        weight = (momentum - 1.0) / next_momentum
        if weight:
            ahead, ahead_scores = (
                new + weight * (new - theta),
                passes.moved(new_scores, weight, passes.moved(new_scores, -1.0, scores)),
            )
        else:
            ahead, ahead_scores = new, new_scores
        theta, scores, total, momentum = new, new_scores, new_total, next_momentum
        due = n_steps >= next_certificate
        next_certificate = SPACING * n_steps if due else next_certificate
        guess = (0.0 if due else np.inf) if rest else smooth.guess(value, gradient)
        yield Iterate(*smooth.model(theta), guess, objective=total)
    yield Iterate(*smooth.model(theta), 0.0)


def largest_eigenvalue(passes: RowPasses, units: np.ndarray) -> float:
    """Estimate the largest eigenvalue of ``[X, c]^T S [X, c]`` by power iteration; the last of ``units`` is ``c^2``."""
    roots = np.sqrt(units)
    vector = 0.5 + np.random.default_rng(0).random(size=units.shape)
    size = 0.0
    with np.errstate(over="ignore"):
        for _ in range(POWER_ITERATIONS):
            weights, constant = passes.gram_product(np.vstack([vector[:-1], roots[-1] * vector[-1]]))
            vector = np.vstack([weights, roots[-1] * constant])
            size = math.sqrt(dot(vector, vector))
            if not 0.0 < size < np.inf:
                break
            vector = vector / size
    return size
