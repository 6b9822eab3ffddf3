"""The registry of file formats.

Detection, reading, writing and the options of the command line all derive from `FORMATS`. To add a format, write a
module in this package and add one entry here. Entries name functions as ``module.function``; they are imported when
they are first called, because reading TSV must not import SciPy or pyarrow.
"""

from __future__ import annotations

import functools
import importlib
import os
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    from fastlr.files.layout import Layout
    from fastlr.files.source import Source

# The first lines of a file look like a format if more than this share of them does.
MOST = 0.9

# The file that makes a folder a store. `fastlr.store.manifest` defines it too, but importing that takes longer than
# reading most files.
STORE_FILE = "store.json"

# The options that name columns.
COLUMNS = ("label", "text", "weight", "id")


class Format(NamedTuple):
    """A file format.

    Attributes
    ----------
    name : str
        As ``--format`` and ``--to`` take it.
    title : str
        As messages print it.
    content : {"documents", "rows", "model"}
        Rows have numeric features; models can only be written.
    suffixes : tuple of str
        Suffixes of file names, without that of a compression.
    magic : callable or None
        Takes the first bytes of a binary file and tells whether it has this format; None if they do not tell.
    in_lines : bool
        Whether this is text in lines, which may be compressed, come from standard input, and be asked for by name.
        Other formats are recognised by ``magic`` and ``sniff`` alone.
    options : tuple of str
        Which of the options ``label``, ``text``, ``weight``, ``id``, ``header``, ``sep``, ``quote`` and ``zero_based``
        apply.
    sniff : callable or None
        Takes a `Source` and tells whether its beginning looks like this format.
    locate : callable or None
        Takes a `Source` and returns its `Layout`. None if there are no columns to look for.
    read : callable or None
        Takes a `Source` and its `Layout`, and yields `DocumentBatch` or `RowBatch`.
    write : callable or None
        Writes a file. Takes the path and, depending on ``content``: an iterable of pairs of label and text; an iterable
        of `RowBatch`, and the number of features or None; or a model.
    """

    name: str
    title: str
    content: Literal["documents", "rows", "model"]
    suffixes: tuple[str, ...] = ()
    magic: Callable[[bytes], bool] | None = None
    in_lines: bool = True
    options: tuple[str, ...] = ()
    sniff: Callable[[Source], bool] | None = None
    locate: Callable[[Source], Layout] | None = None
    read: Callable[[Source, Layout], Iterator[Any]] | None = None
    write: Callable[..., None] | None = None


def resolve(function: str) -> Callable[..., Any]:
    """Import ``module.function`` of this package."""
    module, name = function.split(".")
    return getattr(importlib.import_module(f"fastlr.files.{module}"), name)


def _call(function: str, *args: Any) -> Any:
    return resolve(function)(*args)


def _lazy(function: str) -> functools.partial[Any]:
    """Return a function that imports and calls ``module.function`` of this package."""
    return functools.partial(_call, function)


def _most_match(pattern: str) -> Callable[[Source], bool]:
    """Return a function that tells whether most of the first lines begin with a regular expression."""

    def matches(source: Source) -> bool:
        lines = [line for line in source.lines if line.strip()]
        return sum(re.match(pattern, line) is not None for line in lines) > MOST * len(lines)

    return matches


def _is_store(source: Source) -> bool:
    return os.path.isfile(os.path.join(source.path, STORE_FILE))


# Bytes that a binary format is recognised by; what Parquet, Arrow files, streams of Arrow, and Feather of the first
# version begin with; and ORC, where characters follow that text does not have.
MAGIC = 8
ARROW = (b"PAR1", b"ARROW1", b"\xff\xff\xff\xff", b"FEA1\0")
ORC = re.compile(rb"ORC[^\0]{0,4}?[\0-\x08\x0b\x0c\x0e-\x1f]")


def is_columnar(head: bytes) -> bool:
    """Tell whether a file that begins with ``head`` is Parquet, Arrow, Feather or ORC."""
    return head.startswith(ARROW) or ORC.match(head) is not None


# A label at the beginning or the end of a line.
FASTTEXT = r"\s*__label__|.*\s__label__\S+\s*\Z"

