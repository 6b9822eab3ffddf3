"""What the values of a column look like, told from a sample of them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from fastlr.files.tables.column_names import FLAGS
from fastlr.files.tables.label_lists import is_bracketed, mark_between

# Different values that are looked at, and characters of each.
MAX_VALUES = 500
MAX_CHARACTERS = 400

# Most values: a few may be missing, misplaced or misspelt.
MOST = 0.9

# Patterns are compiled when they are first used: at import they would take 14 ms of a start.
NUMBER = r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?"
# With signs of currencies, thousands in groups, or a comma before the decimals.
AMOUNT = r"[-+]?[$€£¥₹]?\s?(\d{1,3}(,\d{3})+(\.\d+)?|\d+([.,]\d+)?)\s?([$€£¥₹%]|USD|EUR)?"

_MONTH = r"(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_CLOCK = r"\d{1,2}:\d\d(:\d\d([.,]\d+)?)?"
DATE = (
    rf"(?i)((mon|tue|wed|thu|fri|sat|sun)[a-z]*,?\s+)?(\d{{4}}[-/.]\d{{1,2}}[-/.]\d{{1,2}}|\d{{1,2}}[-/.]\d{{1,2}}[-/.]\d{{2,4}}"
    rf"|\d{{1,2}}(st|nd|rd|th)?[\s-]{_MONTH}[\s,-]*(\d{{2,4}})?|{_MONTH}[\s-]\d{{1,2}}(st|nd|rd|th)?(,?\s+\d{{4}})?"
    rf"|{_MONTH}[\s-]\d{{4}}|\d{{1,2}}\s\d{{1,2}},\s\d{{4}}|{_CLOCK})"
    r"([T\s,]+(at\s+)?[\d:.,]+\s*([ap]\.?m\.?)?)?(\s*(Z|[-+]\d\d:?\d\d|\b[A-Z]{2,4}\b)){0,3}(\s+\d{4})?"
)
ADDRESS = r"(?i)((https?|ftp)://|www\.)\S+|\S+@[\w-]+(\.[\w-]+)+|@\w+|[\w-]+(\.[\w-]+)+/\S*|(/[\w.-]+){2,}"
CODE = r"(?=\S*\d)(?=\S*[A-Za-z_])[\w.:/+=-]{2,}|[0-9a-f-]{12,}"
MARKUP = r"\s*<[a-zA-Z!][^>]*>"

# Letters of scripts that put no spaces between words: Chinese, Japanese, Thai, Lao, Burmese, Khmer.
UNSPACED = r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"


@dataclass
class ColumnProfile:
    """What the values of a column look like.

    Parameters
    ----------
    values : sequence of str
        Values of some rows; blank ones are missing.
    """

    values: Sequence[str]

    def __post_init__(self) -> None:
        self.n = len(self.values)
        self.counts = Counter(value.strip() for value in self.values)
        self.n_filled = self.n - self.counts.pop("", 0)
        self.n_distinct = len(self.counts)

    @property
    def filled(self) -> float:
        """Share of rows that have a value."""
        return self.n_filled / self.n if self.n else 0.0

    @cached_property
    def singles(self) -> float:
        """Share of values that occur once: how likely the next row has a new one (Good and Turing)."""
        return sum(count == 1 for count in self.counts.values()) / max(self.n_filled, 1)

    @property
    def top(self) -> float:
        """Share of the most frequent value."""
        return max(self.counts.values(), default=0) / max(self.n_filled, 1)

    @cached_property
    def _sample(self) -> list[tuple[str, int]]:
        return [(value[:MAX_CHARACTERS], count) for value, count in self.counts.most_common(MAX_VALUES)]

    def share(self, pattern: str) -> float:
        """Return the share of values that match a pattern from begin to end."""
        sample, fits = self._sample, re.compile(pattern).fullmatch
        total = sum(count for _, count in sample)
        return sum(count for value, count in sample if fits(value)) / max(total, 1)

    @cached_property
    def n_words(self) -> float:
        """Mean number of words; two letters count as one in scripts without spaces."""
        total = sum(count for _, count in self._sample)
        return sum(words_in(value) * count for value, count in self._sample) / max(total, 1)

    @cached_property
    def capitals(self) -> float:
        """Share of words that begin with a capital letter, as names do."""
        words = [word for value, _ in self._sample for word in value.split()]
        return sum(word[0].isupper() for word in words) / max(len(words), 1)

    @cached_property
    def n_characters(self) -> float:
        """Mean number of characters."""
        return sum(map(len, self.values)) / max(self.n_filled, 1)

    @cached_property
    def longest(self) -> int:
        """Number of characters of the longest value."""
        return max(map(len, self.counts), default=0)

    @cached_property
    def kind(self) -> str:
        """What most values are: ``"number"``, ``"date"``, ``"address"``, ``"code"``, ``"markup"`` or ``"words"``.

        ``"nothing"`` if there are none.
        """
        if not self.counts:
            return "nothing"
        if self.share(NUMBER) >= MOST or (self.share(AMOUNT) >= MOST and not self.is_list):
            return "number"
        for kind, pattern in (("date", DATE), ("address", ADDRESS), ("code", CODE)):
            if self.share(pattern) >= MOST:
                return kind
        marked = sum(count for value, count in self._sample if re.match(MARKUP, value))
        of_markup = marked > MOST * sum(count for _, count in self._sample) and not is_bracketed(self.counts)
        return "markup" if of_markup else "words"

    @cached_property
    def numbers(self) -> list[float]:
        """The different numbers, in increasing order."""
        return sorted({float(value) for value in self.counts if re.fullmatch(NUMBER, value)})

    @property
    def is_flag(self) -> bool:
        """Whether the values are 0 and 1, or the like."""
        if self.kind == "number":
            return self.numbers in ([0.0, 1.0], [0.0], [1.0])
        return bool(self.counts) and FLAGS.issuperset(map(str.lower, self.counts))

    @property
    def has_fractions(self) -> bool:
        """Whether the values are numbers, not all of them whole."""
        return self.kind == "number" and (
            any(number % 1 for number in self.numbers) or 2 * len(self.numbers) < self.n_distinct
        )

    @property
    def is_unique(self) -> bool:
        """Whether nearly every row has a value of its own."""
        return self.n_filled >= 20 and self.singles >= 0.99

    @property
    def is_closed(self) -> bool:
        """Whether the values are a few that repeat."""
        n = self.n_filled
        return 1 < self.n_distinct <= min(max(2, n / 2), n - 1) and (n < 20 or self.singles <= 0.35)

    @cached_property
    def mark(self) -> str | None:
        """The mark between several labels of a value; None if there is none."""
        return mark_between(self.counts)

    @cached_property
    def is_list(self) -> bool:
        """Whether a value may hold several labels."""
        return is_bracketed(self.counts) or self.mark is not None


def words_in(value: str) -> float:
    """Return the number of words of a text; two letters count as one in scripts without spaces."""
    n = float(len(value.split()))
    return n if value.isascii() else n + len(re.findall(UNSPACED, value)) / 2
