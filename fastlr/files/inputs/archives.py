"""Zip and tar archives: their members are read as streams, in the memory of a block, and never written to a path."""

from __future__ import annotations

import functools
import io
import tarfile
import zipfile
import zlib
from typing import IO, Any

from fastlr.files.inputs.arguments import Member
from fastlr.files.streams import ReadError, damage_errors, readable

# What makes a zip archive a document of Microsoft Office, and a workbook.
OFFICE = "[Content_Types].xml"
WORKBOOKS = {"xl/workbook.xml", "xl/workbook.bin"}
OPEN_DOCUMENT = b"application/vnd.oasis.opendocument.spreadsheet"


class _Checked(io.RawIOBase):
    """A member that raises OSError without an ``errno``, as compressed files do, if the archive is damaged."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            data = self._file.read(len(buffer))
        except (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError) as error:
            raise OSError(str(error)) from error
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._file.close()
        super().close()


def is_workbook(path: str) -> bool:
    """Tell whether a zip archive is a workbook of Excel or LibreOffice."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            return bool(names & WORKBOOKS) or ("mimetype" in names and archive.read("mimetype") == OPEN_DOCUMENT)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError):
        return False


def zip_members(path: str) -> list[Member]:
    """Return the files in a zip archive.

    Raises
    ------
    ReadError
        If it is damaged, or a document of Word or the like.
    """
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, NotImplementedError) as error:
        raise ReadError(f"is a damaged zip archive: {error}") from error
    if OFFICE in archive.namelist():
        raise ReadError("is a document of an office program, not data: save its text or table as CSV")
    infos = [info for info in archive.infolist() if not info.is_dir()]
    return [Member(info.filename, functools.partial(_open_zipped, archive, info)) for info in infos]


def _open_zipped(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> IO[bytes]:
    try:
        return io.BufferedReader(_Checked(archive.open(info)))
    except RuntimeError as error:
        if info.flag_bits & 1:
            raise ReadError("needs a password: unpack the archive") from error
        raise ReadError(str(error)) from error
    except (zipfile.BadZipFile, NotImplementedError) as error:
        raise ReadError(f"is damaged, or packed in a way that is not supported: {error}") from error


def tar_members(path: str) -> list[Member]:
    """Return the regular files in a tar archive, which may be compressed.

    Raises
    ------
    ReadError
        If it is damaged.
    """
    with open(path, "rb") as file:
        try:
            with damage_errors(), tarfile.open(fileobj=readable(file), mode="r|") as stream:
                names = [(place, member.name) for place, member in enumerate(stream) if member.isreg()]
        except tarfile.TarError as error:
            raise ReadError(f"is a damaged tar archive: {error}") from error
    archive = _Tar(path)
    return [Member(name.removeprefix("./"), functools.partial(archive.open, place)) for place, name in names]


class _Tar:
    """A tar archive that is read from the beginning to the end, and again if an earlier member is asked for."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._file: IO[bytes] | None = None
        self._stream: tarfile.TarFile | None = None
        self._place = -1

    def open(self, place: int) -> IO[bytes]:
        """Open a member by its place."""
        if self._stream is None or place <= self._place:
            if self._file is not None:
                self._file.close()
            self._file, self._place = open(self._path, "rb"), -1  # noqa: SIM115
            self._stream = tarfile.open(fileobj=readable(self._file), mode="r|")  # noqa: SIM115
        try:
            member = None
            while self._place < place:
                member = self._stream.next()
                self._place += 1
        except tarfile.TarError as error:
            raise OSError(str(error)) from error
        file = None if member is None else self._stream.extractfile(member)
        if file is None:
            raise ReadError("is gone from the archive")
        return io.BufferedReader(_Checked(file))
