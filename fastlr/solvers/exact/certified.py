"""Running a solver to a certificate: iterate, certify, keep the best, stop when the gap is proven.

A solver is a generator: each item is a model that it has reached, with its own guess of the relative gap, which costs
it little. The certificate, which costs two passes over the rows, is computed when the guess says that it may be met.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from fastlr.objective.duality import Certifier, relative_gap


class Iterate(NamedTuple):
    """A model on a solver's way.

    Attributes
    ----------
    weights : ndarray of shape (n_features, n_outputs)
        May change when the solver goes on.
    intercept : ndarray of shape (n_outputs,)
    guess : float
        The solver's guess of the relative gap; 0 asks for the certificate, infinity does without it.
    dual_scores : sequence of ndarray of shape (n_samples, n_outputs) or None
        Scores whose probabilities bound the objective, in the order in which to try them; None is the model's own.
    """

    weights: np.ndarray
    intercept: np.ndarray
    guess: float
    dual_scores: Sequence[np.ndarray | None] = (None,)


@dataclass
class Solution:
    """The best model found, and what is known of it.

    Attributes
    ----------
    weights : ndarray of shape (n_features, n_outputs)
    intercept : ndarray of shape (n_outputs,)
    primal, dual : float
        The model's objective, and the greatest lower bound found.
    n_iter : int
        Items that the solver produced, each about a pass over the rows.
    converged : bool
    """

    weights: np.ndarray
    intercept: np.ndarray
    primal: float = np.inf
    dual: float = -np.inf
    n_iter: int = 0
    converged: bool = False

    @property
    def gap(self) -> float:
        """The relative duality gap."""
        return relative_gap(self.primal, self.dual)


# Certificates in a row without progress after which precision is held to be exhausted.
PATIENCE = 5

# Items in a row without a better guess after which a certificate is asked for all the same.
IDLE = 500


def run_exact(
    iterates: Iterator[Iterate],
    certifier: Certifier,
    start: Solution,
    tol: float,
    max_iter: int,
    progress: Callable[[Solution], None],
) -> Solution:
    """Take ``iterates`` until the relative gap is proven to be at most ``tol``, or ``max_iter`` of them.

    ``start`` is changed in place and holds the best model at any time, so that an interrupt loses nothing.

    Returns
    -------
    Solution
        ``start``.
    """
    factor = 1.0  # by how much guesses have been too good so far
    least_guess, n_idle = np.inf, 0
    n_stalled = 0
    for n_iter, (weights, intercept, guess, dual_scores) in enumerate(iterates, 1):
        start.n_iter = n_iter
        n_idle = n_idle + 1 if guess >= 0.9 * least_guess else 0
        least_guess = min(least_guess, guess)
        if guess * factor <= tol or n_iter == max_iter or n_idle >= IDLE:
            n_idle = 0
            before, primal_before = start.gap, start.primal
            primal, dual, intercept = certifier.certify(weights, intercept, dual_scores, tol)
            if primal < start.primal:
                start.weights, start.intercept, start.primal = weights.copy(), intercept, primal
            start.dual = max(start.dual, dual)
            if 0.0 < guess < np.inf:
                factor = min(max(factor, 0.9 * start.gap / guess), 1e6)
            # A slow solver may lower the objective long before the bound moves.
            fell = primal_before - start.primal > 10.0 * np.finfo(weights.dtype).eps * primal_before
            n_stalled = n_stalled + 1 if start.gap >= 0.9 * before and not fell else 0
            start.converged = start.gap <= tol
        progress(start)
        if start.converged or n_iter >= max_iter or n_stalled >= PATIENCE:
            break
    return start
