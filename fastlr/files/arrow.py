"""Apache Arrow: documents and rows in Parquet, Arrow IPC, Feather and ORC files (``pip install 'fastlr[arrow]'``)."""

from __future__ import annotations

import contextlib
import functools
import itertools
import json
import os
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import IO, TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp

from fastlr.persistence import tensor_file
from fastlr.store import Store, StoreWriter, open_store

if TYPE_CHECKING:
    import pyarrow as pa

# The columns of rows.
INDICES, VALUES, LABEL, WEIGHT = "indices", "values", "label", "weight"

# Rows of a sample, row groups and parts of each that it is taken from, and rows of a part.
N_SAMPLED, N_PARTS, PART_ROWS = 2000, 10, 10_000

PARQUET_MAGIC, IPC_MAGIC, ORC_MAGIC, FEATHER_1_MAGIC = b"PAR1", b"ARROW1", b"ORC", b"FEA1"


def require_pyarrow() -> Any:
    """Return the package pyarrow.

    Raises
    ------
    ImportError
        If it is not installed.
    """
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise ImportError("Arrow and Parquet files need pyarrow: pip install 'fastlr[arrow]'.") from error
    return pyarrow


@contextlib.contextmanager
def _opened(path: Any) -> Iterator[tuple[IO[bytes], bytes]]:
    """Open a file and look at how it begins; raise ValueError if it turns out to be damaged."""
    pa = require_pyarrow()
    with open(path, "rb") as file:
        start = file.read(8)
        file.seek(0)
        try:
            yield file, start
        except (pa.ArrowException, OSError) as error:
            raise ValueError(f"{os.fspath(path)!r} is not an intact Parquet, Arrow or ORC file: {error}.") from error


def _pieces(file: IO[bytes], start: bytes) -> tuple[pa.Schema, Iterable[Callable[[], pa.RecordBatch]]]:
    """Return the schema of a file other than Parquet, and functions that read its batches or stripes."""
    pa = require_pyarrow()
    if start.startswith(ORC_MAGIC):
        from pyarrow import orc

        stripes = orc.ORCFile(file)
        return stripes.schema, [functools.partial(stripes.read_stripe, k) for k in range(stripes.nstripes)]
    if start.startswith(FEATHER_1_MAGIC):
        from pyarrow import feather

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            table = feather.read_table(file)
        return table.schema, [functools.partial(_same, batch) for batch in table.to_batches()]
    if start.startswith(IPC_MAGIC):
        reader = pa.ipc.open_file(file)
        return reader.schema, [functools.partial(reader.get_batch, k) for k in range(reader.num_record_batches)]
    stream = pa.ipc.open_stream(file)
    return stream.schema, (functools.partial(_same, batch) for batch in stream)


def _same(batch: pa.RecordBatch) -> pa.RecordBatch:
    return batch


def record_batches(path: Any, columns: list[str], batch_size: int) -> Iterator[pa.RecordBatch]:
    """Yield some columns of a file in batches of at most ``batch_size`` rows."""
    pa = require_pyarrow()
    with _opened(path) as (file, start):
        if start.startswith(PARQUET_MAGIC):
            parquet = pa.parquet.ParquetFile(file)
            _check_columns(path, parquet.schema_arrow, columns)
            yield from parquet.iter_batches(batch_size, columns=columns)
            return
        schema, pieces = _pieces(file, start)
        _check_columns(path, schema, columns)
        for piece in pieces:
            batch = piece().select(columns)
            for begin in range(0, batch.num_rows, batch_size):
                yield batch.slice(begin, batch_size)


