"""Columns far from 0 relative to their spread, such as a year, from which gradient descent hardly learns.

Such a column nearly equals a multiple of the intercept. The rate that suits its mean is the square of their ratio too
small for its spread, and a rate of its own does not help. Weights and scores of centred columns are the same, but for
the intercept. With a mean of 5, 10, 20, 50 and 100 standard deviations in a column that decides between two classes,
and 5,000 rows, the log-loss of the default SGD is .519 (the optimum), .519, .520, .594 and .657; of AdaGrad .530, .577,
.644, .682 and .689; of FTRL, full batches and streams it is between the two or higher.
"""

from __future__ import annotations

import numpy as np

from fastlr.data.protocols import TrainingProblem
from fastlr.data.row_scale import N_SAMPLED
from fastlr.utils.sums import column_sums

# Fewer rows tell nothing of the spread of a column.
FEWEST_ROWS = 20
# A column with less spread than this share of its mean is constant but for rounding.
CONSTANT = 1e-9


def uncentred_columns(problem: TrainingProblem, ratio: float) -> np.ndarray:
    """Return the columns whose mean is more than ``ratio`` standard deviations from 0, in a sample of the rows.

    A column that is 0 in some of these rows is none of them: its mean is not far from 0.
    """
    rows = problem.sample(N_SAMPLED).rows
    n_rows = rows.shape[0]
    lengths = np.diff(rows.indptr)
    if n_rows < FEWEST_ROWS or not lengths.all():
        return np.zeros(0, np.intp)
    shortest = int(lengths.argmin())
    candidates = np.unique(rows.indices[rows.indptr[shortest] : rows.indptr[shortest + 1]])
    places = np.full(rows.shape[1], -1)
    places[candidates] = np.arange(len(candidates))
    column = places[rows.indices]
    known = column >= 0
    values = np.zeros((n_rows, len(candidates)))
    np.add.at(values, (np.repeat(np.arange(n_rows), lengths)[known], column[known]), rows.data[known])
    with np.errstate(over="ignore", invalid="ignore"):
        mean = column_sums(values) / n_rows
        spread = np.sqrt(column_sums(np.square(values - mean)) / n_rows)
        far = (np.abs(mean) > ratio * spread) & (spread > CONSTANT * np.abs(mean)) & values.all(axis=0)
    return candidates[far]
