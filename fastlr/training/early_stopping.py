"""Early stopping: when to stop, and which weights were the best."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from fastlr.utils.elementary import integer_power


class EarlyStopping:
    """Stops once a value, to be minimised, has not improved for a number of epochs.

    Parameters
    ----------
    tol : float
        By how much a value must be lower than the best before it to count as progress.
    n_iter_no_change : int
        Consecutive epochs without progress that end the training.
    period : int
        The training ends after a multiple of this many epochs only, when a rate that restarts periodically is 0.
    keep_best : bool
        Whether to keep the weights of the lowest value.

    Attributes
    ----------
    best : float
        The lowest value so far.
    best_epoch : int
        The epoch of that value, counted from 1; 0 before the first.
    best_weights : tuple of ndarray or None
        The weights and intercepts of that epoch, if they are kept.
    """

    def __init__(self, tol: float, n_iter_no_change: int, period: int, keep_best: bool) -> None:
        self.tol = tol
        self.n_iter_no_change = n_iter_no_change
        self.period = period
        self.keep_best = keep_best
        self.best = float(np.inf)
        self.best_epoch = 0
        self.best_weights: tuple[np.ndarray, np.ndarray] | None = None
        self.n_stalled = 0

    def soonest_end(self, epoch: int) -> int:
        """Return the epoch after which training ends if none after ``epoch`` makes progress."""
        epoch += self.n_iter_no_change - self.n_stalled
        return -(-epoch // self.period) * self.period

    def stops(self, epoch: int, value: float, weights: np.ndarray, intercept: np.ndarray) -> bool:
        """Record the value of an epoch; return whether training ends. The weights are kept without a copy."""
        self.n_stalled = self.n_stalled + 1 if value >= self.best - self.tol else 0
        if value < self.best:
            self.best, self.best_epoch = float(value), epoch
            if self.keep_best:
                self.best_weights = weights, intercept.copy()
        return self.n_stalled >= self.n_iter_no_change and epoch % self.period == 0

    def state_dict(self) -> dict[str, Any]:
        """Return everything later epochs depend on, by name; arrays are not copied."""
        return {name: getattr(self, name) for name in ("best", "best_epoch", "n_stalled", "best_weights")}

    def load_state_dict(self, state: Mapping[str, Any], shape: tuple[int, int], dtype: np.dtype) -> None:
        """Continue from a state that `state_dict` returned, for weights of this shape and type.

        Raises
        ------
        ValueError
            If names, types or shapes are not those of `state_dict`. Nothing has changed then.
        """
        if not isinstance(state, dict) or set(state) != set(self.state_dict()):
            raise ValueError("The state of early stopping is malformed.")
        kept = state["best_weights"]
        if type(state["best"]) is not float or any(
            type(value) is not int or value < 0 for name, value in state.items() if name not in ("best", "best_weights")
        ):
            raise ValueError("The state of early stopping holds values of other types.")
        if kept is not None and not (
            self.keep_best
            and isinstance(kept, tuple)
            and len(kept) == 2
            and all(
                isinstance(array, np.ndarray) and (array.shape, array.dtype) == like and np.isfinite(array).all()
                for array, like in zip(kept, ((shape, dtype), (shape[1:], np.float64)), strict=True)
            )
        ):
            raise ValueError("The best weights are not those of this training.")
        for name, value in state.items():
            setattr(self, name, value)
        if kept is not None:
            self.best_weights = tuple(np.require(array, requirements=["C", "A", "W"]) for array in kept)


class AdaptiveRate(EarlyStopping):
    """A learning rate that is divided by 5 where early stopping would end the training, which ends at a tiny rate.

    It is the schedule of the training as well, once `start` was called.

    Parameters
    ----------
    tol, n_iter_no_change, keep_best
        As for `EarlyStopping`.
    """

    DIVISOR = 5.0
    LEAST_RATE = 1e-6

    def __init__(self, tol: float, n_iter_no_change: int, keep_best: bool) -> None:
        super().__init__(tol, n_iter_no_change, 1, keep_best)
        self.n_divisions = 0

    def start(self, eta0: float, unit: float) -> None:
        """Set the first rate; training ends where it stalls at a rate of at most ``LEAST_RATE`` times ``unit``."""
        self.eta0, self.least = eta0, self.LEAST_RATE * unit

    @property
    def rate(self) -> float:
        """The current rate."""
        return self.eta0 * float(integer_power(1.0 / self.DIVISOR, self.n_divisions))

    def rates(self, first: int, n: int) -> np.ndarray:
        """Return the current rate ``n`` times."""
        return np.full(n, self.rate)

    def stops(self, epoch: int, value: float, weights: np.ndarray, intercept: np.ndarray) -> bool:
        """Record the value of an epoch, and divide the rate if it is time to; return whether training ends."""
        if not super().stops(epoch, value, weights, intercept):
            return False
        if self.rate <= self.least:
            return True
        self.n_divisions, self.n_stalled = self.n_divisions + 1, 0
        return False

    def state_dict(self) -> dict[str, Any]:
        """Return everything later epochs depend on, by name; arrays are not copied."""
        return {**super().state_dict(), "n_divisions": self.n_divisions}
