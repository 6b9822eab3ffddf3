"""JSON Lines: an object per line."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from fastlr.files.batches import BadLine, DocumentBatch
from fastlr.files.columns import choose_columns, find_column, find_others, split_columns
from fastlr.files.layout import Layout
from fastlr.files.packer import Packer
from fastlr.files.source import Source
from fastlr.files.streams import ReadError
from fastlr.files.text_output import Labelled, write_lines
from fastlr.files.weights import weight_of

# Values that are neither text nor numbers, as messages name them.
KINDS = {list: "a list", dict: "an object", type(None): "null"}


def locate(source: Source) -> Layout:
    """Return the layout of a file; the keys of its objects are the columns.

    Raises
    ------
    ReadError
        If a key does not exist or cannot be detected.
    """
    records = _first_records(source.lines)
    plain = [
        {key: value for key, value in record.items() if isinstance(value, (str, int, float))} for record in records
    ]
    keys = tuple(dict.fromkeys(key for record in plain for key in record))
    columns = [[str(record.get(key, "")) for record in plain] for key in keys]
    label = None if source.label is None else _find_key(source.label, keys, records)
    text = None
    if source.text is not None:
        text = tuple(_find_key(part, keys, records) for part in split_columns(source.text, keys))
    if source.known is not None:
        label, text = source.known.find(label, text, keys)
    others = find_others(source, keys, False, label)
    label, text = choose_columns(keys, columns, label, text, source.with_labels, others)
    return Layout("jsonl", label, text, keys, weight=others[0], id=others[1])


def _first_records(lines: Sequence[str]) -> list[dict[str, Any]]:
    records = []
    for line in lines:
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):  # counted as a bad line when it is read
            continue
        if isinstance(record, dict):
            records.append(record)
    if not records:
        raise ReadError("none of its first lines is a JSON object; JSON Lines has one per line, and is not an array")
    return records


def _find_key(asked: str, keys: Sequence[str], records: Sequence[dict[str, Any]]) -> int:
    """Return the position of a key among those of texts and numbers."""
    others = [record[asked] for record in records if asked in record]
    if asked not in keys and others:
        raise ReadError(f"the value of {asked!r} must be a text or a number, and is {KINDS[type(others[0])]}")
    return find_column(asked, keys, False)


def read(source: Source, layout: Layout) -> Iterator[DocumentBatch]:
    """Yield the documents of a file: strings under the keys of the text, and a string or number as label."""
    label = None if layout.label is None else layout.names[layout.label]
    text = [layout.names[column] for column in layout.text]
    weight, id = (None if column is None else layout.names[column] for column in (layout.weight, layout.id))
    packer, number = Packer(None if label is None else source.labels, source.bad), 0
    for block in source.blocks:
        for line in bytes(block).split(b"\n")[:-1]:
            number += 1
            if line.strip():
                try:
                    record, document, found = _parse(line, text, label)
                    own = 1.0 if weight is None else weight_of(record.get(weight))
                    one = None if id is None else record.get(id)
                    packer.add(document, found, number, len(line) + 1, own, id=one)
                except BadLine as error:
                    source.bad.add([number], str(error))
                except UnicodeDecodeError:
                    source.bad.add_undecodable([number], line)
        yield packer.batch()


def _parse(line: bytes, text: list[str], label: str | None) -> tuple[dict[str, Any], str, str | None]:
    """Return the object in a line, its text and its label.

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
    texts = [value for value in map(record.get, text) if isinstance(value, str)]
    if len(texts) < len(text):
        raise BadLine(f"no text in {', '.join(map(repr, text))}")
    found = None if label is None else _label(record.get(label))
    if label is not None and found is None:
        raise BadLine(f"no label in {label!r}")
    return record, " ".join(texts), found


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
