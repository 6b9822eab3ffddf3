"""Files as blocks of whole lines: plain or compressed, on disk or from standard input."""

from __future__ import annotations

import importlib
import io
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, Any

# Large enough that NumPy's cost of a call is nothing, small enough to stay in the cache between two looks at it.
BLOCK = 1 << 21

# A line longer than this is taken for something that is no text in lines.
MAX_LINE = 1 << 28

STDIN = "-"

# The file that makes a folder a store: as in `fastlr.store.manifest`, whose import takes longer than most readings.
STORE = "store.json"

# By suffix: how the compression is called, the bytes that such files begin with, and the module that reads it.
COMPRESSIONS = {
    ".gz": ("gzip", b"\x1f\x8b", "gzip"),
    ".bz2": ("bzip2", b"BZh", "bz2"),
    ".xz": ("xz", b"\xfd7zXZ\x00", "lzma"),
    ".zst": ("zstd", b"\x28\xb5\x2f\xfd", "zstandard"),
}

# What files of Parquet and Arrow begin with: as in `fastlr.files.arrow`, which imports SciPy.
ARROW_MAGIC = (b"PAR1", b"ARROW1")


class ReadError(ValueError):
    """A file that cannot be read as what it should be."""


@contextmanager
def refusals() -> Iterator[None]:
    """Raise what is said of a file that is damaged, or holds something else, as errors of reading."""
    try:
        yield
    except ValueError as error:
        raise ReadError(str(error)) from error


def plain_name(path: str) -> str:
    """Return the name of a file in lower case, without its folder and the suffix of a compression."""
    name = os.path.basename(path).lower()
    for suffix in COMPRESSIONS:
        name = name.removesuffix(suffix)
    return name


def is_store(path: str) -> bool:
    """Tell whether a path is that of a store."""
    return os.path.isfile(os.path.join(path, STORE))


def open_binary(path: str) -> IO[bytes]:
    """Open a file for reading, or standard input for ``"-"``, decompressed if it begins as compressed files do.

    Raises
    ------
    OSError
        If it cannot be opened.
    ReadError
        If reading it needs a package that is not installed, standard input is closed, or it is a directory.
    """
    if path == STDIN and sys.stdin is None:
        raise ReadError("it is closed")
    if os.path.isdir(path):
        raise ReadError(f"it is a directory, and no store: there is no {STORE} in it")
    raw = sys.stdin.buffer if path == STDIN else open(path, "rb")  # noqa: SIM115
    if not hasattr(raw, "peek"):
        return raw
    head = raw.peek(8)[:8]
    for name, magic, module in COMPRESSIONS.values():
        if head.startswith(magic):
            return _decompressed(raw, name, module)
    return raw


def _decompressed(raw: IO[bytes], name: str, module: str) -> Any:
    try:
        opener = importlib.import_module(module)
    except ImportError as error:
        raise ReadError(f"it is compressed with {name}, which needs a package: pip install {module}") from error
    if module == "zstandard":
        return io.BufferedReader(_Zstandard(raw, opener.ZstdDecompressor))
    return opener.open(raw, "rb")


class _Zstandard(io.RawIOBase):
    """What a zstd file holds, frame by frame: zstandard's own reader does not notice where one is cut off."""

    def __init__(self, raw: IO[bytes], decompressor: Callable[[], Any]) -> None:
        self._raw, self._decompressor = raw, decompressor
        self._frame, self._pending = decompressor().decompressobj(), b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        """Read at least one byte, unless the file is at its end."""
        while not self._pending:
            rest = self._frame.unused_data if self._frame.eof else b""
            data = rest or self._raw.read1(BLOCK >> 4)  # type: ignore[attr-defined]
            if not data:
                if not self._frame.eof:
                    raise EOFError
                return 0
            if self._frame.eof:
                self._frame = self._decompressor().decompressobj()
            self._pending = self._frame.decompress(data)
        n = min(len(buffer), len(self._pending))
        buffer[:n], self._pending = self._pending[:n], self._pending[n:]
        return n


def size_of(path: str) -> int | None:
    """Return the size of a plain file in bytes; None where it is not known beforehand how much there is to read."""
    if path == STDIN or not os.path.isfile(path):  # a pipe is not even opened: what is read here it would lack
        return None
    with open(path, "rb") as file:
        head = file.read(8)
    if any(head.startswith(magic) for _, magic, _ in COMPRESSIONS.values()):
        return None
    return os.path.getsize(path)


def blocks_of_lines(file: IO[bytes], eager: bool = False, block: int = BLOCK) -> Iterator[bytearray]:
    """Yield the content in pieces of about ``block`` bytes, each of whole lines with a line feed at its end.

    A last line without one is given it. Every piece is a buffer of its own, which the caller may keep. ``eager`` yields
    what lines there are as soon as a pipe has nothing more to give for now.

    Raises
    ------
    OSError
        If the file cannot be read, or is damaged.
    ReadError
        If a line is longer than `MAX_LINE`, or a compressed file is cut off or damaged.
    """
    rest = b""
    while True:
        buffer = bytearray(max(block, min(2 * len(rest), MAX_LINE + 1)))  # for no longer line to end in it
        buffer[: len(rest)] = rest
        n, last = _fill(file, memoryview(buffer)[len(rest) :], eager)
        size = len(rest) + n
        if last:
            if size and buffer[size - 1] != ord("\n"):
                buffer[size] = ord("\n")
                size += 1
            del buffer[size:]
            if buffer:
                yield buffer
            return
        end = buffer.rfind(b"\n", 0, size) + 1
        rest = bytes(memoryview(buffer)[end:size])
        if len(rest) > MAX_LINE:
            raise ReadError(f"a line is longer than {MAX_LINE:,} bytes")
        if end:
            del buffer[end:]
            yield buffer


def _fill(file: IO[bytes], view: memoryview, eager: bool) -> tuple[int, bool]:
    """Read until the view is full, or once if ``eager``; return the number of bytes, and whether the file has ended."""
    size = 0
    try:
        if eager:
            data = file.read1(len(view))  # type: ignore[attr-defined]  # readinto1 may wait for more than there is
            view[: len(data)] = data
            return len(data), not data
        while size < len(view):
            n = file.readinto(view[size:])  # type: ignore[attr-defined]
            if not n:
                return size, True
            size += n
    except EOFError as error:
        raise ReadError("it is cut off: the compressed data end too soon") from error
    except OSError as error:
        if error.errno is None:  # of gzip and bz2, which found something wrong in the data
            raise ReadError(f"it is damaged: {error}") from error
        raise
    except Exception as error:  # every package of compression has an exception of its own
        if type(error).__name__ in ("LZMAError", "ZstdError", "error"):
            raise ReadError(f"it is damaged: {error}") from error
        raise
    return size, False
