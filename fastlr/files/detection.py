"""Detection of the format of a file, by its content, its name or its first lines."""

from __future__ import annotations

import os

from fastlr.files.layout import COMMON, RARE, SEPARATORS
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
            and (format.magic is None or format.magic(head))
            and (format.sniff is None or format.sniff(source))
        ):
            return format
    return None


def detect_text(source: Source, asked: str | None) -> Format:
    """Return the format of a file in lines: the one asked for, or else the one that its first lines have.

    The name decides where they leave it open.

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
    named = format_of_suffix(plain_name(source.path))
    if named is not None and named.magic is not None:
        raise ReadError(f"its name says {named.title}, but its content is something else")
    if named is not None and (named.read is None or not named.in_lines):
        named = None
    for format in FORMATS.values():
        if format.sniff is None or not format.in_lines or not format.sniff(source):
            continue
        if format.name != "vw" or not (is_table(named) or _has_bars(source)):
            return format
    if named is not None and not is_table(named):
        return named
    return _table_format(source, named) or named or FORMATS["lines"]


def _has_bars(source: Source) -> bool:
    """Tell whether bars separate the columns of a table with a header."""
    from fastlr.files.tables.dialect import is_headed_table

    return is_headed_table(source, "|")


def _table_format(source: Source, named: Format | None) -> Format | None:
    """Return the format of a table in lines; None if there is none."""
    has_names = source.known is not None and source.known.n_columns is None
    if not has_names and not any(sep in line for line in source.lines for sep in COMMON + RARE):
        return None
    from fastlr.files.tables.dialect import (  # here, because lines of plain text need no more
        find_dialect,
        find_known_text,
    )

    dialect = find_dialect(source)
    if dialect is not None:
        return FORMATS["tsv" if dialect.sep == SEPARATORS["tsv"] else "csv"]
    return FORMATS["csv"] if named is None and find_known_text(source) is not None else None


def is_table(format: Format | None) -> bool:
    """Tell whether a format has lines of fields."""
    return format is not None and "sep" in format.options
