"""Threads: a team that shares one task, an ordered map over an iterator, and prefetching.

The kernels release the GIL, so Python's own threads are enough. `concurrent.futures` is imported only when it is used:
it imports `logging`, which takes 3 ms, and predicting a few documents needs no threads.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

if TYPE_CHECKING:
    from concurrent.futures import Future
    from threading import Event

Item = TypeVar("Item")
Result = TypeVar("Result")


def resolve_n_jobs(n_jobs: int | None) -> int:
    """Return the number of threads that ``n_jobs`` stands for: None is 1, -1 one a processor, -2 one less, and so on.

    Raises
    ------
    ValueError
        If it is 0.
    """
    if n_jobs == 0:
        raise ValueError("n_jobs must not be 0: pass the number of threads, -1 for one a processor, or None for one.")
    if n_jobs is None:
        return 1
    if n_jobs > 0:
        return int(n_jobs)
    n_processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(n_processors + 1 + int(n_jobs), 1)


def unshared(n: int, dtype: Any = np.float64) -> np.ndarray:
    """Return ``n`` zeros that share no cache line with other arrays, so that threads may write to them at every row."""
    margin = 128 // np.dtype(dtype).itemsize
    return np.zeros(n + 2 * margin, dtype)[margin : margin + n]


class Team:
    """A number of threads that exist as long as the ``with`` block.

    Attributes
    ----------
    size : int
    stopping : bool
        Whether calls should stop soon, because of Ctrl-C or because one of them has failed.
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
        """Call ``work(k)`` for each ``k`` below ``size`` in parallel; return the results.

        All calls have ended when this returns or raises.

        Raises
        ------
        Exception
            The error of the lowest ``k`` whose call raised one.
        KeyboardInterrupt
            On Ctrl-C, after all calls have ended. Long calls should check ``stopping``.
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
    """Yield ``work(item)`` for each item in order, computed ahead by threads.

    About two items a thread are in memory at a time. The work must release the GIL for most of its time to run in
    parallel. An error is raised in place of its result.

    Parameters
    ----------
    work : callable
    items : iterable
        Iterated over by the calling thread.
    n_threads : int
    over : Event or None
        Set when no more results are needed, because of an error or Ctrl-C. Long work may check it.
    """
    from concurrent.futures import ThreadPoolExecutor

    waiting: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(n_threads, thread_name_prefix="fastlr") as pool:
        try:
            for item in items:
                waiting.append(pool.submit(work, item))
                if len(waiting) > 2 * n_threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except BaseException:
            if over is not None:
                over.set()
            for future in waiting:
                future.cancel()
            raise


def prefetch_one(items: Iterator[Item]) -> Iterator[Item]:
    """Yield the items of an iterator; a thread makes each item while the caller works on the previous one.

    At most two items are in use at a time: asking for an item means being done with the previous one.
    """
    from concurrent.futures import ThreadPoolExecutor

    def next_item() -> list[Item]:
        return list(islice(items, 1))  # empty at the end

    with ThreadPoolExecutor(1, "fastlr-read") as thread:
        coming = thread.submit(next_item)
        while item := coming.result():
            coming = thread.submit(next_item)
            yield item.pop()
