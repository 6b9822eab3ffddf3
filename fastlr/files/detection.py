"""Detection of a file's format and of its label and text columns."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from fastlr.files.known_columns import KnownColumns
from fastlr.files.layout import DELIMITERS, FORMATS, JSON_KINDS, Layout, _short, long_fields
from fastlr.files.streams import ReadError, plain_name

# By suffix of the name.
SUFFIXES = {
    ".tsv": "tsv", ".tab": "tsv", ".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl",
    ".vw": "vw", ".fasttext": "fasttext", ".svm": "svmlight", ".svmlight": "svmlight", ".libsvm": "svmlight",
    ".parquet": "parquet",
}  # fmt: skip

# Lines at the beginning of a file that are looked at.
N_LOOKED_AT = 1000

# Names of columns that tell a header from data, and labels from texts, where nobody says which is which.
LABEL_NAMES = ("label", "class", "category", "target", "topic", "sentiment", "y")
TEXT_NAMES = ("text", "document", "content", "body", "abstract", "review", "comment", "message", "sentence", "title")

# What a number looks like in a column.
NUMBER = re.compile(r"\s*[-+]?\d+(\.\d*)?([eE][-+]?\d+)?\s*")

# A label is no longer than this, in characters.
MAX_LABEL = 100


def guess_format(path: str, lines: Sequence[str], with_labels: bool) -> str:
    """Return the format of a file, by its name or else by its first lines.

    Of lines without labels, prose is the likeliest, which has commas, too: a comma with a space behind it separates no
    fields of it, and one line does not tell.
    """
    name = plain_name(path)
    for suffix, format in SUFFIXES.items():
        if name.endswith(suffix):
            return format
    lines = [line for line in lines if line.strip()]

    def most(holds: list[bool]) -> bool:
        return sum(holds) > 0.9 * len(lines)

    if most([line.startswith("__label__") for line in lines]):
        return "fasttext"
    if most([line.lstrip().startswith("{") for line in lines]):
        return "jsonl"
    if most(["\t" in line for line in lines]):
        return "tsv"
    if most([re.match(r"[-+.\deE]+( [-+.\deE]+)*( ?'\S*)? ?\|", line) is not None for line in lines]):
        return "vw"
    if most([re.fullmatch(r"[-+.\d]\S*( +qid:\d+)?( +\d+:\S+)+\s*(#.*)?", line) is not None for line in lines]):
        return "svmlight"
    try:
        with long_fields():
            rows = list(csv.reader(lines))
    except csv.Error:
        return "lines"
    n_fields = {len(fields) for fields in rows}
    prose = len(rows) == 1 or any(field.startswith(" ") for fields in rows for field in fields[1:])
    return "csv" if len(n_fields) == 1 and n_fields != {1} and (with_labels or not prose) else "lines"


def guess_layout(
    path: str,
    head: str,
    format: str | None,
    label: str | None,
    text: str | None,
    header: bool | None,
    with_labels: bool,
    known: KnownColumns | None = None,
) -> Layout:
    """Return the layout of a file that begins with ``head``.

    Parameters
    ----------
    format, label, text, header
        What the user says of it; None where nothing. Columns are names or numbers from 1, several of the text between
        commas.
    with_labels : bool
        Whether labels are wanted.
    known : KnownColumns or None
        Columns to take where the user says nothing, if they are there.

    Raises
    ------
    ReadError
        If a column is not there, or there is no telling which it is.
    """
    # By line feeds, as they are read: str.splitlines knows more line ends, of which a text may have some.
    lines = [line.removesuffix("\r") for line in head.split("\n", N_LOOKED_AT)[:N_LOOKED_AT]]
    asked = format is not None
    if format is None:
        format = guess_format(path, lines, with_labels)
    if format not in FORMATS:
        raise ReadError(f"its format seems to be {format!r}, which is none of {', '.join(FORMATS)}")
    if format in DELIMITERS:
        return _guess_columns(lines, format, label, text, header, with_labels, known)
    if header:
        raise ReadError(f"only TSV and CSV have a header, and its format is {format!r}")
    if format == "jsonl":
        return _guess_keys(lines, label, text, with_labels, known)
    for option, value in (("label", label), ("text", text)):
        if value is not None:
            raise ReadError(f"there is no column {value!r} ({option}): its format, {format!r}, has no columns")
    if format == "lines" and with_labels:
        told = "lines are of text without labels" if asked else "it looks like lines of text without labels"
        raise ReadError(f"{told}; its format can be said, if it is another")
    # In the formats without columns a label is where it must be: 0 says no more than that it is wanted.
    return Layout(format, 0 if with_labels else None)


def _guess_keys(
    lines: Sequence[str], label: str | None, text: str | None, with_labels: bool, known: KnownColumns | None
) -> Layout:
    records = []
    for line in lines:
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):  # to be counted as a bad line when it is read
            continue
        if isinstance(record, dict):
            records.append(record)
    if not records:
        raise ReadError("none of its first lines is a JSON object; JSON Lines have one a line, and are no array")
    plain = [
        {key: value for key, value in record.items() if isinstance(value, (str, int, float))} for record in records
    ]
    keys = list(dict.fromkeys(key for record in plain for key in record))
    columns = [[str(record.get(key, "")) for record in plain] for key in keys]
    chosen = None if label is None else _find_key(label, keys, records)
    texts = None if text is None else tuple(_find_key(part, keys, records) for part in text.split(","))
    if known is not None:
        chosen, texts = known.find(chosen, texts, keys)
    chosen, texts = _choose(keys, columns, chosen, texts, with_labels)
    return Layout("jsonl", None if chosen is None else keys[chosen], tuple(keys[column] for column in texts))


def _guess_columns(
    lines: Sequence[str],
    format: str,
    label: str | None,
    text: str | None,
    header: bool | None,
    with_labels: bool,
    known: KnownColumns | None,
) -> Layout:
    if format == "tsv":
        rows = [line.split("\t") for line in lines if line]
    else:
        try:
            with long_fields():
                rows = [row for row in csv.reader(lines) if row]
        except csv.Error as error:
            raise ReadError(f"it is not CSV: {error}") from error
    if not rows:
        raise ReadError("it is empty")
    asked = [part for part in (label, *(text or "").split(",")) if part]
    if header is None:
        named = any(name.strip().lower() in (*LABEL_NAMES, *TEXT_NAMES) for name in rows[0])
        named |= known is not None and known.heads(rows[0])
        header = any(not NUMBER.fullmatch(part) for part in asked) or named or _is_above_numbers(rows)
    names = tuple(rows[0]) if header else ()
    n_columns = len(names) or _usual_length(rows)
    body = [row for row in rows[header:] if len(row) == n_columns]
    columns = [[row[column] for row in body] for column in range(n_columns)]
    if n_columns == 1 and with_labels:
        _refuse_other_delimiter(format, rows[0][0])
    numbered = names or tuple(str(column + 1) for column in range(n_columns))
    chosen = None if label is None else _find(label, numbered, True)
    texts = None if text is None else tuple(_find(part, numbered, True) for part in text.split(","))
    if known is not None:
        chosen, texts = known.find(chosen, texts, numbered, None if header else n_columns)
    if n_columns == 1 and texts is None and not with_labels:
        texts = (0,)
    chosen, texts = _choose(names or [""] * n_columns, columns, chosen, texts, with_labels)
    by_name = [column for column in (chosen, *texts) if column is not None and str(column + 1) not in asked]
    _refuse_doubles([names[column] for column in by_name if header], names)
    return Layout(format, chosen, texts, header, names, n_columns)


def _usual_length(rows: Sequence[Sequence[str]]) -> int:
    """Return how many columns most rows have: one may lack some, or have a delimiter in its text."""
    lengths = Counter(map(len, rows))
    return max(lengths, key=lambda length: (lengths[length], length))


def _refuse_doubles(chosen: Sequence[str], names: Sequence[str]) -> None:
    """Raise ReadError if a column that goes by its name has it together with another."""
    for name in chosen:
        if names.count(name) > 1:
            raise ReadError(f"{names.count(name)} of its columns are called {_short(name)!r}: a number tells which")


def _refuse_other_delimiter(format: str, first: str) -> None:
    """Raise ReadError if the one field of the first line looks like several."""
    for called, mark, remedy in (
        ("tabs", "\t", "--format tsv reads them"),
        ("semicolons", ";", "they must become commas or tabs"),
        ("bars", "|", "they must become commas or tabs"),
        ("commas", ",", "--format csv reads them"),
    ):
        if mark in first and mark != DELIMITERS[format]:
            wanted = "tabs separate the columns of TSV" if format == "tsv" else "commas separate the columns of CSV"
            raise ReadError(f"{wanted}, and its first line has {called}: {remedy}")


def _is_above_numbers(rows: Sequence[Sequence[str]]) -> bool:
    """Tell whether a column has a word in the first row and numbers in all the others: stars, say, or identifiers."""
    if len(rows) < 3 or any(len(row) != len(rows[0]) for row in rows[:3]):
        return False
    columns = zip(*(row for row in rows if len(row) == len(rows[0])), strict=True)
    return any(
        first.strip() != "" and not NUMBER.fullmatch(first) and all(map(NUMBER.fullmatch, others))
        for first, *others in columns
    )


def _find(asked: str, names: Sequence[str], numbers: bool) -> int:
    """Return the place of a column that is asked for by its name or, if ``numbers``, its number from 1."""
    if asked in names:
        return list(names).index(asked)
    if numbers and asked.isdigit() and 1 <= int(asked) <= len(names):
        return int(asked) - 1
    shown = ", ".join(map(_short, names[:20]))
    raise ReadError(f"there is no column {asked!r}; there are {len(names)}: {shown}")


def _find_key(asked: str, keys: Sequence[str], records: Sequence[dict[str, Any]]) -> int:
    """Return the place of a key among those of texts and numbers."""
    others = [record[asked] for record in records if asked in record]
    if asked not in keys and others:
        kind = JSON_KINDS[type(others[0])]
        raise ReadError(f"the value of {asked!r} is {kind}, where a text or a number is wanted")
    return _find(asked, keys, False)


def _choose(
    names: Sequence[str],
    columns: Sequence[Sequence[str]],
    label: int | None,
    text: tuple[int, ...] | None,
    with_labels: bool,
) -> tuple[int | None, tuple[int, ...]]:
    """Choose the columns that nobody has said.

    The labels are in the first column whose values are short and repeat themselves, and the text in that with the
    longest, unless they are called so.
    """
    if text is not None and len(set(text)) < len(text):
        raise ReadError("a column of the text is named twice")
    if label is not None and text is not None and label in text:
        raise ReadError("the column of the labels is among those of the text, which would tell them")
    by_name = [str(name).strip().lower() for name in names]
    mean = [sum(map(len, values)) / max(len(values), 1) for values in columns]
    if label is None and (with_labels or text is None):
        taken = text or ()
        named = [by_name.index(name) for name in LABEL_NAMES if name in by_name]
        repeated = [
            column
            for column, values in enumerate(columns)
            if 0 < max(map(len, values), default=0) <= MAX_LABEL
            and 1 < len(set(values)) <= min(max(2, len(values) / 2), len(values) - 1)
        ]
        candidates = [column for column in (*named, *repeated) if column not in taken]
        if with_labels and len(columns) == 1:
            only = f"one, {_short(names[0])!r}" if names[0] else "one"
            raise ReadError(
                f"there is no telling which column holds the labels: there is but {only}, and labels and texts are in "
                "two"
            )
        if with_labels and not candidates:
            raise ReadError(
                "there is no telling which column holds the labels: none has short values of which several are the "
                "same. It can be said by its name or number"
            )
        label = candidates[0] if candidates and len(columns) > 1 else None
    if text is None:
        named = [by_name.index(name) for name in TEXT_NAMES if name in by_name]
        others = [column for column in range(len(columns)) if column != label]
        candidates = [
            column for column in (*named, *sorted(others, key=lambda column: -mean[column])) if column != label
        ]
        if not candidates:
            raise ReadError("there is no telling which column holds the text: there is none beside the labels")
        text = (candidates[0],)
    return (label if with_labels else None), text
