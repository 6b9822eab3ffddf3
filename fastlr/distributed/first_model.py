"""A model to start from, for one round: every partition trains on its own rows by SGD, and the models are merged.

A weight of the merged model is between the sum and the mean of the partitions' weights, by the factor that
`fastlr.solvers.stochastic.local_sgd` explains. To a gap of 1e-5 on two classes of abstracts in 8 partitions, this and
Newton's method take 26, 35 and 55 rounds, and Newton's method from zero 31, 52 and 80 (C = 1, 10, 100); on 20 classes,
35 instead of 52. (Agarwal et al. 2014, "A reliable effective terascale linear learning system".)
"""

from __future__ import annotations

from contextlib import closing

import numpy as np

from fastlr import kernels
from fastlr.data.problem import Problem, class_mass
from fastlr.data.rows import Rows
from fastlr.distributed.partition import Piece
from fastlr.distributed.tree import Sums
from fastlr.solvers.stochastic.thread_shares import OutputCurvatures
from fastlr.training.config import TrainingConfig
from fastlr.training.session import TrainingSession
from fastlr.utils.arrays import frozen
from fastlr.utils.sums import sum_of

N_EPOCHS = 2
# Of each partition the first rows with about so many entries take part, so that partitions in memory and in stores, of
# which a block is read, have the same model.
MOST_ENTRIES = 1 << 20
SEED = 0


def first_rows(problem: Problem) -> Problem[Rows]:
    """Return the problem of the first rows."""
    with closing(problem.rows.blocks()) as blocks:
        rows = next(blocks).rows
        n = max(int(np.searchsorted(rows.indptr, MOST_ENTRIES, "right")) - 1, 1)
        numbers = np.arange(min(n, rows.shape[0]))
        s = problem.sample_weight[numbers] if len(problem.sample_weight) else None
        return Problem.make(rows.take(numbers), frozen(problem.labels[numbers]), s, problem.n_classes)


def local_model(config: TrainingConfig, piece: Piece) -> Sums:
    """Return the partition's own model, and what merging it needs.

    Beside the weights for each column is the sum of its squares; the rest are the intercepts, the sum of the rates, the
    number of rows, and the weight of each class.
    """
    problem = first_rows(piece.problem)
    shape, mass = (problem.shape[1], problem.n_outputs), np.zeros(problem.n_classes)
    weights, squares, intercept, rate = np.zeros(shape), np.zeros(shape[0]), np.zeros(shape[1]), 0.0
    if problem.n_active:
        session = TrainingSession(config, problem, piece.backend, SEED)
        session.start()
        result = session.run()
        weights, intercept = result.weights.astype(np.float64), result.intercept
        rate = sum_of(session.plan.schedule.rates(0, session.optimizer.n_steps))
        rows, numbers = problem.rows, problem.active_rows
        kernels.load(piece.backend).add_squares(
            rows.indptr, rows.indices, rows.data, problem.sample_weight, numbers, 0, len(numbers), squares
        )
        mass = class_mass(problem.labels, problem.weights(), problem.n_classes)
    return Sums(np.column_stack([weights, squares]), np.concatenate([intercept, [rate, problem.n_active], mass]))


def merged(sums: np.ndarray, rest: np.ndarray, n_partitions: int, l2: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the weights and intercepts of the merged model, from the sums of `local_model` over the partitions.

    Parameters
    ----------
    sums : ndarray of shape (n_features, n_outputs + 1)
    rest : ndarray
    n_partitions : int
    l2 : float
        Strength of L2, beside the mean loss.
    """
    n_outputs = sums.shape[1] - 1
    intercept, (rate, n_rows), mass = np.split(rest, [n_outputs, n_outputs + 2])
    rate, outputs = rate / n_partitions, OutputCurvatures(mass, int(n_rows))
    shares = outputs.weight_shares(rate, sums[:, -1:] / n_rows, l2, n_partitions)
    return shares * sums[:, :-1], intercept / n_partitions
