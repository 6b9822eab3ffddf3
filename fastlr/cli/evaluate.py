"""``fastlr evaluate``."""

from __future__ import annotations

import json
from typing import Any

import click

from fastlr.cli._interrupts import clean_up_first
from fastlr.cli._options import (
    Command,
    OutputFile,
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
    say,
    say_alike,
    say_counts,
    takes_rows,
    threads_option,
    weight_option,
)
from fastlr.cli._scoring import class_names, scored
from fastlr.persistence.streams import STDOUT

# With more classes than this, the pairs that are confused most often are printed instead of the confusion matrix.
MAX_MATRIX = 20
MAX_CLASSES = 10_000  # their matrix takes 800 MB
N_PAIRS = 10
MAX_SHOWN = 5  # labels in a message
MAX_KEPT = 1 << 26  # probabilities that are kept to rank the rows by; they take 512 MB


@click.command(cls=Command, short_help="Measure a model on labelled documents or rows.")
@model_argument
@data_argument
@data_options
@weight_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")
@click.option(
    "--plot",
    metavar="FILE",
    type=OutputFile(),
    help="Draw the confusion matrix and the calibration curve; needs matplotlib.",
)
@threads_option
@backend_option
@quiet_option
@one_line_errors
def evaluate(
    model: str,
    data: tuple[str, ...],
    reading: dict[str, Any],
    weight: str | None,
    as_json: bool,
    plot: str | None,
    threads: int | None,
    backend: str | None,
    quiet: bool,
) -> None:
    """Measure a model on the labelled documents or rows in DATA: files, folders, archives, or - for standard input.

    The report has accuracy, log-loss, Brier score, F1, ROC AUC and average precision; precision, recall and F1 of each
    class; the calibration of the probabilities; and the confusion matrix or, with more than 20 classes, the pairs that
    are confused most often. Measures that are not defined, as for a class without documents, are - or, in JSON, null.

    Weights in DATA are taken into account. Labels that the model does not know count as wrong; log-loss, Brier score,
    ROC AUC and average precision leave them out. The columns are found as by fastlr predict.

    \b
    Examples:
      fastlr evaluate reviews.fastlr test.tsv
      fastlr evaluate reviews.fastlr test.tsv --plot test.png
    """  # noqa: D301
    import numpy as np

    from fastlr.files.batches import DocumentBatch
    from fastlr.metrics import Evaluation, Outcome
    from fastlr.utils.sums import sum_of

    check_stdout()
    if plot is not None:
        from fastlr.cli._plots import check_plot, draw_evaluation

        if plot == STDOUT:
            raise ValueError("--plot -: standard output is for the report")
        check_output(plot)
        check_plot(plot, "--plot")
    loaded = load_model(model, backend, threads)
    names, rows = class_names(loaded), takes_rows(loaded)
    what = "rows" if rows else "documents"
    if len(names) > MAX_CLASSES:
        raise ValueError(f"{model}: has {len(names):,} classes, more than the {MAX_CLASSES:,} that evaluate supports")
    places, parts, kept, n_kept = {name: k for k, name in enumerate(names)}, [], [], 0
    reading["weight"], known = weight, None if rows else loaded.data_columns_
    with open_data(data, reading, quiet, with_labels=True, rows=rows, known=known, use="test") as reader:
        for batch, where, p in scored(loaded, reader, quiet):
            codes = np.asarray(batch.labels if isinstance(batch, DocumentBatch) else batch.codes(reader.labels))
            for name in reader.labels.names:  # classes that the model does not know follow its own
                places.setdefault(name, len(places))
            if len(places) > MAX_CLASSES:
                raise ValueError(f"{reader.name}: has {_unknown_labels(names, list(places))}")
            labels = np.array([places[name] for name in reader.labels.names], np.int64)[codes[where]]
            n_kept += p.size
            kept.append(p)
            if n_kept > MAX_KEPT:
                kept.clear()
            p = np.pad(p, ((0, 0), (0, len(places) - p.shape[1])))
            parts.append(Outcome.of(p, labels, None if batch.weights is None else batch.weights[where]))
        if not reader.n_read:
            raise ValueError(f"{reader.name}: contains no {what}")
        say_alike(reader.name, list(places), quiet)
        outcome = Outcome.joined(parts)
        is_known = outcome.labels < len(names)
        if not is_known.any():
            raise ValueError(f"{reader.name}: has {_unknown_labels(names, list(places))}")
        say_counts(reader, quiet, {"evaluated": reader.n_read})
    s = outcome.weights
    if s is not None and not (sum_of(s) < np.inf and sum_of(s[is_known]) > 0.0):
        raise ValueError(f"{reader.name}: the weights must have a finite sum above 0")
    if not kept:
        found = f"{n_kept:,} probabilities, more than {MAX_KEPT:,}"
        say(quiet, f"{reader.name}: {found}, so there is no ROC AUC, average precision and Brier score")
    probabilities = np.concatenate(kept) if kept else None
    evaluation = Evaluation.of(outcome, list(places), probabilities, n_known=len(names))
    unknown = {}
    if not is_known.all():
        counts = np.bincount(outcome.labels, minlength=len(places))[len(names) :]
        unknown = dict(zip(evaluation.names[len(names) :], counts.tolist(), strict=True))
        found = (
            f"{np.count_nonzero(~is_known):,} of {len(is_known):,} {what} have {_unknown_labels(names, list(places))}"
        )
        left_out = "log-loss, Brier score, ROC AUC and average precision leave them out"
        say(quiet, f"{reader.name}: {found}; they count as wrong, and {left_out}")
    if as_json:
        click.echo(json.dumps({**evaluation.as_dict(), "unknown": unknown}, ensure_ascii=False, indent=2))
    else:
        click.echo(report(evaluation, what))
    if plot is not None:
        clean_up_first()
        draw_evaluation(evaluation, plot)


