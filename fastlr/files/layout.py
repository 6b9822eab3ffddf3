"""The layout of a file: its format, and which columns hold the labels and the text."""

from __future__ import annotations

from typing import NamedTuple

from fastlr.files.registry import FORMATS
from fastlr.text.known_columns import KnownColumns

# Separators of fields, by the name of a format, and the mark around quoted fields, unless a file has others.
SEPARATORS = {"tsv": "\t", "csv": ","}
QUOTE = '"'

# Labels that are listed if they are known from the beginning.
MAX_LABELS = 10

# What separates fields in most tables, and what else does: of these, every line must have the same number.
COMMON = ("\t", ",", ";", "|")
RARE = ("\x01", "\x1f", "^", "~", "@")

# Characters of a column's name that messages show.
MAX_SHOWN = 40

# Columns that might have been chosen instead, as far as they are shown.
MAX_RIVALS = 3


class Layout(NamedTuple):
    """Where a file keeps its labels and its text.

    Attributes
    ----------
    format : str
        Name of the format in `fastlr.files.registry`.
    label : int or None
        Position of the label column, from 0; None if there is none, or labels are not wanted.
    text : tuple of int
        Positions of the text columns, which are joined by a space.
    names : tuple of str
        Names of the columns, or the labels of text files or of plain text; empty if there are none.
    header : bool
        Whether the first line of TSV or CSV holds the names.
    n_columns : int
        Number of columns of TSV or CSV: that of the header, or of most of the first lines. 0 for other formats.
    n_features : int or None
        Number of features that a file of rows declares.
    quoted : bool or None
        Whether fields of TSV or CSV may be quoted; None if the first lines do not tell.
    weight, id : int or None
        Positions of the columns of the weights and of the ids; None if they are not read.
    sep : str
        Character that separates the fields of TSV or CSV; empty for other formats.
    quote : str
        Character around quoted fields.
    encoding : str or None
        Encoding of the text, as far as it was read; None for UTF-8.
    escape : str
        Character before a quote within a quoted field; empty if quotes are doubled there.
    spaced : bool
        Whether spaces may follow a separator that are no part of the next field.
    n_labels : int
        Number of different labels in a sample of the rows; 0 if the caller named the column.
    other_labels, other_texts : tuple of int
        Columns that might hold the labels or the text instead of those that were detected.
    """

    format: str
    label: int | None = None
    text: tuple[int, ...] = ()
    names: tuple[str, ...] = ()
    header: bool = False
    n_columns: int = 0
    n_features: int | None = None
    quoted: bool | None = None
    weight: int | None = None
    id: int | None = None
    sep: str = ""
    quote: str = QUOTE
    encoding: str | None = None
    escape: str = ""
    spaced: bool = False
    n_labels: int = 0
    other_labels: tuple[int, ...] = ()
    other_texts: tuple[int, ...] = ()

    def __str__(self) -> str:
        described = FORMATS[self.format].title
        if self.of_rows:
            described += ", numeric features"
        if self.format == "tsv" and self.quoted:
            described = f"quoted {described}"
        if self.sep and self.sep != SEPARATORS[self.format]:
            described += f" separated by {self.sep!r}"
        if self.quoted and self.quote != QUOTE:
            described += f" quoted by {self.quote!r}"
        if self.n_columns:
            described += " with a header" if self.header else " without a header"
        if self.format == "lines" and self.names:
            return f"{described}; the label is its file: {', '.join(map(shortened, self.names[:MAX_LABELS]))}"
        if self.format == "files" and self.names and self.id is None:
            shown = ", ".join(map(shortened, self.names[:MAX_LABELS]))
            return f"{described}; the label is its folder: {shown}" + ", ..." * (len(self.names) > MAX_LABELS)
        columns = []
        if self.label is not None:
            n_labels = f" ({self.n_labels} values)" if self.other_labels else ""
            columns.append(f"label in {self._shown(self.label)}{n_labels}")
        if self.text:
            columns.append(f"text in {', '.join(map(self._shown, self.text))}")
        others = (("weight", self.weight), ("id", self.id))
        columns += [f"{what} in {self._shown(column)}" for what, column in others if column is not None]
        described = "; ".join([described, ", ".join(columns)] if columns else [described])
        for what, rivals in (("label", self.other_labels), ("text", self.other_texts)):
            if rivals:
                shown = ", ".join(map(self._shown, rivals[:MAX_RIVALS])) + (", ..." if len(rivals) > MAX_RIVALS else "")
                described += f"; or {what} in {shown}: --{what} decides"
        return described

    @property
    def of_rows(self) -> bool:
        """Whether the file holds rows with numeric features rather than documents."""
        return FORMATS[self.format].content == "rows"

    def known(self) -> KnownColumns | None:
        """Return the columns, to be found in other files; None if there are none, or a name is not unique."""
        columns = self.text if self.label is None else (self.label, *self.text)
        if not self.text or any(self.names.count(self.names[column]) > 1 for column in columns if self.names):
            return None
        label = None if self.label is None else self._name(self.label)
        n_columns = None if self.names else self.n_columns
        return KnownColumns(tuple(map(self._name, self.text)), label, n_columns)

    def chosen(self) -> list[str | None]:
        """Return the names, or numbers from 1, of the columns of the labels and the text."""
        return [None if column is None else self._name(column) for column in (self.label, *self.text)]

    def lacks(self, known: KnownColumns) -> list[str]:
        """Return the names of the known text columns that are not used here; none if columns have no names."""
        if known.n_columns is not None or not (self.text and self.names):
            return []
        used = {self._name(column) for column in (self.label, *self.text) if column is not None}
        return [name for name in known.text if name not in used]

    def _name(self, column: int) -> str:
        """Return the name of a column, or its number from 1."""
        return self.names[column] if self.names else str(column + 1)

    def _shown(self, column: int) -> str:
        return repr(shortened(self.names[column])) if self.names else f"column {column + 1}"


def shortened(name: str) -> str:
    """Return a column's name as messages show it: if the first line is taken for a header, it may be a whole text."""
    return name if len(name) <= MAX_SHOWN else f"{name[:MAX_SHOWN]}..."
