"""JSON Lines: an object a line."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from typing import Any

from fastlr.files.batches import BadLines, Batch, Labels
from fastlr.files.layout import Layout
from fastlr.files.packer import Packer


def read_json_lines(blocks: Iterable[bytearray], layout: Layout, labels: Labels, bad: BadLines) -> Iterator[Batch]:
    """Yield the documents of objects, a line each: strings under the text's keys, a string or number as label."""
    packer = Packer(labels if layout.label is not None else None, bad)
    number = 0
    for block in blocks:
        for line in bytes(block).split(b"\n")[:-1]:
            number += 1
            if line.strip():
                _add(packer, bad, line, number, layout)
        yield packer.batch()


def _add(packer: Packer, bad: BadLines, line: bytes, number: int, layout: Layout) -> None:
    try:
        record = json.loads(line.decode())
    except UnicodeDecodeError:
        return bad.add([number], "not UTF-8")
    except (ValueError, RecursionError):
        return bad.add([number], "not JSON")
    if not isinstance(record, dict):
        return bad.add([number], "not a JSON object")
    texts = [record.get(key) for key in layout.text]
    if not all(isinstance(text, str) for text in texts):
        return bad.add([number], f"no text in {', '.join(map(repr, layout.text))}")
    label = None
    if layout.label is not None:
        label = _label(record.get(layout.label))
        if label is None:
            return bad.add([number], f"no label in {layout.label!r}")
    return packer.add(" ".join(texts), label, number, len(line) + 1)


def _label(value: Any) -> str | None:
    """Return a label as text; None for what can be none."""
    if isinstance(value, bool):
        return str(value).lower()  # as JSON spells it
    if isinstance(value, float) and not math.isfinite(value):
        return None  # what pandas writes where there is none
    return str(value) if isinstance(value, (str, int, float)) else None
