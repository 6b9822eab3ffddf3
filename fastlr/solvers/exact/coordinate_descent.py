"""Proximal Newton with coordinate descent, for penalties with an L1 part.

Each round computes the gradient for all features, selects those whose weights are not 0 or violate their optimality
condition, minimises a quadratic model of the loss over them, and searches along the line to the minimum. The other
features cost one product with the matrix a round. (Yuan, Ho and Lin 2012; working sets as in Massias, Gramfort and
Salmon 2018; a reduced Newton step over the weights that are not 0 as in Chen, Curtis and Robinson 2017.)
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from fastlr.data.problem import Problem
from fastlr.objective.full_batch import residuals, row_losses, target_mass, transposed_product
from fastlr.objective.penalties import ElasticNet
from fastlr.solvers.exact.quadratic_model import BinaryQuadratic, SoftmaxQuadratic, Support
from fastlr.solvers.exact.task import Iterate, Start, Task
from fastlr.utils.arrays import frozen
from fastlr.utils.sums import dot, sum_of

# Passes of coordinate descent over the selected features in each round.
N_SWEEPS = 2
# Conjugate gradients follow once at most this part of the weights that are not 0 has changed since the last round.
# They run until a part of the gradient is left that is between these two: the smaller the estimated gap, the smaller.
# While the quadratic model is rough, more is not worth it: to 1e-5 of the objective of the abstracts they need 161
# products at C = 10 and 71 at C = 1; with the smaller part for all estimates below 3, 319 and 94.
SETTLED = 0.2
ROUGHLY, CLOSELY = 0.3, 0.01


def coordinate_descent(problem: Problem, task: Task, start: Start) -> Iterator[Iterate]:
    """Yield the model before each round; end when a round makes no progress."""
    penalty, fit_intercept, kernels = task.elastic_net, task.fit_intercept, task.kernels
    rows, n_outputs = problem.rows, problem.n_outputs
    columns = rows.csr.tocsc()
    wanted = target_mass(problem, kernels)[-n_outputs:]
    weights, intercept = start.weights.astype(np.float64), start.intercept.astype(np.float64)
    rng = np.random.default_rng(task.seed)
    dtype = rows.data.dtype
    support = Support(problem, columns, penalty.l2, fit_intercept, kernels)
    scores = np.zeros((problem.shape[0], n_outputs))
    if weights.any():
        used_features, smooth = support.cover(np.asarray(weights.any(axis=1)))
        scores = smooth.scores(np.vstack([weights[used_features], np.zeros(n_outputs)]))
    losses = row_losses(scores, intercept, problem, kernels, with_product=n_outputs > 1)
    charge = penalty.value(weights)
    used = np.zeros(weights.shape, bool)
    while True:
        gradient = -transposed_product(problem, residuals(losses.p, problem, kernels), kernels)
        missing = penalty.violations(gradient, weights)
        guess = estimated_gap(weights, missing, penalty) / (losses.loss + charge)
        excess: np.ndarray | None = None
        if fit_intercept:
            excess = losses.mass[-n_outputs:] - wanted  # the gradient by the intercepts
            guess += float(np.abs(excess).max()) / problem.total_weight
        # Weights rounded to float32 have scores too rough to prove small gaps.
        dual_scores = (None,) if dtype == np.float64 else (scores + intercept,)
        yield Iterate(weights.astype(dtype), intercept.copy(), guess, dual_scores)

        features = np.flatnonzero((missing > 0.0).any(axis=1) | (weights != 0.0).any(axis=1))
        kind = BinaryQuadratic if n_outputs == 1 else SoftmaxQuadratic
        model = kind(problem, penalty, columns, weights, gradient, excess, losses, kernels)
        order = frozen(rng.permutation(features))
        for _ in range(N_SWEEPS):
            model.sweep(order)
        before, used = used, model.target != 0.0
        if np.count_nonzero(used != before) <= SETTLED * np.count_nonzero(used):
            model.polish(support, min(ROUGHLY, max(CLOSELY, ROUGHLY * guess)))
            model.sweep(order)
        # Armijo's rule on the true objective; the slope is that of the model.
        delta, step = model.target - weights, model.moved
        slope = dot(gradient, delta) + penalty.value(model.target) - charge
        if excess is not None:
            slope += dot(excess, model.shift)
        share, allowed = 1.0, support.rounding * (losses.loss + charge)
        while True:
            new_weights = model.target if share == 1.0 else weights + share * delta
            new_charge = penalty.value(new_weights)
            new = row_losses(scores + share * step, intercept, problem, kernels, with_product=n_outputs > 1)
            if new.loss + new_charge <= losses.loss + charge + 0.01 * share * slope + allowed:
                break
            share *= 0.5
            if share < 1e-12:
                yield Iterate(weights.astype(dtype), intercept.copy(), 0.0, dual_scores)
                return
        weights, charge, losses = new_weights, new_charge, new
        scores += share * (step - model.shift)
        intercept = intercept + share * model.shift


def estimated_gap(weights: np.ndarray, missing: np.ndarray, penalty: ElasticNet) -> float:
    """Return an estimate of the duality gap, from how far each weight is from optimal."""
    l1, l2 = penalty.l1, penalty.l2
    if missing.any() and not weights.any():
        return np.inf
    bounds = []
    if l2:
        bounds.append(dot(missing, missing) / (2.0 * l2))
    if l1:
        bounds.append(float(missing.max()) * sum_of(np.abs(weights)) + dot(missing, np.abs(weights)))
    return min(bounds)
