"""How the fields of a table in lines are separated and quoted, by the first lines."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from fastlr.files.layout import COMMON, QUOTE, RARE, SEPARATORS
from fastlr.files.registry import MOST
from fastlr.files.source import Source
from fastlr.files.streams import ReadError
from fastlr.files.tables.column_names import has_names, role_of
from fastlr.files.tables.quotes import first_records, has_quoted_fields, is_intact

if TYPE_CHECKING:
    from fastlr.files.tables.column_profile import ColumnProfile

# What some programs write before a quote within a quoted field.
ESCAPE = "\\"

# Share of lines whose quotes are in pairs if they belong to the text.
MOST_PAIRED = 0.95

# Rows whose columns are compared between dialects.
N_ROWS = 200


class Dialect(NamedTuple):
    """How fields are separated.

    Attributes
    ----------
    sep : str
        Character that separates the fields.
    quoted : bool or None
        Whether fields may be quoted, and then hold separators and line ends. None if the first lines do not tell.
    quote : str
        Character around quoted fields.
    escape : str
        Character before a quote within a quoted field; empty if quotes are doubled there.
    spaced : bool
        Whether spaces may follow a separator that are no part of the next field.
    """

    sep: str
    quoted: bool | None
    quote: str = QUOTE
    escape: str = ""
    spaced: bool = False

    def rows(self, lines: Iterable[str]) -> list[list[str]]:
        """Return the fields of lines, without blank lines.

        Raises
        ------
        ReadError
            If a field is too long.
        """
        if not self.quoted:
            return [line.split(self.sep) for line in lines if line]
        try:
            return first_records(lines, self)
        except csv.Error as error:
            raise ReadError(f"is not CSV: {error}") from error


def named_dialect(format: str, source: Source) -> Dialect:
    """Return the dialect that the caller names or else, among those that a format may have, the one of the content."""
    if source.sep is not None:
        return _quoted(source, source.sep)
    others = SEPARATORS.values() if format == "csv" else COMMON + RARE
    seps = [sep for sep in COMMON + RARE if sep == SEPARATORS[format] or sep not in others]
    usual = SEPARATORS[format]
    return find_dialect(source, seps) or find_known_text(source, usual) or _quoted(source, usual)


def find_dialect(source: Source, seps: Sequence[str] = COMMON + RARE) -> Dialect | None:
    """Return the dialect that makes the first lines a table; None if there is none.

    Most rows must have the same number of fields. Of several dialects, the one is chosen whose columns have most in
    common: they hold numbers, dates or values that repeat, or have names.
    """
    lines = [line for line in source.lines if line.strip()]
    if source.known is not None and source.known.text == (*lines[:1],):  # the text alone
        return None
    found: dict[Dialect, list[list[str]]] = {}
    for sep in seps:
        if sum(sep in line for line in lines) * 2 > len(lines):
            dialect = _quoted(source, sep)
            if _is_table(rows := _rows(dialect, lines), source, sep):
                found[dialect] = rows
    if len(found) < 2:
        return next(iter(found), None)
    return max(found, key=lambda dialect: _order(found[dialect], dialect))


def find_known_text(source: Source, usual: str = SEPARATORS["csv"]) -> Dialect | None:
    """Return the dialect of a table whose only column is the text, under its name in training; None if it is none.

    Of several, that is the one whose separator is in the most quoted lines, because others need no quotes, or else the
    usual one.
    """
    lines, known = [line for line in source.lines if line.strip()], source.known
    if known is None or known.n_columns is not None:
        return None
    found: dict[Dialect, int] = {}
    for sep in (usual, *COMMON, *RARE):
        dialect = _quoted(source, sep)
        n_quoted = sum(sep in line and line.startswith(dialect.quote) for line in lines)
        if any(line.startswith(dialect.quote) for line in lines) and is_intact(lines, dialect):
            dialect = dialect._replace(quoted=True)
        rows = _rows(dialect, lines)
        if rows and known.heads(rows[0]) and all(len(row) == 1 for row in rows):
            found.setdefault(dialect, n_quoted)
    return max(found, key=lambda dialect: found[dialect], default=None)


def is_headed_table(source: Source, sep: str) -> bool:
    """Tell whether the first lines are a table with a header."""
    from fastlr.files.tables.header import is_header

    dialect = find_dialect(source, [sep])
    return dialect is not None and is_header(dialect.rows(source.lines))


def _rows(dialect: Dialect, lines: Sequence[str]) -> list[list[str]]:
    """Return the rows of lines; none if a field is too long."""
    try:
        return dialect.rows(lines)
    except ReadError:
        return []


def _quoted(source: Source, sep: str) -> Dialect:
    """Return the dialect of a separator, whose quotes the caller or the first lines tell."""
    lines, quote = source.lines, QUOTE if source.quote is None else source.quote
    if not quote:
        return Dialect(sep, False)
    dialect = Dialect(sep, True, quote)
    text = "\n".join(lines)
    spaced = dialect._replace(spaced=True)
    n_spaced = sum(f"{sep} {quote}" in line for line in lines)
    if n_spaced * 2 > len(lines):
        dialect = spaced if is_intact(lines, spaced) else dialect
    elif n_spaced and not _is_right(lines, dialect) and _is_right(lines, spaced):  # else it is in texts
        dialect = spaced
    if ESCAPE + quote in text and not is_intact(lines, dialect):
        escaped = dialect._replace(escape=ESCAPE)
        if _is_right(lines, escaped):
            return escaped
    if source.quote is None:
        if sep != SEPARATORS["csv"]:
            return dialect._replace(quoted=has_quoted_fields(text, sep))
        if _has_raw_quotes(lines, sep) and not is_intact(lines, dialect):
            return dialect._replace(quoted=False)
    return dialect


def _is_right(lines: Sequence[str], dialect: Dialect) -> bool:
    """Tell whether lines are intact records of as many fields each; the last one may be incomplete."""
    return is_intact(lines, dialect) and len(set(map(len, dialect.rows(lines)[:-1]))) <= 1


def _has_raw_quotes(lines: Sequence[str], sep: str) -> bool:
    """Tell whether quotes belong to the text: they are in pairs on each line, some of them within a field."""
    within = re.compile(rf'(?:\A|{re.escape(sep)})(?!\s*")[^{re.escape(sep)}"]*"')
    paired = [line for line in lines if line.count('"') % 2 == 0]
    return len(paired) >= MOST_PAIRED * len(lines) and any(within.search(line) for line in paired)


def _is_table(rows: list[list[str]], source: Source, sep: str) -> bool:
    """Tell whether most rows have the same number of fields, more than one.

    Without labels, lines are most likely prose, which has commas too: unless the first line holds names of columns, a
    single line is not enough to tell, and in most lines no space must follow a comma.
    """
    if not rows:
        return False
    length, n = Counter(map(len, rows)).most_common(1)[0]
    if sep == "\t" and sum(len(row) > 1 for row in rows) > MOST * len(rows):  # which prose seldom has
        return True
    if length < 2 or n < MOST * len(rows):
        return False
    if sep in RARE:
        return n == len(rows) > 4 and any(profile.is_closed for profile in _profiles(rows[1:]))
    known = source.known
    if source.with_labels or sep == "\t" or (known is not None and known.heads(rows[0])):
        return True
    if known is not None and known.n_columns == length and any(profile.is_closed for profile in _profiles(rows)):
        return True
    if has_names(rows[0]):
        return True
    spaced = sum(any(field.startswith(" ") for field in fields[1:]) for fields in rows)
    return len(rows) > 1 and spaced <= len(rows) // 2


def _profiles(rows: Sequence[Sequence[str]]) -> list[ColumnProfile]:
    from fastlr.files.tables.column_profile import ColumnProfile  # here, because lines of plain text do not need it

    length = Counter(map(len, rows)).most_common(1)[0][0]
    body = [row for row in rows[:N_ROWS] if len(row) == length]
    return [ColumnProfile(values) for values in zip(*body, strict=True)]


def _order(rows: Sequence[Sequence[str]], dialect: Dialect) -> float:
    """Return how orderly the columns of a table are."""
    profiles = _profiles(rows[1:] or rows)
    points = sum(profile.is_closed or profile.kind in ("number", "date", "address", "code") for profile in profiles)
    names = sum(role_of(name.strip()) is not None for name in rows[0])
    spaced = sum(any(field.startswith(" ") for field in fields[1:]) for fields in rows[1:])
    return points / len(profiles) + names / len(rows[0]) - spaced / len(rows) + (0.5 if dialect.sep == "\t" else 0.0)
