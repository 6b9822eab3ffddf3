"""Tables for people to read."""

from __future__ import annotations

from collections.abc import Sequence


def align(rows: Sequence[Sequence[str]], sides: str) -> str:
    """Return a table; ``sides`` has ``<`` or ``>`` for each column."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("   ".join(f"{c:{s}{w}}" for c, s, w in zip(row, sides, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)
