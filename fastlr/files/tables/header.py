"""Whether the first row of a table holds the names of its columns."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from fastlr.files.tables.column_names import MAX_NAME, has_names, points_of_name
from fastlr.files.tables.column_profile import ADDRESS, DATE, NUMBER, ColumnProfile, words_in

# Points for a cell that is unlike its column in kind, or like it.
KIND = 4.0

# Most points that names give, because words in a row may be names, too.
MOST_NAMES = 6.0

# Points of a header.
ENOUGH = 1.5

# Share of rows that may be the header again.
MAX_AGAIN = 0.1

# Points for a first cell that is as long as a text.
LONG = -2.5

# Most points that rarity gives.
MOST_POINTS = 4.0


def is_header(rows: Sequence[Sequence[str]]) -> bool:
    """Tell whether the first row is a header: its cells behave unlike the columns below.

    Every cell gives points, about the logarithm of how much more likely it is in a header than in a row. A cell that is
    one of the values below speaks for a row, as do a number above numbers and a text above texts. A word above numbers
    or dates speaks for a header, as do a name in use, a short cell above long texts, and a cell that is no value of a
    column whose values repeat.
    """
    first, below = rows[0], [row for row in rows[1:] if len(row) == len(rows[0])]
    again = below.count(first)
    if again <= MAX_AGAIN * len(below):  # files were put together, each with its header
        below = [row for row in below if row != first]
    if not below:
        return has_names(first)
    names = sum(map(points_of_name, first))
    cells = zip(first, zip(*below, strict=True), strict=True)
    points = sum(_points_of_cell(cell.strip(), ColumnProfile(values)) for cell, values in cells)
    return points + min(names, MOST_NAMES) > ENOUGH


def _points_of_cell(cell: str, profile: ColumnProfile) -> float:
    n = profile.n_filled
    if not cell:  # rows may lack a value, and an index may lack a name
        return 0.0 if not n or (profile.kind == "number" and profile.singles == 1.0) else -1.0
    if cell in profile.counts:
        return -KIND if profile.n_distinct == 1 else -3.0 * KIND
    for pattern in (NUMBER, DATE, ADDRESS):
        share, fits = profile.share(pattern), re.fullmatch(pattern, cell) is not None
        if share >= 0.95 and profile.n_filled:
            return -KIND if fits else KIND if profile.n_filled > 1 else 1.0
        if fits:
            return -KIND / 2
    points = 0.0
    if n and profile.n_words < 4.0 and (profile.is_closed or profile.n_distinct == 1):
        # A row that had a new value would have it with the probability that Good and Turing give.
        n_single = round(profile.singles * n)
        points += min(math.log((n + 1) / (n_single + 1)), MOST_POINTS)
    if n and profile.n_words >= 3.0:
        lengths = [words_in(value) for value in profile.counts]
        if words_in(cell) > 8.0 or len(cell) > MAX_NAME:
            points += LONG
        else:
            shorter = sum(length <= words_in(cell) for length in lengths)
            points += min(math.log((len(lengths) + 1) / (shorter + 1)), MOST_POINTS)
    return points
