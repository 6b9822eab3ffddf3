"""Predictions as lines, tables, JSON Lines or Parquet.

Every form has one line or row for each row of the data. A bad row has its id, if that can be read, and otherwise empty
cells, nulls, or the label null in JSON. In lines without an id it is an empty line.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, TypeVar

from fastlr.cli._tables import escaped

if TYPE_CHECKING:
    import numpy as np

Value = TypeVar("Value")

# Names of columns, and keys of JSON. The ids keep the name they have, if any.
ID, ROW, LABEL, PROBABILITY, PROBABILITIES = "id", "row", "label", "probability", "probabilities"


class Columns(NamedTuple):
    """The columns of the output.

    Attributes
    ----------
    classes : list of str
        Names of the classes.
    proba : bool
        Whether there are the probabilities of all classes, a column each, instead of labels.
    top : int or None
        Number of labels, with their probabilities; None is one label without.
    id : str or None
        Name of the column of ids, which comes first; None if there is none.
    """

    classes: list[str]
    proba: bool
    top: int | None
    id: str | None

    def header(self) -> list[str]:
        """Return the names: those of the classes, or "label", "probability", "label_2", "probability_2" and so on."""
        names = self.classes
        if not self.proba:
            pair = [LABEL] if self.top is None else [LABEL, PROBABILITY]
            n = min(self.top or 1, len(self.classes))
            names = [name + ending for ending in ("", *(f"_{k}" for k in range(2, n + 1))) for name in pair]
        return self.with_id(names)

    def with_id(self, names: list[str]) -> list[str]:
        """Return names behind that of the ids.

        Raises
        ------
        ValueError
            If the ids have the name of another column.
        """
        if self.id in names:
            raise ValueError(f"--id: {self.id!r} is also the name of a column of predictions; rename the ids")
        return names if self.id is None else [self.id, *names]

    def values(self, p: np.ndarray) -> list[list[Any]]:
        """Return the columns but for the ids, for probabilities of shape (n_rows, n_classes)."""
        if self.proba:
            return p.T.tolist()
        columns: list[list[Any]] = []
        for classes in best(p, self.top or 1).T:
            columns.append([self.classes[k] for k in classes.tolist()])
            if self.top is not None:
                columns.append(p[range(len(p)), classes].tolist())
        return columns

    def rows(self, p: np.ndarray, ids: Iterable[Any], bad: np.ndarray) -> Iterator[tuple[str, ...]]:
        """Return all rows as text; see `Writer.add` for the parameters."""
        columns = [] if self.id is None else [["" if id is None else str(id) for id in ids]]
        for column in self.values(p):
            is_text = column and isinstance(column[0], str)
            cells = column if is_text else [f"{value:.6g}" for value in column]
            columns.append(with_gaps(cells, bad, [""] * len(bad)))
        return zip(*columns, strict=True)


def best(p: np.ndarray, top: int) -> np.ndarray:
    """Return the most probable classes of each row, the most probable first."""
    if top == 1:
        return p.argmax(axis=1)[:, None]
    return (-p).argsort(axis=1, kind="stable")[:, :top]


def with_gaps(values: list[Value], bad: np.ndarray, gaps: Iterable[Value]) -> list[Value]:
    """Return a list with gaps for bad rows, given how many values precede each of these."""
    found: list[Value] = []
    last = 0
    for place, gap in zip(bad.tolist(), gaps, strict=True):
        found += values[last:place]
        found.append(gap)
        last = place
    return found + values[last:] if found else values


class Writer:
    """Writes predictions to a file.

    Parameters
    ----------
    file : binary file
    columns : Columns
    """

    def __init__(self, file: BinaryIO, columns: Columns) -> None:
        self.file, self.columns = file, columns

    def add(self, p: np.ndarray, ids: Sequence[Any], bad: np.ndarray) -> None:
        """Write a chunk.

        Parameters
        ----------
        p : ndarray of shape (n_rows, n_classes)
        ids : sequence of length n_rows + n_bad
            Of all rows, including the bad ones; None where there is none.
        bad : ndarray of int, shape (n_bad,)
            How many rows with probabilities precede each bad one.
        """
        raise NotImplementedError

    def close(self) -> None:
        """Write what belongs to the end of the file."""

    def _write(self, text: str) -> None:
        self.file.write(text.encode())
        self.file.flush()


class LineWriter(Writer):
    """Writes tabs between cells, and a header if these are the probabilities of all classes."""

    def __init__(self, file: BinaryIO, columns: Columns) -> None:
        super().__init__(file, columns)
        if columns.proba:
            self._write(_line(columns.header()))

    def add(self, p: np.ndarray, ids: Sequence[Any], bad: np.ndarray) -> None:
        """Write a chunk."""
        self._write("".join(map(_line, self.columns.rows(p, ids, bad))))


def _line(cells: Sequence[str]) -> str:
    return "\t".join(map(escaped, cells)) + "\n" if any(cells) else "\n"


class CsvWriter(Writer):
    """Writes CSV with a header."""

    delimiter = ","

    def __init__(self, file: BinaryIO, columns: Columns) -> None:
        super().__init__(file, columns)
        self._write_rows([columns.header()])

    def add(self, p: np.ndarray, ids: Sequence[Any], bad: np.ndarray) -> None:
        """Write a chunk."""
        self._write_rows(self.columns.rows(p, ids, bad))

    def _write_rows(self, rows: Iterable[Sequence[str]]) -> None:
        import csv
        import io

        text = io.StringIO()
        try:
            csv.writer(text, delimiter=self.delimiter, lineterminator="\n").writerows(rows)
        except csv.Error as error:
            raise ValueError("Python 3.10 cannot write zero bytes as CSV or TSV: use --to jsonl.") from error
        self._write(text.getvalue())


class TsvWriter(CsvWriter):
    """Writes TSV with a header; cells with tabs, quotes or line ends are quoted."""

    delimiter = "\t"


class JsonWriter(Writer):
    """Writes JSON Lines, with the number of each row."""

    def __init__(self, file: BinaryIO, columns: Columns) -> None:
        super().__init__(file, columns)
        columns.with_id([ROW, LABEL, PROBABILITIES])
        self.n = 0

    def add(self, p: np.ndarray, ids: Sequence[Any], bad: np.ndarray) -> None:
        """Write a chunk."""
        predicted = with_gaps(list(self._predicted(p)), bad, [{LABEL: None}] * len(bad))
        lines = []
        for id, record in zip(ids, predicted, strict=True):
            self.n += 1
            own = {} if self.columns.id is None else {self.columns.id: id}
            lines.append(json.dumps({ROW: self.n, **own, **record}, ensure_ascii=False, default=str) + "\n")
        self._write("".join(lines))

    def _predicted(self, p: np.ndarray) -> Iterator[dict[str, Any]]:
        names, proba, top, _ = self.columns
        for classes, row in zip(best(p, len(names) if proba else top or 1).tolist(), p.tolist(), strict=True):
            record: dict[str, Any] = {LABEL: names[classes[0]]}
            if proba or top:
                record[PROBABILITIES] = {names[k]: round(row[k], 6) for k in classes}
            yield record


class ParquetWriter(Writer):
    """Writes a Parquet file; the first ids decide on their type."""

    def __init__(self, file: BinaryIO, columns: Columns) -> None:
        super().__init__(file, columns)
        from fastlr.files.arrow import require_pyarrow

        self.pa = require_pyarrow()
        self._names = columns.header()
        self._writer: Any = None

    def add(self, p: np.ndarray, ids: Sequence[Any], bad: np.ndarray) -> None:
        """Write a chunk."""
        pa = self.pa
        columns = [with_gaps(column, bad, [None] * len(bad)) for column in self.columns.values(p)]
        if self.columns.id is not None:
            columns.insert(0, list(ids))
        try:
            if self._writer is None:
                self._open([pa.string() if kind == pa.null() else kind for kind in (pa.array(c).type for c in columns)])
            arrays = [pa.array(column, kind) for column, kind in zip(columns, self._schema.types, strict=True)]
        except (pa.ArrowException, OverflowError) as error:
            raise ValueError("--id: Parquet needs ids of one type; write csv, tsv or jsonl instead") from error
        self._writer.write_batch(pa.record_batch(arrays, schema=self._schema))

    def _open(self, types: list[Any]) -> None:
        self._schema = self.pa.schema(list(zip(self._names, types, strict=True)))
        self._writer = self.pa.parquet.ParquetWriter(self.file, self._schema)

    def close(self) -> None:
        """Write the end of the file."""
        if self._writer is None:
            self._open([self.pa.string()] * len(self._names))
        self._writer.close()


# By the name of the format.
WRITERS = {
    "lines": LineWriter,
    "csv": CsvWriter,
    "tsv": TsvWriter,
    "jsonl": JsonWriter,
    "parquet": ParquetWriter,
}
