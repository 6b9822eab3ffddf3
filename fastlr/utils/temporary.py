"""Temporary folders that are removed even if Ctrl-C is pressed meanwhile."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait
from tempfile import TemporaryDirectory


class TemporaryFolder(TemporaryDirectory):
    """A temporary folder, removed by a thread, in which nothing raises KeyboardInterrupt.

    `tempfile` forgets a folder before it begins to remove what is in it, so that an interrupt leaves the rest for good.
    """

    def cleanup(self) -> None:
        """Remove the folder and all that is in it; an interrupt is raised once it is gone."""
        pool, interrupt = ThreadPoolExecutor(1), None
        removal = pool.submit(super().cleanup)
        pool.shutdown(wait=False)
        while not removal.done():
            try:
                wait([removal])
            except KeyboardInterrupt as error:
                interrupt = error
        removal.result()
        if interrupt is not None:
            raise interrupt
