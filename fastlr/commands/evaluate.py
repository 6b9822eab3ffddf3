"""``fastlr evaluate``."""

from __future__ import annotations

import json
from typing import Any

import click

from fastlr.commands.options import (
    backend_option,
    check_output,
    data_argument,
    data_options,
    load_model,
    model_argument,
    one_line_errors,
    open_data,
    quiet_option,
    say_skipped,
    threads_option,
)
from fastlr.commands.pieces import pieces
from fastlr.interrupts import clean_up_first

# Of more classes than this no confusion matrix is printed, but the pairs that are confused most often.
MAX_MATRIX = 20
MAX_CLASSES = 10_000  # whose matrix takes 800 MB
N_PAIRS = 10


@click.command()
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
    """Say how well a model does on the labelled texts of DATA, a file or - for standard input.

    Accuracy and log-loss; precision, recall and F1 of each class; the confusion matrix; and how far the probabilities
    are to be trusted. The columns are found as by fastlr predict.

    \b
    fastlr evaluate reviews.fastlr test.tsv --plot test.png
    """  # noqa: D301
    import numpy as np

    from fastlr.metrics import Evaluation, Outcome

    if plot is not None:
        check_output(plot)
    loaded = load_model(model, backend, threads)
    names = [str(label) for label in loaded.classes_.tolist()]
    if len(names) > MAX_CLASSES:
        raise ValueError(f"{model}: it has {len(names):,} classes, too many to count for each how often it is which")
    known = {name: k for k, name in enumerate(names)}
    parts = []
    with open_data(data, reading, quiet, with_labels=True, known=loaded.data_columns_) as reader:
        for batch in reader:
            unknown = [name for name in reader.labels.names if name not in known]
            if unknown:
                shown = ", ".join(map(repr, unknown[:5]))
                raise ValueError(f"{reader.name}: the model does not know the labels {shown}")
            labels = np.array([known[name] for name in reader.labels.names], np.int64)[batch.labels]
            for documents, where in pieces(batch.documents, len(names)):
                parts.append(Outcome.of(loaded.predict_proba(documents), labels[where]))
        say_skipped(reader, quiet)
    if not parts:
        raise ValueError(f"{reader.name}: there are no texts in it")
    evaluation = Evaluation.of(Outcome.joined(parts), names)
    if plot is not None:
        from fastlr.commands.pictures import draw_evaluation

        clean_up_first()
        draw_evaluation(evaluation, plot)
    click.echo(json.dumps(evaluation.as_dict(), ensure_ascii=False, indent=2) if as_json else report(evaluation))


def report(evaluation: Any) -> str:
    """Return an evaluation as text."""
    from fastlr.commands.tables import align

    facts = [
        ("texts", f"{evaluation.n:,}"),
        ("accuracy", f"{evaluation.accuracy:.2%}"),
        ("log-loss", f"{evaluation.log_loss:.4f}"),
        ("calibration error", f"{evaluation.calibration['error']:.2%}"),
    ]
    classes = [("class", "precision", "recall", "F1", "texts")]
    table = evaluation.per_class
    for k, name in enumerate(evaluation.names):
        shares = (f"{table[column][k]:.1%}" for column in ("precision", "recall", "f1"))
        classes.append((name, *shares, f"{table['support'][k]:,}"))
    trusted = [("said with", "right", "texts")]
    for said, right, n in zip(*(evaluation.calibration[k] for k in ("confidence", "accuracy", "count")), strict=True):
        trusted.append((f"{said:.0%}", f"{right:.0%}", f"{n:,}"))
    tables = [align(facts, "<>"), align(classes, "<>>>>"), align(trusted, ">>>")]
    return "\n\n".join([*tables, _confusion(evaluation, align)])


def _confusion(evaluation: Any, align: Any) -> str:
    matrix, names = evaluation.confusion, evaluation.names
    if len(names) <= MAX_MATRIX:
        rows = [("true class, taken for", *names)]
        rows += [(name, *(f"{n:,}" for n in row)) for name, row in zip(names, matrix.tolist(), strict=True)]
        return align(rows, "<" + ">" * len(names))
    wrong = matrix.copy()
    wrong[range(len(names)), range(len(names))] = 0
    rows = [("true class", "taken for", "texts")]
    for place in (-wrong).ravel().argsort(kind="stable")[:N_PAIRS].tolist():
        true, taken = divmod(place, len(names))
        if wrong[true, taken]:
            rows.append((names[true], names[taken], f"{wrong[true, taken]:,}"))
    return align(rows, "<<>")
