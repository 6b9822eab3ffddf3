"""When a training ends for want of progress."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from fastlr.objective import penalty
from fastlr.problem import Problem
from fastlr.solvers.state import Stateful
from fastlr.solvers.steps import Rule, Steps


class Stall(Stateful):
    """Counts epochs, and those in a row whose objective was not lower than the best before by ``tol``.

    The objective includes the penalty. Its loss is the mean over the epoch, each row's at the weights that it was seen
    with, before its own step.

    Parameters
    ----------
    tol : float or None
        None never ends a training, and computes nothing.
    n_iter_no_change : int
        So many epochs without progress end it.
    """

    STATE: ClassVar[tuple[str, ...]] = ("n_epochs", "loss", "best", "n_stalled")

    def __init__(self, tol: float | None, n_iter_no_change: int) -> None:
        self.tol = tol
        self.n_iter_no_change = n_iter_no_change
        self.n_epochs = 0
        self.loss = 0.0
        self.best = float(np.inf)
        self.n_stalled = 0

    def epoch_done(self, steps: Steps, problem: Problem, rule: Rule) -> bool:
        """Count an epoch; return whether the training is to end."""
        self.n_epochs += 1
        if self.tol is None:
            return False
        value = (steps.loss - self.loss) / problem.total_weight
        if rule.l1 or rule.l2:
            value += penalty(steps.settled(), rule.l1 + rule.l2, rule.l1 / (rule.l1 + rule.l2))
        self.n_stalled = self.n_stalled + 1 if value > self.best - self.tol else 0
        self.loss, self.best = steps.loss, float(min(self.best, value))
        return self.n_stalled >= self.n_iter_no_change
