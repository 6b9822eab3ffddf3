"""Running a solver until a duality gap proves that its model is good enough.

A certificate costs two passes over the rows, so one is computed only when the solver's own estimate of the gap says
that the tolerance may be met.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from fastlr.objective.duality import Certifier
from fastlr.solvers.exact.task import Iterate, Solution

# After so many certificates in a row without progress, the precision of the numbers is taken to be exhausted.
PATIENCE = 5

# After so many iterates in a row without a better estimate, a certificate is computed anyway.
IDLE = 25


def run_exact(
    iterates: Iterable[Iterate],
    certifier: Certifier,
    solution: Solution,
    tol: float,
    max_iter: int,
    progress: Callable[[Solution], None],
) -> None:
    """Take up to ``max_iter`` iterates after the start, until the relative gap is proven to be at most ``tol``.

    ``solution`` is changed in place and always holds the best model so far, so that an interrupt loses nothing.
    """
    stopping, known = solution.stopping, solution.stopping.begun
    for n_iter, (weights, intercept, guess, dual_scores, *_) in enumerate(iterates, solution.n_iter):
        if known:  # the iterate from which a fit is resumed
            known = False
            if solution.converged or n_iter >= max_iter or stopping.n_stalled >= PATIENCE:
                break
            continue
        stopping.begun, solution.n_iter = True, n_iter
        stopping.n_idle = stopping.n_idle + 1 if guess >= 0.9 * stopping.least_guess else 0
        stopping.least_guess = min(stopping.least_guess, guess)
        if guess * stopping.factor <= tol or n_iter == max_iter or stopping.n_idle >= IDLE:
            stopping.n_idle = 0
            before, primal_before = solution.gap, solution.primal
            primal, dual, intercept = certifier.certify(weights, intercept, dual_scores, tol)
            if primal < solution.primal:
                solution.weights, solution.intercept, solution.primal = weights.copy(), intercept, primal
            solution.dual = max(solution.dual, dual)
            if 0.0 < guess < np.inf:
                stopping.factor = min(max(stopping.factor, 0.9 * solution.gap / guess), 1e6)
            # A slow solver may lower the objective long before the bound moves.
            fell = primal_before - solution.primal > 10.0 * np.finfo(weights.dtype).eps * primal_before
            stopping.n_stalled = stopping.n_stalled + 1 if solution.gap >= 0.9 * before and not fell else 0
            solution.converged = solution.gap <= tol
        progress(solution)
        if solution.converged or n_iter >= max_iter or stopping.n_stalled >= PATIENCE:
            break
