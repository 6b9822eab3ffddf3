"""How a file is laid out: its format, and where its labels and its texts are; guessed from its name and beginning."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from fastlr.files.known_columns import KnownColumns

FORMATS = ("tsv", "csv", "jsonl", "fasttext", "vw", "lines", "svmlight")

# Those of rows of numbers; what follows from the content of a file is not asked for by name.
ROW_FORMATS = ("svmlight", "store", "arrow rows")
DELIMITERS = {"tsv": "\t", "csv": ","}

# Characters of a field of CSV, beyond which a quote is taken for one that nobody has closed.
MAX_FIELD = 1 << 24

# What a value of JSON may be besides a text or a number.
JSON_KINDS = {list: "a list", dict: "an object", type(None): "null"}

# Of a column's name, as many characters are shown.
MAX_SHOWN = 40

Column = int | str


class Layout(NamedTuple):
    """Where the labels and the texts of a file are.

    Attributes
    ----------
    format : {"tsv", "csv", "jsonl", "fasttext", "vw", "lines", "parquet", "svmlight", "store", "arrow rows"}
    label : int, str or None
        The column of the labels: its place from 0, or its key in JSON; None where there is none, or none to look for.
    text : tuple of int or str
        Those of the text, which are joined by a space if there are several.
    header : bool
        Whether the first line holds the names of the columns.
    names : tuple of str
        These.
    n_columns : int
        How many TSV or CSV has: as many as its header, or as most of its first lines.
    """

    format: str
    label: Column | None = None
    text: tuple[Column, ...] = ()
    header: bool = False
    names: tuple[str, ...] = ()
    n_columns: int = 0

    def __str__(self) -> str:
        names = {
            "tsv": "TSV",
            "csv": "CSV",
            "jsonl": "JSON Lines",
            "fasttext": "fastText",
            "vw": "Vowpal Wabbit",
            "parquet": "Parquet or Arrow",
            "svmlight": "svmlight, rows of numbers",
            "store": "a store, rows of numbers",
            "arrow rows": "Parquet or Arrow, rows of numbers",
        }
        said = names.get(self.format, "a text a line")
        if self.format in DELIMITERS:
            said += " with a header" if self.header else " without a header"
        if self.text:
            label = "" if self.label is None else f"label in {self._name(self.label)}, "
            said += f"; {label}text in {', '.join(map(self._name, self.text))}"
        elif isinstance(self.label, str):
            said += f"; label in {self.label!r}"
        return said

    @property
    def of_rows(self) -> bool:
        """Whether there are rows of numbers, and no texts."""
        return self.format in ROW_FORMATS

    def known(self) -> KnownColumns | None:
        """Return the columns, to be found in other files; None where there are none, or two of a name."""
        columns = self.text if self.label is None else (self.label, *self.text)
        if not self.text or any(self.names.count(self.names[column]) > 1 for column in columns if self.names):
            return None
        called = [self._key(column) for column in columns]
        label = None if self.label is None else called.pop(0)
        return KnownColumns(tuple(called), label, None if self.names or not self.n_columns else self.n_columns)

    def lacks(self, known: KnownColumns) -> list[str]:
        """Return the names of columns that are known but not taken here, if columns have names."""
        named = self.text and not (self.n_columns and not self.names)
        if known.n_columns is not None or not named:
            return []
        taken = {self._key(column) for column in (self.label, *self.text) if column is not None}
        return [name for name in known.text if name not in taken]

    def _key(self, column: Column) -> str:
        """Return the name of a column, or its number from 1."""
        if isinstance(column, str):
            return column
        return self.names[column] if self.names else str(column + 1)

    def _name(self, column: Column) -> str:
        if isinstance(column, str):
            return repr(column)
        return repr(_short(self.names[column])) if self.names else f"column {column + 1}"


def _short(name: str) -> str:
    """Return a name as it is shown: a text that was taken for one, because it is in the first line, is cut."""
    return name if len(name) <= MAX_SHOWN else f"{name[:MAX_SHOWN]}..."


@contextmanager
def long_fields() -> Iterator[None]:
    """Let the module ``csv`` read fields of up to `MAX_FIELD` characters: of its own accord it stops at 131,072."""
    limit = csv.field_size_limit(MAX_FIELD)
    try:
        yield
    finally:
        csv.field_size_limit(limit)
