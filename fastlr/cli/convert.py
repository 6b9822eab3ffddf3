"""``fastlr convert``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from fastlr.cli._interrupts import clean_up_first
from fastlr.cli._options import (
    Command,
    OutputFile,
    backend_option,
    check_output,
    check_store,
    data_options,
    is_among,
    is_same_file,
    load_model,
    one_line_errors,
    open_data,
    quiet_option,
    say,
    say_counts,
    takes_rows,
)
from fastlr.files.registry import FORMATS, WRITTEN, Format, format_of_suffix
from fastlr.kernels.backend import resolve_backend

if TYPE_CHECKING:
    from fastlr.files.reader import Reader
    from fastlr.files.row_batches import RowBatch
    from fastlr.text.classifier import TextClassifier

# Hashed columns of documents that are converted without a model.
N_FEATURES = 2**20


@click.command(cls=Command)
@click.argument("sources", metavar="DATA...|MODEL", nargs=-1, required=True)
@click.argument("target", metavar="TARGET", type=OutputFile())
@click.option(
    "--to",
    metavar="FORMAT",
    type=click.Choice(WRITTEN),
    help=f"Format of TARGET: {', '.join(WRITTEN)}.  [default: by its name]",
)
@click.option("--model", metavar="MODEL", help="Compute the features of documents as this text model does.")
@data_options
@backend_option
@quiet_option
@one_line_errors
def convert(
    sources: tuple[str, ...],
    target: str,
    reading: dict[str, Any],
    to: str | None,
    model: str | None,
    backend: str | None,
    quiet: bool,
) -> None:
    """Convert data or a model to another format, in the file TARGET or - for standard output.

    Documents can be written as tsv, csv, jsonl, fasttext or vw. Characters that a format cannot hold, such as line
    ends in TSV or colons in Vowpal Wabbit, become spaces, and underscores in labels.

    Documents and numeric features can be written as svmlight, parquet or store. Documents become rows of hashed
    n-grams: those of --model, or counts in 1,048,576 columns. Labels in svmlight must be whole numbers.

    A model can be written as pickle (the equivalent scikit-learn estimator, or a pipeline for a text model) or onnx.
    ONNX cannot hash words, so only the linear part of a text model is written; its input is what --model computes.

    \b
    Examples:
      fastlr convert reviews.csv reviews.jsonl
      fastlr convert reviews.csv reviews.svm --model reviews.fastlr
      fastlr convert clicks.svm.gz clicks.store
      fastlr convert reviews.fastlr reviews.pkl
      fastlr convert clicks.fastlr clicks.onnx
    """  # noqa: D301
    format = FORMATS[to] if to else format_of_suffix(target)
    if format is None:
        raise click.UsageError(f"Cannot tell the format from the name {target!r}: pass --to.")
    if is_among(sources, target):
        raise ValueError(f"{target}: input and output are the same file")
    if model is not None and is_same_file(model, target):
        raise ValueError(f"{target}: the output would overwrite the model")
    (check_store if format.name == "store" else check_output)(target)
    if format.content == "model":
        _refuse_data_options(format, reading, model)
        if len(sources) > 1:
            raise click.UsageError(f"One model at a time can be converted to {format.title}.")
        say(quiet, f"{target}: {_convert_model(sources[0], target, format)}")
        return
    if format.content == "documents" and model is not None:
        accepted = ", ".join(name for name in WRITTEN if FORMATS[name].content == "rows")
        raise click.UsageError(f"--model applies only to these formats: {accepted}.")
    loaded = load_model(model, backend, None) if model else None
    if loaded is not None and takes_rows(loaded):
        raise ValueError(f"{model}: is a model of numeric features, and cannot read documents")
    clean_up_first()
    rows = False if format.content == "documents" or model else None
    known = None if loaded is None else loaded.data_columns_
    with open_data(sources, reading, quiet, with_labels=True, rows=rows, known=known) as reader:
        if format.content == "documents":
            n = _convert_documents(reader, target, format)
        else:
            n = _convert_rows(reader, target, format, loaded, resolve_backend(backend))
        say_counts(reader, quiet, {f"written to {target}": n})


def _refuse_data_options(format: Format, reading: dict[str, Any], model: str | None) -> None:
    flags = ("skip_bad_lines", "zero_based")
    given = [value if name in flags else value is not None for name, value in reading.items()]
    if model is not None or any(given):
        raise click.UsageError(f"Only a model can be converted to {format.title}, so options for data do not apply.")


def _convert_model(source: str, target: str, format: Format) -> str:
    """Write a model for other software; return a description of what was written."""
    from fastlr.files.model import load
    from fastlr.text.classifier import TextClassifier

    try:
        model = load(source)
    except ValueError as error:
        raise ValueError(f"only a model can be converted to {format.title}: {error}") from error
    clean_up_first()
    assert format.write is not None
    format.write(target, model)
    if not isinstance(model, TextClassifier):
        return f"{format.title}, {model.n_features_in_:,} numeric features"
    if format.name == "onnx":
        return f"{format.title}, the linear part only, {model.n_features_:,} hashed features: ONNX cannot hash words"
    return f"{format.title}, a pipeline"


def _convert_documents(reader: Reader, target: str, format: Format) -> int:
    """Write documents; return how many."""
    n = 0

    def counted() -> Iterator[tuple[str, str]]:
        nonlocal n
        for document in _documents(reader):
            n += 1
            yield document

    assert format.write is not None
    format.write(target, counted())
    return n


def _documents(reader: Reader) -> Iterator[tuple[str, str]]:
    """Yield the label and the text of every document."""
    from fastlr.text.valued_documents import ValuedDocuments

    for batch in reader:
        if batch.weights is not None or isinstance(batch.documents, ValuedDocuments):
            raise ValueError(f"{reader.name}: text formats cannot hold weights and feature values")
        names = reader.labels.names
        for code, text in zip(batch.labels.tolist(), batch.documents, strict=True):
            yield names[code], text.decode()


def _convert_rows(reader: Reader, target: str, format: Format, model: TextClassifier | None, backend: str) -> int:
    """Write rows, or those of documents; return how many."""
    n = 0

    def counted() -> Iterator[RowBatch]:
        nonlocal n
        for batch in _rows(reader, model, backend):
            n += len(batch)
            yield batch

    assert format.write is not None
    format.write(target, counted(), reader.n_features)
    return n


def _rows(reader: Reader, model: TextClassifier | None, backend: str) -> Iterator[RowBatch]:
    """Yield rows, or those of documents, with their labels and weights."""
    if reader.layout.of_rows:
        yield from (batch for batch in reader if len(batch))
        return
    import numpy as np

    from fastlr.files.row_batches import RowBatch
    from fastlr.text.corpus import hash_rows, make_rows
    from fastlr.text.hasher import Hasher

    linear = None if model is None else model._fitted()
    hasher = Hasher(n_features=N_FEATURES, signed=False, norm=None, dtype=np.float32)
    for batch in reader:
        if not len(batch):
            continue
        if linear is not None:
            rows = linear.rows(batch.documents, backend)
        else:
            rows = make_rows(hash_rows(hasher, batch.documents, backend), N_FEATURES)
        labels = np.array(reader.labels.names)[batch.labels]
        yield RowBatch(rows.csr, labels, batch.weights, batch.n_bytes, batch.lines)
