"""Reading a file of documents or of rows, batch by batch, whatever its format."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any

from fastlr.files.batches import BadLines, Labels
from fastlr.files.detection import detect_binary, detect_text
from fastlr.files.encodings import UTF_8, DecodedFile
from fastlr.files.layout import Layout
from fastlr.files.registry import FORMATS, Format
from fastlr.files.source import Source
from fastlr.files.streams import STDIN, ReadError, blocks_of_lines, open_binary

if TYPE_CHECKING:
    from fastlr.store import Store
    from fastlr.text.known_columns import KnownColumns

# Bytes at the beginning of a file, and lines of these, that its layout is detected from.
HEAD = 1 << 18
N_LINES = 1000


class Reader:
    r"""Reads a file once, in batches that are views of its blocks where the format allows it.

    Parameters
    ----------
    path : str
        A file, which may be compressed by gzip, bzip2, xz or zstd, or the folder of a store; ``"-"`` is standard input.
    format : str or None, default=None
        Name of a text format in `fastlr.files.registry`. None detects it from the name and the first lines. Parquet,
        Arrow and stores are recognised by their content.
    label : str or None, default=None
        Label column, by name or by number from 1. None detects it.
    text : str, sequence of str or None, default=None
        Text columns likewise; several may also be separated by commas in one string.
    weight, id : str or None, default=None
        Columns of the weights and of the ids likewise. None reads none.
    header : bool or None, default=None
        Whether TSV or CSV begins with the names of the columns. None detects it.
    sep : str or None, default=None
        Character that separates the fields of TSV or CSV. None detects it.
    quote : str or None, default=None
        Character around fields of TSV or CSV that may hold separators and line ends; ``""`` if there is none. None
        detects it.
    encoding : str or None, default=None
        Encoding of text, by a name that Python knows. None detects it.
    with_labels : bool, default=True
        Whether to read the labels.
    classes : bool, default=False
        Whether the labels must be classes: a label column of measured numbers or ids is refused even if it is named.
    skip_bad_lines : bool, default=False
        Whether to skip lines that cannot be read; otherwise they are an error.
    eager : bool, default=False
        Whether to yield lines from a pipe as soon as they arrive, rather than in large batches.
    labels : Labels or None, default=None
        Codes of labels, to continue those of another file.
    zero_based : bool, default=False
        Whether svmlight counts features from 0 rather than from 1.
    rows : bool or None, default=None
        Whether the file must hold rows with numeric features (True) or documents (False); None accepts both.
    known : KnownColumns or None, default=None
        Columns of another file, used instead of detection if this file has them.

    Attributes
    ----------
    layout : Layout
    labels : Labels
    bad : BadLines
        The lines skipped so far.
    n_read, n_empty : int
        Number of documents or rows yielded so far, and how many of these hold nothing.
    store : Store or None
        The store, if the file is one.

    Raises
    ------
    OSError
        If the file cannot be opened or read.
    ReadError
        If the file is empty or cannot be read as what it should be, or, in iteration, if it has bad lines that are not
        skipped. The message begins with the name of the file.

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
        text: str | Sequence[str] | None = None,
        header: bool | None = None,
        *,
        weight: str | None = None,
        id: str | None = None,
        sep: str | None = None,
        quote: str | None = None,
        encoding: str | None = None,
        with_labels: bool = True,
        classes: bool = False,
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
        self.n_read = self.n_empty = 0
        columns = (text,) if isinstance(text, str) else None if text is None else tuple(text)
        self._source = Source(
            path,
            label,
            columns,
            weight,
            id,
            header,
            sep,
            quote,
            with_labels,
            classes,
            zero_based,
            known,
            self.labels,
            self.bad,
        )
        self._file: IO[bytes] | None = None
        self._decoded: DecodedFile | None = None
        try:
            self.layout = self._open(format, encoding, eager, rows)
        except BaseException as error:
            self.close()
            if isinstance(error, ReadError):
                raise ReadError(f"{self.name}: {error}") from error
            raise

    def _open(self, asked: str | None, encoding: str | None, eager: bool, rows: bool | None) -> Layout:
        """Open the file and return its layout."""
        source = self._source
        _check_marks(source)
        format = detect_binary(source)
        if format is None:
            self._file = open_binary(source.path)
            self._decoded = source.bad.file = DecodedFile(self._file, encoding, eager)
            self._read_first_lines(self._decoded, eager)
            format, asked, encoding = detect_text(source, asked), None, None
        self._check(format, asked, encoding, rows)
        layout = Layout(format.name) if format.locate is None else format.locate(source)
        return layout._replace(encoding=self.encoding)

    def _read_first_lines(self, file: DecodedFile, eager: bool) -> None:
        source = self._source
        blocks = blocks_of_lines(file, eager)
        first = next(blocks, bytearray())
        while first.isspace() and (more := next(blocks, None)):  # blank lines say nothing about those that follow
            first += more
        head = first[:HEAD].decode("utf-8", "replace")
        if not head or (source.with_labels and first.isspace()):  # without labels, a blank line may be a document
            raise ReadError("is empty")
        if len(first) > HEAD:  # the last line may be incomplete
            head = head[: head.rfind("\n") + 1] or head
        # Only line feeds end a line: str.splitlines knows more line ends, and documents may contain those.
        source.lines = [line.removesuffix("\r") for line in head.split("\n", N_LINES)[:N_LINES]]
        source.blocks = itertools.chain([first], blocks)

    def _check(self, format: Format, asked: str | None, encoding: str | None, rows: bool | None) -> None:
        """Refuse a file of the wrong content, and options that do not apply to its format."""
        of_rows = format.content == "rows"
        if rows is not None and rows != of_rows:
            found, wanted = ("numeric features", "documents") if of_rows else ("documents", "numeric features")
            raise ReadError(f"expected {wanted}, but the file seems to hold {found} ({format.title})")
        source = self._source
        for option, given in (
            ("format", asked is not None),
            ("encoding", encoding is not None),
            ("label", source.label is not None),
            ("text", source.text is not None),
            ("weight", source.weight is not None),
            ("id", source.id is not None),
            ("header", source.header or (source.header is not None and not format.in_lines)),
            ("sep", source.sep is not None),
            ("quote", source.quote is not None),
            ("zero_based", source.zero_based),
        ):
            if given and option not in format.options:
                raise ReadError(f"--{option.replace('_', '-')} does not apply to this format ({format.title})")

    def __iter__(self) -> Iterator[Any]:
        """Yield `RowBatch` if ``layout.of_rows``, otherwise `DocumentBatch`."""
        read = FORMATS[self.layout.format].read
        assert read is not None
        try:
            for batch in read(self._source, self.layout):
                self.n_read += len(batch)
                self.n_empty += batch.n_empty
                yield dataclasses.replace(batch, skipped=self.bad.take())
        except ReadError as error:
            raise ReadError(f"{self.name}: {error}") from error

    @property
    def store(self) -> Store | None:
        """The store, if the file is one."""
        return self._source.store

    @property
    def encoding(self) -> str | None:
        """The encoding of the text; None if it is UTF-8, or nothing but ASCII was read so far."""
        encoding = None if self._decoded is None else self._decoded.encoding
        return None if encoding == UTF_8 else encoding

    @property
    def n_features(self) -> int | None:
        """Number of features that a file of rows declares; None if it does not."""
        return self.layout.n_features

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


def _check_marks(source: Source) -> None:
    """Refuse separators and quotes that are no character of ASCII, or the same one."""
    marks = [("sep", source.sep), *([("quote", source.quote)] if source.quote else [])]
    for option, mark in marks:
        if mark is not None and (len(mark) != 1 or not mark.isascii() or mark in "\r\n\0"):
            raise ReadError(f"--{option} must be one character of ASCII, and no line end; got {mark!r}")
    if source.sep is not None and source.sep == source.quote:
        raise ReadError(f"--sep and --quote must differ; both are {source.sep!r}")
