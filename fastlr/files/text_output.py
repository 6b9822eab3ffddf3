"""Writing labelled documents as lines."""

from __future__ import annotations

from collections.abc import Iterable

from fastlr.persistence.tensor_file import replacing

# A label and its text.
Labelled = tuple[str, str]


def write_lines(path: str, lines: Iterable[str]) -> None:
    """Write lines, with their line ends, to a file that appears once it is complete."""
    with replacing(path) as file:
        for line in lines:
            file.write(line.encode())


def one_line(text: str) -> str:
    """Return a text with every run of white space and zero bytes replaced by a space."""
    return " ".join(text.replace("\0", " ").split())
