"""Compressed streams, recognised by their first bytes.

To add one, add its entry to `COMPRESSIONS`.
"""

from __future__ import annotations

import importlib
import io
from collections.abc import Callable
from typing import Any, BinaryIO, NamedTuple

# Bytes of a compressed file that are read at a time.
CHUNK = 1 << 17


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
    stream : callable
        Takes the module, and returns a decompressor of one stream with the interface of ``bz2.BZ2Decompressor``.
    error : str
        Name of the exception that the module raises for damaged data; empty for OSError.
    alignment : int
        Zero bytes may follow a stream, as many as a multiple of this.
    """

    name: str
    suffix: str
    magic: bytes
    module: str
    stream: Callable[[Any], Any]
    error: str = ""
    alignment: int = 1


class _Gzip:
    """Decompresses a member of a gzip file, with the interface of ``bz2.BZ2Decompressor``."""

    def __init__(self, zlib: Any) -> None:
        self._inner = zlib.decompressobj(16 + zlib.MAX_WBITS)

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def needs_input(self) -> bool:
        return not self._inner.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        return self._inner.decompress(self._inner.unconsumed_tail + data, max_length)


class _Zstandard:
    """Decompresses a frame of a zstd file, with the interface of ``bz2.BZ2Decompressor`` but for ``max_length``."""

    needs_input = True

    def __init__(self, zstandard: Any) -> None:
        self._inner = zstandard.ZstdDecompressor().decompressobj()

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        return self._inner.decompress(data)


COMPRESSIONS = (
    Compression("gzip", ".gz", b"\x1f\x8b", "zlib", _Gzip, "error"),
    Compression("bzip2", ".bz2", b"BZh", "bz2", lambda bz2: bz2.BZ2Decompressor()),
    Compression(
        "xz", ".xz", b"\xfd7zXZ\x00", "lzma", lambda lzma: lzma.LZMADecompressor(lzma.FORMAT_XZ), "LZMAError", 4
    ),
    Compression("zstd", ".zst", b"\x28\xb5\x2f\xfd", "zstandard", _Zstandard, "ZstdError"),
)


class _Decompressed(io.RawIOBase):
    """The content of a file of one or more compressed streams: all of it, or an error.

    The standard library's files end without an error at a second stream that is damaged or, in xz, follows padding.
    """

    def __init__(self, raw: Any, module: Any, compression: Compression) -> None:
        self._raw, self._module, self._compression = raw, module, compression
        self._error = getattr(module, compression.error) if compression.error else OSError
        self._stream, self._pending = compression.stream(module), memoryview(b"")

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        self._raw.close()
        super().close()

    def readinto(self, buffer: Any) -> int:
        """Read at least one byte, unless the file is at its end.

        Raises
        ------
        OSError
            If the file cannot be read or, without an ``errno``, is truncated or damaged.
        """
        while not self._pending:
            data = b""
            if self._stream.eof:
                data = self._next_stream(self._stream.unused_data)
                if not data:
                    return 0
                self._stream = self._compression.stream(self._module)
            elif self._stream.needs_input:
                data = self._raw.read1(CHUNK)
                if not data:
                    raise OSError("the compressed data are truncated")
            try:
                self._pending = memoryview(self._stream.decompress(data, len(buffer)))
            except self._error as error:
                raise OSError(str(error)) from error
        n = min(len(buffer), len(self._pending))
        buffer[:n], self._pending = self._pending[:n], self._pending[n:]
        return n

    def _next_stream(self, data: bytes) -> bytes:
        """Return the beginning of the next stream, after any padding; empty at the end of the file."""
        n_zeros = 0
        while data := data or self._raw.read1(CHUNK):
            begin = data.lstrip(b"\0")
            n_zeros += len(data) - len(begin)
            data = begin
            if data:
                break
        if n_zeros % self._compression.alignment:
            raise OSError(f"the padding is no multiple of {self._compression.alignment} bytes")
        return data


def compression_of(head: bytes) -> Compression | None:
    """Return the compression of a file that begins with ``head``; None if it is not compressed."""
    return next((compression for compression in COMPRESSIONS if head.startswith(compression.magic)), None)


def without_suffix(name: str) -> str:
    """Return the name of a file without the suffix of a compression."""
    for compression in COMPRESSIONS:
        name = name.removesuffix(compression.suffix)
    return name


def decompressed(raw: Any) -> BinaryIO:
    """Return a binary file of the content of a buffered binary file, which may be compressed.

    Raises
    ------
    ImportError
        If the package is not installed.
    """
    compression = compression_of(raw.peek(8)[:8])
    if compression is None:
        return raw
    try:
        module = importlib.import_module(compression.module)
    except ImportError as error:
        raise ImportError(
            f"is compressed with {compression.name}: pip install {compression.module} to read it"
        ) from error
    return io.BufferedReader(_Decompressed(raw, module, compression))
