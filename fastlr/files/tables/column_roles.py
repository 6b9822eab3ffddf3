"""Which columns hold the labels and the text, by what their values look like and what their names say."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from statistics import correlation

from fastlr.files.layout import shortened
from fastlr.files.streams import ReadError
from fastlr.files.tables.association import MIN_TEXTS, Association, agreement
from fastlr.files.tables.column_names import CLASS, LABEL, LABELS, OTHER, SPLITS, TEXT, TITLE, role_of
from fastlr.files.tables.column_profile import NUMBER, ColumnProfile, words_in
from fastlr.files.tables.label_lists import labels_in

# The best column must lead the next one by this much.
MARGIN = 1.0

# One of two columns that agree so much beyond chance is a copy with errors; this lead tells which.
COPY, COPY_MARGIN = 0.6, 0.5

# Labels are at most this long, in characters.
MAX_LABEL = 100

# Texts that are joined to others are there in this share of the rows.
MIN_FILLED = 0.1

# A column with so many words may be text.
PHRASE = 3.0

# Columns of 0 and 1 that are several labels of a document, at least.
MIN_FLAGS = 3

# Columns that the words of the text depend on by more standard deviations than this are related to it. Those below
# the second number may be related if there are few rows, and are most likely not if there are `MANY`.
RELATED = 4.0
CHANCE = 3.0
FEW_CHANCE, MANY = 2.0, 400

# From so many rows on, a dependence that is only just found is too weak to tell the label.
WEAK_FROM = 100

# A column is no rival of the label if the words depend on it by less than this share of what they depend on the label.
SHARE = 0.25

# Points of values that are known as labels.
KNOWN = 2.0

# Of the label of a file with a text besides: persons or the like have nothing to do with the text.
UNRELATED, SOME = 2.0, 20

# Numbers that are about as large as the lengths of the texts are these lengths if they are equal for more than a share
# of the rows, beyond chance, or correlated by more than the second number.
EQUAL, COUNTED = 0.5, 0.95

# Points of values that are lists.
LIST_POINTS = 1.5

# Points of the label column of a file that has a text besides; such a column may have any name.
LEAST_OF_TWO = -2.5

# The values of a label hardly repeat if more than this share of so many occurs once.
HARDLY, SOME_VALUES = 0.5, 20

# Columns that a message lists.
MAX_LISTED = 8

# Numbers with fractions are no classes if there are more of them than half stars of 0 to 10.
MAX_FRACTIONS = 21

# Points of a name. A label of a sure name is taken even if another column looks more like labels.
LABEL_POINTS = {LABEL: 4.0, CLASS: 2.0, TEXT: -2.0, TITLE: -2.0, OTHER: -3.0, None: 0.0}
TEXT_POINTS = {LABEL: -3.0, CLASS: -1.0, TEXT: 3.0, TITLE: 1.0, OTHER: -4.0, None: 0.0}


class ColumnRoles:
    """The roles of the columns of a table.

    Parameters
    ----------
    names : sequence of str
        Names of the columns; empty strings if they have none.
    columns : sequence of sequence of str
        Values of each, in a sample of the rows.
    taken : sequence of int
        Columns that hold neither labels nor text.
    """

    def __init__(self, names: Sequence[str], columns: Sequence[Sequence[str]], taken: Sequence[int] = ()) -> None:
        self.names = names
        self.roles = [role_of(name) for name in names]
        self.columns = columns
        self.free = [column for column in range(len(columns)) if column not in taken]
        self.profiles = [ColumnProfile(values) for values in columns]

    def shown(self, column: int) -> str:
        """Return a column as messages name it."""
        return repr(shortened(self.names[column])) if self.names[column].strip() else f"column {column + 1}"

    def label_points(self, column: int) -> float | None:
        """Return how much a column looks like labels; None if it cannot hold them."""
        profile, role = self.profiles[column], self.roles[column]
        if role == LABEL and not (profile.is_list or self.is_continuous(column) or profile.is_unique):
            return LABEL_POINTS[LABEL] + self._points_of_values(profile)
        if (
            profile.kind in ("date", "address", "markup", "nothing")
            or not profile.is_closed
            or profile.filled < 0.5
            or profile.longest > MAX_LABEL
            or profile.n_words > MAX_LABEL / 10
            or profile.is_list
            or self.is_continuous(column)
        ):
            return None
        return LABEL_POINTS[role] + self._points_of_values(profile)

    def is_continuous(self, column: int) -> bool:
        """Tell whether a column holds numbers that are measured rather than chosen."""
        profile = self.profiles[column]
        return profile.has_fractions and profile.n_distinct > MAX_FRACTIONS

    @staticmethod
    def _points_of_values(profile: ColumnProfile) -> float:
        n = profile.n_distinct
        points = 1.0 if n <= 6 else 0.8 if n <= 25 else 0.3 if n <= 100 else -0.3 if n <= 500 else -1.0
        points -= 4.0 * profile.singles if profile.n_filled >= 20 else 0.0
        points -= 2.0 * (1.0 - profile.filled)
        if profile.top > 0.97:
            points -= 0.4
        if profile.kind == "code":
            points -= 1.0
        elif profile.is_flag:
            points += 0.5
        elif SPLITS.issuperset(map(str.lower, profile.counts)):
            points += LABEL_POINTS[OTHER]
        elif profile.kind == "words":
            known = sum(count for value, count in profile.counts.items() if _spelled(value) in LABELS)
            points += 0.3 + (1.0 if known > 0.7 * profile.n_filled else 0.0)
            points -= 0.1 * max(profile.n_words - 1.0, 0.0)
        elif profile.kind == "number":
            low, high = (profile.numbers[0], profile.numbers[-1]) if profile.numbers else (0.0, 0.0)
            points += 0.5 if 0.0 < low <= 1.0 and high <= 10.0 else 0.0 if high <= 20.0 else -1.0
        return points

    def choose_label(self, text: Sequence[int], required: bool) -> tuple[int | None, int, tuple[int, ...]]:
        """Return the label column, its number of different labels, and the columns that came next.

        Raises
        ------
        ReadError
            If one is required, and there is none, or two are close.
        """
        if required and len(self.profiles) == 1:
            only = f" ({self.shown(0)})" if self.names[0] else ""
            raise ReadError(f"cannot detect the label column: the file has only one column{only}")
        points = {}
        lengths = self._lengths(self._likeliest_text((), text))
        for column in self.free:
            found = None if column in text else self.label_points(column)
            if found is not None and not self._counts_text(column, lengths):
                points[column] = found
        ranked = sorted(points, key=lambda column: -points[column])
        if not required:
            return (ranked[0] if ranked and points[ranked[0]] >= 0.0 else None), 0, ()
        self._refuse_flags(points, text)
        self._refuse_lists(points, text)
        if not ranked:
            raise ReadError(f"cannot detect the label column: {self._why_none(text)}; --label names it")
        best = ranked[0]
        rivals = [column for column in ranked[1:] if not self._says_the_same(best, column)]
        if len(self.profiles) == 2:  # the other one is the text
            rivals = [column for column in rivals if not self._is_text_to(best, column)]
        close = [column for column in rivals if points[column] > points[best] - MARGIN]
        told = self._told_by_words(best, close, rivals, points, text)
        unclear = [column for column in self.free if self._is_spoiled(column)] if self.roles[best] != LABEL else []
        unclear += ranked[: MAX_LISTED - len(unclear)]
        listed = ", ".join(map(self._described, unclear))
        if told is None:
            raise ReadError(f"cannot tell which column holds the labels: {listed}; --label names one")
        if told != best:
            best, rivals = told, [best, *(column for column in rivals if column != told)]
        if unclear[0] != ranked[0] or self._is_doubtful(best, points, text):
            raise ReadError(f"no column is clearly the label; the likeliest: {listed}; --label names one")
        return best, self.profiles[best].n_distinct, tuple(column for column in rivals if points[column] >= 0.0)

    def _told_by_words(
        self,
        best: int,
        close: Sequence[int],
        rivals: Sequence[int],
        points: dict[int, float],
        text: Sequence[int],
    ) -> int | None:
        """Return the best column or a rival of no lesser name, by the words of the text; None if that does not tell.

        Rivals are those that are close and, unless the name of a label decides, all that the words depend on; but no
        copies. A likely name decides if the words depend on its column, or there is nothing else.
        """
        role = self.roles[best]
        likely = close if role == LABEL else [column for column in rivals if self.roles[column] != OTHER]
        copies = {column for column in (*close, *likely) if self._is_lesser_copy(column, best, points)}
        close, likely = ([column for column in some if column not in copies] for some in (close, likely))
        found = self._associations([best, *likely], text) if likely else {}
        if not found:
            return None if close else best
        chance = CHANCE if len(self.columns[best]) >= MANY else FEW_CHANCE

        def is_alone(column: int) -> bool:
            """Tell whether the words depend on a column and, compared with that, on no other but its copies."""
            least = max(chance if found[column] > RELATED else 0.0, SHARE * found[column])
            others = [other for other in found if found[other] > least and other != column]
            return found[column] > CHANCE and all(self._is_lesser_copy(other, column, points) for other in others)

        if is_alone(best):
            return best
        if found[best] > RELATED:
            return None
        if role == CLASS and not close:
            others = [column for column in likely if points[column] >= 0.0]
            if others and (found[best] <= chance or any(self.roles[column] == role for column in others)):
                return None
        # The same dependence is by more standard deviations in more rows.
        least = RELATED * max(1.0, math.sqrt(len(self.columns[best]) / WEAK_FROM))
        related = [column for column in likely if found[column] > least and self.roles[column] == role]
        for column in related:
            if is_alone(column):
                return column
        return None if related or close or any(found[column] > chance for column in likely) else best

    def _is_spoiled(self, column: int) -> bool:
        """Tell whether a column has the name of a label, and measured numbers or ids for values."""
        profile, role = self.profiles[column], self.roles[column]
        is_id = profile.is_unique and profile.n_words < PHRASE
        return role in (LABEL, CLASS) and (self.is_continuous(column) or (role == LABEL and is_id))

    def _is_doubtful(self, column: int, points: dict[int, float], text: Sequence[int]) -> bool:
        """Tell whether the label may be missing: neither a name nor the words of the text speak for a column."""
        profile, role, known = self.profiles[column], self.roles[column], points[column] > KNOWN
        if role == LABEL and profile.n_filled >= SOME_VALUES and profile.singles > HARDLY:
            return True
        if len(self.profiles) == 2:  # nothing else can be meant, unless these are persons
            if points[column] < LEAST_OF_TWO:
                return True
            of_words = profile.kind == "words" and profile.n_distinct > 2 and profile.n >= SOME and not known
            least = CHANCE if role in (OTHER, TEXT, TITLE) else UNRELATED if role is None and of_words else None
        else:
            if points[column] < 0.0:
                return True
            is_only = not any(value >= 0.0 for other, value in points.items() if other != column)
            least = None if role in (LABEL, CLASS) or (known and is_only) else CHANCE
        return least is not None and self._is_idle(column, text, least)

    def _is_idle(self, column: int, text: Sequence[int], least: float = CHANCE) -> bool:
        """Tell whether the words of the text have nothing to do with a column."""
        return self._associations([column], text).get(column, RELATED) <= least

    def _associations(self, columns: Sequence[int], text: Sequence[int]) -> dict[int, float]:
        """Return how much the words of the text depend on some columns; nothing if they do not tell for the first."""
        best = self._likeliest_text(columns, text)
        if best is None:
            return {}
        words = Association(self.columns[best])
        found = {column: words.with_labels(self.columns[column]) for column in columns}
        return {} if found[columns[0]] is None else {column: value or 0.0 for column, value in found.items()}

    def _likeliest_text(self, columns: Sequence[int], text: Sequence[int]) -> int | None:
        """Return the column that looks most like text, besides some."""
        points = {column: self.text_points(column) or 0.0 for column in text or self.free if column not in columns}
        return max(points, key=lambda column: points[column], default=None)

    def _lengths(self, text: int | None) -> list[list[float]]:
        """Return the numbers of characters and of words of the values of a column, 0 for those that are missing."""
        if text is None:
            return []
        values = [value if value.strip() else "" for value in self.columns[text]]
        return [[length(value) for value in values] for length in (len, words_in, lambda value: len(value.split()))]

    def _counts_text(self, column: int, lengths: Sequence[Sequence[float]]) -> bool:
        """Tell whether a column holds lengths, which are 0 where there is no text."""
        profile = self.profiles[column]
        if self.roles[column] == LABEL or profile.kind != "number":
            return False
        known = {value: float(value) for value in profile.counts if re.fullmatch(NUMBER, value)}
        total = sum(number * profile.counts[value] for value, number in known.items())
        as_large = [some for some in lengths if sum(some) / 2 < total < 2 * sum(some)]
        numbers = [known.get(value.strip()) for value in self.columns[column]] if as_large else []
        return any(_are_lengths(numbers, some) for some in as_large)

    def _described(self, column: int) -> str:
        n = self.profiles[column].n_distinct
        return f"{self.shown(column)} ({n} value{'s' if n != 1 else ''})"

    def _says_the_same(self, column: int, other: int) -> bool:
        """Tell whether two columns are the same labels, in other words or numbers."""
        pairs = set(zip(self.columns[column], self.columns[other], strict=True))
        return len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs})

    def _is_lesser_copy(self, column: int, best: int, points: dict[int, float]) -> bool:
        """Tell whether a column is another with errors, as a model predicts it, and looks less like the labels.

        Flags may agree because each stands for a class of its own.
        """
        if self.profiles[column].is_flag or points[column] >= points[best] - COPY_MARGIN:
            return False
        return agreement(self.columns[column], self.columns[best]) > COPY

    def _is_text_to(self, column: int, other: int) -> bool:
        """Tell whether another column has longer values, and as many."""
        labels, texts = self.profiles[column], self.profiles[other]
        return labels.n_characters < texts.n_characters and labels.n_distinct <= texts.n_distinct

    def _refuse_flags(self, points: dict[int, float], text: Sequence[int]) -> None:
        """Raise ReadError if several columns of 0 and 1 tell the labels, and no other column does."""
        values = {
            column: set(self.profiles[column].counts)
            for column in self.free
            if column not in text and self.roles[column] != OTHER and self.profiles[column].is_flag
        }
        spelled_alike = ([column for column in values if values[column] <= wanted] for wanted in values.values())
        flags: list[int] = max(spelled_alike, key=len, default=[])
        named = [column for column in {*points, *flags} if self.roles[column] in (LABEL, CLASS)]
        of_flags = [column for column in named if column in flags]
        if len(flags) < MIN_FLAGS or len(of_flags) < len(named):
            return
        if len(of_flags) == 1 and self.roles[of_flags[0]] == LABEL:
            return
        listed = ", ".join(map(self.shown, flags[:MAX_LISTED])) + (", ..." if len(flags) > MAX_LISTED else "")
        raise ReadError(
            f"{len(flags)} columns hold 0 and 1: {listed}. Several labels per document are not supported yet; "
            "--label names the column to train on"
        )

    def _refuse_lists(self, points: dict[int, float], text: Sequence[int]) -> None:
        """Raise ReadError if a column of lists is about as likely the label as any other that is not in its lists."""
        best = max(points, key=lambda column: points[column], default=None)
        for column in self.free:
            profile, role = self.profiles[column], self.roles[column]
            if column in points or column in text or role in (OTHER, TEXT) or profile.n_words > MAX_LABEL / 10:
                continue
            if profile.kind in ("date", "address", "markup") or not profile.is_list:
                continue
            if best is not None and (self.roles[best] == LABEL or self._is_in_lists(best, column)):
                continue
            if (
                best is None
                or LIST_POINTS + LABEL_POINTS[role] >= points[best]
                or role == CLASS == self.roles[best]
                or self._is_idle(best, text)
            ):
                self.refuse_list(column)

    def _is_in_lists(self, column: int, lists: int) -> bool:
        """Tell whether the values of a column are in the lists of another, such as a first category."""
        pairs = list(zip(self.columns[column], self.columns[lists], strict=True))
        mark = self.profiles[lists].mark
        return sum(value.strip() in labels_in(several, mark) for value, several in pairs) > 0.9 * len(pairs)

    def refuse_list(self, column: int) -> None:
        """Raise ReadError that a column holds several labels."""
        profile = self.profiles[column]
        example = next((value for value in profile.counts if len(labels_in(value, profile.mark)) > 1), "")
        example = example or next(iter(profile.counts))
        raise ReadError(
            f"{self.shown(column)} holds several labels per document, such as {shortened(example)!r}, which training "
            "does not support yet; keep one label per row, or --label names another column"
        )

    def check_label(self, column: int) -> None:
        """Raise ReadError if the label column that the caller names cannot be classes."""
        profile = self.profiles[column]
        if profile.is_list and profile.n_words <= MAX_LABEL / 10:
            self.refuse_list(column)
        if self.is_continuous(column):
            raise ReadError(
                f"the label column {self.shown(column)} holds {profile.n_distinct} different numbers with fractions; "
                "labels must be classes, and fastlr does no regression"
            )
        if profile.is_unique:
            raise ReadError(
                f"the label column {self.shown(column)} has another value in each of {profile.n_filled} rows; labels "
                "must repeat"
            )

    def _why_none(self, text: Sequence[int]) -> str:
        """Return why no column can hold the labels."""
        reasons: dict[str, list[int]] = {}
        for column in self.free:
            profile = self.profiles[column]
            if column in text:
                continue
            if self.is_continuous(column):
                reason = "many different numbers"
            elif profile.n_distinct <= 1:
                reason = "one value" if profile.n_distinct else "nothing"
            elif profile.kind in ("date", "address"):
                reason = f"{profile.kind}s" if profile.kind == "date" else "addresses"
            elif profile.is_unique and profile.n_words < 3:
                reason = "another value in each row"
            else:
                continue
            reasons.setdefault(reason, []).append(column)
        parts = [
            f"{', '.join(map(self.shown, some[:MAX_LISTED]))} hold{'s' if len(some) == 1 else ''} {reason}"
            for reason, some in reasons.items()
        ]
        return "; ".join(["no column has short values that repeat", *parts])

    def text_points(self, column: int) -> float | None:
        """Return how much a column looks like text; None if it does not."""
        profile, role = self.profiles[column], self.roles[column]
        if not profile.n:  # a header alone
            return TEXT_POINTS[role] if role in (TEXT, TITLE) else None
        few = profile.n_filled >= 20 and profile.n_distinct <= 10 and profile.n_words < 3.0
        if profile.is_flag or (few and (role != TEXT or profile.n_distinct == 1) and len(self.free) > 2):
            return None
        if profile.kind in ("nothing", "number", "date") or (profile.kind == "address" and role != TEXT):
            return None
        points = TEXT_POINTS[role] + min(profile.n_words, 12.0) / 3.0 + min(profile.n_words, 200.0) / 200.0
        points += 2.0 * profile.singles if profile.n_filled >= 20 else min(1.0, profile.n_distinct / 20)
        points -= 3.0 * (1.0 - profile.filled)
        if profile.kind == "markup":
            points -= 2.0
        elif profile.kind == "code":
            points -= 4.0
        return points

    def is_prose(self, column: int) -> bool:
        """Tell whether a column holds several words that are no names, and that most rows have for themselves."""
        profile = self.profiles[column]
        if profile.kind != "words" or profile.filled < MIN_FILLED or (profile.n_distinct == 1 and profile.n > 1):
            return False
        repeats = profile.singles < 0.5 if profile.n_filled >= 20 else profile.n_distinct < profile.n_filled / 2
        return not repeats and (profile.n_words >= 5.0 or (profile.n_words >= 1.5 and profile.capitals < 0.5))

    def choose_text(self, label: int | None) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Return the text columns, and those that came next.

        Raises
        ------
        ReadError
            If there is none, or two are close.
        """
        others = [column for column in self.free if column != label]
        points = {column: found for column in others if (found := self.text_points(column)) is not None}
        if not points and len(others) == 1 and self.profiles[others[0]].kind not in ("number", "nothing"):
            return (others[0],), ()
        if not points:
            raise ReadError(self._why_no_text(others))
        ranked = sorted(points, key=lambda column: -points[column])
        best = ranked[0]
        if points[best] < 0.0 and len(others) > 1:
            listed = ", ".join(map(self.shown, ranked[:MAX_LISTED]))
            raise ReadError(f"no column is clearly text; the likeliest: {listed}; --text names one or several")
        chosen = [best]
        for column in ranked[1:]:
            is_longer = self.profiles[column].n_words > self.profiles[best].n_words  # whatever its name
            joins = self._is_named_text(column) or ((self.roles[best] != TEXT or is_longer) and self.is_prose(column))
            if joins and self.roles[column] != OTHER and not any(self._repeats(column, other) for other in chosen):
                chosen.append(column)
        rest = tuple(column for column in ranked if column not in chosen and self._may_be_text(column))
        return tuple(sorted(chosen)), rest

    def _is_named_text(self, column: int) -> bool:
        profile = self.profiles[column]
        if self.roles[column] == CLASS:  # such as "subject"
            return self.is_prose(column)
        return (
            self.roles[column] in (TEXT, TITLE)
            and profile.kind == "words"
            and profile.n_words >= 1.5
            and profile.filled >= MIN_FILLED
            and (profile.n_filled < 20 or profile.singles >= 0.3)
        )

    def _may_be_text(self, column: int) -> bool:
        """Tell whether a column may be text, which may be missing or repeat, but is no list of labels."""
        profile = self.profiles[column]
        of_phrases = profile.kind == "words" and profile.n_words >= PHRASE and profile.filled >= MIN_FILLED
        might = self.is_prose(column) or self._is_named_text(column) or of_phrases
        return self.roles[column] != OTHER and might and self.label_points(column) is None

    def _repeats(self, column: int, other: int) -> bool:
        """Tell whether a column has the text of another again, cleaned or marked up."""
        shares = []
        for a, b in list(zip(self.columns[column], self.columns[other], strict=True))[:50]:
            words, others = set(a.lower().split()), set(b.lower().split())
            if words and others:
                shares.append(len(words & others) / len(words | others))
        return bool(shares) and sum(shares) > 0.8 * len(shares)

    def _why_no_text(self, others: Sequence[int]) -> str:
        if not others:
            return "cannot detect the text column: there is no column besides the labels"
        numbers = [column for column in others if self.profiles[column].kind == "number"]
        if len(numbers) == len(others):
            return (
                f"no column holds text: {len(numbers)} column{'s' if len(numbers) > 1 else ''} of numbers; numeric "
                "features are read as svmlight, Parquet or stores, and by fastlr.SGDClassifier in Python"
            )
        listed = ", ".join(f"{self.shown(column)} ({self.profiles[column].kind})" for column in others[:MAX_LISTED])
        return f"no column holds text: {listed}; --text names one"


def _are_lengths(numbers: Sequence[float | None], lengths: Sequence[float]) -> bool:
    """Tell whether numbers are equal to lengths for most rows, or correlated with them."""
    pairs = [(a, b) for a, b in zip(numbers, lengths, strict=True) if a is not None and b]
    n = len(pairs)
    sizes, other_sizes = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    if n < MIN_TEXTS or len(sizes) < 2 or len(other_sizes) < 2:
        return False
    equal = sum(a == b for a, b in pairs) / n
    chance = sum(size * other_sizes[number] for number, size in sizes.items()) / n**2
    return equal - chance > EQUAL * (1.0 - chance) or correlation(*zip(*pairs, strict=True)) > COUNTED


def _spelled(value: str) -> str:
    return value.strip().lower().replace(" ", "_")
