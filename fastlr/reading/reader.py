"""A file of labelled texts, batch by batch, whatever its format."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from types import TracebackType

from fastlr.reading.arrow import MAGIC, guess_arrow, read_arrow
from fastlr.reading.batch import BadLines, Batch, Labels
from fastlr.reading.delimited import read_delimited
from fastlr.reading.encodings import refuse_foreign
from fastlr.reading.fasttext import read_fasttext
from fastlr.reading.files import STDIN, ReadError, blocks_of_lines, open_binary
from fastlr.reading.json_lines import read_json_lines
from fastlr.reading.known import KnownColumns
from fastlr.reading.layout import guess_layout
from fastlr.reading.plain import read_lines
from fastlr.reading.vowpal_wabbit import read_vowpal_wabbit

# Of the beginning, as many bytes are looked at to guess the layout.
HEAD = 1 << 20

BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Reader:
    r"""Reads a file of texts, once, in batches that are views of its blocks where the format allows it.

    Parameters
    ----------
    path : str
        A file, plain or compressed by gzip, bzip2, xz or zstd, or of Parquet or Arrow; ``"-"`` is standard input.
    format : {"tsv", "csv", "jsonl", "fasttext", "vw", "lines"} or None, default=None
        None guesses it from the name and the first lines.
    label, text : str or None, default=None
        Columns: names, or numbers from 1; several of the text with commas between them. None guesses.
    header : bool or None, default=None
        Whether TSV or CSV has one. None guesses.
    with_labels : bool, default=True
        Whether there are labels to read.
    skip_bad_lines : bool, default=False
        Whether lines that hold no document are left out; otherwise they are an error.
    eager : bool, default=False
        Whether lines are to be had as soon as they come, from a pipe, and not only when there are many.
    labels : Labels or None, default=None
        Codes of the labels, where they go on from those of another file.
    known : KnownColumns or None, default=None
        Columns of another file, taken instead of guesses where this one has them.

    Attributes
    ----------
    layout : Layout
    labels : Labels
    bad : BadLines
        What was left out so far.

    Raises
    ------
    OSError
        If the file cannot be opened or read.
    ReadError
        If it is empty, cannot be read as what it should be, or, in iteration, has bad lines that are not to be skipped.
        The message begins with its name.

    Examples
    --------
    >>> import os, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "reviews.tsv")
    ...     with open(path, "w") as file:
    ...         _ = file.write("good\ta fine film indeed\nbad\ta boring film\ngood\tfine acting, fine plot\n")
    ...     with Reader(path) as reader:
    ...         print(reader.layout)
    ...         print([batch.labels.tolist() for batch in reader], reader.labels.names)
    TSV without a header; label in column 1, text in column 2
    [[0, 1, 0]] ['good', 'bad']
    """

    def __init__(
        self,
        path: str,
        format: str | None = None,
        label: str | None = None,
        text: str | None = None,
        header: bool | None = None,
        *,
        with_labels: bool = True,
        skip_bad_lines: bool = False,
        eager: bool = False,
        labels: Labels | None = None,
        known: KnownColumns | None = None,
    ) -> None:
        self.name = "standard input" if path == STDIN else path
        self.labels = Labels() if labels is None else labels
        self.bad = BadLines(skip_bad_lines)
        try:
            self._file = open_binary(path)
            try:
                blocks = blocks_of_lines(self._file, eager)
                first = next(blocks, bytearray())
                while first.isspace() and (more := next(blocks, None)):  # blank lines do not tell what follows
                    first += more
                if first.startswith(BYTE_ORDER_MARK):
                    del first[: len(BYTE_ORDER_MARK)]
                self._path = path if first.startswith(MAGIC) and path != STDIN else None
                if self._path is not None:
                    self.layout, self._blocks = guess_arrow(path, label, text, with_labels, known), None
                    return
                head = first[:HEAD].decode("utf-8", "replace")
                if not head.strip():
                    raise ReadError("it is empty")
                if len(first) > HEAD:  # its last line may be a part of one
                    head = head[: head.rfind("\n") + 1] or head
                refuse_foreign(bytes(first[:HEAD]))
                self.layout = guess_layout(path, head, format, label, text, header, with_labels, known)
            except BaseException:
                self._file.close()
                raise
        except ReadError as error:
            raise ReadError(f"{self.name}: {error}") from error
        self._blocks = itertools.chain([first], blocks)

    def __iter__(self) -> Iterator[Batch]:
        try:
            yield from self._batches()
        except ReadError as error:
            raise ReadError(f"{self.name}: {error}") from error

    def _batches(self) -> Iterator[Batch]:
        if self._path is not None:
            return read_arrow(self._path, self.layout, self.labels, self.bad)
        if self.layout.format == "lines":
            return read_lines(self._blocks, self.bad)
        read = {
            "tsv": read_delimited,
            "csv": read_delimited,
            "jsonl": read_json_lines,
            "fasttext": read_fasttext,
            "vw": read_vowpal_wabbit,
        }
        return read[self.layout.format](self._blocks, self.layout, self.labels, self.bad)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Reader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
