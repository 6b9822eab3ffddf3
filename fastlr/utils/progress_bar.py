"""The progress bar: one live line in a terminal, a widget in a notebook, a line every few seconds in a log file."""

from __future__ import annotations

import shutil
import sys
import time
from typing import Any

# Seconds between two updates of the bar, live and in a log file.
LIVE_SECONDS = 0.25
LOG_SECONDS = 10.0


class Lines:
    """A file in which each update of a bar is a line of its own; a live bar overwrites its line."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def write(self, text: str) -> None:
        """Write an update of the bar, unless it is blank."""
        text = text.replace("\r", "").strip()
        if text:
            self._file.write(text + "\n")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def make_bar(description: str, total: float | None, unit: str) -> Any:
    """Return a ``tqdm`` bar on standard error."""
    from tqdm import auto, std

    if auto.notebook_tqdm is not std.tqdm:
        where: dict[str, Any] = {"mininterval": LIVE_SECONDS}
    elif sys.stderr.isatty():
        # In a terminal that does not know its size, tqdm takes the width to be 0 and shows nothing.
        where = {"mininterval": LIVE_SECONDS, "ncols": shutil.get_terminal_size().columns}
    else:
        where = {"mininterval": LOG_SECONDS, "ascii": True, "file": Lines(sys.stderr)}
    return auto.tqdm(desc=description, total=total, unit=unit, unit_scale=True, maxinterval=60.0, **where)


class ProgressBar:
    """A progress bar that is updated only a few times a second, so that reporting progress costs next to nothing.

    Parameters
    ----------
    description : str
        Shown in front of the bar.
    total : float
        Number of units at the end.
    unit : str
    """

    def __init__(self, description: str, total: float | None, unit: str) -> None:
        self.bar = make_bar(description, total, unit)
        self.waiting = 0
        self.moved = time.perf_counter()

    def is_due(self) -> bool:
        """Return whether it is time to update the bar."""
        return time.perf_counter() - self.moved >= LIVE_SECONDS

    def add(self, n: int) -> None:
        """Count ``n`` more units."""
        self.waiting += n

    def move(self, total: float | None = None, **numbers: str) -> None:
        """Update the bar, and show ``numbers`` behind it."""
        if total is not None:
            self.bar.total = total
        self.bar.set_postfix(numbers, refresh=False)
        self.bar.update(self.waiting)
        self.waiting = 0
        self.moved = time.perf_counter()

    def close(self) -> None:
        """Show the final state of the bar."""
        self.bar.update(self.waiting)
        self.bar.close()
