"""Compressed streams, recognised by their first bytes.

To add one, add its entry to `COMPRESSIONS`.
"""

from __future__ import annotations

import importlib
import io
from collections.abc import Callable
from typing import IO, Any, NamedTuple

# Bytes of a zstd file that are decompressed at a time.
ZSTD_BYTES = 1 << 17


class Compression(NamedTuple):
    """A kind of compression.

    Attributes
    ----------
    name : str
        As messages print it.
    suffix : str
        Of the name of a file.
    magic : bytes
        What a file begins with.
    module : str
        The module that decompresses; if it is not installed, messages ask for the package of this name.
    open : callable
        Takes the module and a binary file, and returns a binary file of the decompressed content.
    error : str
        Name of the exception that the module raises for damaged data, if it is not an OSError or EOFError.
    """

    name: str
    suffix: str
    magic: bytes
    module: str
    open: Callable[[Any, IO[bytes]], Any]
    error: str


class _Zstandard(io.RawIOBase):
    """The content of a zstd file, frame by frame: zstandard's own reader does not notice a truncated frame."""

    def __init__(self, raw: Any, decompressor: Callable[[], Any]) -> None:
        self._raw, self._decompressor = raw, decompressor
        self._frame, self._pending = decompressor().decompressobj(), b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        """Read at least one byte, unless the file is at its end."""
        while not self._pending:
            rest = self._frame.unused_data if self._frame.eof else b""
            data = rest or self._raw.read1(ZSTD_BYTES)
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


def _open(module: Any, raw: IO[bytes]) -> Any:
    return module.open(raw, "rb")


def _open_zstd(module: Any, raw: IO[bytes]) -> Any:
    return io.BufferedReader(_Zstandard(raw, module.ZstdDecompressor))


COMPRESSIONS = (
    Compression("gzip", ".gz", b"\x1f\x8b", "gzip", _open, "error"),  # zlib.error
    Compression("bzip2", ".bz2", b"BZh", "bz2", _open, ""),
    Compression("xz", ".xz", b"\xfd7zXZ\x00", "lzma", _open, "LZMAError"),
    Compression("zstd", ".zst", b"\x28\xb5\x2f\xfd", "zstandard", _open_zstd, "ZstdError"),
)

# Packages raise exceptions of their own for damaged data, which are known by name: importing them all would be slow.
DAMAGE = {compression.error for compression in COMPRESSIONS if compression.error}


def compression_of(head: bytes) -> Compression | None:
    """Return the compression of a file that begins with ``head``; None if it is not compressed."""
    return next((compression for compression in COMPRESSIONS if head.startswith(compression.magic)), None)


def without_suffix(name: str) -> str:
    """Return the name of a file without the suffix of a compression."""
    for compression in COMPRESSIONS:
        name = name.removesuffix(compression.suffix)
    return name


def decompressed(raw: IO[bytes], compression: Compression) -> Any:
    """Return a binary file of the decompressed content.

    Raises
    ------
    ImportError
        If the package is not installed.
    """
    try:
        module = importlib.import_module(compression.module)
    except ImportError as error:
        raise ImportError(
            f"is compressed with {compression.name}: pip install {compression.module} to read it"
        ) from error
    return compression.open(module, raw)
