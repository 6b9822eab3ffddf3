"""Where a solver starts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from fastlr.data.problem import Problem


@dataclass
class Start:
    """Where a solver starts.

    Attributes
    ----------
    weights : ndarray of shape (n_features, n_outputs)
    intercept : ndarray of shape (n_outputs,)
    memory : object
        What a solver left here, if it did, for its next run over the same rows with another penalty; only the same
        solver reads it.
    """

    weights: np.ndarray
    intercept: np.ndarray
    memory: Any = None

    @classmethod
    def zero(cls, problem: Problem) -> Start:
        """Return zero weights of the type of the rows."""
        shape = (problem.rows.shape[1], problem.n_outputs)
        return cls(np.zeros(shape, problem.dtype), np.zeros(problem.n_outputs))
