"""``fastlr train``."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from fastlr.cli._interrupts import clean_up_first
from fastlr.cli._options import (
    Command,
    Size,
    backend_option,
    check_output,
    choose_backend,
    data_argument,
    data_options,
    free_memory,
    is_same_file,
    one_line_errors,
    open_data,
    quiet_option,
    say,
    say_skipped,
    threads_option,
)

if TYPE_CHECKING:
    from fastlr.cli._progress import Meter
    from fastlr.cli._row_corpus import RowCorpus
    from fastlr.files.reader import Reader
    from fastlr.linear_model.sgd_classifier import SGDClassifier
    from fastlr.text.classifier import TextClassifier
    from fastlr.text.corpus import Labelled

# Of the memory that there is, as much may hold the rows that are read; the rest go to the disk.
ROWS_SHARE = 0.25

# As many seeds scikit-learn's random states have.
MOST_SEEDS = 2**32


@click.command(cls=Command)
@data_argument
@click.option("-o", "--output", required=True, metavar="MODEL", help="File that the model is written to.")
@data_options
@click.option("--ngrams", type=click.IntRange(1, 10), help="Up to how many words of a text count as one.  [default: 2]")
@click.option(
    "--penalty", type=click.Choice(["l2", "l1", "elasticnet", "none"]), default="l2", show_default=True,
    help="What keeps weights small.",
)  # fmt: skip
@click.option("--alpha", type=click.FloatRange(0.0), help="Strength of the penalty.  [default: chosen by validation]")
@click.option("--C", "C", type=click.FloatRange(1e-300), help="The same as 1 / (alpha * texts).")
@click.option(
    "--passes", type=click.IntRange(1, 10**6),
    help="Passes over the data.  [default: 2, of rows 5; more where there are few]",
)  # fmt: skip
@click.option(
    "--optimizer",
    type=click.Choice(["sgd", "adagrad", "ftrl"]),
    default="sgd",
    show_default=True,
    help="What a step does.",
)
@click.option(
    "--valid", metavar="FILE|SHARE", default="0.1", show_default=True,
    help="What to validate on: a file, or a share of the data, which is held out; 0 for nothing.",
)  # fmt: skip
@click.option(
    "--memory", type=Size(), metavar="SIZE", help="Memory to use, 500M or more.  [default: half of what is free]"
)
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), default=0, show_default=True, help="Seed of every draw.")
@threads_option
@backend_option
@quiet_option
@one_line_errors
def train(
    data: str,
    output: str,
    reading: dict[str, Any],
    ngrams: int | None,
    penalty: str,
    alpha: float | None,
    C: float | None,
    passes: int | None,
    optimizer: str,
    valid: str,
    memory: int | None,
    seed: int,
    threads: int | None,
    backend: str | None,
    quiet: bool,
) -> None:
    """Train a classifier on the labelled texts, or rows of numbers, of DATA, a file or - for standard input.

    The format is guessed: TSV, CSV, JSON Lines, fastText's or Vowpal Wabbit's lines, svmlight, plain or compressed by
    gzip, bzip2, xz or zstd; a file of Parquet or Arrow; or a store, a folder. So are the columns of the labels and the
    text. How well the model does on data held out is said on standard error.

    Of Vowpal Wabbit's lines an importance is the weight of its text, a value is that of its feature, and namespaces
    tell features of the same name apart. Rows of numbers are those of svmlight, of a store, and of Parquet or Arrow
    with the columns indices and values; their model is a fastlr.SGDClassifier, and takes such rows.

    \b
    fastlr train reviews.tsv -o reviews.fastlr
    fastlr train reviews.csv.gz --label stars --text title,review -o reviews.fastlr
    zcat reviews.jsonl.gz | fastlr train - --format jsonl --valid test.jsonl -o reviews.fastlr
    fastlr train clicks.svm.gz --penalty l1 -o clicks.fastlr
    """  # noqa: D301
    begun = time.perf_counter()
    from fastlr.cli._progress import Meter

    if alpha is not None and C is not None:
        raise click.UsageError("--alpha and --C say the same: give one of them.")
    if penalty == "none" and not (alpha is None and C is None):
        raise click.UsageError("--penalty none has no strength: leave --alpha and --C away.")
    check_output(output)
    share = _share(valid)
    if data == valid == "-":
        raise ValueError("--valid -: standard input holds what is trained on")
    for source in (data, valid):
        if is_same_file(source, output):
            raise ValueError(f"{output}: the model would take the place of the texts")
    common = {
        "penalty": None if penalty == "none" else penalty,
        "alpha": "auto" if alpha is None else alpha,
        "optimizer": optimizer,
        "max_iter": passes,
        "backend": choose_backend(backend),
    }
    clean_up_first()
    with open_data(data, reading, quiet, with_labels=True) as reader, Meter(data, quiet) as meter:
        if reader.layout.of_rows:
            _refuse(reader, "--ngrams", ngrams)
            _refuse(reader, "--threads", threads if threads != 1 else None, "are trained on in one thread")
            validation = valid if share is None else share
            model, n, scores = _train_rows(reader, meter, common, C, validation, reading, memory, seed, quiet)
        else:
            model = _text_classifier(common, C, share, ngrams, memory, seed, threads)
            others = None
            if share is None:
                labels, known = reader.labels, reader.layout.known()
                others = open_data(valid, reading, quiet, with_labels=True, labels=labels, rows=False, known=known)
            _train_texts(model, reader, meter, others, quiet)
            # What this machine has is no part of the model: the same texts and options make the same file.
            model.set_params(memory=memory, n_threads=None)
            model.data_columns_ = reader.layout.known()
            n, scores = model.n_texts_, model.validation_
        say_skipped(reader, quiet)
    model.set_params(backend=None)
    what, n_features = ("rows", model.n_features_in_) if reader.layout.of_rows else ("texts", model.n_features_)
    say(
        quiet,
        f"{n:,} {what}, {len(model.classes_):,} classes, {meter.n_bytes / 1e6:,.1f} MB, {n_features:,} features",
    )
    if scores:
        say(
            quiet,
            f"validation on {scores['n']:,} {what}: accuracy {scores['accuracy']:.2%}, log-loss "
            f"{scores['log_loss']:.4f}" + (f" (alpha {model.alpha_:.1e})" if model.penalty else ""),
        )
    elif share:
        say(quiet, f"validation on nothing: of {n:,} {what} a share of {share:g} came to none")
    _save(model, output, reader.layout.of_rows)
    seconds = time.perf_counter() - begun
    say(quiet, f"{output}: written after {seconds:.2f} s, {meter.n_bytes / 1e6 / seconds:,.1f} MB/s")


def _refuse(reader: Reader, option: str, value: Any, reason: str = "have no words") -> None:
    """Refuse an option that rows have no use for."""
    if value is not None:
        raise ValueError(f"{reader.name}: {option} says nothing of rows of numbers, which {reason}")


def _text_classifier(
    common: dict[str, Any],
    C: float | None,
    share: float | None,
    ngrams: int | None,
    memory: int | None,
    seed: int,
    threads: int | None,
) -> TextClassifier:
    from fastlr.text.classifier import TextClassifier

    return TextClassifier(
        **common, C=C, ngrams=ngrams or 2, validation_fraction=share or 0.0, memory=memory or free_memory(),
        random_state=seed, n_threads=threads,
    )  # fmt: skip


def _train_texts(model: TextClassifier, reader: Reader, meter: Meter, others: Reader | None, quiet: bool) -> None:
    batches = ((batch.documents, batch.labels, batch.weights) for batch in meter.count(reader))
    evaluation = None if others is None else _evaluation(others)
    model.fit_batches(batches, lambda: reader.labels.names, evaluation)
    if others is not None:
        others.close()
        say_skipped(others, quiet)


def _evaluation(reader: Reader) -> Iterator[Labelled]:
    """Yield the texts of a file to validate on, which must have some."""
    n = 0
    for batch in reader:
        n += len(batch)
        yield batch.documents, batch.labels, batch.weights
    if not n:
        raise ValueError(f"{reader.name}: there are no texts in it")


def _train_rows(
    reader: Reader,
    meter: Meter,
    common: dict[str, Any],
    C: float | None,
    validation: str | float,
    reading: dict[str, Any],
    memory: int | None,
    seed: int,
    quiet: bool,
) -> tuple[SGDClassifier, int, dict[str, float] | None]:
    """Return the model, how many rows it was made of, and how good it is on those that it was validated on, if any."""
    from fastlr.cli._row_corpus import RowCorpus
    from fastlr.cli._row_trainer import train_rows

    if seed >= MOST_SEEDS:
        raise ValueError(f"{reader.name}: --seed must be less than {MOST_SEEDS:,} for rows of numbers")
    memory = memory or free_memory()
    most = None if memory is None else int(ROWS_SHARE * memory)
    fraction = 0.0 if isinstance(validation, str) else validation
    with RowCorpus(most, reader.n_features) as corpus, RowCorpus(most) as others:
        _gather(corpus, reader, meter)
        evaluation = None
        if isinstance(validation, str):
            with open_data(validation, reading, quiet, with_labels=True, rows=True) as other:
                evaluation = _gather(others, other, None)
                say_skipped(other, quiet)
        model, scores = train_rows(
            corpus, common, C=C, validation_fraction=fraction, evaluation=evaluation, memory=memory, seed=seed
        )
        return model, len(corpus), scores


def _gather(corpus: RowCorpus, reader: Reader, meter: Meter | None) -> RowCorpus:
    """Read rows; those of a store stay where they are."""
    if reader.store is None:
        return corpus.gather(reader if meter is None else meter.count(reader), reader.name)
    if meter is not None:
        meter.n_bytes += sum(os.path.getsize(shard.path) for shard in reader.store.shards)
    return corpus.take(reader.store)


def _save(model: TextClassifier | SGDClassifier, output: str, of_rows: bool) -> None:
    if of_rows:
        from fastlr.files.model import save
    else:
        from fastlr.files.text_model import save
    save(model, output)


def _share(valid: str) -> float | None:
    """Return the share that is to be held out; None for a file."""
    try:
        share = float(valid)
    except ValueError:
        return None
    if not 0.0 <= share < 1.0:
        raise click.BadParameter("a share must be 0 or more and less than 1.", param_hint="--valid")
    return share
