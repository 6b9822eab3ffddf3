"""Labels that most likely mean the same, in several spellings."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

# Characters that nobody sees: a byte order mark, and spaces and joiners without a width.
INVISIBLE = dict.fromkeys(map(ord, "\ufeff\u200b\u200c\u200d\u2060\u00ad"))


def alike(labels: Iterable[str]) -> list[list[str]]:
    r"""Return the labels that differ only by case, spaces, invisible characters, or how a number is written.

    Examples
    --------
    >>> alike(["spam", "Spam", "ham", "ham\u00a0", "1", "1.0", "2"])
    [['spam', 'Spam'], ['ham', 'ham\xa0'], ['1', '1.0']]
    """
    groups: dict[str, list[str]] = {}
    for label in labels:
        groups.setdefault(_plain(label), []).append(label)
    return [group for group in groups.values() if len(group) > 1]


def _plain(label: str) -> str:
    """Return the spelling that labels alike share."""
    plain = " ".join(unicodedata.normalize("NFKC", label).translate(INVISIBLE).casefold().split())
    try:
        number = float(plain)
    except ValueError:
        return plain
    return repr(number) if "_" not in plain else plain
