"""The history of a fit: numbers recorded in each epoch, as columns."""

from __future__ import annotations

import numpy as np

INTEGERS = ("epoch", "iteration", "steps", "nonzero_weights")


class History:
    """Named numbers of each epoch; a column exists if any epoch has its name."""

    def __init__(self) -> None:
        self.rows: list[dict[str, float]] = []

    def append(self, **row: float | None) -> None:
        """Add an epoch; a value of None is not recorded."""
        self.rows.append({name: value for name, value in row.items() if value is not None})

    def columns(self) -> dict[str, np.ndarray]:
        """Return the columns, each of shape (n_epochs,)."""
        names = dict.fromkeys(name for row in self.rows for name in row)
        return {
            name: np.array([row.get(name, np.nan) for row in self.rows], np.int64 if name in INTEGERS else np.float64)
            for name in names
        }
