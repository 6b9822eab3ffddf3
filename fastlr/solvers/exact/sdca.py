"""Stochastic dual coordinate ascent, for penalties with an L2 part; see ``fastlr/kernels/sources/sdca.py``."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from fastlr.data.problem import Problem
from fastlr.data.row_scale import squared_norms
from fastlr.objective.full_batch import mixed_entropy, residuals, row_losses, scores_of, transposed_product
from fastlr.objective.losses import Loss
from fastlr.objective.penalties import soft_threshold
from fastlr.solvers.exact.task import Iterate, Start, Task
from fastlr.utils.arrays import frozen
from fastlr.utils.elementary import exp, log
from fastlr.utils.sums import column_sums, dot, mean_of, row_sums, sum_of
from fastlr.utils.time_slices import TimeSlices

# Newton steps for each row of the softmax model, from the row's last probabilities.
N_NEWTON = 2

# A row whose last step gained less than this part of the mean is skipped, except in every fifth epoch. At C = 100 that
# takes 18 epochs' steps instead of 49 (two classes of abstracts), and 20 instead of 80 (20 classes).
EASY = 0.3
MAX_AGE = 5

# If the mean row can move its own score by less than this part of what would make it certain, the probabilities of the
# current weights, which include every row's last step, are nearer to the optimum than the rows' own. Two classes of
# abstracts, C = .1, gaps after 3 to 5 epochs: 5.6e-5, 1.8e-5, 3e-6 instead of 8.2e-4, 3.2e-4, 1.6e-4, so 5 epochs
# suffice instead of 8.
MILD = 0.5

# The objective is estimated from about so many numbers.
SAMPLE = 1 << 17

# Shares of a model's probabilities to start from.
SHARES = tuple(1.0 / (1 << k) for k in range(21))
# For logarithms of probabilities that are 0.
TINY = 1e-300

# After this epoch, counted from 0, the objective is near enough to its least value to compute relative gaps.
OBJECTIVE_KNOWN = 2


class Memory(NamedTuple):
    """The arrays of a run, for the next run over the same rows, and the strength of L2 that they belong to."""

    duals: np.ndarray
    sums: np.ndarray
    intercept: np.ndarray
    residual: np.ndarray
    l2: float


def sdca(problem: Problem, task: Task, start: Start) -> Iterator[Iterate]:
    """Yield the start and the model after each epoch of dual coordinate ascent; the penalty must have L2.

    Starts from the probabilities in ``start.memory``, whose sums ``X^T s (e_y - p) / l2`` are rescaled to the new
    ``l2``; otherwise from those of the model, if it has weights. Rows are visited in a new order in each epoch, drawn
    from ``task.seed``; with a fixed order, 11 epochs become 50.
    """
    yield Iterate(start.weights, start.intercept, np.inf)
    penalty, kernels = task.elastic_net, task.kernels
    rows, n_outputs, n_samples = problem.rows, problem.n_outputs, problem.rows.shape[0]
    s = problem.weights()
    norms = squared_norms(rows, kernels.name)
    pull = 0.0
    if task.fit_intercept:
        # Small compared with the norms, so that rows can still move, but large enough for the residual to move the
        # intercept.
        pull = max(0.01 * dot(norms, s) / penalty.l2, 10.0) / problem.total_weight
    curvature = frozen(s * (norms / penalty.l2 + pull))
    memory: Memory | None = start.memory
    if memory is not None:
        duals, sums, intercept, residual, l2 = memory
        sums *= sums.dtype.type(l2 / penalty.l2)
    elif start.weights.any():
        duals, sums, intercept, residual = _duals_of(problem, task, start)
    else:  # no row has contributed to the weights yet
        duals = np.zeros(2 * n_samples) if n_outputs == 1 else np.ones(n_samples * n_outputs)
        sums, intercept, residual = np.zeros_like(start.weights), np.zeros(n_outputs), np.zeros(n_outputs)
    start.memory = Memory(duals, sums, intercept, residual, penalty.l2)
    lacks = np.zeros(n_samples)
    arguments = (rows.indptr, rows.indices, rows.data, problem.labels, problem.sample_weight)
    threshold = penalty.l1 / penalty.l2
    steps = (curvature, 1.0 / penalty.l2, threshold, pull, duals, sums, intercept, residual, lacks)
    sign = 2.0 * problem.labels - 1.0
    if n_outputs > 1:
        scores, scratch = np.empty(n_outputs, rows.data.dtype), np.empty((6, n_outputs))
    rng = np.random.default_rng(task.seed)
    time_slices = TimeSlices()
    age = np.zeros(n_samples, np.int64)
    objective = problem.total_weight * float(task.loss.value(np.zeros((1, n_outputs)), np.zeros(1, int))[0])
    mildness = min(1.0, mean_of(curvature[problem.active_rows]))
    for epoch in itertools.count():
        order = problem.active_rows
        if epoch > 1:
            order = order[(lacks[order] >= EASY * mean_of(lacks[order])) | (age[order] >= MAX_AGE)]
        age += 1
        age[order] = 1
        order = problem.shuffled(order, rng)
        for begin, end in time_slices.slices(0, len(order)):
            if n_outputs == 1:
                kernels.sdca_binary(*arguments, order, begin, end, *steps)
            else:
                kernels.sdca_softmax(*arguments, order, begin, end, N_NEWTON, *steps, scores, scratch)
        # Scaled by the share of rows visited: the others have not responded to the last change yet.
        intercept += pull * residual * (len(order) / len(problem.active_rows))
        weights = soft_threshold(sums, sums.dtype.type(threshold)) if threshold else sums
        if epoch == OBJECTIVE_KNOWN:
            objective = _dual_value(duals, weights, s, penalty.l2, task.loss)
        dual_scores = (-sign * duals[1::2])[:, None] if n_outputs == 1 else duals.reshape(n_samples, n_outputs)
        # Each step removes its row's part of the gap, and about half of the sum is left at the end of an epoch. The
        # gap at the weights' own probabilities is smaller again by about the mildness.
        guess = 0.5 * mildness * sum_of(lacks) / objective if epoch else np.inf
        yield Iterate(weights, intercept, guess, (None, dual_scores) if mildness < MILD else (dual_scores, None))


def _duals_of(problem: Problem, task: Task, start: Start) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return the dual variables of a model with their sums, its intercept and the residual.

    The probabilities are moved towards ``e_y`` as far as raises the dual: those of a model far from the optimum may
    have sums far from its weights.
    """
    penalty, kernels, labels = task.elastic_net, task.kernels, problem.labels
    scores = scores_of(problem, start.weights, kernels)
    p = row_losses(scores, start.intercept, problem, kernels).p
    factors = residuals(p, problem, kernels)
    v = transposed_product(problem, factors, kernels)
    values = {share: mixed_entropy(p, share, problem, kernels) - penalty.conjugate(v, share) for share in SHARES}
    share = max(values, key=lambda share: values[share])
    own = np.arange(len(labels)), labels
    if problem.n_outputs == 1:
        wrong, right = share * p[own[0], 1 - labels], share * p[own] + (1.0 - share)
        duals = np.column_stack([wrong, log(np.maximum(wrong, TINY)) - log(np.maximum(right, TINY))]).ravel()
    else:
        p *= share
        p[own] += 1.0 - share
        duals = np.minimum(log(np.maximum(p, TINY)), 0.0).ravel()
    sums = (share / penalty.l2 * v).astype(problem.dtype)
    return duals, sums, np.array(start.intercept, np.float64), share * column_sums(factors)


def _dual_value(duals: np.ndarray, weights: np.ndarray, s: np.ndarray, l2: float, loss: Loss) -> float:
    """Return an estimate of ``sum_i s_i H(p_i) - l2 / 2 * ||W||^2``, within a few percent of the least objective."""
    n_outputs = weights.shape[1]
    step = 1 + len(s) * n_outputs // SAMPLE
    if n_outputs == 1:
        p = duals[:: 2 * step]
        entropies = loss.entropy(np.column_stack([p, 1.0 - p]))
    else:
        logs = np.minimum(duals.reshape(len(s), n_outputs)[::step], 0.0)
        entropies = -row_sums(exp(logs), logs)
    mean = mean_of(entropies, s[::step] if s[::step].any() else None)
    return max(sum_of(s) * mean - 0.5 * l2 * dot(weights, weights), 1e-300)
