"""Tables for people to read, and names that fit into them."""

from __future__ import annotations

from collections.abc import Sequence

# Characters that would break a table, and what is printed instead.
ESCAPES = str.maketrans({"\t": r"\t", "\n": r"\n", "\r": r"\r", "\0": r"\0"})


def escaped(name: str) -> str:
    r"""Return a name, which may be any text, with tabs as \t, line ends as \n or \r, and zero bytes as \0."""
    return name.translate(ESCAPES)


def align(rows: Sequence[Sequence[str]], sides: str) -> str:
    """Return a table; ``sides`` has ``<`` or ``>`` for each column."""
    rows = [list(map(escaped, row)) for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("   ".join(f"{c:{s}{w}}" for c, s, w in zip(row, sides, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)
