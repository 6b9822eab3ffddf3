"""Tables for people to read."""

from __future__ import annotations

from collections.abc import Sequence

# What would break a table, as it is printed.
ESCAPES = str.maketrans({"\t": r"\t", "\n": r"\n", "\r": r"\r", "\0": r"\0"})


def escaped(name: str) -> str:
    r"""Return a name, which may be any text, as one column of one line: a tab as \t, and so on."""
    return name.translate(ESCAPES)


def align(rows: Sequence[Sequence[str]], sides: str) -> str:
    """Return a table; ``sides`` has ``<`` or ``>`` for each column."""
    rows = [list(map(escaped, row)) for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("   ".join(f"{c:{s}{w}}" for c, s, w in zip(row, sides, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)
