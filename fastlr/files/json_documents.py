"""JSON that is not an object per line, as such lines: arrays, objects over several lines, and objects of rows."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from fastlr.files.streams import BLOCK, ReadError

ARRAY = re.compile(rb"\s*\[\s*\{\s*[\"}]")

OBJECT = re.compile(rb"\s*\{\s*[\"}]")

# The first line of an object over several lines, and an object in a line that holds other objects or lists.
OPEN_OBJECT = re.compile(rb"\s*\{(\s*\"[^\n]*[\[{,:])?\s*\Z")
NESTED_OBJECT = re.compile(rb"\s*\{\s*\"[^\n]*[\[{][^\n]*\}\s*\Z")

# White space, and what separates values.
BETWEEN = re.compile(r"[\s,]*")

# Characters of a value; a longer one is taken for damage.
MAX_VALUE = 1 << 27


def as_lines(blocks: Iterator[bytearray]) -> Iterator[bytearray]:
    """Return blocks of lines with an object each, if a file begins as other JSON, and otherwise its blocks as they are.

    An array is read element by element, and so are objects over several lines that follow each other. A single object
    that holds rows, such as ``{"data": [...]}``, is read whole.

    Raises
    ------
    ReadError
        If it is damaged, here or in iteration.
    """
    first = next(blocks, bytearray())
    while first.translate(None, b" \t\r\n") in (b"[", b"{", b"[{") and (more := next(blocks, None)):
        first += more
    if ARRAY.match(first):
        return _joined(_elements(itertools.chain([first], blocks)))
    line = first.lstrip().partition(b"\n")[0]
    if OBJECT.match(first) and OPEN_OBJECT.match(line):
        values = _values(_decoded(itertools.chain([first], blocks)))
        value = next(values)
        another = next(values, None)
        if another is None:
            return _joined(iter(rows_of(json.loads(value)) or [value]))
        return _joined(itertools.chain([value, another], values))
    if NESTED_OBJECT.match(line) and first.strip() == line.strip():
        second = next(blocks, None)
        rows = None if second is not None else rows_of(_parsed(bytes(line)))
        if rows is not None:
            return _joined(iter(rows))
        blocks = itertools.chain([] if second is None else [second], blocks)
    return itertools.chain([first], blocks)


def _decoded(blocks: Iterable[bytearray]) -> Iterator[str]:
    for block in blocks:
        yield block.decode("utf-8", "surrogateescape")


def _parsed(line: bytes) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _elements(blocks: Iterator[bytearray]) -> Iterator[str]:
    """Yield the elements of an array, each in a line."""
    texts = _decoded(blocks)
    text = next(texts)
    begin = text.index("[") + 1
    yield from _values(itertools.chain([text[begin:]], texts), "]", 1 + text.count("\n", 0, begin))


def _values(texts: Iterator[str], end: str = "", line: int = 1) -> Iterator[str]:
    """Yield the values of JSON, each in a line, up to a character, or to the end of the file if there is none."""
    decoder, text, place = json.JSONDecoder(), "", 0
    while True:
        place = _skipped(text, place)
        if place == len(text) or not (found := _end_of_value(decoder, text, place)):
            if end and text.startswith(end, place):
                break
            more = next(texts, None)
            if more is None or len(text) - place > MAX_VALUE:
                if not end and place == len(text):
                    return
                line += text.count("\n", 0, place)
                problem = (
                    "is cut off" if more is None and place == len(text) else f"is not valid in or behind line {line}"
                )
                raise ReadError(f"the JSON {problem}")
            line += text.count("\n", 0, place)
            text, place = text[place:] + more, 0
            continue
        yield text[place:found].replace("\n", " ").replace("\r", " ")
        place = found
    rest = text[place + len(end) :] + "".join(texts)
    if rest.strip():
        raise ReadError("the JSON goes on behind its array")


def _skipped(text: str, place: int) -> int:
    match = BETWEEN.match(text, place)
    return place if match is None else match.end()


def _end_of_value(decoder: json.JSONDecoder, text: str, place: int) -> int:
    """Return where a value ends; 0 if it is not complete, or damaged."""
    try:
        return decoder.raw_decode(text, place)[1]
    except (ValueError, RecursionError):
        return 0


def rows_of(value: Any) -> list[str] | None:
    """Return the rows that an object holds, as JSON in a line each; None if it is no such object.

    These are the list in the only key with a list of objects, columns of the same length, and what
    ``DataFrame.to_json`` writes by default and with ``orient="split"``, ``"index"`` or ``"table"``.
    """
    if not isinstance(value, dict) or not value:
        return None
    parts = list(value.values())
    tables = [part for part in parts if isinstance(part, list) and part and all(isinstance(row, dict) for row in part)]
    rows: list[Any] | None = None
    if len(tables) == 1:
        rows = tables[0]
    elif isinstance(value.get("columns"), list) and isinstance(value.get("data"), list):
        rows = [dict(zip(value["columns"], row, strict=False)) for row in value["data"] if isinstance(row, list)]
    elif len(parts) > 1 and all(isinstance(part, list) for part in parts) and len(set(map(len, parts))) == 1:
        rows = [dict(zip(value, row, strict=True)) for row in zip(*parts, strict=True)]
    elif all(isinstance(part, dict) and part for part in parts):
        if all(key.isdigit() for key in value):
            rows = parts
        elif all(key.isdigit() for part in parts for key in part):
            rows = [
                {name: part.get(key) for name, part in value.items()} for key in dict.fromkeys(itertools.chain(*parts))
            ]
    return None if not rows else [json.dumps(row, ensure_ascii=False) for row in rows]


def _joined(lines: Iterator[str]) -> Iterator[bytearray]:
    """Yield lines in blocks."""
    block = bytearray()
    for line in lines:
        block += line.encode("utf-8", "surrogateescape") + b"\n"
        if len(block) >= BLOCK:
            yield block
            block = bytearray()
    if block:
        yield block
