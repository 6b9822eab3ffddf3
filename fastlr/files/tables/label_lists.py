"""Columns whose values may hold several labels each: lists of Python and JSON, tags, or names with a mark between."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import combinations

# What may stand between labels. Spaces do where the labels look like codes, occur by themselves, too, or in any order.
MARKS = (",", ";", "|", " ")

BRACKETED = r"(?s)\s*[\[({].*[\])}]\s*|(<[^<>]+>)+"
ITEM = r"[^\s\[\](){}<>,'\"]+(?: +[^\s\[\](){}<>,'\"]+)*"
CODE = r"\S*[^\s\w]\S*|\S*[\d_]\S*"

# Labels and lists of them are rarely longer, in characters.
MAX_ITEM = 60
MAX_LIST = 1000

# Lists in any order are made of at most so many different words; texts have more.
MAX_WORDS = 10

# Share of values that are lists in brackets, if values are.
MOST = 0.9

# Share of the values with a mark whose parts other values have, too, and of all values that have a mark.
MOST_SHARED, SOME = 0.8, 0.02


def is_bracketed(counts: Mapping[str, int]) -> bool:
    """Tell whether most values are lists in brackets."""
    n = sum(count for value, count in counts.items() if re.fullmatch(BRACKETED, value))
    return n > 0 and n >= MOST * sum(counts.values())


def mark_between(counts: Mapping[str, int]) -> str | None:
    """Return the mark between the labels of a value; None if values have one label each."""
    if max(map(len, counts), default=0) > MAX_LIST:
        return None
    return next((mark for mark in MARKS if _separates(mark, counts)), None)


def labels_in(value: str, mark: str | None) -> list[str]:
    """Return the labels in a value, which are in brackets if there is no mark."""
    return re.findall(ITEM, value) if mark is None else _parts(value, mark)


def _parts(value: str, mark: str) -> list[str]:
    return value.split() if mark == " " else [part.strip() for part in value.split(mark)]


def _separates(mark: str, counts: Mapping[str, int]) -> bool:
    """Tell whether values are made of parts that other values have, too."""
    parts = {value: _parts(value, mark) for value in counts}
    several = [items for items in parts.values() if len(items) > 1]
    if not several or (mark == "," and _are_decimals(parts)):
        return False
    if all(item in parts for items in several for item in items):  # each is a label by itself
        return True
    if len(several) < max(2, SOME * len(parts)) or any(len(item) > MAX_ITEM for items in several for item in items):
        return False
    if mark == " " and _are_in_any_order(several, sum(counts.values()) > 2 * len(counts)):
        return True
    if mark == " " and not all(re.fullmatch(CODE, item) for items in several for item in items):
        return False
    found_in = Counter(item for items in parts.values() for item in set(items))
    shared = sum(all(item and found_in[item] > 1 for item in items) for items in several)
    return shared >= MOST_SHARED * len(several) and len(found_in) < len(parts) + len(several) / 2


def _are_in_any_order(several: Sequence[Sequence[str]], repeat: bool) -> bool:
    """Tell whether half of the values have the same words in another order.

    Two of their words are enough where values repeat and are made of a few words, as texts that repeat are not.
    """
    if not repeat or len({item for items in several for item in items}) > MAX_WORDS:
        turned = [items[::-1] in several for items in several if items != items[::-1]]  # "warm dry" and "dry warm"
    else:
        orders = {pair for items in several for pair in combinations(items, 2)}
        turned = [any(a != b and (b, a) in orders for a, b in combinations(items, 2)) for items in several]
    return 2 * sum(turned) >= len(several)


def _are_decimals(parts: Mapping[str, Sequence[str]]) -> bool:
    """Tell whether commas stand before the decimals of numbers."""
    several = {value: items for value, items in parts.items() if len(items) > 1}
    if not all(re.fullmatch(r"[-+]?\d+,\d+", value) for value in several):
        return False
    decimals = {items[1] for items in several.values()}
    if len(several) < len(parts) and any(set(digits) == {"0"} for digits in decimals):
        return False  # "4,0" beside "4"
    return decimals <= {"0", "5"} or (2 * len(several) > len(parts) and len(set(map(len, decimals))) == 1)
