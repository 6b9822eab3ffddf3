"""Fields in quotes, which may hold delimiters and line ends: records of them, and whether TSV has any."""

from __future__ import annotations

import csv
import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from fastlr.files.batches import BadLines, Labels
from fastlr.files.layout import Layout

# Characters of a field; a longer one is taken for a quote that was never closed.
MAX_FIELD = 1 << 24

# A field that holds this many lines with the columns of rows most likely holds rows.
MANY_LINES = 3

# Lines behind a faulty quote that are looked at.
N_LINES = 100

OPEN_FIELD = re.compile(r'"[^"]*(?:""[^"]*)*\Z')


@contextmanager
def long_fields() -> Iterator[None]:
    """Let ``csv`` read fields of up to `MAX_FIELD` characters; its own limit is 131,072."""
    limit = csv.field_size_limit(MAX_FIELD)
    try:
        yield
    finally:
        csv.field_size_limit(limit)


class Marks(Protocol):
    """What separates and quotes fields: a `Layout` or a `Dialect`."""

    @property
    def sep(self) -> str:
        """Character between fields."""

    @property
    def quote(self) -> str:
        """Character around quoted fields."""

    @property
    def escape(self) -> str:
        """Character before a quote within a quoted field, if quotes are not doubled; empty if they are."""

    @property
    def spaced(self) -> bool:
        """Whether spaces may follow a separator that are no part of the next field."""


def csv_reader(lines: Iterable[str], marks: Marks, strict: bool = False) -> Any:
    """Return a reader of records."""
    return csv.reader(
        lines,
        delimiter=marks.sep,
        quotechar=marks.quote,
        escapechar=marks.escape or None,
        skipinitialspace=marks.spaced,
        strict=strict,
    )


def first_records(lines: Iterable[str], marks: Marks) -> list[list[str]]:
    """Return the records of the first lines of a file, without blank ones; the last one may be incomplete.

    Raises
    ------
    csv.Error
        If a field is too long.
    """
    with long_fields():
        return [record for record in csv_reader((line + "\n" for line in lines), marks) if record]


def is_intact(lines: Sequence[str], marks: Marks) -> bool:
    """Tell whether lines are records whose quotes are closed at the end of a field; the last one may be incomplete."""
    reader = csv_reader((line + "\n" for line in lines), marks, strict=True)
    try:
        with long_fields():
            for _ in reader:
                pass
    except csv.Error:
        return reader.line_num >= len(lines) and len(lines) > 1
    return True