def _unknown_labels(names: list[str], all_names: list[str]) -> str:
    """Return a description of the labels that follow those that the model knows."""
    unknown, known = (
        ", ".join(map(repr, some[:MAX_SHOWN])) + (", ..." if len(some) > MAX_SHOWN else "")
        for some in (all_names[len(names) :], names)
    )
    return f"labels that the model does not know: {unknown} (it knows {known})"


def report(evaluation: Any, what: str) -> str:
    """Return an evaluation of ``what``, documents or rows, as tables."""
    from fastlr.cli._tables import align

    facts = [
        (what, f"{evaluation.n:,}"),
        ("accuracy", f"{evaluation.accuracy:.2%}"),
        ("log-loss", f"{evaluation.log_loss:.4f}"),
        ("Brier score", _shown(evaluation.brier_score, ".4f")),
        ("calibration error", f"{evaluation.calibration['error']:.2%}"),
        ("macro F1", f"{evaluation.f1_macro:.2%}"),
        ("weighted F1", f"{evaluation.f1_weighted:.2%}"),
        ("micro F1", f"{evaluation.accuracy:.2%}"),
        ("ROC AUC", _shown(evaluation.roc_auc, ".4f")),
        ("average precision", _shown(evaluation.average_precision, ".4f")),
    ]
    classes = [("class", "precision", "recall", "F1", "ROC AUC", "avg. precision", what)]
    table = evaluation.per_class
    for k, name in enumerate(evaluation.names):
        shares = (f"{table[column][k]:.1%}" for column in ("precision", "recall", "f1"))
        areas = (_shown(table[column][k], ".4f") for column in ("roc_auc", "average_precision"))
        classes.append((name, *shares, *areas, _count(table["support"][k].item())))
    calibration = [("probability", "correct", what)]
    for p, correct, n in zip(*(evaluation.calibration[k] for k in ("confidence", "accuracy", "count")), strict=True):
        calibration.append((f"{p:.0%}", f"{correct:.0%}", _count(n)))
    tables = [align(facts, "<>"), align(classes, "<>>>>>>"), align(calibration, ">>>")]
    return "\n\n".join([*tables, _confusion(evaluation, what, align)])


def _shown(value: float | None, digits: str) -> str:
    """Return a measure, or "-" if it is not defined."""
    return "-" if value is None or value != value else f"{value:{digits}}"


def _count(n: float) -> str:
    """Return a number of rows, or the sum of their weights."""
    return f"{n:,}" if isinstance(n, int) else f"{n:,.1f}"


def _confusion(evaluation: Any, what: str, align: Any) -> str:
    matrix, names = evaluation.confusion, evaluation.names
    if len(names) <= MAX_MATRIX:
        rows = [("true class, predicted as", *names)]
        rows += [(name, *map(_count, row)) for name, row in zip(names, matrix.tolist(), strict=True)]
        return align(rows, "<" + ">" * len(names))
    wrong = matrix.copy()
    wrong[range(len(names)), range(len(names))] = 0
    rows = [("true class", "predicted", what)]
    for place in (-wrong).ravel().argsort(kind="stable")[:N_PAIRS].tolist():
        true, predicted = divmod(place, len(names))
        if wrong[true, predicted]:
            rows.append((names[true], names[predicted], _count(wrong[true, predicted].item())))
    return align(rows, "<<>")
