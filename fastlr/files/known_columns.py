"""The columns of one file, to be found again in another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple


class KnownColumns(NamedTuple):
    """Columns of a file that was read, which are taken of others that have them, where nobody says which.

    Attributes
    ----------
    text : tuple of str
        The names of those of the text; numbers from 1 where the file had no names.
    label : str or None
        That of the labels, if it had any.
    n_columns : int or None
        How many columns the file had, if it had no names: only files like it have its numbers.
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
        """Return the places of the columns of the labels and the text; None where they are not there.

        Parameters
        ----------
        label, text
            The places that somebody said.
        names : sequence of str
            Of the columns of the file, or their numbers from 1.
        n_unnamed : int or None
            How many columns it has, if they have no names.
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
        """Tell whether a row holds the names of the text's columns."""
        return self.n_columns is None and set(self.text) <= set(row)

    def as_dict(self) -> dict[str, Any]:
        """Return what `from_dict` takes."""
        return {"text": list(self.text), "label": self.label, "n_columns": self.n_columns}

    @classmethod
    def from_dict(cls, values: Any) -> KnownColumns:
        """Return the columns of a dictionary.

        Raises
        ------
        ValueError
            If it holds none.
        """
        if not isinstance(values, dict) or set(values) != {"text", "label", "n_columns"}:
            raise ValueError("its columns of data are no object of text, label and n_columns")
        text, label, n_columns = values["text"], values["label"], values["n_columns"]
        if not (
            isinstance(text, list)
            and text
            and all(isinstance(name, str) for name in text)
            and (label is None or isinstance(label, str))
            and (n_columns is None or (type(n_columns) is int and n_columns >= 1))
        ):
            raise ValueError("its columns of data are no names, or no number of columns")
        return cls(tuple(text), label, n_columns)
