"""Proximal Newton with coordinate descent, for penalties with an L1 part (and L2 beside it, or alone).

Each round computes the gradient of all features, takes those that are not 0 or violate their optimality condition,
minimises the quadratic model over them by coordinate descent, and searches along the line to the minimum. All but the
few features that a sparse model holds cost one product with the matrix a round. (Yuan, Ho and Lin 2012; working sets as
in Massias, Gramfort and Salmon 2018.)
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from fastlr import kernels
from fastlr.certificate import Strengths, class_weights, row_losses, scores_of, transposed_product
from fastlr.problem import Problem, frozen
from fastlr.solvers.exact import Iterate
from fastlr.solvers.pace import Pace

# A round's sweeps end when the largest violation has fallen to this part of the round's first, or after so many.
INNER_TOL = 0.1
MAX_SWEEPS = 30


def coordinate(
    problem: Problem,
    strengths: Strengths,
    fit_intercept: bool,
    backend: str,
    seed: int,
    start: tuple[np.ndarray, np.ndarray] | None = None,
) -> Iterator[Iterate]:
    """Yield the model after each round, from ``start`` (weights and intercept) or from zero."""
    rows, n_outputs = problem.rows, problem.n_outputs
    n_samples, n_features = rows.shape
    l1, l2 = strengths
    columns = rows.csr.tocsc()
    index = np.int32 if columns.indices.dtype.itemsize == 4 else np.int64
    arrays = frozen(columns.indptr, index), frozen(columns.indices, index), frozen(columns.data)
    s = problem.sample_weight if len(problem.sample_weight) else frozen(np.ones(n_samples))
    wanted = class_weights(problem)[-n_outputs:]
    weights, intercept = np.zeros((n_features, n_outputs)), np.zeros(n_outputs)
    if start is not None:
        weights[:], intercept[:] = start
    call = kernels.load(backend)
    rng = np.random.default_rng(seed)
    pace = Pace()
    curvature = np.zeros((n_features, n_outputs))
    violations = np.zeros(n_features)
    labels = problem.labels
    dtype = rows.data.dtype
    scores = scores_of(problem, weights.astype(dtype), backend).astype(np.float64)
    loss, p, mass, product = row_losses(scores, intercept, problem, backend, with_product=n_outputs > 1)
    penalty = _penalty(weights, strengths)
    while True:
        p = np.ascontiguousarray(p[:, -n_outputs:])
        errors = s[:, None] * p
        if n_outputs == 1:
            errors[:, 0] -= s * labels
            second = s[:, None] * (p * (1.0 - p))
        else:
            second = errors.copy()
            errors[np.arange(n_samples), labels] -= s
        gradient = transposed_product(problem, errors, backend).astype(np.float64)
        pulls = gradient + l2 * weights
        missing = np.where(weights != 0.0, np.abs(pulls + l1 * np.sign(weights)), np.maximum(np.abs(pulls) - l1, 0.0))
        guess = _guess(weights, missing, strengths) / (loss + penalty)
        if fit_intercept:
            guess += float(np.abs(mass[-n_outputs:] - wanted).max()) / problem.total_weight
        yield Iterate(weights.astype(dtype), intercept.copy(), guess)

        features = np.flatnonzero((missing > 0.0).any(axis=1) | (weights != 0.0).any(axis=1))
        for begin, end in pace.slices(0, len(features)):
            call.column_curvature(*arrays, frozen(features), begin, end, second, curvature)
        np.maximum(curvature, 1e-12, out=curvature)
        target = weights.copy()
        shift = np.zeros(n_outputs)
        if n_outputs == 1:
            state = np.zeros(2 * n_samples)
            state[::2] = second[:, 0]
        else:
            moved, mean, scratch = np.zeros((n_samples, n_outputs)), np.zeros(n_samples), np.empty((2, n_outputs))
        goal = INNER_TOL * float(missing.max())
        for _ in range(MAX_SWEEPS):
            if fit_intercept and n_outputs == 1:
                total = float(second.sum())
                step = -(mass[-1] - wanted[0] + float(np.sum(state[::2] * state[1::2]))) / max(total, 1e-12)
                shift += step
                state[1::2] += step
            elif fit_intercept:
                residual = mass - wanted + np.einsum("i,ik,ik->k", s, p, moved - mean[:, None])
                hessian = np.diag(mass) - product + problem.total_weight / n_outputs**2
                hessian[np.diag_indices(n_outputs)] += 1e-12 * problem.total_weight
                step = -np.linalg.solve(hessian, residual)
                shift += step
                moved += step
                mean += p @ step
            order = frozen(rng.permutation(features))
            for begin, end in pace.slices(0, len(order)):
                if n_outputs == 1:
                    call.sweep_binary(
                        *arrays, order, begin, end, l1, l2, gradient, curvature, target, state, violations
                    )
                else:
                    call.sweep_softmax(
                        *arrays, order, begin, end, l1, l2, gradient, curvature, target, s, p, moved, mean,
                        violations, scratch,
                    )  # fmt: skip
            if violations[features].max(initial=0.0) <= goal:
                break
            at_rest = (violations[features] == 0.0) & (target[features] == 0.0).all(axis=1)
            features = features[~at_rest]
        step = state[1::2, None] if n_outputs == 1 else moved
        # Armijo's rule on the true objective; the slope is that of the model.
        delta = target - weights
        slope = float(np.sum(gradient * delta)) + float((mass[-n_outputs:] - wanted) @ shift)
        slope += _penalty(target, strengths) - penalty
        share = 1.0
        while True:
            new_weights = target if share == 1.0 else weights + share * delta
            new_penalty = _penalty(new_weights, strengths)
            new = row_losses(scores + share * step, intercept, problem, backend, with_product=n_outputs > 1)
            if new.loss + new_penalty <= loss + penalty + 0.01 * share * slope or share < 1e-8:
                break
            share *= 0.5
        weights, penalty = new_weights, new_penalty
        scores += share * (step - shift)
        intercept = intercept + share * shift
        loss, p, mass, product = new


def _penalty(weights: np.ndarray, strengths: Strengths) -> float:
    return strengths.l1 * float(np.abs(weights).sum()) + 0.5 * strengths.l2 * float(np.square(weights).sum())


def _guess(weights: np.ndarray, missing: np.ndarray, strengths: Strengths) -> float:
    """Return about the duality gap, from what each weight misses of its optimality condition."""
    l1, l2 = strengths
    if missing.any() and not weights.any():
        return np.inf
    bounds = []
    if l2:
        bounds.append(float(np.square(missing).sum()) / (2.0 * l2))
    if l1:
        bounds.append(float(missing.max() * np.abs(weights).sum() + np.sum(missing * np.abs(weights))))
    return min(bounds)
