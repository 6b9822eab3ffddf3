"""JSON Lines: an object per line."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from fastlr.files.batches import BadLine, DocumentBatch
from fastlr.files.layout import Layout
from fastlr.files.packer import Packer
from fastlr.files.source import Source
from fastlr.files.streams import ReadError
from fastlr.files.tables.columns import find_columns, split_columns
from fastlr.files.tables.sampling import lines_all_over
from fastlr.files.tables.weights import weight_of
from fastlr.files.text_output import Labelled, write_lines

# Values that are neither text nor numbers, as messages name them.
KINDS = {list: "a list", dict: "an object", type(None): "null"}


def locate(source: Source) -> Layout:
    """Return the layout of a file; the keys of its objects are the columns.

    Raises
    ------
    ReadError
        If a key does not exist or cannot be detected.
    """
    records = _records(source.lines)
    if not records:
        raise ReadError("none of its first lines is a JSON object, nor is it an array of objects")

    def sample() -> list[list[str]]:
        lines = itertools.chain.from_iterable(lines_all_over(source))
        rows = [*records, *_records(lines)]
        return [[_shown(row.get(key)) for row in rows] for key in keys]

    keys = tuple(dict.fromkeys(key for record in records for key in record))
    _refuse_others(source, keys, records)
    return Layout("jsonl", names=keys, **find_columns(source, keys, None, False, sample)._asdict())


def _records(lines: Iterable[str]) -> list[dict[str, Any]]:
    """Return the objects in lines; others are counted as bad lines when they are read."""
    records = []
    for line in lines:
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(record, dict):
            records.append(_flat(record))
    return records


def _flat(record: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return an object with the values of the objects in it, whose keys are joined by dots, such as ``review.body``."""
    if not any(isinstance(value, dict) for value in record.values()):
        return {prefix + key: value for key, value in record.items()} if prefix else record
    found: dict[str, Any] = {}
    for key, value in record.items():
        found[prefix + key] = value
        if isinstance(value, dict):
            found |= {inner: part for inner, part in _flat(value, f"{prefix}{key}.").items() if inner not in found}
    return found


def _shown(value: Any) -> str:
    """Return a text, a number or a list as a string; an empty one for other values."""
    if isinstance(value, list):
        return json.dumps(value)
    return value if isinstance(value, str) else _label(value) or ""


def _refuse_others(source: Source, keys: Sequence[str], records: Sequence[dict[str, Any]]) -> None:
    """Raise ReadError if the caller names a key of values that are neither texts nor numbers."""
    for asked in (source.label, *split_columns(source.text or (), keys)):
        values = [record[asked] for record in records if asked in record] if asked else []
        if values and not any(map(_shown, values)) and type(values[0]) in KINDS:
            raise ReadError(f"the value of {asked!r} must be a text or a number, and is {KINDS[type(values[0])]}")


def read(source: Source, layout: Layout) -> Iterator[DocumentBatch]:
    """Yield the documents of a file: strings or numbers under the keys of the text, and under that of the label.

    Where the text has several keys, some may be missing.
    """
    label = None if layout.label is None else layout.names[layout.label]
    text = [layout.names[column] for column in layout.text]
    weight, id = (None if column is None else layout.names[column] for column in (layout.weight, layout.id))
    packer, number = Packer(None if label is None else source.labels, source.bad), 0
    for block in source.blocks:
        for line in bytes(block).split(b"\n")[:-1]:
            number += 1
            if line.strip():
                one = None
                try:
                    record = _parse(line)
                    one = None if id is None else record.get(id)
                    document, found = _content(record, text, label)
                    own = 1.0 if weight is None else weight_of(record.get(weight))
                    packer.add(document, found, number, len(line) + 1, own, id=one)
                except BadLine as error:
                    source.bad.add([number], str(error), [one])
                except UnicodeDecodeError:
                    source.bad.add_undecodable([number], line)
        yield packer.batch()


def _parse(line: bytes) -> dict[str, Any]:
    """Return the object in a line.

    Raises
    ------
    BadLine
        If it has none.
    UnicodeDecodeError
        If it is not UTF-8.
    """
    try:
        record = json.loads(line.decode())
    except UnicodeDecodeError:
        raise
    except (ValueError, RecursionError) as error:
        raise BadLine("not JSON") from error
    if not isinstance(record, dict):
        raise BadLine("not a JSON object")
    return _flat(record)


def _content(record: dict[str, Any], text: list[str], label: str | None) -> tuple[str, str | None]:
    """Return the text and the label of an object.

    Raises
    ------
    BadLine
        If it has none.
    """
    texts = [found for key in text if (found := _text(record.get(key))) is not None]
    if not texts:
        raise BadLine(f"no text in {', '.join(map(repr, text))}")
    found = None if label is None else _label(record.get(label))
    if label is not None and found is None:
        raise BadLine(f"no label in {label!r}")
    return " ".join(texts), found


def _text(value: Any) -> str | None:
    """Return a text; None if there is none. A text such as 2012 may be a number."""
    return value if isinstance(value, str) else None if isinstance(value, bool) else _label(value)


def _label(value: Any) -> str | None:
    """Return a label as text; None if the value cannot be one."""
    if isinstance(value, bool):
        return str(value).lower()  # as JSON spells it
    if isinstance(value, float) and not math.isfinite(value):
        return None  # pandas writes NaN where there is none
    return str(value) if isinstance(value, (str, int, float)) else None


def write(path: str, documents: Iterable[Labelled]) -> None:
    """Write labelled documents, with the keys ``label`` and ``text``."""
    write_lines(
        path,
        (json.dumps({"label": label, "text": text}, ensure_ascii=False) + "\n" for label, text in documents),
    )
