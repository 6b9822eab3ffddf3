"""Files as blocks of whole lines: plain or compressed, on disk or from standard input."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

from fastlr.files.inputs.compression import compression_of, decompressed, without_suffix

if TYPE_CHECKING:
    from fastlr.files.inputs.encodings import DecodedFile

# Large enough to make the cost of a NumPy call negligible, small enough to stay in the cache between two passes.
BLOCK = 1 << 21

# A longer line means that the file is not text in lines.
MAX_LINE = 1 << 28

STDIN = "-"


class ReadError(ValueError):
    """A file that cannot be read as what it should be.

    The message continues a sentence that begins with the name of the file, followed by a colon.
    """


@contextmanager
def read_errors(path: str = "") -> Iterator[None]:
    """Raise a ValueError about a damaged or unexpected file as a ReadError, without its path at the beginning."""
    try:
        yield
    except ValueError as error:
        message = str(error)
        if path and message.startswith(repr(path)):
            message = message[len(repr(path)) :].lstrip(": ").rstrip(".")
        raise ReadError(message) from error


@contextmanager
def damage_errors() -> Iterator[None]:
    """Raise an OSError about damaged compressed data, which has no ``errno``, as a ReadError."""
    try:
        yield
    except OSError as error:
        if error.errno is None:
            raise ReadError(f"is damaged: {error}") from error
        raise


def plain_name(path: str) -> str:
    """Return the name of a file in lower case, without its folder and the suffix of a compression."""
    return without_suffix(os.path.basename(path).lower())


def readable(file: Any) -> Any:
    """Return a binary file, decompressed if it begins as compressed files do, and can tell how it begins.

    Raises
    ------
    ReadError
        If that needs a package that is not installed.
    """
    try:
        with damage_errors():
            return decompressed(file if hasattr(file, "peek") else io.BufferedReader(file))
    except ImportError as error:
        raise ReadError(str(error)) from error


def size_of(path: str) -> int | None:
    """Return the size of a plain file in bytes; None if the amount of data is not known before it has been read."""
    if path == STDIN or not os.path.isfile(path):  # opening a pipe would take away its beginning
        return None
    with open(path, "rb") as file:
        head = file.read(8)
    return None if compression_of(head) else os.path.getsize(path)


def blocks_of_lines(file: IO[bytes] | DecodedFile, eager: bool = False, block: int = BLOCK) -> Iterator[bytearray]:
    """Yield the content in blocks of about ``block`` bytes, each of whole lines that end with a line feed.

    A missing line feed at the end of the file is added. Every block is a buffer of its own, which the caller may keep.
    With ``eager``, the available lines are yielded as soon as a pipe has no more to give for now.

    Raises
    ------
    OSError
        If the file cannot be read.
    ReadError
        If a line is longer than `MAX_LINE`, or a compressed file is truncated or damaged.
    """
    rest = b""
    while True:
        buffer = bytearray(max(block, min(2 * len(rest), MAX_LINE + 1)))  # no longer line can end in it
        buffer[: len(rest)] = rest
        n, last = _fill(file, memoryview(buffer)[len(rest) :], eager)
        size = len(rest) + n
        if last:
            if size and buffer[size - 1] != ord("\n"):
                buffer[size] = ord("\n")
                size += 1
            if size:
                yield _shortened(buffer, size)
            return
        end = buffer.rfind(b"\n", 0, size) + 1
        rest = bytes(memoryview(buffer)[end:size])
        if len(rest) > MAX_LINE:
            raise ReadError(f"a line is longer than {MAX_LINE:,} bytes")
        if end:
            yield _shortened(buffer, end)


def _shortened(buffer: bytearray, size: int) -> bytearray:
    """Return a buffer cut to a size, in place if possible.

    A thread that takes samples of the stack, as Dask's workers have, keeps the views of functions that have returned.
    """
    try:
        del buffer[size:]
    except BufferError:
        return buffer[:size]
    return buffer


def _fill(file: Any, view: memoryview, eager: bool) -> tuple[int, bool]:
    """Read until the view is full, or once if ``eager``; return the number of bytes, and whether the file has ended."""
    size = 0
    with damage_errors():
        if eager:
            data = file.read1(len(view))  # readinto1 may wait for more than is available
            view[: len(data)] = data
            return len(data), not data
        while size < len(view):
            n = file.readinto(view[size:])
            if not n:
                return size, True
            size += n
    return size, False
