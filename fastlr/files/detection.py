"""Detection of the format of a file, by its content, its name or its first lines."""

from __future__ import annotations

import csv
import os

from fastlr.files.csv_fields import long_fields
from fastlr.files.registry import FORMATS, READ_BY_NAME, Format, format_of_suffix
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
    format = format_of_suffix(plain_name(source.path))
    if format is not None and format.magic:
        raise ReadError(f"its name says {format.title}, but its content is something else")
    if format is not None and format.read is not None and format.in_lines:
        return format
    for format in FORMATS.values():
        if format.in_lines and format.sniff is not None and format.sniff(source):
            return format
    return FORMATS["lines"]


def looks_like_csv(source: Source) -> bool:
    """Tell whether the first lines have the same number of fields, more than one.

    Without labels, lines are most likely prose, which has commas too: a comma followed by a space does not separate
    fields then, and a single line is not enough to tell.
    """
    try:
        with long_fields():
            rows = list(csv.reader([line for line in source.lines if line.strip()]))
    except csv.Error:
        return False
    n_fields = {len(fields) for fields in rows}
    if len(n_fields) != 1 or n_fields == {1}:
        return False
    prose = len(rows) == 1 or any(field.startswith(" ") for fields in rows for field in fields[1:])
    return source.with_labels or not prose
