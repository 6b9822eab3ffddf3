"""Numbers, tables and sentences in Markdown."""

from __future__ import annotations

import re
import textwrap


def number(x, digits=3):
    """Format to significant digits, without an exponent where that is readable."""
    if x is None:
        return "-"
    if isinstance(x, str):
        return x
    if x == int(x) and abs(x) < 1e15:
        return f"{int(x):,}"
    return f"{x:,.0f}" if abs(x) >= 10**digits else f"{x:#.{digits}g}".rstrip(".")


def seconds(x):
    """Format seconds; less than a millisecond becomes 0."""
    return "0" if x is not None and x < 1e-3 else number(x)


def span(values):
    """Format the smallest and the largest of some ratios."""
    low, high = number(min(values), 2), number(max(values), 2)
    return low if low == high else f"{low} to {high}"


def table(header, rows):
    lines = ["| " + " | ".join(header) + " |", "| " + " | ".join("---" for _ in header) + " |"]
    lines += ["| " + " | ".join(number(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def describe(name, task):
    return (
        f"**{name}**: {task['n_samples']:,} rows, {task['n_features']:,} features, "
        f"{task['nnz'] / task['n_samples']:.0f} non-zeros per row."
    )


def listed(lines, none):
    """Return a list, or ``none`` if there is nothing to list."""
    return "\n".join(f"- {line}" for line in lines) or none


def reflow(text):
    """Wrap the paragraphs that are sentences at 120 characters."""
    return "\n\n".join(
        textwrap.fill(part, 120, break_long_words=False, break_on_hyphens=False) if re.match(r"[\w*]", part) else part
        for part in text.split("\n\n")
    )
