"""``fastlr train``."""

from __future__ import annotations

import os
import time
from typing import Any

import click

from fastlr.commands.options import (
    Size,
    backend_option,
    check_output,
    choose_backend,
    data_argument,
    data_options,
    free_memory,
    one_line_errors,
    open_data,
    quiet_option,
    say,
    say_skipped,
    threads_option,
)
from fastlr.interrupts import clean_up_first


@click.command()
@data_argument
@click.option("-o", "--output", required=True, metavar="MODEL", help="File that the model is written to.")
@data_options
@click.option(
    "--ngrams", type=click.IntRange(1, 10), default=2, show_default=True, help="Up to how many words count as one."
)
@click.option(
    "--penalty", type=click.Choice(["l2", "l1", "elasticnet", "none"]), default="l2", show_default=True,
    help="What keeps weights small.",
)  # fmt: skip
@click.option("--alpha", type=click.FloatRange(0.0), help="Strength of the penalty.  [default: chosen by validation]")
@click.option("--C", "C", type=click.FloatRange(1e-300), help="The same as 1 / (alpha * texts).")
@click.option("--passes", type=click.IntRange(1, 10**6), help="Passes over the data.  [default: 2, more for few texts]")
@click.option(
    "--optimizer",
    type=click.Choice(["sgd", "adagrad", "ftrl"]),
    default="sgd",
    show_default=True,
    help="What a step does.",
)
@click.option(
    "--valid", metavar="FILE|SHARE", default="0.1", show_default=True,
    help="What to validate on: a file, or a share of the texts, which is held out; 0 for nothing.",
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
    ngrams: int,
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
    """Train a classifier on the labelled texts of DATA, a file or - for standard input.

    The format is guessed: TSV, CSV, JSON Lines, fastText's or Vowpal Wabbit's lines, plain or compressed by gzip,
    bzip2, xz or zstd; or a file of Parquet or Arrow. So are the columns of the labels and the text. How well the model
    does on texts held out is said on standard error.

    All texts and words weigh the same: Vowpal Wabbit's lines with an importance other than 1, or values that are no
    counts, are bad lines. Rows of numbers, as svmlight or a store, are trained on by fastlr.SGDClassifier in Python.

    \b
    fastlr train reviews.tsv -o reviews.fastlr
    fastlr train reviews.csv.gz --label stars --text title,review -o reviews.fastlr
    zcat reviews.jsonl.gz | fastlr train - --format jsonl --valid test.jsonl -o reviews.fastlr
    """  # noqa: D301
    begun = time.perf_counter()
    from fastlr import text_model_file
    from fastlr.commands.progress import Meter
    from fastlr.text_classifier import TextClassifier

    if alpha is not None and C is not None:
        raise click.UsageError("--alpha and --C say the same: give one of them.")
    if penalty == "none" and not (alpha is None and C is None):
        raise click.UsageError("--penalty none has no strength: leave --alpha and --C away.")
    check_output(output)
    share = _share(valid)
    for source in (data, valid):
        if os.path.isfile(source) and os.path.exists(output) and os.path.samefile(source, output):
            raise ValueError(f"{output}: the model would take the place of the texts")
    backend = choose_backend(backend)
    clean_up_first()
    with open_data(data, reading, quiet, with_labels=True) as reader:
        model = TextClassifier(
            ngrams=ngrams, penalty=None if penalty == "none" else penalty, alpha="auto" if alpha is None else alpha,
            C=C, optimizer=optimizer, max_iter=passes, validation_fraction=share or 0.0,
            memory=memory or free_memory(), random_state=seed, n_threads=threads, backend=backend,
        )  # fmt: skip
        with Meter(data, quiet) as meter:
            batches = ((batch.documents, batch.labels) for batch in meter.count(reader))
            evaluation = None
            if share is None:
                known = reader.layout.known()
                others = open_data(valid, reading, quiet, with_labels=True, labels=reader.labels, known=known)
                evaluation = ((batch.documents, batch.labels) for batch in others)
            model.fit_batches(batches, lambda: reader.labels.names, evaluation)
        say_skipped(reader, quiet)
    # What this machine has is no part of the model: the same texts and options make the same file.
    model.set_params(memory=memory, n_threads=None, backend=None)
    model.data_columns_ = reader.layout.known()
    say(
        quiet,
        f"{model.n_texts_:,} texts, {len(model.classes_):,} classes, {meter.n_bytes / 1e6:,.1f} MB, "
        f"{model.n_features_:,} features",
    )
    scores = model.validation_
    if scores:
        say(
            quiet,
            f"validation on {scores['n']:,} texts: accuracy {scores['accuracy']:.2%}, log-loss "
            f"{scores['log_loss']:.4f}" + (f" (alpha {model.alpha_:.1e})" if model.penalty else ""),
        )
    text_model_file.save(model, output)
    seconds = time.perf_counter() - begun
    say(quiet, f"{output}: written after {seconds:.2f} s, {meter.n_bytes / 1e6 / seconds:,.1f} MB/s")


def _share(valid: str) -> float | None:
    """Return the share that is to be held out; None for a file."""
    try:
        share = float(valid)
    except ValueError:
        return None
    if not 0.0 <= share < 1.0:
        raise click.BadParameter("a share must be 0 or more and less than 1.", param_hint="--valid")
    return share