def sampled_batches(path: Any) -> Iterator[pa.RecordBatch]:
    """Yield about `N_SAMPLED` rows from all over a file: from `N_PARTS` row groups or batches, and parts of each."""
    pa = require_pyarrow()
    with _opened(path) as (file, start):
        if start.startswith(PARQUET_MAGIC):
            parquet = pa.parquet.ParquetFile(file)
            chosen = _parts(parquet.num_row_groups)
            for k in chosen:
                n_parts = min(-(-parquet.metadata.row_group(k).num_rows // PART_ROWS), N_PARTS)
                for batch in itertools.islice(parquet.iter_batches(PART_ROWS, row_groups=[k]), N_PARTS):
                    yield batch.slice(0, -(-N_SAMPLED // (len(chosen) * n_parts)))
            return
        _, pieces = _pieces(file, start)
        some = (
            [pieces[k] for k in _parts(len(pieces))] if isinstance(pieces, list) else itertools.islice(pieces, N_PARTS)
        )
        batches = [piece() for piece in some]
        n = -(-N_SAMPLED // (N_PARTS * max(len(batches), 1)))
        for batch in batches:
            step = max(batch.num_rows // N_PARTS, n)
            yield from (batch.slice(begin, n) for begin in range(0, batch.num_rows, step))


def _parts(n: int) -> list[int]:
    """Return up to `N_PARTS` numbers below ``n``, evenly spaced."""
    return sorted({k * n // N_PARTS for k in range(N_PARTS)}) if n else []


def copy_with_columns(path: str, columns: Mapping[str, str | None], target: str) -> None:
    """Write a file to another one, of Arrow, with further columns of one value each.

    Parameters
    ----------
    path : str
    columns : mapping of str to str or None
    target : str

    Raises
    ------
    ImportError
        If pyarrow is not installed.
    ValueError
        If the file is damaged.
    """
    pa, old = require_pyarrow(), _schema(path)
    new = {name: value for name, value in columns.items() if name not in old.names}
    schema = pa.schema([*old, *(pa.field(name, pa.string()) for name in new)])
    with pa.ipc.new_file(target, schema) as writer:
        for batch in record_batches(path, old.names, PART_ROWS):
            added = [pa.array([value] * batch.num_rows, pa.string()) for value in new.values()]
            writer.write_batch(pa.RecordBatch.from_arrays([*batch.columns, *added], schema=schema))


def _check_columns(path: Any, schema: pa.Schema, columns: list[str]) -> None:
    for column in columns:
        n = schema.names.count(column)
        if n != 1:
            found = f"{n} columns" if n else "no column"
            raise ValueError(f"{os.fspath(path)!r} has {found} {column!r}; its columns are {schema.names}.")


def _schema(path: Any) -> pa.Schema:
    pa = require_pyarrow()
    with _opened(path) as (file, start):
        if start.startswith(PARQUET_MAGIC):
            return pa.parquet.ParquetFile(file).schema_arrow
        return _pieces(file, start)[0]


def column_names(path: str | os.PathLike[str]) -> list[str]:
    """Return the names of the columns of a Parquet or Arrow file.

    Raises
    ------
    ValueError
        If it is not such a file, or damaged.
    ImportError
        If pyarrow is not installed.
    """
    return list(_schema(path).names)


def kept_width(path: str | os.PathLike[str]) -> int | None:
    """Return the number of features that `store_to_parquet` wrote into a file of rows; None if there is none.

    Raises
    ------
    ValueError
        If it is not a Parquet or Arrow file, or the number is malformed.
    ImportError
        If pyarrow is not installed.
    """
    return _about(path, _schema(path)).get("n_features")


def _about(path: Any, schema: pa.Schema) -> dict[str, Any]:
    """Return what a file says about the store that it was written from; empty if it says nothing."""
    if not schema.metadata or b"fastlr" not in schema.metadata:
        return {}
    try:
        about = tensor_file.parse_json(schema.metadata[b"fastlr"])
        width = about["n_features"]
        if type(width) is not int or width < 1 or not isinstance(about["metadata"], dict):
            raise ValueError("n_features or metadata is malformed")
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{os.fspath(path)!r}: its metadata on the store are malformed: {error}.") from error
    return about


def _refuse_nulls(path: Any, column: pa.Array, name: str, first: int) -> None:
    if column.null_count:
        row = first + column.is_null().to_pylist().index(True)
        raise ValueError(f"{os.fspath(path)!r}: column {name!r} is null in row {row}, counted from 0.")


def numpy_of(column: pa.Array) -> np.ndarray:
    """Return a column of numbers, booleans or strings as an array; strings become objects."""
    return plain(column).to_numpy(zero_copy_only=False)


def plain(column: pa.Array) -> pa.Array:
    """Return a column without a dictionary, and with string views as strings, because pyarrow cannot filter views.

    Bytes that are UTF-8 are strings, as Impala and old versions of Spark write them; others become null.
    """
    pa = require_pyarrow()
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    kind = str(column.type)
    if kind in ("string_view", "binary", "large_binary", "binary_view"):
        try:
            return column.cast(pa.large_string())
        except pa.ArrowInvalid:
            return pa.array(map(_decoded, column.to_pylist()), pa.large_string())
    return column


def _decoded(text: bytes | None) -> str | None:
    """Return UTF-8 as a string, and None for other bytes."""
    try:
        return None if text is None else text.decode()
    except UnicodeDecodeError:
        return None


def refuse_other_labels(path: Any, column: pa.Array, name: str) -> None:
    """Raise ValueError if a column, a `plain` one, has a type that labels cannot have."""
    types, kind = require_pyarrow().types, column.type
    tests = (types.is_integer, types.is_floating, types.is_boolean, types.is_string, types.is_large_string)
    if not any(test(kind) for test in tests):
        raise ValueError(f"{os.fspath(path)!r}: column {name!r} must hold numbers, booleans or strings; found {kind}.")


def text_batches(
    path: str | os.PathLike[str],
    *,
    text: str | Sequence[str] = "text",
    label: str | None = "label",
    batch_size: int = 10_000,
    nulls: bool = False,
) -> Iterator[tuple[list[str | None], np.ndarray | None]]:
    """Yield the texts and labels of a Parquet or an Arrow IPC (Feather) file in batches.

    Parameters
    ----------
    path : str or path
        The format is recognised by the first bytes, whatever the name.
    text : str or sequence of str, default="text"
        Name of the text column; several columns are joined by a space.
    label : str or None, default="label"
        Name of the label column; None reads no labels.
    batch_size : int, default=10_000
        Maximal number of rows of a batch.
    nulls : bool, default=False
        Whether to yield nulls as None, with labels as objects; otherwise they are an error.

    Yields
    ------
    texts : list of str
    labels : ndarray or None
        Numbers, booleans, or strings as objects.

    Raises
    ------
    ImportError
        If pyarrow is not installed.
    OSError
        If the file cannot be opened.
    ValueError
        If the file is damaged, a column is missing or has the wrong type, or a text or label is null without ``nulls``.
    """
    names = [text] if isinstance(text, str) else list(text)
    for texts, labels, _ in document_batches(path, names, label, batch_size=batch_size, nulls=nulls):
        yield texts, labels


def document_batches(
    path: str | os.PathLike[str],
    names: list[str],
    label: str | None,
    others: Sequence[str | None] = (),
    *,
    batch_size: int = 10_000,
    nulls: bool = False,
) -> Iterator[tuple[list[str | None], np.ndarray | None, list[list[Any] | None]]]:
    """Yield texts and labels as `text_batches`, and the values of other columns, None for a column that is None."""
    pa, first = require_pyarrow(), 0
    columns = dict.fromkeys(name for name in (*names, label, *others) if name is not None)
    for batch in record_batches(path, list(columns), batch_size):
        parts = [plain(batch.column(name)) for name in names]
        for name, part in zip(names, parts, strict=True):
            if not (pa.types.is_string(part.type) or pa.types.is_large_string(part.type)):
                raise ValueError(f"{os.fspath(path)!r}: column {name!r} must hold strings; found {part.type}.")
        labels = column = None
        if label is not None:
            column = plain(batch.column(label))
            refuse_other_labels(path, column, label)
        if nulls:
            if column is not None:
                labels = np.full(len(column), None)
                labels[~np.array(column.is_null().to_pylist(), bool)] = numpy_of(column.drop_null()).tolist()
        else:
            for name, part in zip(names, parts, strict=True):
                _refuse_nulls(path, part, name, first)
            if label is not None:
                _refuse_nulls(path, column, label, first)
                labels = numpy_of(column)
        first += batch.num_rows
        texts = parts[0].to_pylist()
        if len(parts) > 1:
            rows = zip(*map(pa.Array.to_pylist, parts), strict=True)
            texts = [None if None in row else " ".join(row) for row in rows]
        yield texts, labels, [None if name is None else batch.column(name).to_pylist() for name in others]


def store_to_parquet(store: Store, path: str | os.PathLike[str]) -> None:
    """Write a store to a Parquet file with the columns indices, values, label and weight.

    Parameters
    ----------
    store : Store
    path : str or path
        The file appears once it is complete.

    Raises
    ------
    ImportError
        If pyarrow is not installed.
    OSError
        If the file cannot be written.
    """
    pa = require_pyarrow()
    index = pa.int32() if store.shape[1] <= 2**31 else pa.int64()
    value = pa.from_numpy_dtype(store.dtype)
    fields = [pa.field(INDICES, pa.list_(pa.field("element", index, False)), False)]
    fields += [pa.field(VALUES, pa.list_(pa.field("element", value, False)), False)]
    if store.classes_ is not None:
        kind = pa.string() if store.classes_.dtype.kind in "OU" else pa.from_numpy_dtype(store.classes_.dtype)
        fields.append(pa.field(LABEL, kind, False))
    if store.weighted:
        fields.append(pa.field(WEIGHT, pa.float64(), False))
    about = {"n_features": store.shape[1], "metadata": store.metadata}
    schema = pa.schema(fields, metadata={"fastlr": json.dumps(about)})
    with tensor_file.replacing(path) as file, pa.parquet.ParquetWriter(file, schema) as writer:
        for X, y, weights in store:
            indptr = pa.array(X.indptr.astype(np.int32))
            columns = [
                pa.ListArray.from_arrays(indptr, pa.array(array, kind.type.value_type), type=kind.type)
                for array, kind in ((X.indices, fields[0]), (X.data, fields[1]))
            ]
            columns += [] if y is None else [pa.array(y.tolist(), schema.field(LABEL).type)]
            columns += [] if weights is None else [pa.array(weights)]
            writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=schema))


def parquet_to_store(
    path: str | os.PathLike[str],
    store: str | os.PathLike[str],
    *,
    n_features: int | None = None,
    label: str | None = LABEL,
    weight: str | None = WEIGHT,
    batch_size: int = 10_000,
) -> Store:
    """Write the rows of a Parquet or Arrow IPC file to a store.

    Parameters
    ----------
    path : str or path
        A file with the columns ``indices``, lists of integers, and ``values``, lists of numbers of the same lengths.
    store : str or path
        The folder of the store.
    n_features : int, default=None
        Number of columns of the matrix. None takes what `store_to_parquet` wrote into the file, or the largest index.
    label, weight : str, default="label", "weight"
        Names of the columns, which may be missing; None reads none.
    batch_size : int, default=10_000
        Number of rows read at a time.

    Returns
    -------
    Store

    Raises
    ------
    ImportError
        If pyarrow is not installed.
    OSError
        If a file cannot be opened or written.
    ValueError
        If the file is damaged or malformed.
    """
    schema = _schema(path)
    about = _about(path, schema)
    n_features = about.get("n_features") if n_features is None else n_features
    names = [name if name in schema.names else None for name in (label, weight)]
    columns = [INDICES, VALUES, *(name for name in names if name is not None)]
    first = 0
    with StoreWriter(store, n_features=n_features, metadata=about.get("metadata")) as writer:
        for batch in record_batches(path, columns, batch_size):
            X = _rows(path, batch, n_features, first)
            given = []
            for name in names:
                if name is not None:
                    _refuse_nulls(path, batch.column(name), name, first)
                given.append(None if name is None else numpy_of(batch.column(name)))
            writer.add(X, *given)
            first += batch.num_rows
    return open_store(store)


def list_column(path: Any, batch: pa.RecordBatch, name: str) -> pa.ListArray:
    """Return the column of the indices or the values of a batch."""
    pa = require_pyarrow()
    column = batch.column(name)
    kind = column.type
    if not (pa.types.is_list(kind) or pa.types.is_large_list(kind)) or not (
        pa.types.is_integer(kind.value_type) or (name == VALUES and pa.types.is_floating(kind.value_type))
    ):
        raise ValueError(f"{os.fspath(path)!r}: column {name!r} must hold lists of numbers; found {kind}.")
    return column


def _rows(path: Any, batch: pa.RecordBatch, n_features: int | None, first: int) -> sp.csr_array:
    """Return the matrix of a batch."""
    lists = []
    for name in (INDICES, VALUES):
        column = list_column(path, batch, name)
        _refuse_nulls(path, column, name, first)
        entries = column.flatten()
        if entries.null_count:
            raise ValueError(
                f"{os.fspath(path)!r}: a list of column {name!r}, in row {first} or later, contains a null."
            )
        lists.append((column.value_lengths().to_numpy(), entries.to_numpy(zero_copy_only=False)))
    (lengths, indices), (value_lengths, values) = lists
    if (lengths != value_lengths).any():
        row = first + int(np.flatnonzero(lengths != value_lengths)[0])
        raise ValueError(f"{os.fspath(path)!r}: row {row}, counted from 0: indices and values have different lengths.")
    indptr = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
    width = n_features or int(indices.max(initial=0)) + 1
    low, high = int(indices.min(initial=0)), int(indices.max(initial=0))
    if low < 0 or high >= width:
        found = low if low < 0 else high
        raise ValueError(f"{os.fspath(path)!r}: index {found} is not between 0 and {width - 1}.")
    X = sp.csr_array((len(lengths), width), dtype=values.dtype)
    X.indptr, X.indices, X.data = indptr, indices.astype(np.int64), values
    return X
