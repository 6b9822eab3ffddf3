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
    say_skipped,
    takes_rows,
    threads_option,
)
from fastlr.cli._scoring import class_names, scored
from fastlr.cli._tables import escaped

if TYPE_CHECKING:
    import numpy as np


@click.command(cls=Command)
@model_argument
@data_argument
@data_options
@click.option("--proba", is_flag=True, help="Print the probability of every class, under a header of their names.")
@click.option(
    "--top", type=click.IntRange(1), metavar="K", help="Print the K most probable classes, each with its probability."
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
    """Print the class of each text, or row, of DATA, a file or - for standard input: a line a text.

    The columns of the text are those that the model was trained on, if DATA has them by the same names, or is without a
    header and has as many columns as the texts trained on; otherwise they are guessed.

    Labels in DATA are not looked at. Lines come out as they come in; of lines of plain text blank ones, too, which
    other formats leave out. In the names of classes tabs, line ends and zero bytes are printed as \\t, \\n, \\r and
    \\0, and by --json as JSON has them. A model of rows of numbers takes svmlight, where a label must stand all the
    same, stores and Parquet. Rows may have fewer features than it has; what they have beyond is left out, and said.

    \b
    fastlr predict reviews.fastlr new.tsv --text 2 > classes.txt
    echo "a fine film" | fastlr predict reviews.fastlr - --top 3
    """  # noqa: D301
    if proba and top is not None:
        raise click.UsageError("--proba prints all classes, and --top some: give one of them.")
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
        for _, _, p in scored(loaded, reader, quiet):
            lines = _as_json(p, names, proba, top) if as_json else _as_tsv(p, names, proba, top)
            out.write("\n".join(lines).encode() + b"\n")
            out.flush()
        say_skipped(reader, quiet)


def _best(p: np.ndarray, top: int) -> np.ndarray:
    """Return the most probable classes of each row, the best first."""
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


def _as_json(p: np.ndarray, names: list[str], proba: bool, top: int | None) -> list[str]:
    best = _best(p, len(names) if proba else top or 1)
    lines = []
    for classes, row in zip(best.tolist(), p.tolist(), strict=True):
        said: dict[str, Any] = {"label": names[classes[0]]}
        if proba or top:
            said["probabilities"] = {names[k]: round(row[k], 6) for k in classes}
        lines.append(json.dumps(said, ensure_ascii=False))
    return lines
