"""What happened in each epoch of a fit, as columns of numbers."""

from __future__ import annotations

import numpy as np

INTEGERS = ("epoch", "iteration", "steps", "nonzero_weights")


class History:
    """Rows of named numbers, one an epoch; a name's column exists if rows have it."""

    def __init__(self) -> None:
        self.rows: list[dict[str, float]] = []

    def append(self, **row: float | None) -> None:
        """Add an epoch; what is None is not known, and has no column."""
        self.rows.append({name: value for name, value in row.items() if value is not None})

    def columns(self) -> dict[str, np.ndarray]:
        """Return the columns, each of shape (n_epochs,)."""
        names = dict.fromkeys(name for row in self.rows for name in row)
        return {
            name: np.array([row.get(name, np.nan) for row in self.rows], np.int64 if name in INTEGERS else np.float64)
            for name in names
        }
