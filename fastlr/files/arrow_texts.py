"""Parquet and Arrow files of texts, by pyarrow; and how rows of numbers in such files are told from texts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from fastlr.files.batches import BadLines, Batch, Labels
from fastlr.files.detection import LABEL_NAMES, TEXT_NAMES
from fastlr.files.known_columns import KnownColumns
from fastlr.files.layout import Layout
from fastlr.files.packer import packed
from fastlr.files.streams import ReadError, refusals

# The columns of rows of numbers: as in `fastlr.files.arrow`, which imports SciPy.
ROW_COLUMNS, ROW_LABEL = {"indices", "values"}, "label"


def guess_arrow(
    path: str, label: str | None, text: str | None, with_labels: bool, known: KnownColumns | None = None
) -> Layout:
    """Return the layout of a file: the columns that are said, or else those that are called as such columns are."""
    from fastlr.files.arrow import column_names

    with refusals():
        names = column_names(path)
    for column in (label, text):
        if column is not None and column not in names:
            raise ReadError(f"there is no column {column!r}; there are {len(names)}: {', '.join(names[:20])}")
    if label is not None and label == text:
        raise ReadError("the column of the labels is that of the text, which would tell them")
    if set(names) >= ROW_COLUMNS and text is None:
        if label is None and with_labels:
            if ROW_LABEL not in names:
                raise ReadError(f"there is no telling which column holds the labels; there are {', '.join(names[:20])}")
            label = ROW_LABEL
        return Layout("arrow rows", label if with_labels else None, names=tuple(names))
    if known is not None and known.n_columns is None:
        if text is None and len(known.text) == 1 and known.text[0] in names and known.text[0] != label:
            text = known.text[0]
        if label is None and known.label in names and known.label != text:
            label = known.label
    by_name = {name.lower(): name for name in reversed(names)}
    if label is None and with_labels:
        label = next((by_name[name] for name in LABEL_NAMES if name in by_name and by_name[name] != text), None)
        if label is None:
            raise ReadError(f"there is no telling which column holds the labels; there are {', '.join(names[:20])}")
    if text is None:
        text = next((by_name[name] for name in TEXT_NAMES if name in by_name and by_name[name] != label), None)
        if text is None:
            raise ReadError(f"there is no telling which column holds the text; there are {', '.join(names[:20])}")
    return Layout("parquet", label if with_labels else None, (text,))


def read_arrow(path: str, layout: Layout, labels: Labels, bad: BadLines) -> Iterator[Batch]:
    """Yield the documents of a file; a row is a line. Rows without a text or a label are bad."""
    from fastlr.files.arrow import text_batches

    first = 1
    with refusals():
        for texts, found in text_batches(path, text=layout.text[0], label=layout.label, nulls=True):
            numbers = np.arange(first, first + len(texts))
            first += len(texts)
            names = [b""] * len(texts) if found is None else [_name(label) for label in found.tolist()]
            no_text = np.array([text is None for text in texts], bool)
            no_label = np.array([not name for name in names], bool) & ~no_text & (found is not None)
            for wrong, reason in ((no_text, "no text"), (no_label, "empty label")):
                if wrong.any():
                    bad.add(numbers[wrong], reason)
            bad.check()
            good = np.flatnonzero(~(no_text | no_label))
            encoded = [texts[i].encode() for i in good.tolist()]
            codes = None if found is None else labels.encode((names[i] for i in good.tolist()), len(good))
            yield Batch(packed(encoded), codes, numbers[good], sum(map(len, encoded)))


def _name(label: Any) -> bytes:
    """Return a label as bytes, empty for what is none."""
    return b"" if label is None or label != label else str(label).strip().encode()