class Records:
    """The records of a file whose fields may be quoted.

    A quote that is not closed, or closed by one of a later row, makes a field of the rows between. Such a record is
    bad, and the lines behind its first one are read as rows if they look like that.

    Parameters
    ----------
    blocks : iterable of bytearray
        Whole lines.
    first_line : int
        Number of the first one.
    layout : Layout
    labels : Labels
        Those of the rows so far.
    bad : BadLines
    """

    def __init__(
        self,
        blocks: Iterable[bytearray],
        first_line: int,
        layout: Layout,
        labels: Labels,
        bad: BadLines,
    ) -> None:
        self.number, self.layout, self.labels, self.bad = first_line, layout, labels, bad
        self._source = _lines(blocks)
        self._again = deque[str]()
        self._taken: list[str] = []
        self._ended = False

    def _next_lines(self) -> Iterator[str]:
        """Yield lines, and remember them until their record is complete."""
        again, taken = self._again, self._taken
        while again:
            taken.append(again.popleft())
            yield taken[-1]
        for line in self._source:
            taken.append(line)
            yield line
        self._ended = True

    def __iter__(self) -> Iterator[tuple[int, list[str], int]]:
        """Yield the number of each record's first line, its fields, and its size."""
        taken = self._taken
        while not self._ended:
            # Unless it is strict, whatever follows a closing quote would join the field.
            reader = csv_reader(self._next_lines(), self.layout, strict=True)
            while True:
                try:
                    with long_fields():
                        record = next(reader)
                except StopIteration:
                    return
                except csv.Error as error:
                    self._skip(self._fault(error), self._rows_follow())
                    break
                if len(taken) > 1 and self._holds_rows(record):
                    last = self.number + len(taken) - 1
                    self._skip(f"an open quote, closed by one in line {last} after lines that look like rows", True)
                    break
                if record:
                    yield self.number, record, sum(map(len, taken))
                self.number += len(taken)
                taken.clear()

    def _skip(self, reason: str, rows_follow: bool) -> None:
        """Record a bad record; continue behind its first line if rows follow, and otherwise behind its last one."""
        self.bad.add([self.number], reason)
        n_lines = 1 if rows_follow else len(self._taken)
        self._again.extendleft(reversed(self._taken[n_lines:]))
        self.number += n_lines
        self._taken.clear()
        self._ended = self._ended and not self._again

    def _fault(self, error: csv.Error) -> str:
        if self._ended:  # it asked for one more line
            return "a quote that is never closed"
        if len(self._taken) == 1 or "limit" in str(error):
            return f"not CSV: {error}"
        return f"an open quote, closed by one within a field in line {self.number + len(self._taken) - 1}"

    def _rows_follow(self) -> bool:
        """Tell whether most lines behind the first one of a faulty record look like rows."""
        lines = self._taken[1 : N_LINES + 1]
        with long_fields():
            rows = [next(csv_reader([line[:MAX_FIELD]], self.layout)) for line in lines]
        return sum(map(self._is_row, rows)) > len(lines) // 2

    def _holds_rows(self, record: Sequence[str]) -> bool:
        """Tell whether the lines of a record look like rows each.

        They have the columns of rows, and two of these hold: they are many; their labels are those of other rows; no
        space follows a delimiter, as in prose. The label of the record itself is in the line that the quote begins in
        if it precedes the quoted field, and in the line that the quote ends in otherwise.
        """
        place, label = next((k for k, field in enumerate(record) if "\n" in field), 0), self.layout.label
        inner = slice(1, -1) if label is None else slice(1, None) if label < place else slice(0, -1)
        rows = [line.rstrip("\r\n").split(self.layout.sep) for line in self._taken[inner]]
        if not (rows and all(map(self._is_row, rows))):
            return False
        many = len(self._taken) - 2 >= MANY_LINES
        known = label is not None and all(row[label] in self for row in rows)
        spaced = any(field.startswith(" ") for row in rows for field in row[1:])
        return many + known + (not spaced) >= 2

    def _is_row(self, fields: Sequence[str]) -> bool:
        """Tell whether a line, whose fields these are, has the columns of a row."""
        return len(fields) == self.layout.n_columns > 1

    def __contains__(self, label: str) -> bool:
        """Tell whether a row had this label."""
        return label.strip(" ").encode("utf-8", "surrogateescape") in self.labels


def _lines(blocks: Iterable[bytearray]) -> Iterator[str]:
    """Yield lines; only line feeds end one: str.splitlines knows more line ends than editors do."""
    for block in blocks:
        for line in block.decode("utf-8", "surrogateescape").split("\n")[:-1]:
            yield line + "\n"


def has_quoted_fields(text: str, sep: str = "\t") -> bool | None:
    r"""Tell whether quotes around fields are no part of them; None if there is too little to tell.

    Programs that quote fields quote all that contain quotes, and double these. In TSV without quoting, quotes soon
    appear elsewhere.

    Parameters
    ----------
    text : str
        Whole lines; the last one may begin a field that does not end in it.
    sep : str, default="\t"
        Separates the fields.
    """
    mark = re.escape(sep)
    whole_field = re.compile(rf'"[^"]*(?:""[^"]*)*"(?={mark}|\r?\n|\r?\Z)')
    place = n_whole = n_with_rows = 0
    while (begin := text.find('"', place)) >= 0:
        if begin and text[begin - 1] not in (sep, "\n"):
            return False
        field = whole_field.match(text, begin)
        if field is None:
            if OPEN_FIELD.match(text, begin):
                break
            return False
        n_whole += 1
        place = field.end()
        if '""' in text[begin + 1 : place - 1]:
            return True
        if not {sep, "\n"}.isdisjoint(field[0]):
            first, last = text.rfind("\n", 0, begin) + 1, text.find("\n", place)
            lines = text[first : None if last < 0 else last].split("\n")
            others = Counter(line.count(sep) for line in text.split("\n") if line and '"' not in line).most_common(1)
            # Unless a line lacks columns, these may be two texts: one begins with a quote, and the other ends with one.
            if others and any(line.count(sep) != others[0][0] for line in lines):
                return True
            n_with_rows += 1
    n_lines = text.count("\n") + 1
    return True if n_with_rows > 1 or n_whole > n_lines // 2 else None
