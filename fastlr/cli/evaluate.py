"""``fastlr evaluate``."""

from __future__ import annotations

import json
from typing import Any

import click

from fastlr.cli._interrupts import clean_up_first
from fastlr.cli._options import (
    Command,
    backend_option,
    check_output,
    check_stdout,
    data_argument,
    data_options,
    load_model,
    model_argument,
    one_line_errors,
    open_data,
    quiet_option,
    say_skipped,
    takes_rows,
    threads_option,
)
from fastlr.cli._scoring import class_names, scored

# Of more classes than this no confusion matrix is printed, but the pairs that are confused most often.
MAX_MATRIX = 20
MAX_CLASSES = 10_000  # whose matrix takes 800 MB
N_PAIRS = 10


@click.command(cls=Command)
@model_argument
@data_argument
@data_options
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--plot", metavar="FILE", help="Draw the confusion matrix and the calibration; needs matplotlib.")
@threads_option
@backend_option
@quiet_option
@one_line_errors
def evaluate(
    model: str,
    data: str,
    reading: dict[str, Any],
    as_json: bool,
    plot: str | None,
    threads: int | None,
    backend: str | None,
    quiet: bool,
) -> None:
    """Say how well a model does on the labelled texts, or rows, of DATA, a file or - for standard input.

    Accuracy and log-loss; precision, recall and F1 of each class; the confusion matrix; and how far the probabilities
    are to be trusted. The columns are found as by fastlr predict. Rows and texts with weights count as these say.

    \b
    fastlr evaluate reviews.fastlr test.tsv --plot test.png
    """  # noqa: D301
    import numpy as np

    from fastlr.metrics import Evaluation, Outcome
    from fastlr.utils.arrays import sum_of

    check_stdout()
    if plot is not None:
        from fastlr.cli._plots import check_plot, draw_evaluation

        check_output(plot)
        check_plot(plot, "--plot")
    loaded = load_model(model, backend, threads)
    names, rows = class_names(loaded), takes_rows(loaded)
    if len(names) > MAX_CLASSES:
        raise ValueError(f"{model}: it has {len(names):,} classes, too many to count for each how often it is which")
    places = {name: k for k, name in enumerate(names)}
    parts = []
    known = None if rows else loaded.data_columns_
    with open_data(data, reading, quiet, with_labels=True, rows=rows, known=known) as reader:
        for batch, where, p in scored(loaded, reader, quiet):
            codes = batch.codes(reader.labels) if rows else batch.labels
            unknown = [name for name in reader.labels.names if name not in places]
            if unknown:
                shown = ", ".join(map(repr, unknown[:5]))
                raise ValueError(f"{reader.name}: the model does not know the labels {shown}")
            labels = np.array([places[name] for name in reader.labels.names], np.int64)[codes[where]]
            parts.append(Outcome.of(p, labels, None if batch.weights is None else batch.weights[where]))
        say_skipped(reader, quiet)
    if not parts:
        raise ValueError(f"{reader.name}: there are no {'rows' if rows else 'texts'} in it")
    outcome = Outcome.joined(parts)
    if outcome.weights is not None and not 0.0 < sum_of(outcome.weights) < np.inf:
        raise ValueError(f"{reader.name}: the weights in it must have a finite sum above 0")
    evaluation = Evaluation.of(outcome, names)
    click.echo(
        json.dumps(evaluation.as_dict(), ensure_ascii=False, indent=2)
        if as_json
        else report(evaluation, "rows" if rows else "texts")
    )
    if plot is not None:
        clean_up_first()
        draw_evaluation(evaluation, plot)


def report(evaluation: Any, what: str) -> str:
    """Return an evaluation of ``what``, texts or rows, as text."""
    from fastlr.cli._tables import align

    facts = [
        (what, f"{evaluation.n:,}"),
        ("accuracy", f"{evaluation.accuracy:.2%}"),
        ("log-loss", f"{evaluation.log_loss:.4f}"),
        ("calibration error", f"{evaluation.calibration['error']:.2%}"),
    ]
    classes = [("class", "precision", "recall", "F1", what)]
    table = evaluation.per_class
    for k, name in enumerate(evaluation.names):
        shares = (f"{table[column][k]:.1%}" for column in ("precision", "recall", "f1"))
        classes.append((name, *shares, _count(table["support"][k].item())))
    trusted = [("said with", "right", what)]
    for said, right, n in zip(*(evaluation.calibration[k] for k in ("confidence", "accuracy", "count")), strict=True):
        trusted.append((f"{said:.0%}", f"{right:.0%}", _count(n)))
    tables = [align(facts, "<>"), align(classes, "<>>>>"), align(trusted, ">>>")]
    return "\n\n".join([*tables, _confusion(evaluation, what, align)])


def _count(n: float) -> str:
    """Return a number of rows, or the sum of their weights."""
    return f"{n:,}" if isinstance(n, int) else f"{n:,.1f}"


def _confusion(evaluation: Any, what: str, align: Any) -> str:
    matrix, names = evaluation.confusion, evaluation.names
    if len(names) <= MAX_MATRIX:
        rows = [("true class, taken for", *names)]
        rows += [(name, *map(_count, row)) for name, row in zip(names, matrix.tolist(), strict=True)]
        return align(rows, "<" + ">" * len(names))
    wrong = matrix.copy()
    wrong[range(len(names)), range(len(names))] = 0
    rows = [("true class", "taken for", what)]
    for place in (-wrong).ravel().argsort(kind="stable")[:N_PAIRS].tolist():
        true, taken = divmod(place, len(names))
        if wrong[true, taken]:
            rows.append((names[true], names[taken], _count(wrong[true, taken].item())))
    return align(rows, "<<>")
