"""Files at URLs, such as https://, s3:// and file://, opened by fsspec (``pip install 'fastlr[remote]'``)."""

from __future__ import annotations

import functools
import io
from typing import IO, Any

from fastlr.files.inputs.arguments import Member
from fastlr.files.streams import ReadError


def members_of(url: str) -> list[Member]:
    """Return the file at a URL, whose name is empty, or the files of a folder or a pattern.

    Raises
    ------
    OSError
        If there is no such file.
    ReadError
        If fsspec, or the package that it needs for the protocol, is not installed.
    """
    try:
        import fsspec

        system, path = fsspec.core.url_to_fs(url)
    except ImportError as error:
        raise ReadError(f"reading it needs more packages: pip install 'fastlr[remote]' ({error})") from error
    except ValueError as error:
        raise ReadError(str(error)) from error
    if fsspec.core.has_magic(path):
        paths = sorted(system.glob(path))
        if not paths:
            raise ReadError("no file has such a name")
        folder = paths[0].rpartition("/")[0]
    elif _is_folder(system, path):
        folder, paths = path.rstrip("/"), sorted(system.find(path))
    else:
        return [Member("", functools.partial(_opened, system, path))]
    names = [name.removeprefix(folder).lstrip("/") for name in paths]
    return [Member(name, functools.partial(_opened, system, path)) for name, path in zip(names, paths, strict=True)]


def _is_folder(system: Any, path: str) -> bool:
    """Tell whether a path is a folder; http has none, and its servers may refuse to tell."""
    protocols = {system.protocol} if isinstance(system.protocol, str) else set(system.protocol)
    return not protocols & {"http", "https"} and system.isdir(path)


def _opened(system: Any, path: str) -> IO[bytes]:
    file = system.open(path, "rb")
    return file if hasattr(file, "peek") else io.BufferedReader(_Raw(file))


class _Raw(io.RawIOBase):
    """A file of fsspec as one that can be buffered."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._file.close()
        super().close()
