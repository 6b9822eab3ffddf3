"""Which columns of a file hold what: as the caller says, as in training, or by their names and content."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from fastlr.files.layout import shortened
from fastlr.files.source import Source
from fastlr.files.streams import ReadError


class Columns(NamedTuple):
    """Positions of columns.

    Attributes
    ----------
    label, weight, id : int or None
        None if there is none, or it is not wanted.
    text : tuple of int
    n_labels : int
        Number of different labels in a sample; 0 if the labels were not detected.
    other_labels, other_texts : tuple of int
        Columns that might hold the labels or the text instead of those that were detected.
    """

    label: int | None
    text: tuple[int, ...]
    weight: int | None = None
    id: int | None = None
    n_labels: int = 0
    other_labels: tuple[int, ...] = ()
    other_texts: tuple[int, ...] = ()


def find_column(asked: str, names: Sequence[str], numbered: bool) -> int:
    """Return the position of a column, given its name or, if ``numbered``, its number from 1.

    Raises
    ------
    ReadError
        If there is no such column.
    """
    if asked in names:
        return list(names).index(asked)
    if numbered and asked.isdigit() and 1 <= int(asked) <= len(names):
        return int(asked) - 1
    shown = ", ".join(map(shortened, names[:20]))
    raise ReadError(f"there is no column {asked!r}; the {len(names)} columns are: {shown}")


def split_columns(asked: Sequence[str], names: Sequence[str]) -> list[str]:
    """Return the columns that a caller asks for, of which several may share a text, separated by commas.

    Spaces around a comma, or a comma itself, belong to a name if there is such a column.
    """
    found = []
    for text in asked:
        parts = [text] if text in names else text.split(",")
        found += [part if part in names else part.strip() for part in parts]
    return found


def find_columns(
    source: Source,
    names: Sequence[str],
    n_unnamed: int | None,
    numbered: bool,
    sample: Callable[[], Sequence[Sequence[str]]],
) -> Columns:
    """Return the columns of a file that are to be read.

    Parameters
    ----------
    source : Source
    names : sequence of str
        Names of the columns; their numbers from 1 if they have none.
    n_unnamed : int or None
        Number of columns, if they have no names.
    numbered : bool
        Whether the caller may give a number for a name.
    sample : callable
        Returns the values of each column in some of the rows. It is called if they have to tell.

    Raises
    ------
    ReadError
        If a column does not exist, columns contradict each other, or it is not clear which ones are meant.
    """
    label, weight, id = (
        None if asked is None else find_column(asked, names, numbered)
        for asked in (source.label, source.weight, source.id)
    )
    text = None
    if source.text is not None:
        text = tuple(find_column(part, names, numbered) for part in split_columns(source.text, names))
    _refuse_contradictions(label, text, weight)
    is_asked = label is not None and source.with_labels
    if source.known is not None:
        label, text = source.known.find(label, text, names, n_unnamed)
    is_clear = text is not None and (label is not None or not source.with_labels)
    if is_clear and not (is_asked and source.classes):
        return Columns(label if source.with_labels else None, text or (), weight, id)
    from fastlr.files.tables.column_roles import ColumnRoles  # here, because predictions rarely need it

    taken = [column for column in (weight, id) if column is not None]
    roles = ColumnRoles([""] * len(names) if n_unnamed is not None else names, sample(), taken)
    if label is not None and is_asked and source.classes:
        roles.check_label(label)
    n_labels = 0
    other_labels: tuple[int, ...] = ()
    other_texts: tuple[int, ...] = ()
    if label is None and (source.with_labels or text is None):
        label, n_labels, other_labels = roles.choose_label(text or (), source.with_labels)
    if text is None:
        text, other_texts = roles.choose_text(label)
    other_labels = tuple(column for column in other_labels if column not in text)
    return Columns(label if source.with_labels else None, text, weight, id, n_labels, other_labels, other_texts)


def _refuse_contradictions(label: int | None, text: tuple[int, ...] | None, weight: int | None) -> None:
    if text is not None and len(set(text)) < len(text):
        raise ReadError("a text column is named twice")
    if label is not None and text is not None and label in text:
        raise ReadError("the label column must not also be a text column, because the model would see the label")
    if weight is not None and weight == label:
        raise ReadError("the weight column must not also be the label column")
