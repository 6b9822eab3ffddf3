"""What a solver tells of its epochs, and to whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from fastlr.solvers.stochastic.optimizer import Optimizer

if TYPE_CHECKING:
    from fastlr.training.checkpoint import Checkpoint


class Monitor(Protocol):
    """Whoever is told of each epoch."""

    n_epochs: int  # done so far; more than 0 at the beginning of a training that goes on
    saver: Checkpoint | None  # what writes where the training stands

    def epoch_begins(self, steps: Optimizer) -> None:
        """Take note that an epoch begins."""

    def rows_done(self, n: int, steps: Optimizer) -> None:
        """Take note of ``n`` more rows of it."""

    def between_steps(self) -> None:
        """Take note that the steps are as they are to be kept, after a number of rows or a step over all of them."""

    def epoch_done(self, steps: Optimizer, gradient_norm: float | None = None) -> bool:
        """Take note of its end, and of the norm of the gradient if it is known; return whether it is the last."""


class NullMonitor:
    """Nobody."""

    n_epochs = 0
    saver = None

    def epoch_begins(self, steps: Optimizer) -> None:
        """Do nothing."""

    def rows_done(self, n: int, steps: Optimizer) -> None:
        """Do nothing."""

    def between_steps(self) -> None:
        """Do nothing."""

    def epoch_done(self, steps: Optimizer, gradient_norm: float | None = None) -> bool:
        """Go on."""
        return False