# In the order in which the beginning of a file is compared with them: the most particular first.
FORMATS = {
    format.name: format
    for format in (
        Format(
            "store", "fastlr store", "rows", (".store",), in_lines=False, sniff=_is_store,
            locate=_lazy("store_rows.locate"), read=_lazy("store_rows.read"), write=_lazy("store_rows.write"),
        ),
        Format(
            "files", "text files of a document each", "documents", in_lines=False, options=("encoding", "id"),
            sniff=lambda source: bool(source.documents), locate=_lazy("text_files.locate"),
            read=_lazy("text_files.read"),
        ),
        Format(
            "parquet", "Parquet or Arrow", "rows", (".parquet",), is_columnar, in_lines=False,
            options=COLUMNS, sniff=_lazy("arrow_texts.holds_rows"), locate=_lazy("arrow_rows.locate"),
            read=_lazy("arrow_rows.read"), write=_lazy("arrow_rows.write"),
        ),
        Format(
            "parquet documents", "Parquet or Arrow", "documents", magic=is_columnar, in_lines=False,
            options=COLUMNS, locate=_lazy("arrow_texts.locate"), read=_lazy("arrow_texts.read"),
        ),
        Format(
            "fasttext", "fastText", "documents", (".fasttext",), sniff=_most_match(FASTTEXT),
            locate=_lazy("fasttext.locate"), read=_lazy("fasttext.read"), write=_lazy("fasttext.write"),
        ),
        Format(
            "jsonl", "JSON Lines", "documents", (".jsonl", ".ndjson", ".json"), options=COLUMNS,
            sniff=_most_match(r"\s*\{\s*[\"}]"), locate=_lazy("json_lines.locate"), read=_lazy("json_lines.read"),
            write=_lazy("json_lines.write"),
        ),
        Format(
            "tsv", "TSV", "documents", (".tsv", ".tab"), options=(*COLUMNS, "header", "sep", "quote"),
            locate=_lazy("delimited.locate_tsv"), read=_lazy("delimited.read"), write=_lazy("delimited.write_tsv"),
        ),
        Format(
            "vw", "Vowpal Wabbit", "documents", (".vw",),
            # A label and a space, unless labels are missing; an importance, a prediction, and a tag.
            sniff=_most_match(r"([^\s|]+(?= ))?( [-+.\deE]+){0,2}( ?'\S*)? ?\|(?!.*\S\|)"),
            options=("id",), locate=_lazy("vowpal_wabbit.locate"), read=_lazy("vowpal_wabbit.read"),
            write=_lazy("vowpal_wabbit.write"),
        ),
        Format(
            "svmlight", "svmlight", "rows", (".svm", ".svmlight", ".libsvm"), options=("zero_based",),
            sniff=_most_match(r"[-+]?[.\d][\d.,eE]*([ \t]+qid:\d+)?([ \t]+\d+:[-+.\w]+)+\s*(#.*)?\Z"),
            read=_lazy("svmlight.read"), write=_lazy("svmlight.write"),
        ),
        Format(
            "csv", "CSV", "documents", (".csv",), options=(*COLUMNS, "header", "sep", "quote"),
            locate=_lazy("delimited.locate_csv"), read=_lazy("delimited.read"), write=_lazy("delimited.write_csv"),
        ),
        Format("lines", "plain text", "documents", locate=_lazy("plain_text.locate"), read=_lazy("plain_text.read")),
        Format("pickle", "a scikit-learn pickle", "model", (".pkl",), write=_lazy("sklearn_pickle.write_pickle")),
        Format("onnx", "ONNX", "model", (".onnx",), write=_lazy("onnx.write")),
    )
}  # fmt: skip

# What --format takes: the other formats are recognised by what they hold.
READ_BY_NAME = tuple(sorted(format.name for format in FORMATS.values() if format.read and format.in_lines))

# What --to takes.
WRITTEN = tuple(sorted(format.name for format in FORMATS.values() if format.write))


def format_of_suffix(name: str) -> Format | None:
    """Return the format that the name of a file ends in; None if it says nothing."""
    return next((format for format in FORMATS.values() if format.suffixes and name.endswith(format.suffixes)), None)
