"""Garbage collection while Numba compiles: seldom, as next to nothing that a compiler makes is garbage.

Python looks for garbage at every 700 new objects. Numba makes millions and keeps most of them until the kernel is
compiled: a first fit, which compiles 26 functions, takes 2.7 s instead of 3.1 with one look at 50,000.
"""

from __future__ import annotations

import functools
import gc
import threading
from typing import Any

from numba.core import event

from fastlr.kernels.compilers.numba.interrupts import LOCK

# New objects between two looks for garbage.
OBJECTS = 50_000


class FewerCollections(event.Listener):
    """Raises the threshold of Python's garbage collection while the main thread compiles."""

    def __init__(self) -> None:
        self._depth = 0  # kernels that call others are compiled around them
        self._threshold = gc.get_threshold()

    def on_start(self, event: Any) -> None:
        """Raise the threshold, unless it is higher, or collection is off."""
        if threading.current_thread() is not threading.main_thread():
            return
        if self._depth == 0:
            self._threshold = gc.get_threshold()
            if 0 < self._threshold[0] < OBJECTS:
                gc.set_threshold(OBJECTS, *self._threshold[1:])
        self._depth += 1

    def on_end(self, event: Any) -> None:
        """Set the threshold as it was."""
        if threading.current_thread() is not threading.main_thread():
            return
        self._depth -= 1
        if self._depth == 0:
            gc.set_threshold(*self._threshold)


@functools.cache
def collect_seldom() -> None:
    """Raise the threshold of garbage collection during what Numba compiles, from now on."""
    event.register(LOCK, FewerCollections())
