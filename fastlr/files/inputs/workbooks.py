"""Sheets of Excel and LibreOffice workbooks as CSV, read by python-calamine (``pip install 'fastlr[excel]'``)."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import IO, Any

from fastlr.files.inputs.arguments import Member
from fastlr.files.inputs.generated import GeneratedFile, csv_line
from fastlr.files.streams import ReadError


def sheets(path: str) -> list[Member]:
    """Return the sheets of a workbook that are not empty.

    Raises
    ------
    ReadError
        If python-calamine is not installed, or the workbook is damaged or encrypted.
    """
    try:
        import python_calamine
    except ImportError as error:
        raise ReadError("is a workbook: pip install 'fastlr[excel]' to read it") from error
    try:
        workbook = python_calamine.CalamineWorkbook.from_path(path)
        found = {name: workbook.get_sheet_by_name(name) for name in workbook.sheet_names}
    except python_calamine.CalamineError as error:
        raise ReadError(f"is a damaged or encrypted workbook: {error}") from error
    full = {name: sheet for name, sheet in found.items() if sheet.height}
    return [Member(name, functools.partial(_opened, sheet), format="csv") for name, sheet in full.items()]


def _opened(sheet: Any) -> IO[bytes]:
    return GeneratedFile.opened(_lines(sheet))


def _lines(sheet: Any) -> Iterator[bytes]:
    for row in sheet.iter_rows():
        yield csv_line([_cell(value) for value in row])


def _cell(value: Any) -> str:
    """Return a cell as Excel shows it: all its numbers are of floating point."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
