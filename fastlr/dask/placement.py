"""Moving partitions to workers that join while a fit runs.

Dask runs a task where the largest of its arguments is, so a worker that joins late would have nothing to do: partitions
are too large for Dask to move. Here some are copied to it between two rounds. Dask's active memory manager then drops
the surplus copies.
"""

from __future__ import annotations

import secrets
import time
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from distributed import Client, Future

from fastlr.dask.task import loaded

# Seconds between looks at the workers of the cluster.
INTERVAL = 1.0


class Placement:
    """Watches which workers there are.

    Parameters
    ----------
    client : Client
    """

    def __init__(self, client: Client) -> None:
        self.client = client
        self._workers: set[str] = set()
        self._moves: list[Future] = []
        self._looked = -INTERVAL

    def look(self, tasks: Iterable[tuple[Future, int]]) -> None:
        """Copy partitions to workers that are new since the last look.

        Parameters
        ----------
        tasks : iterable of tuple (Future, int)
            Tasks that have ended, and the partition of each.
        """
        if time.monotonic() - self._looked < INTERVAL:
            return
        self._looked = time.monotonic()
        threads = self.client.nthreads()
        new = set(threads) - self._workers if self._workers else set()
        self._workers = set(threads)
        self._moves = self._move(threads, tasks) if new else []

    def _move(self, threads: dict[str, int], tasks: Iterable[tuple[Future, int]]) -> list[Future]:
        """Begin a task on each partition's new worker, to which its arguments are copied.

        Nobody waits for it. ``Client.replicate`` may wait forever if a worker is lost meanwhile.
        """
        results = defaultdict(list)
        for future, partition in tasks:
            results[partition].append(future)
        held = self.client.who_has([future for futures in results.values() for future in futures])
        homes = {}
        for partition, futures in results.items():
            places = [worker for future in futures for worker in held.get(future.key, ()) if worker in threads]
            if places:
                homes[partition] = max(sorted(set(places)), key=places.count)

        def load(worker: str, more: int = 0) -> float:
            """Return the partitions of each of a worker's threads, if it had so many more."""
            return (sum(home == worker for home in homes.values()) + more) / threads[worker]

        moves: dict[int, str] = {}
        while homes:
            busiest = max(sorted(threads), key=load)
            freest = min(sorted(threads), key=lambda worker: load(worker, 1))
            if load(freest, 1) >= load(busiest):
                break
            partition = max(k for k, home in homes.items() if home == busiest)
            homes[partition] = moves[partition] = freest
        return [
            self.client.submit(
                _arrive, *results[partition], key=f"fastlr.move-{secrets.token_hex(8)}", workers=[worker],
                allow_other_workers=True, pure=False,
            )
            for partition, worker in moves.items()
        ]  # fmt: skip


def _arrive(*results: Any) -> None:
    """Load the results, so that they are on disk if there is no room for them."""
    for result in results:
        loaded(result)
