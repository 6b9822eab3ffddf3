"""Copies on disk of files that cannot be read from a stream."""

from __future__ import annotations

import os
from typing import IO, TYPE_CHECKING

from fastlr.files.streams import damage_errors

if TYPE_CHECKING:
    from fastlr.utils.temporary import TemporaryFolder

# Bytes that are copied at a time.
CHUNK = 1 << 20


class Spool:
    """A temporary folder that exists once there is something in it."""

    def __init__(self) -> None:
        self._folder: TemporaryFolder | None = None
        self._n_files = 0

    def add(self, file: IO[bytes], name: str) -> str:
        """Copy a file, and return the path of the copy, which ends in a name.

        Raises
        ------
        OSError
            If it cannot be read or written.
        ReadError
            If it is damaged.
        """
        import shutil  # here, because it takes longer than reading most files

        path = self.path(name)
        with open(path, "wb") as copy, damage_errors():
            shutil.copyfileobj(file, copy, CHUNK)
        return path

    def path(self, name: str) -> str:
        """Return a new path in the folder, which ends in a name."""
        from fastlr.utils.temporary import TemporaryFolder

        if self._folder is None:
            self._folder = TemporaryFolder(prefix="fastlr-")
        self._n_files += 1
        return os.path.join(self._folder.name, f"{self._n_files}-{os.path.basename(name)}")

    def close(self) -> None:
        """Remove the copies."""
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None
