"""A file of labelled texts, or of labelled rows of numbers, batch by batch, whatever its format."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any

from fastlr.files.batches import BadLines, Batch, Labels
from fastlr.files.detection import guess_layout
from fastlr.files.encodings import refuse_foreign
from fastlr.files.layout import DELIMITERS, Layout
from fastlr.files.streams import ARROW_MAGIC, STDIN, ReadError, blocks_of_lines, is_store, open_binary

if TYPE_CHECKING:
    from fastlr.files.known_columns import KnownColumns
    from fastlr.files.row_batches import RowBatch
    from fastlr.store import Store

# Of the beginning, as many bytes are looked at to guess the layout.
HEAD = 1 << 18

BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Reader:
    r"""Reads a file of texts, or of rows, once, in batches that are views of its blocks where the format allows it.

    Parameters
    ----------
    path : str
        A file, plain or compressed by gzip, bzip2, xz or zstd, or of Parquet or Arrow, or the folder of a store;
        ``"-"`` is standard input.
    format : {"tsv", "csv", "jsonl", "fasttext", "vw", "lines", "svmlight"} or None, default=None
        None guesses it from the name and the first lines. Parquet, Arrow and stores are known by what they hold.
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
    zero_based : bool, default=False
        Whether svmlight's first feature is called 0, and not 1.
    rows : bool or None, default=None
        Whether there must be rows of numbers, or must not; None takes both.
    known : KnownColumns or None, default=None
        Columns of another file, taken instead of guesses where this one has them.

    Attributes
    ----------
    layout : Layout
        ``layout.of_rows`` says whether the batches are of the class `Batch` or `fastlr.files.row_batches.RowBatch`.
    labels : Labels
    bad : BadLines
        What was left out so far.
    store : Store or None
        What is read, if it is one.

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
        zero_based: bool = False,
        rows: bool | None = None,
        known: KnownColumns | None = None,
    ) -> None:
        self.name = "standard input" if path == STDIN else path
        self.labels = Labels() if labels is None else labels
        self.bad = BadLines(skip_bad_lines)
        self.store: Store | None = None
        self._with_labels, self._zero_based = with_labels, zero_based
        self._path, self._blocks, self._file = path, None, None
        try:
            if path != STDIN and is_store(path):
                from fastlr.files.store_rows import open_rows

                self.store = open_rows(path, with_labels)
                self.layout = Layout("store")
                self._check_kind(rows, format, label, text, header)
                return
            self._file = open_binary(path)
            try:
                blocks = blocks_of_lines(self._file, eager)
                first = next(blocks, bytearray())
                while first.isspace() and (more := next(blocks, None)):  # blank lines do not tell what follows
                    first += more
                if first.startswith(BYTE_ORDER_MARK):
                    del first[: len(BYTE_ORDER_MARK)]
                if first.startswith(ARROW_MAGIC) and path != STDIN:
                    from fastlr.files.arrow_texts import guess_arrow

                    self.layout = guess_arrow(path, label, text, with_labels, known)
                    self._check_kind(rows, format, None, None, header)
                    return
                head = first[:HEAD].decode("utf-8", "replace")
                if not head or (with_labels and head.isspace()):  # without labels, a blank line may be a text
                    raise ReadError("it is empty")
                if len(first) > HEAD:  # its last line may be a part of one
                    head = head[: head.rfind("\n") + 1] or head
                refuse_foreign(bytes(first[:HEAD]))
                self.layout = guess_layout(path, head, format, label, text, header, with_labels, known)
                self._check_kind(rows, None, None, None, None)
            except BaseException:
                self._file.close()
                raise
        except ReadError as error:
            raise ReadError(f"{self.name}: {error}") from error
        self._blocks = itertools.chain([first], blocks)

    def _check_kind(self, rows: bool | None, format: str | None, label: Any, text: Any, header: Any) -> None:
        """Refuse texts where rows are wanted, rows where texts are, and what is asked for but cannot be."""
        if rows is not None and rows != self.layout.of_rows:
            found, wanted = ("rows of numbers", "texts") if self.layout.of_rows else ("texts", "rows of numbers")
            raise ReadError(f"it seems to hold {found}, where {wanted} are wanted: it is {self.layout}")
        for option, value in (("format", format), ("label", label), ("text", text), ("header", header)):
            if value is not None:
                raise ReadError(f"--{option} says nothing of it: it is {self.layout}")
        if self._zero_based and self.layout.format != "svmlight":
            raise ReadError(f"--zero-based is said of svmlight alone: it is {self.layout}")

    def __iter__(self) -> Iterator[Batch] | Iterator[RowBatch]:
        try:
            yield from self._batches()
        except ReadError as error:
            raise ReadError(f"{self.name}: {error}") from error

    def _batches(self) -> Iterator[Batch] | Iterator[RowBatch]:
        # Of the readers the one that is needed is imported: all take 1 ms more, or 5 ms where Python keeps no bytecode.
        format = self.layout.format
        if self.layout.of_rows:
            return self._row_batches()
        if format == "parquet":
            from fastlr.files.arrow_texts import read_arrow

            return read_arrow(self._path, self.layout, self.labels, self.bad)
        if format == "lines":
            from fastlr.files.plain_text import read_lines

            return read_lines(self._blocks, self.bad)
        if format in DELIMITERS:
            from fastlr.files.delimited import read_delimited as read
        elif format == "jsonl":
            from fastlr.files.json_lines import read_json_lines as read
        elif format == "fasttext":
            from fastlr.files.fasttext import read_fasttext as read
        else:
            from fastlr.files.vowpal_wabbit import read_vowpal_wabbit as read
        return read(self._blocks, self.layout, self.labels, self.bad)

    def _row_batches(self) -> Iterator[RowBatch]:
        # Imported here: texts are read without SciPy and scikit-learn, whose import takes longer than most readings.
        if self.store is not None:
            from fastlr.files.store_rows import read_store

            return read_store(self.store, self._with_labels)
        if self.layout.format == "arrow rows":
            from fastlr.files.arrow_row_batches import read_arrow_rows

            return read_arrow_rows(self._path, self.layout, self.bad)
        from fastlr.files.svmlight_rows import read_svmlight

        return read_svmlight(self._blocks, self._with_labels, self._zero_based, self.bad)

    @property
    def n_features(self) -> int | None:
        """The number of features that a file of rows says it has; None if it says nothing."""
        if self.store is not None:
            return self.store.shape[1]
        if self.layout.format != "arrow rows":
            return None
        from fastlr.files.arrow_row_batches import width_of

        return width_of(self._path)

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()

    def __enter__(self) -> Reader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
