"""Vowpal Wabbit's lines, the common part: ``label importance 'tag |namespace:weight word feature:value |other word``.

Not supported are initial predictions, several labels or costs per line, and everything that options of Vowpal Wabbit
make of features (interactions, ignored namespaces, n-grams of some namespaces only).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from fastlr.files.batches import BadLine, DocumentBatch
from fastlr.files.layout import Layout
from fastlr.files.packer import Packer
from fastlr.files.source import Source
from fastlr.files.streams import ReadError
from fastlr.files.text_output import Labelled, one_line, write_lines
from fastlr.text.unicode_tables import is_letter

# Squares of values must stay far below the largest float64, and values times column weights below the largest float32.
MAX_VALUE = 1e30

# The name of the column of ids.
TAG = "tag"

# Joins a namespace and a feature to one word.
JOIN = "__"

# Every line with values gets this feature, with the value 1, as in Vowpal Wabbit: rows are divided by their norms, so a
# line with a single value would otherwise lose it.
CONSTANT = "constant" + JOIN

# A word for the analyzer, or several if it has punctuation other than ASCII.
PIECE = re.compile(r"[^\s!-/:-@\[-^`{-~]+")
NO_LETTER = re.compile(r"\W", re.UNICODE)

# Characters that a label cannot hold: an apostrophe begins a tag, and numbers with commas between them are several
# labels.
ENDS_LABEL = re.compile(r"[\s\0:|]|^'|(?<=\d),(?=\d)")


class Line(NamedTuple):
    """A parsed line.

    Attributes
    ----------
    label : str or None
        None if it is not wanted.
    weight : float
        The importance.
    tag : str
        Empty if there is none.
    text : str
        The words of all namespaces, each with the name of its namespace as a prefix.
    values : list of tuple of str and float
        The features that have a value, or are in a namespace with a weight other than 1, each as a word.
    """

    label: str | None
    weight: float
    tag: str
    text: str
    values: list[tuple[str, float]]


def locate(source: Source) -> Layout:
    """Return the layout; there are no columns but the tags.

    Raises
    ------
    ReadError
        If the caller names another column of ids.
    """
    if source.id is None:
        return Layout("vw")
    if source.id != TAG:
        raise ReadError(f"there is no column {source.id!r}; --id {TAG} gives the tags")
    return Layout("vw", names=(TAG,), id=0)


def read(source: Source, layout: Layout) -> Iterator[DocumentBatch]:
    """Yield the words of each line, of all its namespaces, as a document.

    The importance becomes its weight, and the tag its id. Features with values are kept beside the text, in a
    `ValuedDocuments`.
    """
    packer, number = Packer(source.wanted_labels, source.bad), 0
    for block in source.blocks:
        for line in bytes(block).decode("utf-8", "surrogateescape").split("\n")[:-1]:
            number += 1
            if line.strip():
                try:
                    label, weight, tag, text, values = parse(line, source.with_labels)
                except BadLine as error:
                    source.bad.add([number], str(error))
                else:
                    id = None if layout.id is None else tag
                    packer.add(text, label, number, len(line) + 1, weight, values, id)
        yield packer.batch()


def write(path: str, documents: Iterable[Labelled]) -> None:
    """Write labelled documents; colons, bars and line ends become spaces, in labels underscores."""
    write_lines(
        path,
        (
            f"{ENDS_LABEL.sub('_', label)} | {one_line(text.replace(':', ' ').replace('|', ' '))}\n"
            for label, text in documents
        ),
    )


def parse(line: str, wanted: bool = True) -> Line:
    """Parse a line; its label and importance are read only if they are ``wanted``.

    Raises
    ------
    BadLine
        If it has no label, or holds something that is not supported.
    """
    head, bar, rest = line.partition("|")
    if not bar:
        raise BadLine("no |")
    words = head.split()
    has_tag = bool(words) and (not head[-1].isspace() or words[-1].startswith("'"))
    tag = words.pop().removeprefix("'") if has_tag else ""
    label, weight = _label(words) if wanted else (None, 1.0)
    texts: list[str] = []
    values: list[tuple[str, float]] = []
    for section in rest.split("|"):
        name, _, text = (" ", "", section) if section[:1].isspace() else section.partition(" ")
        _read_section(name.strip(), text.strip(), texts, values)
    if values:
        values.append((CONSTANT, 1.0))
    return Line(label, weight, tag, " ".join(texts), values)


def _label(words: Sequence[str]) -> tuple[str, float]:
    """Return the label and the importance, which precede the tag and the first namespace."""
    if not words:
        raise BadLine("no label")
    label, *others = words
    if ":" in label or re.fullmatch(r"\d+(,\d+)+", label):
        raise BadLine(f"label {label}: several labels and costs are not supported")
    if len(others) > 2:
        raise BadLine(f"{len(words)} words before |, but only label, importance and initial prediction are allowed")
    weight = _number(others[0]) if others else 1.0
    if weight is None or not 0.0 <= weight < math.inf:
        raise BadLine(f"importance {others[0]} is not a non-negative number")
    if others[1:] and _number(others[1]) != 0.0:
        raise BadLine(f"initial prediction {others[1]}: initial predictions are not supported")
    return label, weight


def _read_section(namespace: str, text: str, texts: list[str], values: list[tuple[str, float]]) -> None:
    """Add the words and the features of a namespace, ``name:weight``."""
    name, colon, given = namespace.partition(":")
    scale = _number(given) if colon else 1.0
    if scale is None or not abs(scale) <= MAX_VALUE:
        raise BadLine(f"weight {given} of namespace {name or 'without a name'} is not a number, or too large")
    prefix = as_word(name) + JOIN if name else ""
    if scale == 1.0 and ":" not in text:
        texts.append(PIECE.sub(prefix + r"\g<0>", text) if prefix else text)
        return
    for feature in text.split():
        word, colon, given = feature.rpartition(":")
        value = _number(given) if colon else None
        if value is None:
            pieces = [prefix + piece for piece in PIECE.findall(feature)]
            if scale == 1.0:
                texts += pieces
            else:
                values += [(as_word(piece), scale) for piece in pieces if scale]
        elif not word:
            raise BadLine(f"{feature}: a value without a feature name")
        elif not abs(scale * value) <= MAX_VALUE:
            raise BadLine(f"{feature}: the value is not finite, or too large")
        elif scale * value:
            values.append((prefix + as_word(word), scale * value))


def as_word(name: str) -> str:
    """Return a name as one word: characters that cannot be part of a word become their code points.

    Examples
    --------
    >>> as_word("size"), as_word("size.max")
    ('size', 'size_2e_max')
    """
    if name.isascii() and not NO_LETTER.search(name):
        return name
    if any("\ud800" <= c <= "\udfff" for c in name):  # bytes that are not UTF-8 were decoded as surrogates
        raise BadLine("not UTF-8")
    return "".join(c if is_letter(c) else f"_{ord(c):x}_" for c in name)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
