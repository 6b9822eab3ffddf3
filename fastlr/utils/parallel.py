"""Threads that share work: a team for one task, an ordered map over an iterator, and prefetching of one item.

The kernels release the GIL, so Python's own threads are enough. `concurrent.futures` is imported where it is used: it
imports `logging`, which takes 3 ms, and predicting a few documents needs no threads.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

if TYPE_CHECKING:
    from concurrent.futures import Future
    from threading import Event

Item = TypeVar("Item")
Result = TypeVar("Result")


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
        from concurrent.futures import ThreadPoolExecutor

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
        from concurrent.futures import wait

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


def ordered_map(
    work: Callable[[Item], Result], items: Iterable[Item], n_threads: int, over: Event | None = None
) -> Iterator[Result]:
    """Yield ``work(item)`` of each item, in their order, computed ahead by threads.

    Nothing is taken from ``items`` before there is a thread for it, but for one item a thread: as much is in memory at
    a time. The work must release the GIL for most of its time to be any faster; errors are raised where the result
    would come.

    Parameters
    ----------
    work : callable
    items : iterable
        Iterated over by the calling thread.
    n_threads : int
    over : Event or None
        Set once no more results are wanted, by an error or Ctrl-C or because all have come: long work may look at it.
    """
    from concurrent.futures import ThreadPoolExecutor

    waiting: deque = deque()
    with ThreadPoolExecutor(n_threads, thread_name_prefix="fastlr") as pool:
        try:
            for item in items:
                waiting.append(pool.submit(work, item))
                if len(waiting) > 2 * n_threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            if over is not None:
                over.set()
            for future in waiting:
                future.cancel()


def prefetch_one(items: Iterator[Item]) -> Iterator[Item]:
    """Yield items of an iterator, each of them made by a thread while the caller works on the one before.

    At most two are in use at a time: when the caller asks for an item, it is done with the last.
    """
    from concurrent.futures import ThreadPoolExecutor

    end = object()
    with ThreadPoolExecutor(1, "fastlr-read") as thread:
        coming = thread.submit(next, items, end)
        while (item := coming.result()) is not end:
            coming = thread.submit(next, items, end)
            yield item
