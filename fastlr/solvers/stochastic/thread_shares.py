"""How much of what several threads have moved counts, once they meet: see ``solvers.local``."""

from __future__ import annotations

import numpy as np

from fastlr.data.problem import Problem
from fastlr.kernels.sources import local_sgd
from fastlr.solvers.stochastic.optimizer import StepRule
from fastlr.utils.arrays import frozen

# Of so many rows what is needed to know is looked at.
N_SAMPLED = 2048


def sample(problem: Problem) -> np.ndarray:
    """Return some of the rows, from all over them."""
    return frozen(problem.active_rows[:: max(1, len(problem.active_rows) // N_SAMPLED)])


def split_steps(
    rates: np.ndarray, start: int, stop: int, batch_size: int, n_threads: int
) -> tuple[list[np.ndarray], list[int]]:
    """Deal out the steps over rows ``start`` to ``stop``, each thread's over as many rows next to each other.

    Return the rates of each thread, which fall as all of them do, and where its rows begin, followed by ``stop``. With
    fewer steps than threads the last of them have none; a last batch that is not full ends at ``stop`` whoever has it.
    """
    dealt = [np.ascontiguousarray(rates[k::n_threads]) for k in range(n_threads)]
    begins = start + batch_size * np.cumsum([0, *map(len, dealt)])
    return dealt, np.minimum(begins, stop).tolist()


class OutputCurvatures:
    """How much the loss curves along each output's score.

    Attributes
    ----------
    mean_weight : float
        Of the rows.
    curvature : ndarray of shape (n_outputs,)
        The guess of ``p_k (1 - p_k)``.
    """

    def __init__(self, problem: Problem) -> None:
        labels = problem.labels[problem.active_rows]
        s = problem.sample_weight[problem.active_rows] if len(problem.sample_weight) else None
        self.mean_weight = 1.0 if s is None else float(s.mean())
        shares = np.array([0.5])
        if problem.n_outputs > 1:
            shares = np.bincount(labels, weights=s, minlength=problem.n_classes) / (self.mean_weight * len(labels))
            shares = np.clip(shares, 1.0 / problem.n_classes, 0.5)
        self.curvature = frozen(np.sqrt(0.25 * shares * (1.0 - shares)))

    def intercept_shares(self, rate: float, rule: StepRule, n_threads: int) -> np.ndarray:
        """Return the share of the intercepts' moves, by steps whose rates sum up to ``rate`` in each thread."""
        reaches = rate * rule.intercept_rate * self.mean_weight * self.curvature
        return np.array([local_sgd.share(reach, n_threads) for reach in reaches.tolist()])
