"""A driver that runs the functions of a fit as tasks of a Dask cluster.

A value that all partitions need, such as the weights of a round, is sent as the result of a task. If the worker that
has it dies, Dask runs the task again, as it does with every other one. (Values that ``Client.scatter`` sends would be
lost.) Tasks have keys of their own, so that several fits on one cluster share none.
"""

from __future__ import annotations

import functools
import itertools
import secrets
import warnings
import weakref
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError
from typing import Any

import dask
from dask.delayed import Delayed
from distributed import Client, Future, KilledWorker, TimeoutError, wait
from distributed.comm import CommClosedError
from distributed.scheduler import NoWorkerError

from fastlr.dask.own_keys import under_own_keys
from fastlr.dask.placement import Placement
from fastlr.dask.task import Shared, call, loaded

# How often a task is tried again whose worker was lost. Each time Dask itself tries it on four workers.
RETRIES = 1

# Seconds without a result after which a fit looks whether there are workers. Adaptive clusters start theirs when there
# are tasks.
PATIENCE = 10.0

LOWER = (
    "Make the partitions smaller, give the workers fewer threads, so that fewer partitions are read at a time, or give "
    "them more memory (memory_limit)."
)


def connected(address: str) -> Client:
    """Return a client of the cluster at an address.

    Raises
    ------
    ConnectionError
        If there is none.
    """
    try:
        return Client(address, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ConnectionError(f"there is no Dask scheduler at {address!r}: {error}") from error


class DaskDriver:
    """Runs functions on the workers of a cluster: a `fastlr.distributed.driver.Driver`.

    Parameters
    ----------
    client : Client
    """

    def __init__(self, client: Client) -> None:
        self.client = client
        self._placement = Placement(client)
        self._fit = secrets.token_hex(8)
        self._numbers = itertools.count()
        self._has_warned = False
        self._tasks: weakref.WeakKeyDictionary[Future, int | None] = weakref.WeakKeyDictionary()

    def _key(self, function: Callable[..., Any]) -> str:
        """Return a key for a task; Dask's dashboard groups tasks by what comes before the first dash."""
        while isinstance(function, functools.partial):
            function = function.func
        return f"fastlr.{function.__name__.strip('_')}-{self._fit}-{next(self._numbers)}"

    def put(self, value: Any) -> Future:
        """Return a handle of a value, which tasks of every partition may take."""
        self._refuse_lost_scheduler(None)
        self._placement.look(
            [(future, k) for future, k in list(self._tasks.items()) if k is not None and future.status == "finished"]
        )
        return self._submit(None, Shared, value)

    def submit(self, function: Callable[..., Any], *arguments: Any, partition: int) -> Future:
        """Begin the task ``call(partition, function, *arguments)``; return the handle of its result."""
        return self._submit(partition, call, partition, function, *arguments)

    def _submit(self, partition: int | None, function: Callable[..., Any], *arguments: Any) -> Future:
        self._refuse_lost_scheduler(None)
        # A round's weights may have any size, and are sent once.
        with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1TB"}):
            key = self._key(arguments[1] if function is call else function)
            future = self.client.submit(function, *arguments, key=key, pure=False)
        self._tasks[future] = partition
        return future

    def gather(self, handles: Sequence[Future]) -> list[Any]:
        """Return the values of handles.

        Raises
        ------
        KeyboardInterrupt
            On Ctrl-C, after all tasks that have not ended are cancelled.
        MemoryError
            If workers died of a task again and again, probably for lack of memory.
        ConnectionError
            If the scheduler is lost, or there have been no workers for as long as Dask is set to wait for them.

        Warns
        -----
        UserWarning
            If there are no workers.
        """
        handles = list(handles)
        for n_left in reversed(range(RETRIES + 1)):
            self._refuse_lost_scheduler(None)
            try:
                self._wait(handles)
                return [loaded(value) for value in self.client.gather(handles)]
            except KeyboardInterrupt:
                self.cancel()
                raise
            except (KilledWorker, CommClosedError) as error:
                self._refuse_lost_scheduler(error)
                died = MemoryError(
                    f"Workers died again and again of a task of the fit, probably for lack of memory. {LOWER} ({error})"
                )
                if not n_left:
                    raise died from error
                try:
                    self.client.retry([handle for handle in handles if handle.status == "error"])
                except KeyError:  # `retry` fails if it is an earlier task that died, of which there is no handle
                    raise died from error
            except NoWorkerError as error:
                raise ConnectionError(f"The Dask cluster has no workers. ({error})") from error
            except CancelledError as error:
                self._refuse_lost_scheduler(error)
                raise
            except MemoryError as error:
                raise MemoryError(f"A worker ran out of memory: {error} {LOWER}") from error
        raise AssertionError

    def _wait(self, handles: list[Future]) -> None:
        """Wait for tasks, and warn once if there are no workers that could run them."""
        with self.client.as_current():
            while True:
                try:
                    # Unlike `gather`, it can be interrupted without messages of the event loop.
                    wait(handles, timeout=None if self._has_warned else PATIENCE)
                    return
                except TimeoutError:
                    self._warn_without_workers()

    def _warn_without_workers(self) -> None:
        if self.client.status == "running" and not self.client.nthreads():
            self._has_warned = True
            warnings.warn(
                "The Dask cluster has no workers, and the fit waits for one. Set Dask's "
                "distributed.scheduler.no-workers-timeout to get an error instead.",
                UserWarning,
                stacklevel=2,
            )

    def load(self, blocks: Sequence[Delayed]) -> list[Future]:
        """Begin to compute delayed objects, one a partition; return their handles."""
        self._refuse_lost_scheduler(None)
        futures = self.client.compute(under_own_keys(blocks))
        self._tasks.update(zip(futures, range(len(futures)), strict=True))
        return futures

    def cancel(self) -> None:
        """Let go of all tasks that have not ended: the cluster drops those that have not begun.

        ``Client.cancel`` would break the connection if the cluster has dropped one of them at the same moment.
        """
        if self.client.status == "running":
            for future in list(self._tasks):
                if not future.done():
                    future.release()

    def _refuse_lost_scheduler(self, error: BaseException | None) -> None:
        """Raise ConnectionError if the scheduler is lost."""
        if self.client.status != "running":
            raise ConnectionError(
                "The connection to the Dask scheduler is lost, and with it what the workers had. Connect to a cluster "
                "and fit again."
            ) from error
