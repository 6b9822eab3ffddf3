"""Reading files of documents or of rows, batch by batch, whatever their format."""

from __future__ import annotations

import dataclasses
import itertools
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any

from fastlr.files.batches import BadLines, Labels
from fastlr.files.detection import detect_binary, detect_text
from fastlr.files.inputs.arguments import Input, expand
from fastlr.files.inputs.encodings import UTF_8, DecodedFile
from fastlr.files.inputs.file_labels import labels_of_files
from fastlr.files.inputs.spool import Spool
from fastlr.files.layout import Layout
from fastlr.files.registry import FORMATS, MAGIC, Format, is_columnar
from fastlr.files.source import Source
from fastlr.files.streams import ReadError, blocks_of_lines, damage_errors, read_errors, readable, size_of

if TYPE_CHECKING:
    from fastlr.store import Store
    from fastlr.text.known_columns import KnownColumns

# Bytes at the beginning of a file, and lines of these, that its layout is detected from.
HEAD = 1 << 18
N_LINES = 1000

# Lines that are looked at even if they are longer: the header of 100,000 columns, and rows.
FEW_LINES = 10

# The first line of tables that Excel wrote, or is to read, with another separator than a comma.
SEP_LINE = re.compile(rb'"?sep=([\t,;|])"?\r?\n')


