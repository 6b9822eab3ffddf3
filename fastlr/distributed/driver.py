"""What runs the tasks of a distributed training: this process here, local processes and clusters elsewhere.

A task is a call of a pure function: its result depends on nothing but its arguments, which it leaves unchanged. So it
does not matter where a task runs, when, or how often, and results have the same bits with every driver.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Protocol

# The result of a task, perhaps not there yet; only the driver that returned it knows what it is.
Handle = Any


class Driver(Protocol):
    """Runs tasks.

    `ThisProcess` is one. Another engine needs nothing but these three methods.
    """

    def put(self, value: Any) -> Handle:
        """Return a handle of a value of this process, which tasks of every partition may take."""

    def submit(self, function: Callable[..., Any], *arguments: Any, partition: int) -> Handle:
        """Begin the task ``call(partition, function, *arguments)``; return the handle of its result.

        Parameters
        ----------
        function : callable
            A function of a module, or a ``functools.partial`` of one.
        *arguments : object
            Handles stand for their results.
        partition : int
            The partition that the task belongs to. Tasks of a partition should run where their arguments are.
        """

    def gather(self, handles: Sequence[Handle]) -> list[Any]:
        """Return the results.

        Raises
        ------
        Exception
            The error of a task, if one has failed.
        KeyboardInterrupt
            On Ctrl-C, after the other tasks have been cancelled.
        """


def call(partition: int, function: Callable[..., Any], *arguments: Any) -> Any:
    """Return ``function(*arguments)``; an error names the partition."""
    try:
        return function(*arguments)
    except (MemoryError, OSError, TypeError, ValueError) as error:
        kind = next(kind for kind in (MemoryError, OSError, TypeError, ValueError) if isinstance(error, kind))
        raise kind(f"Partition {partition}: {error}") from error


class ThisProcess:
    """Runs tasks in this process: a `Driver`.

    Parameters
    ----------
    n_threads : int, default=1
        Number of tasks that run at a time.
    """

    def __init__(self, n_threads: int = 1) -> None:
        self._pool = ThreadPoolExecutor(n_threads, "fastlr-task") if n_threads > 1 else None

    def put(self, value: Any) -> Handle:
        """Return the value itself."""
        return value

    def submit(self, function: Callable[..., Any], *arguments: Any, partition: int) -> Handle:
        """Run the task, or begin it if there are several threads."""
        if self._pool is None:
            return call(partition, function, *arguments)
        # Tasks begin in the order in which they are submitted, so those that another one waits for have begun.
        return self._pool.submit(_call_on_results, partition, function, arguments)

    def gather(self, handles: Sequence[Handle]) -> list[Any]:
        """Return the results."""
        try:
            return [_result_of(handle) for handle in handles]
        except BaseException:
            for handle in handles:
                if isinstance(handle, Future):
                    handle.cancel()
            raise


def _result_of(handle: Handle) -> Any:
    return handle.result() if isinstance(handle, Future) else handle


def _call_on_results(partition: int, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    return call(partition, function, *map(_result_of, arguments))
