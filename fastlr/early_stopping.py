"""When to stop, and which weights were the best."""

from __future__ import annotations

import numpy as np


class EarlyStopping:
    """Stops once a value has not fallen for a number of epochs.

    Parameters
    ----------
    tol : float
        By how much an epoch's value must be lower than the best before it, to count as progress.
    n_iter_no_change : int
        Epochs in a row without progress that end the training.
    period : int
        It ends after multiples of this many epochs only: a rate that starts anew every so often is 0 then.
    keep_best : bool
        Whether to keep the weights of the lowest value.

    Attributes
    ----------
    best : float
        The lowest value so far.
    best_epoch : int
        Its epoch, counted from 1; 0 before the first.
    best_weights : tuple of ndarray or None
        The weights and intercepts of that epoch.
    """

    def __init__(self, tol: float, n_iter_no_change: int, period: int, keep_best: bool) -> None:
        self.tol = tol
        self.n_iter_no_change = n_iter_no_change
        self.period = period
        self.keep_best = keep_best
        self.best = np.inf
        self.best_epoch = 0
        self.best_weights: tuple[np.ndarray, np.ndarray] | None = None
        self.n_stalled = 0

    def soonest_end(self, epoch: int) -> int:
        """Return the epoch that ends training if none after ``epoch`` makes progress."""
        epoch += self.n_iter_no_change - self.n_stalled
        return -(-epoch // self.period) * self.period

    def stops(self, epoch: int, value: float, weights: np.ndarray, intercept: np.ndarray) -> bool:
        """Take note of an epoch's value; return whether training ends with it. ``weights`` are taken over."""
        self.n_stalled = self.n_stalled + 1 if value >= self.best - self.tol else 0
        if value < self.best:
            self.best, self.best_epoch = value, epoch
            if self.keep_best:
                self.best_weights = weights, intercept.copy()
        return self.n_stalled >= self.n_iter_no_change and epoch % self.period == 0
