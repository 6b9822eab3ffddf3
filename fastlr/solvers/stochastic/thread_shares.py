"""Scaling of per-thread updates when they are merged: shared by ``local_sgd`` and ``hogwild``."""

from __future__ import annotations

import numpy as np

from fastlr.data.problem import Problem, class_mass
from fastlr.kernels.sources import local_sgd
from fastlr.solvers.stochastic.optimizer import StepSlice
from fastlr.utils.arrays import frozen
from fastlr.utils.sums import sum_of

# With fewer non-zeros per thread, and per merge where there are any, one thread is faster.
FEW = 1 << 16
# Statistics of the features are taken over this many rows.
N_SAMPLED = 2048


def sample(problem: Problem) -> np.ndarray:
    """Return the numbers of some rows, evenly spaced."""
    return frozen(problem.active_rows[:: max(1, len(problem.active_rows) // N_SAMPLED)])


def split_steps(steps: StepSlice, n_threads: int) -> list[StepSlice]:
    """Split steps among threads; each thread's steps go over consecutive rows.

    The rates are dealt out like cards, so each thread's rates fall as all of them do. With fewer steps than threads,
    the last threads have none. A last batch that is not full ends at ``stop``, whichever thread has it.
    """
    rates = [np.ascontiguousarray(steps.rates[k::n_threads]) for k in range(n_threads)]
    bounds = steps.start + steps.batch_size * np.cumsum([0, *map(len, rates)])
    bounds = np.minimum(bounds, steps.stop).tolist()
    return [steps._replace(start=bounds[k], stop=bounds[k + 1], rates=rates[k]) for k in range(n_threads)]


class OutputCurvatures:
    """The curvature of the loss along each output's score.

    Parameters
    ----------
    mass : ndarray of shape (n_classes,)
        Sum of the weights of each class's rows.
    n_rows : int
        Number of rows that count.

    Attributes
    ----------
    mean_weight : float
        Mean weight of a row.
    curvature : ndarray of shape (n_outputs,)
        The estimate of ``p_k (1 - p_k)``.
    """

    def __init__(self, mass: np.ndarray, n_rows: int) -> None:
        self.mean_weight = sum_of(mass) / n_rows
        shares = np.array([0.5])
        if len(mass) > 2:
            shares = np.clip(mass / (self.mean_weight * n_rows), 1.0 / len(mass), 0.5)
        self.curvature = frozen(np.sqrt(0.25 * shares * (1.0 - shares)))

    @classmethod
    def of(cls, problem: Problem) -> OutputCurvatures:
        """Return the curvatures for the rows of a problem."""
        labels = problem.labels[problem.active_rows]
        s = problem.sample_weight[problem.active_rows] if len(problem.sample_weight) else None
        return cls(class_mass(labels, s, problem.n_classes), len(labels))

    def weight_shares(self, rate: float, squares: np.ndarray, l2: float, n_threads: int | np.ndarray) -> np.ndarray:
        """Return the factors for the threads' updates of weights, shape (n_features, n_outputs).

        ``squares``, of shape (n_features, 1), are the means of ``s x_f^2``, and ``l2`` is the strength of L2. The
        number of threads whose rows have a feature may differ, shape (n_features, 1).
        """
        reach = np.minimum(rate * (squares * self.curvature + l2 * self.mean_weight), 1e100)
        return (1.0 + 0.5 * reach) / (1.0 + 0.5 * n_threads * reach)

    def intercept_shares(self, rate: float, intercept_rate: float, n_threads: int) -> np.ndarray:
        """Return the factors for the threads' intercept updates, when the rates of each thread sum up to ``rate``."""
        reaches = rate * intercept_rate * self.mean_weight * self.curvature
        return np.array([local_sgd.share(reach, n_threads) for reach in reaches.tolist()])
