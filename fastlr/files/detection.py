"""Detection of the format of a file, by its content, its name or its first lines."""

from __future__ import annotations

import csv
import os
from collections import Counter

from fastlr.files.columns import LABEL_NAMES, TEXT_NAMES
from fastlr.files.layout import SEPARATORS
from fastlr.files.quotes import first_records, has_quoted_fields
from fastlr.files.registry import FORMATS, MOST, READ_BY_NAME, Format, format_of_suffix
from fastlr.files.source import Source
from fastlr.files.streams import STDIN, ReadError, plain_name


def detect_binary(source: Source) -> Format | None:
    """Return the format of a file that is not text in lines; None if it is."""
    if source.path == STDIN:
        return None
    head = b""
    if os.path.isfile(source.path):  # opening a pipe would take away its beginning
        with open(source.path, "rb") as file:
            head = file.read(8)
    for format in FORMATS.values():
        if (
            format.read is not None
            and not format.in_lines
            and (not format.magic or head.startswith(format.magic))
            and (format.sniff is None or format.sniff(source))
        ):
            return format
    return None


def detect_text(source: Source, asked: str | None) -> Format:
    """Return the format of a file in lines: the one asked for, or else by its name, or by its first lines.

    Raises
    ------
    ReadError
        If there is no such format, or the name contradicts the content.
    """
    if asked is not None:
        if asked not in READ_BY_NAME:
            raise ReadError(f"unknown format {asked!r}; the formats are {', '.join(READ_BY_NAME)}")
        return FORMATS[asked]
    if source.sep is not None:
        return FORMATS["tsv" if source.sep == SEPARATORS["tsv"] else "csv"]
    format = format_of_suffix(plain_name(source.path))
    if format is not None and format.magic:
        raise ReadError(f"its name says {format.title}, but its content is something else")
    if format is not None and format.read is not None and format.in_lines:
        return format
    for format in FORMATS.values():
        if format.in_lines and format.sniff is not None and format.sniff(source):
            return format
    return FORMATS["lines"]


def looks_like_tsv(source: Source) -> bool:
    """Tell whether most of the first lines have tabs or, if fields are quoted, the same number of fields."""
    lines = [line for line in source.lines if line.strip()]
    if sum("\t" in line for line in lines) > MOST * len(lines):
        return True
    return bool(has_quoted_fields("\n".join(lines))) and _are_columns(_records(lines, "\t"))


def looks_like_csv(source: Source) -> bool:
    """Tell whether most of the first lines have the same number of fields, more than one.

    Without labels, lines are most likely prose, which has commas too: unless the first line holds names of columns, a
    single line is not enough to tell, and in most lines no space must follow a comma.
    """
    rows = _records([line for line in source.lines if line.strip()], ",")
    if not _are_columns(rows):
        return False
    if source.with_labels or (source.known is not None and source.known.heads(rows[0])):
        return True
    if any(name.lower() in (*LABEL_NAMES, *TEXT_NAMES) for name in rows[0]):
        return True
    spaced = sum(any(field.startswith(" ") for field in fields[1:]) for fields in rows)
    return len(rows) > 1 and spaced <= len(rows) // 2


def _records(lines: list[str], delimiter: str) -> list[list[str]]:
    """Return the records of lines; none if a field is too long."""
    try:
        return first_records(lines, delimiter)
    except csv.Error:
        return []


def _are_columns(rows: list[list[str]]) -> bool:
    """Tell whether most rows have the same number of fields, more than one."""
    lengths = Counter(map(len, rows))
    length, n = max(lengths.items(), key=lambda item: item[1], default=(0, 0))
    return length > 1 and n >= MOST * len(rows)
