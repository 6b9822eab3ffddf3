"""Documents in Parquet and Arrow files, read by pyarrow."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from fastlr.files.batches import DocumentBatch
from fastlr.files.layout import Layout
from fastlr.files.packer import packed
from fastlr.files.source import Source
from fastlr.files.streams import ReadError, read_errors
from fastlr.files.tables.columns import find_columns
from fastlr.files.tables.weights import weights_of, without_ones

# The columns of rows: as in `fastlr.files.arrow`, which imports SciPy.
ROW_COLUMNS = {"indices", "values"}


def _names(source: Source) -> list[str]:
    from fastlr.files.arrow import column_names

    with read_errors(source.path):
        return column_names(source.path)


def holds_rows(source: Source) -> bool:
    """Tell whether a file has the columns of rows, and the caller does not name a text column."""
    return source.text is None and set(_names(source)) >= ROW_COLUMNS


def refuse_unknown(names: Sequence[str], *asked: str | None) -> None:
    """Raise ReadError if a column that the caller names does not exist."""
    for column in asked:
        if column is not None and column not in names:
            raise ReadError(f"there is no column {column!r}; the {len(names)} columns are: {', '.join(names[:20])}")


def locate(source: Source) -> Layout:
    """Return the layout of a file.

    Raises
    ------
    ReadError
        If a column does not exist or cannot be detected.
    """
    names = _names(source)

    def sample() -> list[list[str]]:
        with read_errors():
            return _sample(source.path, names)

    return Layout("parquet documents", names=tuple(names), **find_columns(source, names, None, False, sample)._asdict())


def _sample(path: str, names: Sequence[str]) -> list[list[str]]:
    """Return the values of each column in some rows from all over a file."""
    from fastlr.files.arrow import sampled_batches

    columns: list[list[str]] = [[] for _ in names]
    for batch in sampled_batches(path):
        for values, column in zip(columns, batch.columns, strict=True):
            values += map(_shown, column.to_pylist())
    return columns


def _shown(value: Any) -> str:
    """Return a value as a string; an empty one for nulls and nested values other than lists."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, list):
        return json.dumps(value, default=str)
    return "" if value is None or value != value or isinstance(value, dict) else str(value)


def read(source: Source, layout: Layout) -> Iterator[DocumentBatch]:
    """Yield the documents of a file, each of which counts as a line; those without a text or a label are bad."""
    from fastlr.files.arrow import document_batches

    first = 1
    text = [layout.names[column] for column in layout.text]
    label, *others = (
        None if column is None else layout.names[column] for column in (layout.label, layout.weight, layout.id)
    )
    with read_errors(source.path):
        for texts, found, (own, ids) in document_batches(source.path, text, label, others, nulls=True):
            numbers = np.arange(first, first + len(texts))
            first += len(texts)
            encoded = [None if text is None else text.encode() for text in texts]
            names = [b""] * len(texts) if found is None else [_name(label) for label in found.tolist()]
            no_text = np.array([text is None for text in encoded], bool)
            no_label = np.array([not name for name in names], bool) & ~no_text & (found is not None)
            for wrong, reason in ((no_text, "no text"), (no_label, "empty label")):
                if wrong.any():
                    own_ids = () if ids is None else itertools.compress(ids, wrong.tolist())
                    source.bad.add(numbers[wrong], reason, own_ids)
            good = ~(no_text | no_label)
            weights = None
            if own is not None:
                places = np.flatnonzero(good)
                weights = weights_of((own[i] for i in places.tolist()), numbers[good], source.bad)
                good[places] = ~np.isnan(weights)
                weights = weights[~np.isnan(weights)]
            source.bad.check()
            chosen = [text for text, use in zip(encoded, good.tolist(), strict=True) if use and text is not None]
            codes = None
            if found is not None:
                used = (name for name, use in zip(names, good.tolist(), strict=True) if use)
                codes = source.labels.encode(used, len(chosen))
            if ids is not None:
                ids = list(itertools.compress(ids, good.tolist()))
            n_bytes = sum(map(len, chosen))
            yield DocumentBatch(packed(chosen), codes, numbers[good], n_bytes, without_ones(weights), ids=ids)


def _name(label: Any) -> bytes:
    """Return a label as bytes; empty for null and NaN."""
    return b"" if label is None or label != label else str(label).strip().encode()