class Reader:
    r"""Reads files once, in batches that are views of their blocks where the format allows it.

    Parameters
    ----------
    data : str or sequence of str
        A file, which may be compressed by gzip, bzip2, xz or zstd; an archive, or a member of one such as
        ``"data.zip/train.csv"``; a folder; a pattern such as ``"part-*.csv"``; a URL; or ``"-"`` for standard input.
        Several are read one after the other. They share the codes of labels and, by their names, the columns.
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
    use : {"train", "valid", "test", "all"}, default="all"
        Which files of a folder or an archive to read if their names, or those of their folders, tell what they are for.

    Attributes
    ----------
    layout : Layout
    labels : Labels
    bad : BadLines
        The lines skipped so far.
    n_read, n_empty : int
        Number of documents or rows yielded so far, and how many of these hold nothing.
    store : Store or None
        The store, if there is one and no other file.
    arguments : list of str
        ``data``, with a copy on disk instead of an archive in a stream.
    has_validation : bool
        Whether a folder or an archive has files to validate on, beside those to train on.

    Raises
    ------
    OSError
        If the file cannot be opened or read.
    ReadError
        If a file is empty or cannot be read as what it should be, or, in iteration, if it has bad lines that are not
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
        data: str | Sequence[str],
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
        use: str = "all",
    ) -> None:
        self.labels = Labels() if labels is None else labels
        self.bad = BadLines(skip_bad_lines)
        self.n_read = self.n_empty = 0
        columns = (text,) if isinstance(text, str) else None if text is None else tuple(text)
        self._asked = Source(
            "", label, columns, weight, id, header, sep, quote, with_labels, classes, zero_based, known, self.labels,
            self.bad, encoding=encoding,
        )  # fmt: skip
        self._format, self._eager, self._rows = format, eager, rows
        self._file: IO[bytes] | None = None
        self._decoded: DecodedFile | None = None
        self._spool = Spool()
        try:
            _check_marks(self._asked)
            paths = (data,) if isinstance(data, str) else tuple(data)
            self._inputs, self.arguments, self.has_validation = expand(paths, use, with_labels, self._spool)
            labels_found = labels_of_files([input.name for input in self._inputs]) if with_labels else None
            if labels_found is not None:
                self._asked.file_labels = {
                    input.path: name for input, name in zip(self._inputs, labels_found, strict=True)
                }
            n_others = len(self._inputs) - 1
            self.name = self._inputs[0].name + (f" and {n_others:,} more" if n_others else "")
            self.layout = self._open(self._inputs[0], known)
        except BaseException:
            self.close()
            raise

    def _open(self, input: Input, known: KnownColumns | None) -> Layout:
        """Open a file and return its layout."""
        self._close_file()
        if len(self._inputs) > 1:
            self.bad.begin(input.name)
        self._source = dataclasses.replace(self._asked, path=input.path, known=known, documents=input.documents)
        try:
            return self._located(self._source, input)
        except ReadError as error:
            raise ReadError(f"{input.name}: {error}") from error

    def _located(self, source: Source, input: Input) -> Layout:
        asked, encoding = self._format, source.encoding
        if input.format is not None:
            _refuse_for_tables(asked, source)
        format = detect_binary(source)
        if format is None and input.open is not None:
            self._file = file = readable(input.open())
            with damage_errors():
                head = file.peek(MAGIC)[:MAGIC]
            if is_columnar(head):  # needs a file on disk
                source.path = self._spool.add(file, input.path)
                format = detect_binary(source)
            else:
                self._decoded = source.bad.file = DecodedFile(file, encoding, self._eager)
                self._read_first_lines(source, self._decoded)
                format, asked, encoding = detect_text(source, asked or input.format), None, None
        assert format is not None
        if input.columns and format.magic is not None:
            source.path = self._with_columns(source.path, input.columns)
        self._check(source, format, asked, encoding)
        layout = Layout(format.name) if format.locate is None else format.locate(source)
        return layout._replace(encoding=self.encoding)

    def _with_columns(self, path: str, columns: Mapping[str, str | None]) -> str:
        """Return the path of a copy of an Arrow or Parquet file with further columns."""
        from fastlr.files.arrow import copy_with_columns

        target = self._spool.path("columns")
        with read_errors(path):
            copy_with_columns(path, columns, target)
        return target

    def _read_first_lines(self, source: Source, file: DecodedFile) -> None:
        blocks = blocks_of_lines(file, self._eager)
        first = next(blocks, bytearray())
        while first.isspace() and (more := next(blocks, None)):  # blank lines say nothing about those that follow
            first += more
        if first.lstrip()[:1] in (b"[", b"{") and self._format in (None, "jsonl"):
            from fastlr.files.json_documents import as_lines

            blocks = as_lines(itertools.chain([first], blocks))
            first = next(blocks, bytearray())
        if source.sep is None and (found := SEP_LINE.match(first)):
            source.sep = found[1].decode()
            del first[: found.end(1)]  # leaves a blank line
            del first[: first.index(b"\n")]
        head = first[: _after_lines(first)].decode("utf-8", "replace")
        if not head or (source.with_labels and first.isspace()):  # without labels, a blank line may be a document
            raise ReadError("is empty")
        # Only line feeds end a line: str.splitlines knows more line ends, and documents may contain those.
        source.lines = [line.removesuffix("\r") for line in head.split("\n", N_LINES)[:N_LINES]]
        source.blocks = itertools.chain([first], blocks)

    def _check(self, source: Source, format: Format, asked: str | None, encoding: str | None) -> None:
        """Refuse a file of the wrong content, and options that do not apply to its format."""
        of_rows = format.content == "rows"
        if self._rows is not None and self._rows != of_rows:
            found, wanted = ("numeric features", "documents") if of_rows else ("documents", "numeric features")
            raise ReadError(f"expected {wanted}, but the file seems to hold {found} ({format.title})")
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
        layout, known = self.layout, self.layout.known() or self._asked.known
        for k, input in enumerate(self._inputs):
            if k:
                layout = self._open(input, known)
                _refuse_other_columns(input.name, layout, self.layout, self._inputs[0].name)
            read = FORMATS[layout.format].read
            assert read is not None
            try:
                for batch in read(self._source, layout):
                    self.n_read += len(batch)
                    self.n_empty += batch.n_empty
                    skipped, ids = self.bad.take()
                    yield dataclasses.replace(batch, skipped=skipped, skipped_ids=ids)
            except ReadError as error:
                raise ReadError(f"{input.name}: {error}") from error

    @property
    def store(self) -> Store | None:
        """The store, if there is one and no other file."""
        return self._source.store if len(self._inputs) == 1 else None

    @property
    def paths(self) -> list[str] | None:
        """The files, if each is one on disk or at a URL; None if one is in an archive or a stream, or a table."""
        found = []
        for input in self._inputs:
            on_disk = getattr(input.open, "args", None) == (input.path,) and os.path.isfile(input.path)
            if input.documents or input.columns or not (on_disk or "://" in input.path):
                return None
            found.append(os.path.abspath(input.path) if on_disk else input.path)
        return found

    @property
    def encoding(self) -> str | None:
        """The encoding of the text; None if it is UTF-8, or nothing but ASCII was read so far."""
        encoding = self._source.encoding_found if self._decoded is None else self._decoded.encoding
        return None if encoding == UTF_8 else encoding

    @property
    def other_encodings(self) -> tuple[str, ...]:
        """Encodings that are as likely as the one that was detected."""
        return () if self._decoded is None else self._decoded.others

    @property
    def size(self) -> int | None:
        """The size of the files in bytes; None if the amount of data is not known before it has been read."""
        sizes = [size_of(input.path) for input in self._inputs]
        return None if None in sizes else sum(size for size in sizes if size is not None)

    @property
    def n_features(self) -> int | None:
        """Number of features that a file of rows declares; None if it does not, or there are several files."""
        return self.layout.n_features if len(self._inputs) == 1 else None

    def _close_file(self) -> None:
        if self._file is not None:
            self._file.close()
        self._file = self._decoded = None

    def close(self) -> None:
        """Close the files, and remove temporary ones."""
        self._close_file()
        self._spool.close()

    def __enter__(self) -> Reader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _after_lines(block: bytearray) -> int:
    """Return where the lines end that fit into `HEAD`; of longer lines, at least the first `FEW_LINES`."""
    if len(block) <= HEAD:
        return len(block)
    stop = 0
    for _ in range(FEW_LINES):
        stop = block.find(b"\n", stop) + 1 or len(block)
    return max(stop, block.rfind(b"\n", 0, HEAD) + 1)


def _refuse_for_tables(format: str | None, source: Source) -> None:
    """Refuse options that do not apply to the tables of workbooks and databases."""
    given = {"format": format, "encoding": source.encoding, "sep": source.sep, "quote": source.quote}
    for option, value in given.items():
        if value is not None:
            raise ReadError(f"--{option} does not apply to a table of a workbook or a database")


def _refuse_other_columns(name: str, layout: Layout, first: Layout, first_name: str) -> None:
    """Raise ReadError if a file does not have the columns of the first one."""
    if layout.of_rows != first.of_rows:
        raise ReadError(f"{name}: has {'rows' if layout.of_rows else 'documents'}, unlike {first_name}")
    if bool(layout.names) != bool(first.names) or layout.chosen() != first.chosen():
        raise ReadError(f"{name}: has other columns than {first_name}: {layout} rather than {first}")


def _check_marks(source: Source) -> None:
    """Refuse separators and quotes that are no character of ASCII, or the same one."""
    marks = [("sep", source.sep), *([("quote", source.quote)] if source.quote else [])]
    for option, mark in marks:
        if mark is not None and (len(mark) != 1 or not mark.isascii() or mark in "\r\n\0"):
            raise ReadError(f"--{option} must be one character of ASCII, and no line end; got {mark!r}")
    if source.sep is not None and source.sep == source.quote:
        raise ReadError(f"--sep and --quote must differ; both are {source.sep!r}")
