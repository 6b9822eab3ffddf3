"""The columns of one file, to be found in another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple


class KnownColumns(NamedTuple):
    """Columns that a model was trained on, to be used in other files if nobody names columns.

    Attributes
    ----------
    text : tuple of str
        Names of the text columns; numbers from 1 if the file had no names.
    label : str or None
        Name or number of the label column, if there was one.
    n_columns : int or None
        Number of columns, if the file had no names: the numbers apply only to files with as many columns.
    """

    text: tuple[str, ...]
    label: str | None = None
    n_columns: int | None = None

    def __str__(self) -> str:
        numbered = self.n_columns is not None
        shown = [f"column {name}" if numbered else repr(name) for name in (*self.text, self.label or "")]
        label = "" if self.label is None else f", label in {shown[-1]}"
        return f"text in {', '.join(shown[:-1])}{label}" + (f", of {self.n_columns} without names" if numbered else "")

    def find(
        self, label: int | None, text: tuple[int, ...] | None, names: Sequence[str], n_unnamed: int | None = None
    ) -> tuple[int | None, tuple[int, ...] | None]:
        """Return the positions of the label and text columns, or None where the file does not have them.

        Parameters
        ----------
        label, text
            Positions that the caller has named already.
        names : sequence of str
            Names of the columns of the file, or their numbers from 1.
        n_unnamed : int or None
            Number of columns, if they have no names.
        """
        if self.n_columns != n_unnamed:
            return label, text
        names = list(names)
        if text is None and set(self.text) <= set(names):
            places = tuple(names.index(name) for name in self.text)
            text = None if label in places else places
        if label is None and self.label in names and names.index(self.label) not in (text or ()):
            label = names.index(self.label)
        return label, text

    def heads(self, row: Sequence[str]) -> bool:
        """Tell whether a row holds the names of the text columns."""
        return self.n_columns is None and set(self.text) <= set(row)

    def as_dict(self) -> dict[str, Any]:
        """Return a dictionary of JSON values, for `from_dict`."""
        return {"text": list(self.text), "label": self.label, "n_columns": self.n_columns}

    @classmethod
    def from_dict(cls, values: Any) -> KnownColumns:
        """Return the columns in a dictionary of `as_dict`.

        Raises
        ------
        ValueError
            If it is malformed.
        """
        if not isinstance(values, dict) or set(values) != {"text", "label", "n_columns"}:
            raise ValueError("data_columns must be an object with text, label and n_columns")
        text, label, n_columns = values["text"], values["label"], values["n_columns"]
        if not (
            isinstance(text, list)
            and text
            and all(isinstance(name, str) for name in text)
            and (label is None or isinstance(label, str))
            and (n_columns is None or (type(n_columns) is int and n_columns >= 1))
        ):
            raise ValueError("data_columns has a malformed name or number of columns")
        return cls(tuple(text), label, n_columns)
