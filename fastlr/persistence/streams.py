"""Paths of streams: devices, pipes and open descriptors, which are written to and never replaced by a file."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

# Known by these names on every system, as in shells.
STDOUT = "/dev/stdout"
STANDARD = {"/dev/stdin": 0, STDOUT: 1, "/dev/stderr": 2}

# Folders of the descriptors of a process; the number is that of the process, once links are followed.
DESCRIPTORS = re.compile(r"/dev/fd|/proc/(?:self|thread-self|(\d+))(?:/task/\d+)?/fd")

# Links that lead to each other.
MAX_LINKS = 40


def descriptor_of(path: str | os.PathLike[str]) -> int | None:
    """Return the number of the open descriptor that a path names, such as 1 for ``/dev/stdout`` or a link to it.

    Links into ``/proc`` lead to the open file, but opening that file again would begin at its start, and replacing it
    would lose what it holds.
    """
    place = os.fspath(path)
    for _ in range(MAX_LINKS):
        if place in STANDARD:
            return STANDARD[place]
        folder, name = os.path.split(place)
        folder = os.path.realpath(folder)
        found = DESCRIPTORS.fullmatch(folder)
        if found and name.isdecimal() and found[1] in (None, str(os.getpid())):
            return int(name)
        place = os.path.join(folder, name)
        if not os.path.islink(place):
            return None
        place = os.path.join(folder, os.readlink(place))
    return None


def is_stream(path: str | os.PathLike[str]) -> bool:
    """Tell whether a path leads to an open descriptor, a device, a pipe or a socket."""
    is_file = os.path.isfile(path) or os.path.isdir(path)
    return descriptor_of(path) is not None or (os.path.exists(path) and not is_file)


@contextmanager
def open_stream(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Open a stream to write behind what it already holds.

    Raises
    ------
    OSError
        If it cannot be opened, or the descriptor is closed.
    """
    descriptor = descriptor_of(path)
    if descriptor == 1 and hasattr(sys.stdout, "buffer"):
        sys.stdout.flush()  # text that was printed comes first
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    with open(path, "ab") if descriptor is None else open(_duplicate(descriptor, path), "wb") as file:
        yield file


def _duplicate(descriptor: int, path: str | os.PathLike[str]) -> int:
    try:
        return os.dup(descriptor)
    except OSError as error:
        error.filename = os.fspath(path)
        raise
