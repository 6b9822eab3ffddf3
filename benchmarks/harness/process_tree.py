"""Processor seconds and memory of a process and of all that it starts."""

from __future__ import annotations

import threading
from pathlib import Path

import psutil

INTERVAL = 0.2  # seconds


class ProcessTree:
    """Looks at the processes several times a second, from a thread of this one.

    Parameters
    ----------
    pid : int
        Of the first process.

    Attributes
    ----------
    peak_bytes : int
        The most memory that they had together, without files that are mapped into it.
    """

    def __init__(self, pid: int) -> None:
        self.first, self.peak_bytes = psutil.Process(pid), 0
        self._cpu: dict[int, float] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> ProcessTree:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._ended.set()
        self._thread.join()

    def cpu_seconds(self) -> float:
        """Return the processor seconds of all processes so far, also of those that have ended meanwhile."""
        self._look()
        return sum(self._cpu.values())

    def _watch(self) -> None:
        while not self._ended.wait(INTERVAL):
            self._look()

    def _look(self) -> None:
        n_bytes = 0
        try:
            processes = [self.first, *self.first.children(recursive=True)]
        except psutil.NoSuchProcess:
            return
        for process in processes:
            try:
                times = process.cpu_times()
                n_bytes += anonymous_bytes(process.pid)
            except (psutil.NoSuchProcess, OSError):
                continue
            self._cpu[process.pid] = times.user + times.system
        self.peak_bytes = max(self.peak_bytes, n_bytes)


def anonymous_bytes(pid: int) -> int:
    """Return the memory of a process that is not mapped from files."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith("RssAnon")), 0)
