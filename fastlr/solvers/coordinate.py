"""Proximal Newton with coordinate descent, for penalties with an L1 part (and L2 beside it, or alone).

Each round computes the gradient of all features, takes those that are not 0 or violate their optimality condition,
minimises the quadratic model over them by coordinate descent, and searches along the line to the minimum. All but the
few features that a sparse model holds cost one product with the matrix a round. (Yuan, Ho and Lin 2012; working sets as
in Massias, Gramfort and Salmon 2018.)
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from fastlr import kernels
from fastlr.batch import class_weights, residuals, row_losses, row_weights, scores_of, transposed_product
from fastlr.certificate import Strengths
from fastlr.problem import Problem, frozen
from fastlr.solvers.exact import Iterate
from fastlr.solvers.pace import Pace
from fastlr.solvers.start import Start

# A round's sweeps end when the largest violation has fallen to this part of the round's first, or after so many
# sweeps: few at first, where the model is far from the truth.
INNER_TOL = 0.3
FIRST_SWEEPS = 6
MAX_SWEEPS = 60

# After so many sweeps their ends are extrapolated, and the result taken if the model's objective is lower (Bertrand and
# Massias 2021).
WINDOW = 5


def coordinate(
    problem: Problem,
    strengths: Strengths,
    fit_intercept: bool,
    backend: str,
    start: Start,
    seed: int,
) -> Iterator[Iterate]:
    """Yield the model before each round."""
    rows, n_outputs = problem.rows, problem.n_outputs
    n_samples, n_features = rows.shape
    l1, l2 = strengths
    columns = rows.csr.tocsc()
    index = np.int32 if columns.indices.dtype.itemsize == 4 else np.int64
    arrays = frozen(columns.indptr, index), frozen(columns.indices, index), frozen(columns.data)
    s = frozen(row_weights(problem))
    wanted = class_weights(problem)[-n_outputs:]
    weights, intercept = start.weights.astype(np.float64), start.intercept.astype(np.float64)
    call = kernels.load(backend)
    rng = np.random.default_rng(seed)
    pace = Pace()
    curvature = np.zeros((n_features, n_outputs))
    violations = np.zeros(n_features)
    dtype = rows.data.dtype
    scores = scores_of(problem, weights.astype(dtype), backend).astype(np.float64)
    loss, p, mass, product = row_losses(scores, intercept, problem, backend, with_product=n_outputs > 1)
    penalty = strengths.penalty(weights)
    for n_rounds in itertools.count():
        gradient = -transposed_product(problem, residuals(p, problem, backend), backend).astype(np.float64)
        # For one output a row's second derivative, for more the bound that the kernel asks for.
        second = s[:, None] * (p.prod(axis=1, keepdims=True) if n_outputs == 1 else p)
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
        order = frozen(rng.permutation(features))
        history: list[tuple[np.ndarray, ...]] = []
        for _ in range(min(MAX_SWEEPS, FIRST_SWEEPS * 2 ** min(n_rounds, 10))):
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
            if violations[order].max(initial=0.0) <= goal:
                break
            moving = state[1::2] if n_outputs == 1 else moved
            history.append((target[order], moving.copy(), shift.copy()))
            if len(history) > WINDOW:
                extrapolated = _extrapolate(history)
                model = (weights[order], gradient[order], strengths, mass[-n_outputs:] - wanted, second, s, p)
                if _model(extrapolated, *model) < _model(history[-1], *model):
                    target[order], moving[:], shift = extrapolated
                    if n_outputs > 1:
                        mean = np.einsum("ik,ik->i", p, moved)
                history = []
                at_rest = (violations[order] == 0.0) & (target[order] == 0.0).all(axis=1)
                order = frozen(order[~at_rest])
        step = state[1::2, None] if n_outputs == 1 else moved
        # Armijo's rule on the true objective; the slope is that of the model.
        delta = target - weights
        slope = float(np.sum(gradient * delta)) + float((mass[-n_outputs:] - wanted) @ shift)
        slope += strengths.penalty(target) - penalty
        share = 1.0
        while True:
            new_weights = target if share == 1.0 else weights + share * delta
            new_penalty = strengths.penalty(new_weights)
            new = row_losses(scores + share * step, intercept, problem, backend, with_product=n_outputs > 1)
            if new.loss + new_penalty <= loss + penalty + 0.01 * share * slope or share < 1e-8:
                break
            share *= 0.5
        weights, penalty = new_weights, new_penalty
        scores += share * (step - shift)
        intercept = intercept + share * shift
        loss, p, mass, product = new


def _extrapolate(history: list[tuple[np.ndarray, ...]]) -> tuple[np.ndarray, ...]:
    """Return the combination of the last sweeps' ends at which a linear iteration would stand still (Anderson 1965)."""
    ends = [entry[0].ravel() for entry in history]
    changes = np.diff(np.array(ends), axis=0)
    gram = changes @ changes.T
    gram /= max(np.trace(gram), 1e-300)
    shares = np.linalg.solve(gram + 1e-10 * np.eye(len(gram)), np.ones(len(gram)))
    shares /= shares.sum()
    return tuple(
        sum(c * part for c, part in zip(shares, parts, strict=True)) for parts in zip(*history[1:], strict=True)
    )


def _model(
    entry: tuple[np.ndarray, ...],
    weights: np.ndarray,
    gradient: np.ndarray,
    strengths: Strengths,
    intercept_gradient: np.ndarray,
    second: np.ndarray,
    s: np.ndarray,
    p: np.ndarray,
) -> float:
    """Return the quadratic model's objective, but for a constant, at one end of a sweep."""
    target, moved, shift = entry
    value = float(np.sum(gradient * (target - weights))) + float(intercept_gradient @ shift)
    value += strengths.penalty(target)
    if moved.ndim == 1:
        return value + 0.5 * float(np.sum(second[:, 0] * np.square(moved)))
    mean = np.einsum("ik,ik->i", p, moved)
    return value + 0.5 * float(np.sum(s * (np.einsum("ik,ik,ik->i", p, moved, moved) - np.square(mean))))


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
