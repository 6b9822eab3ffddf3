"""Batches of documents, the codes of their labels, and the lines that hold none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from fastlr.files.inputs.encodings import UTF_8, DecodedFile, detect
from fastlr.files.streams import ReadError
from fastlr.text.documents import Documents
from fastlr.text.valued_documents import ValuedDocuments

# Bad lines that a message lists.
MAX_LISTED = 5

SPACES = np.frombuffer(b" \t\n\v\f\r\0", np.uint8)

NO_LINES = np.empty(0, np.int64)


class BadLine(ValueError):
    """A line that cannot be read; the message says why."""


@dataclass(frozen=True)
class DocumentBatch:
    """Some documents of a file, in their order.

    Attributes
    ----------
    documents : Documents
    labels : ndarray of int32, shape (n_documents,), or None
        Codes of `Labels`; None if labels are not wanted.
    lines : ndarray of int64, shape (n_documents,)
        Number of the line that each document comes from, from 1; the first one if there are several.
    n_bytes : int
        Size of the part of the file, decompressed, that the batch comes from.
    weights : ndarray of float64, shape (n_documents,), or None
        None if all weights are 1.
    skipped : ndarray of int64
        Numbers of the bad lines among these lines and since the batch before.
    ids, skipped_ids : list or None
        The id of each document and of each bad line, a string or whatever value the file has; None if they are not
        read. The id of a bad line may be None.
    """

    documents: Documents
    labels: np.ndarray | None
    lines: np.ndarray
    n_bytes: int
    weights: np.ndarray | None = None
    skipped: np.ndarray = field(default_factory=NO_LINES.copy)
    ids: list[Any] | None = None
    skipped_ids: list[Any] | None = None

    def __len__(self) -> int:
        return len(self.documents)

    @property
    def n_empty(self) -> int:
        """Number of documents that have neither text other than white space nor features with values."""
        documents = self.documents
        empty = documents.starts == documents.stops
        if len(documents.buffer):
            begins = documents.buffer[np.minimum(documents.starts, len(documents.buffer) - 1)]
            for i in np.flatnonzero(~empty & np.isin(begins, SPACES)).tolist():
                empty[i] = not documents[i].strip(SPACES.tobytes())
        if isinstance(documents, ValuedDocuments):
            empty[documents.rows] = False
        return int(np.count_nonzero(empty))


class Labels(dict[bytes, int]):
    """Codes of labels: 0, 1, ... in order of first appearance. Looking up a new label gives it a code."""

    def __missing__(self, label: bytes) -> int:
        code = self[label] = len(self)
        return code

    def encode(self, labels: Iterable[bytes], n: int) -> np.ndarray:
        """Return the codes of ``n`` labels, int32."""
        return np.fromiter(map(self.__getitem__, labels), np.int32, n)

    @property
    def names(self) -> list[str]:
        """The labels, by code."""
        return [label.decode() for label in self]


class BadLines:
    """Counts the lines that cannot be read, and remembers the first few.

    Parameters
    ----------
    skip : bool
        Whether to go on; otherwise `check` raises.

    Attributes
    ----------
    count : int
    file : DecodedFile or None
        The file that lines come from, which knows its encoding.
    """

    def __init__(self, skip: bool = False) -> None:
        self.skip = skip
        self.count = 0
        self.listed: list[tuple[int, str]] = []
        self._new: list[int] = []
        self._ids: dict[int, Any] = {}
        self.file: DecodedFile | None = None
        self._place = ""
        self._before: list[str] = []
        self._likely: str | None = None

    def begin(self, name: str) -> None:
        """Count the lines of one more file, whose name messages then print."""
        self._before, self._place, self.listed = self._listed(), f" of {name}", []

    def add(self, lines: Sequence[int] | np.ndarray, reason: str, ids: Iterable[Any] = ()) -> None:
        """Record lines that are bad for the same reason, and the ids of their documents where these can be read."""
        self.count += len(lines)
        self._new += map(int, lines)
        self._ids.update(zip(map(int, lines), ids, strict=False))
        self.listed += [(int(line), reason) for line in lines[:MAX_LISTED]]
        self.listed = sorted(self.listed)[:MAX_LISTED]

    def add_undecodable(self, lines: Sequence[int] | np.ndarray, text: bytes) -> None:
        """Record lines that are not valid in the encoding of the file, given the content of one of them."""
        encoding = self.file and self.file.encoding
        if encoding not in (None, UTF_8):
            self.add(lines, f"not {encoding}")
            return
        self._likely = self._likely or detect(text).encoding
        self.add(lines, f"not UTF-8, perhaps {self._likely}" if self._likely else "not UTF-8")

    def take(self) -> tuple[np.ndarray, list[Any]]:
        """Return the numbers of the lines recorded since the last call, in increasing order, and their ids."""
        lines, ids = sorted(self._new), self._ids
        self._new, self._ids = [], {}
        return np.array(lines, np.int64), [ids.get(line) for line in lines]

    def check(self) -> None:
        """Raise `ReadError` if there were any, unless they are skipped."""
        if self.count and not self.skip:
            self._place = ""  # the name of the file begins the message
            raise ReadError(f"{self}; pass --skip-bad-lines (skip_bad_lines=True) to skip them")

    def __str__(self) -> str:
        listed = self._listed()
        more = f" and {self.count - len(listed)} more" if self.count > len(listed) else ""
        return f"{self.count} bad line{'s' if self.count > 1 else ''}: {', '.join(listed)}{more}"

    def _listed(self) -> list[str]:
        return [*self._before, *(f"line {line}{self._place} ({reason})" for line, reason in self.listed)][:MAX_LISTED]
