"""Threads that share one piece of work and end with it: the kernels release the GIL, so that Python's own will do."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

import numpy as np


def resolve_n_jobs(n_jobs: int | None) -> int:
    """Return how many threads ``n_jobs`` asks for: None is one, -1 one a processor, -2 one less, and so on.

    Raises
    ------
    ValueError
        If it is 0.
    """
    if n_jobs == 0:
        raise ValueError("n_jobs=0 has no meaning: it must be 1 or more, -1 for all processors, or None for one.")
    if n_jobs is None:
        return 1
    if n_jobs > 0:
        return int(n_jobs)
    n_processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(n_processors + 1 + int(n_jobs), 1)


def unshared(n: int, dtype: Any = np.float64) -> np.ndarray:
    """Return ``n`` zeros that share no cache line with other arrays, for what a thread writes to at every row."""
    margin = 128 // np.dtype(dtype).itemsize
    return np.zeros(n + 2 * margin, dtype)[margin : margin + n]


class Team:
    """A number of threads, there as long as the ``with`` block is.

    Attributes
    ----------
    size : int
    stopping : bool
        Whether whoever works is to stop at the next occasion: there was a Ctrl-C, or one of them has failed.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.stopping = False
        self._pool = ThreadPoolExecutor(size)

    def __enter__(self) -> Team:
        return self

    def __exit__(self, *error: object) -> None:
        self.stopping = True
        self._pool.shutdown()

    def run(self, work: Callable[[int], Any]) -> list[Any]:
        """Call ``work(k)`` for each ``k`` below ``size``, side by side; return the results.

        No call is under way any more when this returns or raises.

        Raises
        ------
        Exception
            That of the first ``k`` whose call raised one.
        KeyboardInterrupt
            On Ctrl-C, once all calls have ended: those that take long look at ``stopping``.
        """
        self.stopping = False
        futures: list[Future[Any]] = []
        interrupt = None
        while len(futures) < self.size or not all(future.done() for future in futures):
            try:
                while len(futures) < self.size:
                    futures.append(self._pool.submit(self._call, work, len(futures)))
                wait(futures)
            except KeyboardInterrupt as error:
                interrupt, self.stopping = error, True
        if interrupt is not None:
            raise interrupt
        return [future.result() for future in futures]

    def _call(self, work: Callable[[int], Any], k: int) -> Any:
        try:
            return work(k)
        except BaseException:
            self.stopping = True
            raise
