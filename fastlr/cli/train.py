"""``fastlr train``."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence, Sized
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click

from fastlr.cli._class_weights import ClassWeights
from fastlr.cli._interrupts import clean_up_first
from fastlr.cli._options import (
    Command,
    OutputFile,
    Size,
    backend_option,
    check_output,
    data_argument,
    data_options,
    free_memory,
    is_among,
    one_line_errors,
    open_data,
    quiet_option,
    say,
    say_alike,
    say_counts,
    threads_option,
    weight_option,
)
from fastlr.kernels.backend import resolve_backend
from fastlr.solvers.stochastic.registry import OPTIMIZERS

if TYPE_CHECKING:
    from fastlr.cli._progress import Meter
    from fastlr.distributed.driver import Driver
    from fastlr.files.reader import Reader
    from fastlr.linear_model.sgd_classifier import SGDClassifier
    from fastlr.text.classifier import TextClassifier
    from fastlr.text.corpus import LabelledBatch


Batch = TypeVar("Batch", bound=Sized)

# Share of the data to hold out if there is none to validate on.
DEFAULT_SHARE = "0.1"

# Number of seeds that scikit-learn's random states accept.
MAX_SEEDS = 2**32


@click.command(cls=Command, short_help="Train a classifier on documents or numeric features.")
@data_argument
@click.option(
    "-o", "--output", type=OutputFile(), required=True, metavar="MODEL",
    help="Write the model to this file; - is standard output.",
)  # fmt: skip
@data_options
@weight_option
@click.option(
    "--class-weight", type=ClassWeights(), metavar="balanced|LABEL=W,...",
    help="Weights of classes, 1 for those not named; balanced gives all classes the same total weight.",
)  # fmt: skip
@click.option(
    "--analyzer", type=click.Choice(["word", "char", "char_wb", "whitespace"]),
    help="Use n-grams of words, of characters, of characters within white space, or of what is between white space. "
    "Letters of scripts without spaces, such as Chinese, are half a word each.  [default: word]",
)  # fmt: skip
@click.option(
    "--ngrams", metavar="N", type=click.IntRange(1, 10),
    help="Longest n-grams to use as features, 1 to 10.  [default: 2 words or 5 characters]",
)  # fmt: skip
@click.option(
    "--penalty", type=click.Choice(["l2", "l1", "elasticnet", "none"]), default="l2", show_default=True,
    help="Regularization; l1 and elasticnet give sparse models.",
)  # fmt: skip
@click.option(
    "--alpha", metavar="A", type=click.FloatRange(0.0), help="Penalty strength.  [default: chosen by validation]"
)
@click.option(
    "--C", "C", metavar="C", type=click.FloatRange(1e-300),
    help="Penalty strength as in scikit-learn: alpha = 1 / (C * number of documents or rows).",
)  # fmt: skip
@click.option(
    "--passes", metavar="N", type=click.IntRange(1, 10**6),
    help="Passes over the data.  [default: at least 2 (numeric features: 5), more for small data]",
)  # fmt: skip
@click.option(
    "--optimizer", type=click.Choice(list(OPTIMIZERS)), default="sgd", show_default=True,
    help="Training algorithm.",
)  # fmt: skip
@click.option(
    "--valid", metavar="FILE|SHARE",
    help="Validate on this file, or on this share of the data, which is then held out; 0 disables validation.  "
    "[default: the files for validation of a folder or an archive, or 0.1]",
)  # fmt: skip
@click.option(
    "--memory", type=Size(), metavar="SIZE",
    help="Limit on memory, such as 2G; at least 500M.  [default: half of the free memory]",
)  # fmt: skip
@click.option(
    "--seed", metavar="N", type=click.IntRange(0, 2**63 - 1), default=0, show_default=True,
    help="Seed of the random choices; the same seed and data give the same model.",
)  # fmt: skip
@click.option(
    "--workers", metavar="N", type=click.IntRange(1, 1000),
    help="Train in N processes of this machine, each on some of the files of DATA; documents only.",
)  # fmt: skip
@click.option(
    "--dask", metavar="ADDRESS",
    help="Train on the workers of the Dask cluster at this address, such as tcp://host:8786, which read the files of "
    "DATA; documents only.",
)  # fmt: skip
@threads_option
@backend_option
@quiet_option
@one_line_errors
def train(
    data: tuple[str, ...],
    output: str,
    reading: dict[str, Any],
    weight: str | None,
    class_weight: dict[str, float] | str | None,
    analyzer: str | None,
    ngrams: int | None,
    penalty: str,
    alpha: float | None,
    C: float | None,
    passes: int | None,
    optimizer: str,
    valid: str | None,
    memory: int | None,
    seed: int,
    workers: int | None,
    dask: str | None,
    threads: int | None,
    backend: str | None,
    quiet: bool,
) -> None:
    """Train a classifier on the labelled documents or numeric features in DATA.

    DATA are files, folders, zip or tar archives, members such as data.zip/a.csv, patterns, URLs, or - for standard
    input. In a folder or an archive, files named train are for training, and those named valid or dev for
    validation; those named test are not read.

    The format and the columns are detected and printed. Documents are read from TSV, CSV, JSON Lines, fastText or
    Vowpal Wabbit lines, Parquet and Arrow; numeric features from svmlight, stores, and Parquet or Arrow with the
    columns indices and values. Text formats may be compressed by gzip, bzip2, xz or zstd.

    A tenth of the data is held out to choose the penalty strength or, for documents, to calibrate the probabilities of
    a model that is trained on all of them. Its accuracy and log-loss are printed on standard error. Weights, of the
    column --weight or the importance in Vowpal Wabbit input, and those of classes count in training and in validation.

    \b
    Examples:
      fastlr train reviews.tsv -o reviews.fastlr
      fastlr train reviews.csv.gz --label stars --text title,review -o reviews.fastlr
      zcat reviews.jsonl.gz | fastlr train - --format jsonl --valid test.jsonl -o reviews.fastlr
      fastlr train clicks.svm.gz --penalty l1 -o clicks.fastlr
    """  # noqa: D301
    begun = time.perf_counter()
    from fastlr.cli._progress import Meter

    if alpha is not None and C is not None:
        raise click.UsageError("--alpha and --C are mutually exclusive.")
    if penalty == "none" and not (alpha is None and C is None):
        raise click.UsageError("--alpha and --C cannot be used with --penalty none.")
    if workers is not None and dask is not None:
        raise click.UsageError("--workers and --dask are mutually exclusive.")
    check_output(output)
    share = _share(valid or DEFAULT_SHARE)
    if valid == "-" and "-" in data:
        raise ValueError("--valid -: standard input is the training data already")
    if is_among((*data, valid or DEFAULT_SHARE), output):
        raise ValueError(f"{output}: the model would overwrite the data")
    reading["weight"] = weight
    parameters = {
        "class_weight": class_weight,
        "penalty": None if penalty == "none" else penalty,
        "alpha": "auto" if alpha is None else alpha,
        "optimizer": optimizer,
        "max_iter": passes,
        "backend": resolve_backend(backend),
    }
    clean_up_first()
    with (
        open_data(data, reading, quiet, with_labels=True, classes=True, use="train") as reader,
        Meter(reader, quiet) as meter,
    ):
        of_rows = reader.layout.of_rows
        if of_rows:
            _refuse_for_rows(reader, analyzer, ngrams, threads, seed)
        others = (
            reader.arguments if valid is None and reader.has_validation else () if share is not None else (valid or "",)
        )
        with _open_validation(others, reader, reading, quiet) if others else nullcontext() as validation:
            source = _Input(reader, validation, meter, share or 0.0)
            in_partitions = workers is not None or dask is not None
            of_documents = {"C": C, "analyzer": analyzer or "word", "ngrams": ngrams, "random_state": seed}
            if in_partitions:
                parameters |= of_documents
                trained = _train_on_partitions(source, parameters, memory, reading, workers, dask)
            elif of_rows:
                trained = _train_on_rows(source, parameters, C, memory, seed)
            else:
                parameters |= of_documents
                trained = _train_on_documents(source, parameters, memory, threads)
                if analyzer is None and trained.without_spaces:
                    say(quiet, f"{reader.name}: most letters are of scripts without spaces, so n-grams of letters are "
                        "used; --analyzer chooses others")  # fmt: skip
            model, scores = trained.model.set_params(backend=None), trained.scores
            n_held_out = int(scores["n"]) if scores and validation is None else 0
            held_out = "held out" if of_rows or not n_held_out else "held out and later trained on"
            if not in_partitions:  # otherwise others have read them
                say_counts(reader, quiet, {"trained on": trained.n - n_held_out, held_out: n_held_out})
            say_alike(reader.name, reader.labels.names, quiet)
            if validation is not None:
                say_counts(validation, quiet, {"validated on": validation.n_read})
    what, megabytes = "rows" if of_rows else "documents", meter.n_bytes / 1e6
    say(quiet, f"{len(model.classes_):,} classes, {trained.n_features:,} features, {megabytes:,.1f} MB")
    if scores:
        strength = f" (alpha {model.alpha_:.1e})" if model.penalty else ""
        results = f"accuracy {scores['accuracy']:.2%}, log-loss {scores['log_loss']:.4f}{strength}"
        say(quiet, f"validation on {scores['n']:,} {what}: {results}")
    elif share:
        say(quiet, f"no validation: {100 * share:g}% of {trained.n:,} {what} rounds to zero per class")
    _save(model, output, of_rows)
    seconds = time.perf_counter() - begun
    say(quiet, f"{output}: written after {seconds:.2f} s, {megabytes / seconds:,.1f} MB/s")


class _Input(NamedTuple):
    """Data to train on, and a file to validate on or, if it is None, the share to hold out."""

    reader: Reader
    validation: Reader | None
    meter: Meter
    share: float


class _Trained(NamedTuple):
    """A model, the number of documents or rows, the number of features, and the scores in validation, if any.

    And whether most letters are of scripts without spaces.
    """

    model: TextClassifier | SGDClassifier
    n: int
    n_features: int
    scores: dict[str, float] | None
    without_spaces: bool = False


def _refuse_for_rows(reader: Reader, analyzer: str | None, ngrams: int | None, threads: int | None, seed: int) -> None:
    """Raise ValueError for options that training on numeric features does not support."""
    for option, value in (("--analyzer", analyzer), ("--ngrams", ngrams)):
        if value is not None:
            raise ValueError(f"{reader.name}: {option} does not apply to numeric features")
    if threads not in (None, 1):
        raise ValueError(f"{reader.name}: --threads does not apply to numeric features, which one thread trains on")
    if seed >= MAX_SEEDS:
        raise ValueError(f"{reader.name}: --seed must be less than {MAX_SEEDS:,} for numeric features")


def _open_validation(data: Sequence[str], reader: Reader, reading: dict[str, Any], quiet: bool) -> Reader:
    """Open data to validate on: with the same codes and columns as the documents to train on, or numeric features."""
    if reader.layout.of_rows:
        return open_data(data, reading, quiet, with_labels=True, rows=True, use="valid")
    labels, known = reader.labels, reader.layout.known()
    return open_data(data, reading, quiet, with_labels=True, labels=labels, rows=False, known=known, use="valid")


def _train_on_documents(
    source: _Input, parameters: Mapping[str, Any], memory: int | None, threads: int | None
) -> _Trained:
    from fastlr.text.classifier import TextClassifier
    from fastlr.text.feature_names import Sample
    from fastlr.text.tokens import mostly_without_spaces

    def batches_of(reader: Reader, batches: Iterable[Any]) -> Iterator[LabelledBatch]:
        for batch in _not_empty(reader, batches):
            yield batch.documents, batch.labels, batch.weights

    reader, validation, meter, share = source
    sample = Sample()
    model = TextClassifier(
        **parameters, validation_fraction=share, memory=memory or free_memory(), n_threads=threads
    )  # fmt: skip
    model.fit_batches(
        sample.of(batches_of(reader, meter.count(reader))),
        lambda: reader.labels.names,
        None if validation is None else batches_of(validation, validation),
    )
    # Limits of this machine are not part of the model: the same data and options give the same file.
    model.set_params(memory=memory, n_threads=None)
    model.data_columns_ = reader.layout.known()
    without_spaces = mostly_without_spaces(sample.texts)
    return _Trained(model, model.n_texts_, model.n_features_, model.validation_, without_spaces)


def _train_on_partitions(
    source: _Input,
    parameters: Mapping[str, Any],
    memory: int | None,
    reading: Mapping[str, Any],
    workers: int | None,
    dask: str | None,
) -> _Trained:
    from fastlr.distributed.texts import fit_texts
    from fastlr.files.file_block import FileBlock
    from fastlr.text.classifier import TextClassifier

    reader, validation, meter, share = source
    option, paths = "--dask" if dask else "--workers", reader.paths
    if reader.layout.of_rows:
        raise ValueError(
            f"{reader.name}: {option} trains on documents; for numeric features use fastlr.dask from Python"
        )
    if validation is not None:
        raise ValueError(f"{option} holds a share of the documents out to validate on; --valid must be a share")
    if paths is None:
        raise ValueError(f"{reader.name}: {option} needs files on disk or at URLs, each of which is a part of the data")
    known = reader.layout.known()
    blocks = [FileBlock(path, rows=False, known=known, options=dict(reading)) for path in paths]
    model = TextClassifier(**parameters, validation_fraction=share, memory=memory)
    with _driver(workers, dask) as driver:
        fit_texts(model, driver, blocks)
    meter.n_bytes += reader.size or 0
    model.data_columns_ = known
    return _Trained(model, model.n_texts_, model.n_features_, model.validation_)


@contextmanager
def _driver(workers: int | None, dask: str | None) -> Iterator[Driver]:
    """Return what runs the tasks of partitions: processes of this machine, or a cluster."""
    if dask is None:
        from fastlr.distributed.local_processes import LocalProcesses

        with LocalProcesses(workers or 1) as processes:
            yield processes
        return
    try:
        from fastlr.dask.driver import DaskDriver, connected
    except ImportError as error:
        raise ValueError(str(error)) from error
    with connected(dask) as client:
        yield DaskDriver(client)


def _train_on_rows(
    source: _Input, parameters: Mapping[str, Any], C: float | None, memory: int | None, seed: int
) -> _Trained:
    import numpy as np

    from fastlr.cli._row_source import RowSource
    from fastlr.training.penalty_search import search_penalty

    reader, validation, meter, share = source
    data: Any = reader.store
    if reader.store is None:
        data = _not_empty(reader, meter.count(reader))
    else:
        meter.n_bytes += sum(os.path.getsize(shard.path) for shard in reader.store.shards)
    others: Any = None
    if validation is not None:
        others = _not_empty(validation, validation) if validation.store is None else validation.store
    limit = memory or free_memory()
    with RowSource(parameters, C=C, n_features=reader.n_features, memory=limit, seed=seed) as rows:
        random = np.random.default_rng(seed)
        best = search_penalty(rows, data, others, fraction=share, random=random, n_threads=1)
    return _Trained(best.model, best.n_rows, best.model.n_features_in_, best.scores)


def _not_empty(reader: Reader, batches: Iterable[Batch]) -> Iterator[Batch]:
    """Yield the batches; raise ValueError if there is nothing in them."""
    n = 0
    for batch in batches:
        n += len(batch)
        yield batch
    if not n:
        raise ValueError(f"{reader.name}: contains no {'rows' if reader.layout.of_rows else 'documents'}")


def _save(model: Any, output: str, of_rows: bool) -> None:
    if of_rows:
        from fastlr.files.model import save
    else:
        from fastlr.files.text_model import save
    save(model, output)


def _share(valid: str) -> float | None:
    """Return the share to hold out; None for a file."""
    try:
        share = float(valid)
    except ValueError:
        return None
    if not 0.0 <= share < 1.0:
        raise click.BadParameter("a share must be at least 0 and less than 1.", param_hint="--valid")
    return share
