"""Vowpal Wabbit's lines, as far as they are text: ``label importance 'tag |namespace word word:count |other word``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fastlr.reading.batch import BadLines, Batch, Labels
from fastlr.reading.layout import Layout
from fastlr.reading.packing import Packer

# A word that occurs more often than this in a line is none, but a feature with a value.
MAX_COUNT = 100


class BadLine(ValueError):
    """A line that is no document; the message says why."""


def read_vowpal_wabbit(blocks: Iterable[bytearray], layout: Layout, labels: Labels, bad: BadLines) -> Iterator[Batch]:
    """Yield the words of each line as a document, those of all namespaces one behind the other.

    A value is a word's count. Lines with other values, or with an importance that is not 1, are bad.
    """
    wanted = layout.label is not None
    packer, number = Packer(labels if wanted else None, bad), 0
    for block in blocks:
        for line in bytes(block).decode("utf-8", "surrogateescape").split("\n")[:-1]:
            number += 1
            if line.strip():
                try:
                    label, text = parse(line, wanted)
                except BadLine as error:
                    bad.add([number], str(error))
                else:
                    packer.add(text, label, number, len(line) + 1)
        yield packer.batch()


def parse(line: str, wanted: bool = True) -> tuple[str | None, str]:
    """Return the label of a line, if it is ``wanted``, and its words.

    Raises
    ------
    BadLine
        If it has none, or holds what a text does not.
    """
    head, bar, rest = line.partition("|")
    if not bar:
        raise BadLine("no |")
    label = None
    if wanted:
        words = head.split()
        if words and (not head[-1].isspace() or words[-1].startswith("'")):
            words.pop()  # the tag
        if not words:
            raise BadLine("no label")
        label = words[0]
        if len(words) > 1 and not _is(words[1], 1.0):
            raise BadLine(f"importance {words[1]}: all texts weigh the same, only 1 is read")
    texts = []
    for section in rest.split("|"):
        name, _, text = (" ", "", section) if section[:1].isspace() else section.partition(" ")
        if ":" in name and not _is(name.partition(":")[2], 1.0):
            raise BadLine(f"a weight of namespace {name}: all words weigh the same, only 1 is read")
        texts.append(text if ":" not in text else " ".join(map(_repeated, text.split())))
    return label, " ".join(texts)


def _is(text: str, number: float) -> bool:
    try:
        return float(text) == number
    except ValueError:
        return False


def _repeated(word: str) -> str:
    """Return a word as often as its value says."""
    name, colon, value = word.rpartition(":")
    if not colon:
        return word
    try:
        count = float(value)
    except ValueError:
        return word
    if not (count.is_integer() and 0 <= count <= MAX_COUNT):
        raise BadLine(f"{word}: words are counted, and the value is no count from 0 to {MAX_COUNT}")
    return " ".join([name] * int(count))
