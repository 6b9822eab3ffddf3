"""Protocol for objects notified by a solver at each epoch."""

from __future__ import annotations

from typing import Protocol

from fastlr.solvers.stochastic.optimizer import Optimizer


class Saver(Protocol):
    """Writes the state of a training to a file; `fastlr.training.checkpoint.Checkpoint` is one.

    Attributes
    ----------
    seed : int or None
        The seed of the row orders; that of the file if the training was resumed.
    finished : tuple of int and bool, or None
        The epochs run and whether training converged, if the file is that of a finished training.
    """

    seed: int | None
    finished: tuple[int, bool] | None

    def tick(self) -> None:
        """Write if it is time to; called between steps only."""

    def finish(self, n_iter: int, converged: bool) -> None:
        """Write the end of the training."""


class Monitor(Protocol):
    """An object notified at each epoch, which can end the training.

    Attributes
    ----------
    n_epochs : int
        Epochs completed; above 0 at the start of a resumed training.
    saver : Saver or None
        Writes checkpoints.
    """

    n_epochs: int
    saver: Saver | None

    def epoch_begins(self, optimizer: Optimizer) -> None:
        """Handle the start of an epoch."""

    def rows_done(self, n: int, optimizer: Optimizer) -> None:
        """Handle ``n`` more rows of the epoch."""

    def between_steps(self) -> None:
        """Handle a moment between two steps, at which the state is consistent and may be saved."""

    def epoch_done(self, optimizer: Optimizer, gradient_norm: float | None = None) -> bool:
        """Handle the end of an epoch, with the norm of the gradient if known; return whether to end the training."""


class NullMonitor:
    """A monitor that does nothing."""

    n_epochs: int = 0
    saver: Saver | None = None

    def epoch_begins(self, optimizer: Optimizer) -> None:
        """Do nothing."""

    def rows_done(self, n: int, optimizer: Optimizer) -> None:
        """Do nothing."""

    def between_steps(self) -> None:
        """Do nothing."""

    def epoch_done(self, optimizer: Optimizer, gradient_norm: float | None = None) -> bool:
        """Continue."""
        return False
