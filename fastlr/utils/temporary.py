"""Temporary folders that are removed completely even if Ctrl-C is pressed meanwhile."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait
from tempfile import TemporaryDirectory


class TemporaryFolder(TemporaryDirectory):
    """A temporary folder that a thread removes, because KeyboardInterrupt is only raised in the main thread.

    `tempfile` forgets a folder before it removes the contents, so an interrupt would leave the rest forever.
    """

    def cleanup(self) -> None:
        """Remove the folder and its contents; an interrupt is raised afterwards."""
        pool = ThreadPoolExecutor(1)
        interrupt: KeyboardInterrupt | None = None
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
