"""Vowpal Wabbit's lines, the common part: ``label importance 'tag |namespace:weight word feature:value |other word``.

Beyond it are initial predictions, several labels or costs a line, and what its options make of features
(interactions, ignored namespaces, n-grams of some namespaces only).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from fastlr.files.batches import BadLines, Batch, Labels
from fastlr.files.layout import Layout
from fastlr.files.packer import Packer
from fastlr.text.unicode_tables import is_letter

# Squares of values must stay far from what float64 holds, and values times the weights of columns from float32's end.
MAX_VALUE = 1e30

# Between a namespace and a feature, which together make a word.
JOIN = "__"

# Each line with values has this one, with the value 1, as Vowpal Wabbit's lines have: rows are divided by their
# lengths, and what one value is to another would be lost of a line that has but one.
CONSTANT = "constant" + JOIN

# What an analyzer takes for a word, or more than one where other punctuation than ASCII's is in it.
PIECE = re.compile(r"[^\s!-/:-@\[-^`{-~]+")
NO_LETTER = re.compile(r"\W", re.UNICODE)


class BadLine(ValueError):
    """A line that is no document; the message says why."""


class Line(NamedTuple):
    """What a line says.

    Attributes
    ----------
    label : str or None
        None if it is not wanted.
    weight : float
        The importance.
    text : str
        The words of all namespaces; those of a namespace with a name have it before them.
    values : list of tuple of str and float
        The features with a value, or in a namespace with a weight other than 1, each a word.
    """

    label: str | None
    weight: float
    text: str
    values: list[tuple[str, float]]


def read_vowpal_wabbit(blocks: Iterable[bytearray], layout: Layout, labels: Labels, bad: BadLines) -> Iterator[Batch]:
    """Yield the words of each line as a document, those of all namespaces one behind the other.

    An importance is its weight. Features with values are beside the text, in a `ValuedDocuments`.
    """
    wanted = layout.label is not None
    packer, number = Packer(labels if wanted else None, bad), 0
    for block in blocks:
        for line in bytes(block).decode("utf-8", "surrogateescape").split("\n")[:-1]:
            number += 1
            if line.strip():
                try:
                    label, weight, text, values = parse(line, wanted)
                except BadLine as error:
                    bad.add([number], str(error))
                else:
                    packer.add(text, label, number, len(line) + 1, weight, values)
        yield packer.batch()


def parse(line: str, wanted: bool = True) -> Line:
    """Return what a line says; its label and importance only if they are ``wanted``.

    Raises
    ------
    BadLine
        If it has no label, or holds what is not read.
    """
    head, bar, rest = line.partition("|")
    if not bar:
        raise BadLine("no |")
    label, weight = _label(head) if wanted else (None, 1.0)
    texts: list[str] = []
    values: list[tuple[str, float]] = []
    for section in rest.split("|"):
        name, _, text = (" ", "", section) if section[:1].isspace() else section.partition(" ")
        _read_section(name.strip(), text.strip(), texts, values)
    if values:
        values.append((CONSTANT, 1.0))
    return Line(label, weight, " ".join(texts), values)


def _label(head: str) -> tuple[str, float]:
    """Return the label and the importance that stand before the first namespace."""
    words = head.split()
    if words and (not head[-1].isspace() or words[-1].startswith("'")):
        words.pop()  # the tag
    if not words:
        raise BadLine("no label")
    label, *others = words
    if ":" in label or re.fullmatch(r"\d+(,\d+)+", label):
        raise BadLine(f"label {label}: a line has one label, and no costs")
    if len(others) > 2:
        raise BadLine(f"{len(words)} words before |, where label, importance and initial prediction may stand")
    weight = _number(others[0]) if others else 1.0
    if weight is None or not 0.0 <= weight < math.inf:
        raise BadLine(f"importance {others[0]} is no number of 0 or more")
    if others[1:] and _number(others[1]) != 0.0:
        raise BadLine(f"an initial prediction, {others[1]}: there is none to begin with")
    return label, weight


def _read_section(namespace: str, text: str, texts: list[str], values: list[tuple[str, float]]) -> None:
    """Add the words and the features of a namespace, ``name:weight``."""
    name, colon, given = namespace.partition(":")
    scale = _number(given) if colon else 1.0
    if scale is None or not abs(scale) <= MAX_VALUE:
        raise BadLine(f"weight {given} of namespace {name or 'without a name'} is no number, or too large")
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
            raise BadLine(f"{feature}: a value without a name")
        elif not abs(scale * value) <= MAX_VALUE:
            raise BadLine(f"{feature}: its value is not finite, or too large")
        elif scale * value:
            values.append((prefix + as_word(word), scale * value))


def as_word(name: str) -> str:
    """Return a name as one word: characters that are none of a word's as their numbers.

    Examples
    --------
    >>> as_word("size"), as_word("size.max")
    ('size', 'size_2e_max')
    """
    if name.isascii() and not NO_LETTER.search(name):
        return name
    if any("\ud800" <= c <= "\udfff" for c in name):  # what was no UTF-8 was read as surrogates
        raise BadLine("not UTF-8")
    return "".join(c if is_letter(c) else f"_{ord(c):x}_" for c in name)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
