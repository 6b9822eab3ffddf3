"""Stochastic dual coordinate ascent, for a penalty that is L2 alone: see ``kernels.sdca``."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from fastlr import kernels
from fastlr.certificate import Strengths
from fastlr.problem import Problem, frozen
from fastlr.scale import squared_norms
from fastlr.solvers.exact import Iterate
from fastlr.solvers.pace import Pace

# Newton steps a row of the softmax model, from its last probabilities.
N_NEWTON = 2


def sdca(problem: Problem, strengths: Strengths, fit_intercept: bool, backend: str, seed: int) -> Iterator[Iterate]:
    """Yield the model after each epoch of dual coordinate ascent, from zero, in rows' order drawn from ``seed``.

    Needs ``strengths.l1 == 0`` and ``strengths.l2 > 0``.
    """
    rows, n_outputs = problem.rows, problem.n_outputs
    weights = np.zeros((rows.shape[1], n_outputs), rows.data.dtype)
    intercept = np.zeros(n_outputs)
    residual = np.zeros(n_outputs)
    gap = np.zeros(1)
    s = problem.sample_weight if len(problem.sample_weight) else np.ones(rows.shape[0])
    norms = squared_norms(rows, backend)
    pull = float(norms @ s) / float(s.sum()) / strengths.l2 if fit_intercept else 0.0
    curvature = frozen(s * (norms / strengths.l2 + pull))
    call = kernels.load(backend)
    arguments = (rows.indptr, rows.indices, rows.data, problem.labels, problem.sample_weight)
    state = (weights, intercept, residual, gap)
    if n_outputs == 1:
        duals = np.zeros(2 * rows.shape[0])  # u = 0: no row has a part in the weights yet
    else:
        duals = np.ones(rows.shape[0] * n_outputs)
        scores, scratch = np.empty(n_outputs, rows.data.dtype), np.empty((4, n_outputs))
    rng = np.random.default_rng(seed)
    pace = Pace()
    primal = problem.total_weight * np.log(problem.n_classes)
    for epoch in itertools.count():
        order = frozen(rng.permutation(problem.present))
        gap[0] = 0.0
        for start, stop in pace.slices(0, len(order)):
            if n_outputs == 1:
                call.sdca_binary(*arguments, order, start, stop, curvature, 1.0 / strengths.l2, pull, duals, *state)
            else:
                call.sdca_softmax(
                    *arguments, order, start, stop, N_NEWTON, curvature, 1.0 / strengths.l2, pull, duals, *state,
                    scores, scratch,
                )  # fmt: skip
        intercept += pull * residual
        yield Iterate(weights, intercept, float(gap[0]) / primal if epoch else np.inf)
