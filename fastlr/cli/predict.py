"""``fastlr predict``."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from fastlr.cli._options import (
    Command,
    backend_option,
    check_stdout,
    data_argument,
    data_options,
    load_model,
    model_argument,
    one_line_errors,
    open_data,
    quiet_option,
    say_counts,
    takes_rows,
    threads_option,
)
from fastlr.cli._scoring import bad_rows, class_names, scored
from fastlr.cli._tables import escaped

if TYPE_CHECKING:
    import numpy as np


@click.command(cls=Command, short_help="Print the predicted class of each document or row.")
@model_argument
@data_argument
@data_options
@click.option("--proba", is_flag=True, help="Print the probabilities of all classes, under a header with their names.")
@click.option(
    "--top", type=click.IntRange(1), metavar="K", help="Print the K most probable classes with their probabilities."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON Lines instead of TSV.")
@threads_option
@backend_option
@quiet_option
@one_line_errors
def predict(
    model: str,
    data: str,
    reading: dict[str, Any],
    proba: bool,
    top: int | None,
    as_json: bool,
    threads: int | None,
    backend: str | None,
    quiet: bool,
) -> None:
    """Print the class of each document or row in DATA, a file or - for standard input, one per line.

    Output lines are in the order of the input: one for each document or row, which is empty for a bad line that
    --skip-bad-lines skips. In JSON its label is null, and "row" counts the documents or rows from 1. Blank lines count
    as documents in plain text, and are skipped in other formats. Labels in DATA are ignored; svmlight lines must have
    one all the same.

    The text columns are those that the model was trained on, if DATA has them by name or, without a header, has as many
    columns. Otherwise they are detected. Models of numeric features take svmlight files, stores, and Parquet or Arrow.
    Features that the model does not know are ignored, with a warning.

    Tabs, line ends and zero bytes in class names are printed as \\t, \\n, \\r and \\0, and in JSON as JSON escapes.

    \b
    Examples:
      fastlr predict reviews.fastlr new.tsv --text 2 > classes.txt
      echo "a fine film" | fastlr predict reviews.fastlr - --top 3
    """  # noqa: D301
    if proba and top is not None:
        raise click.UsageError("--proba and --top are mutually exclusive.")
    check_stdout()
    loaded = load_model(model, backend, threads)
    names = class_names(loaded)
    out = sys.stdout.buffer
    rows = takes_rows(loaded)
    known = None if rows else loaded.data_columns_
    with open_data(data, reading, quiet, with_labels=False, eager=data == "-", rows=rows, known=known) as reader:
        if not as_json:
            names = list(map(escaped, names))
        if proba and not as_json:
            out.write("\t".join(names).encode() + b"\n")
        n = 0
        for batch, where, p in scored(loaded, reader, quiet):
            lines: list[Any] = (_records if as_json else _as_tsv)(p, names, proba, top)
            for place in bad_rows(batch, where)[::-1].tolist():
                lines.insert(place, {"label": None} if as_json else "")
            if as_json:
                lines = [json.dumps({"row": n + i, **line}, ensure_ascii=False) for i, line in enumerate(lines, 1)]
            n += len(lines)
            out.write("".join(f"{line}\n" for line in lines).encode())
            out.flush()
        say_counts(reader, quiet, {"predicted": reader.n_read})


def _best(p: np.ndarray, top: int) -> np.ndarray:
    """Return the most probable classes of each row, the most probable first."""
    if top == 1:
        return p.argmax(axis=1)[:, None]
    return (-p).argsort(axis=1, kind="stable")[:, :top]


def _as_tsv(p: np.ndarray, names: list[str], proba: bool, top: int | None) -> list[str]:
    if proba:
        return ["\t".join(f"{value:.6g}" for value in row) for row in p.tolist()]
    best = _best(p, top or 1)
    if top is None:
        return [names[k] for k in best[:, 0].tolist()]
    pairs = zip(best.tolist(), p.tolist(), strict=True)
    return ["\t".join(f"{names[k]}\t{row[k]:.6g}" for k in classes) for classes, row in pairs]


def _records(p: np.ndarray, names: list[str], proba: bool, top: int | None) -> list[dict[str, Any]]:
    best = _best(p, len(names) if proba else top or 1)
    records = []
    for classes, row in zip(best.tolist(), p.tolist(), strict=True):
        record: dict[str, Any] = {"label": names[classes[0]]}
        if proba or top:
            record["probabilities"] = {names[k]: round(row[k], 6) for k in classes}
        records.append(record)
    return records
