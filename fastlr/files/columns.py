"""Which columns of a file hold the labels and the text: as the caller says, or by their names and content."""

from __future__ import annotations

import re
from collections.abc import Sequence

from fastlr.files.layout import shortened
from fastlr.files.source import Source
from fastlr.files.streams import ReadError

# Names of columns that tell a header from data, and labels from text.
LABEL_NAMES = ("label", "class", "category", "target", "topic", "sentiment", "y")
TEXT_NAMES = ("text", "document", "content", "body", "abstract", "review", "comment", "message", "sentence", "title")

# A number in a column.
NUMBER = re.compile(r"\s*[-+]?\d+(\.\d*)?([eE][-+]?\d+)?\s*")

# Labels are at most this long, in characters.
MAX_LABEL = 100


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


def find_others(
    source: Source, names: Sequence[str], numbered: bool, label: int | None
) -> tuple[int | None, int | None]:
    """Return the positions of the columns of the weights and of the ids that the caller names.

    Raises
    ------
    ReadError
        If there is no such column, or the labels are named as weights.
    """
    weight, id = (None if one is None else find_column(one, names, numbered) for one in (source.weight, source.id))
    if weight is not None and weight == label:
        raise ReadError("the weight column must not also be the label column")
    return weight, id


def choose_columns(
    names: Sequence[str],
    columns: Sequence[Sequence[str]],
    label: int | None,
    text: tuple[int, ...] | None,
    with_labels: bool,
    others: Sequence[int | None] = (),
) -> tuple[int | None, tuple[int, ...]]:
    """Return the columns of the labels and the text, choosing those that are None from all but the ``others``.

    A name such as "label" or "text" decides. Otherwise the labels are in the first column of short, repeated values,
    and the text is in the column with the longest ones.

    Raises
    ------
    ReadError
        If columns contradict each other, or cannot be detected.
    """
    if text is not None and len(set(text)) < len(text):
        raise ReadError("a text column is named twice")
    if label is not None and text is not None and label in text:
        raise ReadError("the label column must not also be a text column, because the model would see the label")
    lowered = [name.strip().lower() for name in names]
    if label is None and (with_labels or text is None):
        label = _choose_label(names, lowered, columns, (*(text or ()), *others), with_labels)
    if text is None:
        text = (_choose_text(lowered, columns, (label, *others)),)
    return (label if with_labels else None), text


def _choose_label(
    names: Sequence[str],
    lowered: list[str],
    columns: Sequence[Sequence[str]],
    taken: Sequence[int | None],
    required: bool,
) -> int | None:
    if len(columns) == 1:
        if required:
            only = f" ({shortened(names[0])!r})" if names[0] else ""
            raise ReadError(f"cannot detect the label column: the file has only one column{only}")
        return None
    named = [lowered.index(name) for name in LABEL_NAMES if name in lowered]
    repeated = [
        column
        for column, values in enumerate(columns)
        if 0 < max(map(len, values), default=0) <= MAX_LABEL
        and 1 < len(set(values)) <= min(max(2, len(values) / 2), len(values) - 1)
    ]
    candidates = [column for column in (*named, *repeated) if column not in taken]
    if required and not candidates:
        raise ReadError(
            "cannot detect the label column: no column has short values that repeat; name it, or give its number"
        )
    return candidates[0] if candidates else None


def _choose_text(lowered: list[str], columns: Sequence[Sequence[str]], taken: Sequence[int | None]) -> int:
    named = [lowered.index(name) for name in TEXT_NAMES if name in lowered]
    mean = [sum(map(len, values)) / max(len(values), 1) for values in columns]
    longest = sorted(range(len(columns)), key=lambda column: -mean[column])
    candidates = [column for column in (*named, *longest) if column not in taken]
    if not candidates:
        raise ReadError("cannot detect the text column: there is no column besides the labels")
    return candidates[0]
