"""Binary files of lines that are made as they are read."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import IO, Any


class GeneratedFile(io.RawIOBase):
    """A binary file of an iterator of bytes, none of which is empty."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        self._parts, self._rest = parts, memoryview(b"")

    @classmethod
    def opened(cls, parts: Iterator[bytes]) -> IO[bytes]:
        """Return a buffered file."""
        return io.BufferedReader(cls(parts))

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read at least one byte, unless the file is at its end."""
        size = 0
        while size < len(buffer):
            if not self._rest:
                self._rest = memoryview(next(self._parts, b""))
                if not self._rest:
                    break
            n = min(len(buffer) - size, len(self._rest))
            buffer[size : size + n], self._rest = self._rest[:n], self._rest[n:]
            size += n
        return size


def csv_line(row: Sequence[str]) -> bytes:
    """Return a line of CSV."""
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(row)
    return line.getvalue().encode("utf-8", "replace")
