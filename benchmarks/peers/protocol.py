"""The interface of a library that takes part in the races."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np


class Problem(NamedTuple):
    """``C * sum(loss) + (1 - l1_ratio) / 2 * ||W||_2^2 + l1_ratio * ||W||_1``, binary or softmax."""

    n_classes: int
    C: float
    l1_ratio: float = 0.0
    fit_intercept: bool = False

    @property
    def penalty(self) -> str:
        return {0.0: "l2", 1.0: "l1"}.get(self.l1_ratio, "elasticnet")


class Peer:
    """A library with one way to set it up.

    ``convert`` and ``fit`` are timed, each by itself. What ``fit`` returns goes to ``predict_proba``, and for exact
    solvers to ``weights``. ``library`` gathers several settings under one name.
    """

    kind = ""  # "SGD" or "EXACT", by the list that it is in
    warms_up = True  # whether a first fit leaves something to later ones, in children of its process too

    def __init__(self, library: str, setting: str = "", **options: Any) -> None:
        self.library = library
        self.name = f"{library}, {setting}" if setting else library
        self.options = options

    def supports(self, problem: Problem, task: Any) -> bool:
        return True

    def convert(self, task: Any) -> Any:
        """Return rows and labels as the library takes them."""
        return task.X, task.y

    def fit(self, data: Any, problem: Problem, effort: float) -> Any:
        """Train with so many epochs (SGD), or to this tolerance of the library's own (exact solvers)."""
        raise NotImplementedError

    def predict_proba(self, model: Any, X: Any) -> np.ndarray:
        return model.predict_proba(X)

    def weights(self, model: Any) -> tuple[np.ndarray, np.ndarray]:
        """Return weights of shape ``(n_features, n_outputs)`` and intercepts ``(n_outputs,)``."""
        W = np.asarray(model.coef_).T
        return W, np.broadcast_to(np.asarray(model.intercept_, dtype=np.float64).ravel(), (W.shape[1],))


def rows_in_columns(task):
    """Return the matrix by columns, and labels of -1 and 1."""
    return task.X.tocsc(), 2.0 * task.y - 1.0
