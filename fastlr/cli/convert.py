"""``fastlr convert``."""

from __future__ import annotations

import csv
import io
import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click

from fastlr.cli._interrupts import clean_up_first
from fastlr.cli._options import (
    backend_option,
    check_output,
    check_place,
    choose_backend,
    data_options,
    is_same_file,
    load_model,
    one_line_errors,
    open_data,
    quiet_option,
    say,
    say_skipped,
    takes_rows,
)

if TYPE_CHECKING:
    import numpy as np

    from fastlr.files.reader import Reader
    from fastlr.text.classifier import TextClassifier

# By suffix of the output.
SUFFIXES = {
    ".tsv": "tsv", ".csv": "csv", ".jsonl": "jsonl", ".fasttext": "fasttext", ".vw": "vw", ".svm": "svmlight",
    ".svmlight": "svmlight", ".parquet": "parquet", ".pkl": "pickle", ".onnx": "onnx", ".store": "store",
}  # fmt: skip

# Without a model that says how, texts become rows of this many hashed columns.
N_FEATURES = 2**20


@click.command()
@click.argument("source", metavar="DATA|MODEL")
@click.argument("target", metavar="TARGET")
@data_options
@click.option(
    "--to", type=click.Choice(sorted(set(SUFFIXES.values()))), help="Format of TARGET.  [default: by its name]"
)
@click.option("--model", metavar="MODEL", help="For rows: take this model's columns and weights of columns.")
@backend_option
@quiet_option
@one_line_errors
def convert(
    source: str,
    target: str,
    reading: dict[str, Any],
    to: str | None,
    model: str | None,
    backend: str | None,
    quiet: bool,
) -> None:
    """Convert labelled texts to another format, or to rows of numbers; or a model to scikit-learn or ONNX.

    Texts become TSV, CSV, JSON Lines, or fastText's or Vowpal Wabbit's lines. Rows of hashed words, and rows of numbers
    of whatever format, are written as svmlight, Parquet or a store, a folder. What a format has no place for, such as a
    line end in TSV or a colon in Vowpal Wabbit's lines, becomes a space; in labels _. svmlight's labels must be whole
    numbers.

    A model, of texts or of fastlr.save, becomes a pickle of scikit-learn or, with skl2onnx, a file of ONNX. Of a model
    of texts the pickle is a pipeline, whose first step is fastlr's; ONNX cannot hash words, so what it gets is the
    linear part, which takes the rows that --model makes of texts.

    \b
    fastlr convert reviews.csv reviews.jsonl
    fastlr convert reviews.csv reviews.svm --model reviews.fastlr
    fastlr convert clicks.svm.gz clicks.store
    fastlr convert reviews.fastlr reviews.pkl
    fastlr convert numbers.fastlr numbers.onnx
    """  # noqa: D301
    to = to or next((format for suffix, format in SUFFIXES.items() if target.endswith(suffix)), None)
    if to is None:
        raise click.UsageError(f"The name {target!r} says no format: give --to.")
    if is_same_file(source, target):
        raise ValueError(f"{target}: it would take its own place")
    if model is not None and is_same_file(model, target):
        raise ValueError(f"{target}: it would take the place of the model")
    (check_place if to == "store" else check_output)(target)
    if to in _MODEL_WRITERS:
        flags = ("skip_bad_lines", "zero_based")
        said = (model, *(value for name, value in reading.items() if name not in flags))
        if any(value is not None for value in said) or any(reading[name] for name in flags):
            raise click.UsageError(f"Only a model becomes {_CALLED[to]}: options of texts do not go with it.")
        say(quiet, f"{target}: {_write_model(source, target, to)}")
        return
    if to in _WRITERS and model is not None:
        raise click.UsageError("--model is for rows of numbers: svmlight, Parquet or a store.")
    loaded = load_model(model, backend, None) if model else None
    if loaded is not None and takes_rows(loaded):
        raise ValueError(f"{model}: it is a model of rows of numbers, and makes none of texts")
    clean_up_first()
    rows = False if to in _WRITERS or model else None
    known = None if loaded is None else loaded.data_columns_
    with open_data(source, reading, quiet, with_labels=True, rows=rows, known=known) as reader:
        if to in _WRITERS:
            n = _write_texts(reader, target, _WRITERS[to])
        else:
            n = _write_rows(reader, target, to, loaded, choose_backend(backend))
        say_skipped(reader, quiet)
    say(quiet, f"{target}: {n:,} {'rows' if reader.layout.of_rows else 'texts'}")


def _write_model(source: str, target: str, to: str) -> str:
    """Write a model for others; return what was written."""
    from fastlr.files.model import load

    try:
        model = load(source)
    except ValueError as error:
        raise ValueError(f"Only a model becomes {_CALLED[to]}, and {error}") from error
    return _MODEL_WRITERS[to](model, target)


def _pickle(model: Any, target: str) -> str:
    import pickle

    from fastlr.persistence.tensor_file import replacing

    converted = model.to_sklearn()
    clean_up_first()
    with replacing(target) as file:
        pickle.dump(converted, file)
    return f"a {type(converted).__name__} of scikit-learn"


def _onnx(model: Any, target: str) -> str:
    from fastlr.files.onnx import write_onnx
    from fastlr.text.classifier import TextClassifier

    clean_up_first()
    write_onnx(model, target)
    if isinstance(model, TextClassifier):
        return f"the linear part, of rows of {model.n_features_:,} hashed columns: ONNX cannot hash the words of texts"
    return f"ONNX, of rows of {model.n_features_in_:,} numbers"


