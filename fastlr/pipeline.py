"""Work on the items of an iterator in threads, in order, while whoever takes the results is busy with the last one."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from threading import Event

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_order(
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
    # Here, as it imports `logging`, which takes 3 ms, and no threads are needed to predict a few texts.
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
