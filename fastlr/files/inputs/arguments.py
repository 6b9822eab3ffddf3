"""The files that the arguments of a command stand for: folders, archives, patterns, URLs and standard input."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import IO, NamedTuple

from fastlr.files.inputs.compression import compression_of
from fastlr.files.inputs.spool import Spool
from fastlr.files.registry import STORE_FILE
from fastlr.files.streams import STDIN, ReadError, damage_errors, readable

# Bytes that tell what a file is: the mark of tar is at 257.
HEAD = 512

ZIP = (b"PK\x03\x04", b"PK\x05\x06")  # the second one is that of an empty archive
TAR, SQLITE, EXCEL = b"ustar", b"SQLite format 3\0", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


# Names that a message lists.
MAX_LISTED = 8


class Member(NamedTuple):
    """A file in a folder or an archive, or a table of a workbook or a database.

    Attributes
    ----------
    name : str
        Relative to the folder or the archive, with slashes.
    open : callable
        Returns a buffered binary file.
    path : str
        If it is a file on disk; otherwise empty.
    format : str or None
        Name of the format, if it is known.
    """

    name: str
    open: Callable[[], IO[bytes]]
    path: str = ""
    format: str | None = None


class Input(NamedTuple):
    """A file to read, or a number of text files that hold a document each.

    Attributes
    ----------
    name : str
        As messages print it.
    path : str
        If it is a file or a folder on disk; otherwise a name that ends like that of the file.
    open : callable or None
        Returns a buffered binary file, which may be compressed. None if the path is a store.
    format : str or None
        Name of the format, if it is known.
    documents : tuple of Member
        The text files; the folder of each is its label.
    columns : dict of str to str or None
        Columns of one value each, which are not in the file, but in the names of its folders.
    """

    name: str
    path: str
    open: Callable[[], IO[bytes]] | None = None
    format: str | None = None
    documents: tuple[Member, ...] = ()
    columns: Mapping[str, str | None] = {}


class Inputs(NamedTuple):
    """What arguments stand for.

    Attributes
    ----------
    chosen : list of Input
    arguments : list of str
        The arguments, with a copy on disk instead of an archive in a stream.
    has_validation : bool
        Whether there is data to validate on beside the chosen files.
    """

    chosen: list[Input]
    arguments: list[str]
    has_validation: bool = False


def expand(arguments: Sequence[str], use: str, with_labels: bool, spool: Spool) -> Inputs:
    """Return the files that arguments stand for.

    Parameters
    ----------
    arguments : sequence of str
        Each a file, ``"-"`` for standard input, a folder, an archive, a pattern such as ``data/*.csv``, a URL, or a
        member of an archive, such as ``data.zip/train.csv``.
    use : {"train", "valid", "test", "all"}
        Which files of a folder to choose if their names tell what they are for.
    with_labels : bool
        Whether documents in text files need labels, which are the names of their folders.
    spool : Spool
        For archives in streams.

    Raises
    ------
    OSError
        If a file cannot be opened.
    ReadError
        If there are none, or a choice is needed.
    """
    parts = []
    for argument in arguments:
        try:
            parts.append(_expand_one(argument, use, with_labels, spool))
        except ReadError as error:
            raise ReadError(f"{name_of(argument)}: {error}") from error
    return Inputs(
        [file for part in parts for file in part.chosen],
        [path for part in parts for path in part.arguments],
        any(part.has_validation for part in parts),
    )


def name_of(path: str) -> str:
    """Return a path as messages print it."""
    return "standard input" if path == STDIN else path


def _expand_one(argument: str, use: str, with_labels: bool, spool: Spool) -> Inputs:
    if argument == STDIN:
        return _of_stream(name_of(STDIN), STDIN, _standard_input(), use, with_labels, spool)
    if "://" in argument:
        from fastlr.files.inputs.remote import members_of

        members = members_of(argument)
        if members[0].name:
            return _chosen(argument, members, use, with_labels)
        return _of_stream(argument, argument, members[0].open(), use, with_labels, spool)
    if os.path.isdir(argument):
        if os.path.isfile(os.path.join(argument, STORE_FILE)):
            return Inputs([Input(argument, argument)], [argument])
        return _chosen(argument, _files_in(argument), use, with_labels)
    if not os.path.lexists(argument) and not set("*?[").isdisjoint(argument):
        import glob

        paths = sorted(glob.glob(argument, recursive=True))
        if paths:
            return expand(paths, use, with_labels, spool)
    path, member = _split_member(argument)
    if os.path.isfile(path):
        found = members_of_archive(path)
        if found is not None:
            return _chosen(path, _under(found, member), use, with_labels)
    elif os.path.exists(path):  # a named pipe
        return _of_stream(argument, argument, _opened(argument), use, with_labels, spool)
    return Inputs([Input(argument, argument, functools.partial(_opened, argument))], [argument])


def _chosen(root: str, members: Sequence[Member], use: str, with_labels: bool) -> Inputs:
    from fastlr.files.inputs.folders import choose

    return choose(root, members, use, with_labels)


def _opened(path: str) -> IO[bytes]:
    return open(path, "rb")


def _files_in(folder: str) -> list[Member]:
    """Return the files in a folder and its folders, sorted."""
    found = []
    for parent, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(parent, name)
            relative = os.path.relpath(path, folder).replace(os.sep, "/")
            found.append(Member(relative, functools.partial(_opened, path), path))
    return sorted(found, key=lambda member: member.name)


def _split_member(argument: str) -> tuple[str, str]:
    """Return the file that a path leads to, and what follows it: the name of a member."""
    path, member = argument.replace(os.sep, "/"), ""
    while path and not os.path.lexists(path):
        path, _, name = path.rpartition("/")
        member = f"{name}/{member}" if member else name
    return (path, member) if member and os.path.isfile(path) else (argument, "")


def _under(members: list[Member], wanted: str) -> list[Member]:
    """Return the members of a name, or in a folder of it; all if the name is empty."""
    if not wanted:
        return members
    found = [member for member in members if member.name == wanted.rstrip("/")]
    found = found or [member for member in members if member.name.startswith(f"{wanted.rstrip('/')}/")]
    if not found:
        names = ", ".join(member.name for member in members[:MAX_LISTED])
        raise ReadError(f"has no member {wanted!r}; it has: {names}")
    return found


def _standard_input() -> IO[bytes]:
    if sys.stdin is None:
        raise ReadError("is closed")
    return sys.stdin.buffer


def _of_stream(name: str, path: str, file: IO[bytes], use: str, with_labels: bool, spool: Spool) -> Inputs:
    """Return a stream as it is or, if it is an archive, the members of a copy on disk."""
    opened = readable(file)
    with damage_errors():
        head = opened.peek(HEAD)[:HEAD]
    if _is_archive(head):
        copy = spool.add(opened, name)
        members = members_of_archive(copy)
        if members is not None:
            return _chosen(name, members, use, with_labels)._replace(arguments=[copy])
        opened = _opened(copy)
    return Inputs([Input(name, path, lambda: opened)], [path])


def _is_archive(head: bytes) -> bool:
    return head.startswith((*ZIP, SQLITE, EXCEL)) or head[257:].startswith(TAR)


def members_of_archive(path: str) -> list[Member] | None:
    """Return the members of a zip or tar archive, or the tables of a workbook or a database; None for other files."""
    with open(path, "rb") as file:
        head = file.peek(HEAD)[:HEAD]
        if not _is_archive(head) and compression_of(head) is not None:
            with suppress(OSError, ReadError):  # an error when the file is read
                head = readable(file).peek(HEAD)[:HEAD]
    if head.startswith((*ZIP, EXCEL)):
        from fastlr.files.inputs.archives import is_workbook, zip_members

        if head.startswith(EXCEL) or is_workbook(path):
            from fastlr.files.inputs.workbooks import sheets

            return sheets(path)
        return zip_members(path)
    if head.startswith(SQLITE):
        from fastlr.files.inputs.databases import tables

        return tables(path)
    if head[257:].startswith(TAR):
        from fastlr.files.inputs.archives import tar_members

        return tar_members(path)
    return None