_MODEL_WRITERS: dict[str, Callable[[Any, str], str]] = {"pickle": _pickle, "onnx": _onnx}
_CALLED = {"pickle": "a pickle", "onnx": "ONNX"}


def _write_texts(reader: Reader, target: str, write: Callable[[str, str], str]) -> int:
    from fastlr.persistence.tensor_file import replacing
    from fastlr.text.valued_documents import ValuedDocuments

    n = 0
    with replacing(target) as file:
        if write is _csv:
            file.write(b"label,text\r\n")
        for batch in reader:
            if batch.weights is not None or isinstance(batch.documents, ValuedDocuments):
                raise ValueError(f"{reader.name}: files of texts have no place for importance and values")
            names = reader.labels.names
            texts = (text.decode() for text in batch.documents)
            lines = [write(names[code], text) for code, text in zip(batch.labels.tolist(), texts, strict=True)]
            file.write("".join(lines).encode())
            n += len(lines)
    return n


# What labels cannot hold: in TSV, in fastText's lines, and in Vowpal Wabbit's, where an apostrophe begins a tag, and
# numbers with commas between them are several labels.
_ENDS_COLUMN, _ENDS_WORD, _ENDS_LABEL = r"[\t\n\r\0]", r"[\s\0]", r"[\s\0:|]|^'|(?<=\d),(?=\d)"


def _one_line(text: str) -> str:
    """Return a text without what separates lines and columns."""
    return " ".join(text.replace("\0", " ").split())


def _tsv(label: str, text: str) -> str:
    return f"{re.sub(_ENDS_COLUMN, '_', label)}\t{_one_line(text)}\n"


def _csv(label: str, text: str) -> str:
    line = io.StringIO()
    csv.writer(line).writerow((label.replace("\0", "_"), text.replace("\0", " ")))
    return line.getvalue()


def _json(label: str, text: str) -> str:
    return json.dumps({"label": label, "text": text}, ensure_ascii=False) + "\n"


def _fasttext(label: str, text: str) -> str:
    # fastText takes such a word for one more label, wherever it is.
    return f"__label__{re.sub(_ENDS_WORD, '_', label)} {_one_line(text.replace('__label__', ' '))}\n"


def _vowpal_wabbit(label: str, text: str) -> str:
    return f"{re.sub(_ENDS_LABEL, '_', label)} | {_one_line(text.replace(':', ' ').replace('|', ' '))}\n"


_WRITERS: dict[str, Callable[[str, str], str]] = {
    "tsv": _tsv, "csv": _csv, "jsonl": _json, "fasttext": _fasttext, "vw": _vowpal_wabbit,
}  # fmt: skip


def _rows(
    reader: Reader, model: TextClassifier | None, backend: str
) -> Iterator[tuple[Any, np.ndarray, np.ndarray | None]]:
    """Yield rows, or those of texts, with their labels and their weights, if they have any."""
    if reader.layout.of_rows:
        for batch in reader:
            if len(batch):
                yield batch.X, batch.y, batch.weights
        return
    import numpy as np

    from fastlr.text.corpus import hashed, make_rows
    from fastlr.text.hasher import Hasher

    linear = None if model is None else model._fitted()
    hasher = Hasher(n_features=N_FEATURES, signed=False, norm=None, dtype=np.float32)
    for batch in reader:
        if not len(batch):
            continue
        if linear is not None:
            rows = linear.rows(batch.documents, backend)
        else:
            rows = make_rows(hashed(hasher, batch.documents, backend), N_FEATURES)
        yield rows.csr, np.array(reader.labels.names)[batch.labels], batch.weights


def _is_whole(label: Any) -> bool:
    """Tell whether a label is one of the numbers that are read as labels of svmlight."""
    from fastlr.files.svmlight_rows import MAX_LABEL

    try:
        return "_" not in str(label) and float(label).is_integer() and abs(float(label)) <= MAX_LABEL
    except ValueError:
        return False


def _write_rows(reader: Reader, target: str, to: str, model: TextClassifier | None, backend: str) -> int:

    from fastlr.store import StoreWriter

    n = 0

    def fill(folder: str) -> None:
        nonlocal n
        dtype = None if reader.layout.of_rows else "float32"
        with StoreWriter(folder, n_features=reader.n_features, dtype=dtype) as writer:
            for X, y, weights in _rows(reader, model, backend):
                writer.add(X, y, weights)
                n += len(y)

    if to == "store":
        is_new = not os.path.exists(target)
        try:
            fill(target)
        except BaseException:
            if is_new:
                with suppress(OSError):
                    os.rmdir(target)  # the writer has removed what was in it
            raise
    elif to == "parquet":
        from fastlr.files.arrow import store_to_parquet
        from fastlr.store import open_store
        from fastlr.utils.temporary import TemporaryFolder

        with TemporaryFolder(dir=os.path.dirname(os.path.abspath(target))) as folder:
            fill(folder)
            store_to_parquet(open_store(folder), target)
    else:
        import numpy as np

        from fastlr.files.svmlight import write_svmlight
        from fastlr.persistence.tensor_file import replacing

        with replacing(target) as file:
            for X, y, weights in _rows(reader, model, backend):
                if weights is not None:
                    raise ValueError(f"{reader.name}: svmlight has no place for the weights of rows")
                strange = next((str(label) for label in np.unique(y) if not _is_whole(label)), None)
                if strange is not None:
                    raise ValueError(f"{reader.name}: svmlight's labels are whole numbers, and {strange!r} is none")
                write_svmlight(file, X, y.astype(float))
                n += len(y)
    return n
