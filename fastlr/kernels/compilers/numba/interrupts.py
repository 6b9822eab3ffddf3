"""Ctrl-C while Numba compiles: it comes once the kernel is compiled.

LLVM calls Python back while it compiles. An exception cannot leave such a call, so a KeyboardInterrupt there would be
printed and lost, or end as another exception.
"""

from __future__ import annotations

import functools
import signal
import threading
from types import FrameType
from typing import Any

from numba.core import event

# Numba holds this lock while it compiles a function, and while it loads one from its cache.
LOCK = "numba:compiler_lock"


class InterruptHolder(event.Listener):
    """Takes SIGINT from when the main thread takes the lock of Numba's compiler, and passes it on afterwards."""

    def __init__(self) -> None:
        self._depth = 0  # kernels that call others are compiled around them
        self._handler: Any = None
        self._is_held = False

    def on_start(self, event: Any) -> None:
        """Begin to hold SIGINT back, unless it is ignored or ends the process."""
        if threading.current_thread() is not threading.main_thread():
            return  # only the main thread handles signals
        if self._depth == 0:
            self._handler = signal.getsignal(signal.SIGINT)
            if callable(self._handler):
                signal.signal(signal.SIGINT, self._hold)
        self._depth += 1

    def on_end(self, event: Any) -> None:
        """Pass SIGINT on if it came; its handler may raise."""
        if threading.current_thread() is not threading.main_thread():
            return
        self._depth -= 1
        if self._depth == 0 and callable(self._handler):
            signal.signal(signal.SIGINT, self._handler)
            is_held, self._is_held = self._is_held, False
            if is_held:
                self._handler(signal.SIGINT, None)

    def _hold(self, number: int, frame: FrameType | None) -> None:
        self._is_held = True


@functools.cache
def hold_interrupts() -> None:
    """Let Ctrl-C come after what Numba compiles, from now on."""
    event.register(LOCK, InterruptHolder())
