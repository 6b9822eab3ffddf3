"""``fastlr predict``."""

from __future__ import annotations

import os
from typing import Any

import click

from fastlr.cli._options import (
    Command,
    OutputFile,
    backend_option,
    check_output,
    data_argument,
    data_options,
    is_among,
    load_model,
    model_argument,
    one_line_errors,
    open_data,
    quiet_option,
    say_counts,
    takes_rows,
    threads_option,
)
from fastlr.cli._predictions import ID, WRITERS, Columns, with_gaps
from fastlr.cli._scoring import bad_rows, class_names, scored
from fastlr.files.inputs.compression import without_suffix
from fastlr.files.registry import format_of_suffix
from fastlr.persistence.streams import STDOUT, is_stream

LINES, JSON, PARQUET = "lines", "jsonl", "parquet"


@click.command(cls=Command, short_help="Print or write the predicted class of each document or row.")
@model_argument
@data_argument
@data_options
@click.option("--proba", is_flag=True, help="Print the probabilities of all classes, under a header with their names.")
@click.option(
    "--top", type=click.IntRange(1), metavar="K", help="Print the K most probable classes with their probabilities."
)
@click.option(
    "-o", "--output", type=OutputFile(), default=STDOUT, metavar="FILE",
    help="Write the predictions to this file; - is standard output, the default.",
)  # fmt: skip
@click.option(
    "--to", type=click.Choice(list(WRITERS)), metavar="FORMAT",
    help=f"Format of the output: {', '.join(WRITERS)}.  [default: by the name of FILE, or lines]",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Same as --to jsonl.")
@click.option(
    "--id", metavar="COLUMN", help="Copy the column of DATA that identifies rows, by name or by number from 1."
)
@threads_option
@backend_option
@quiet_option
@one_line_errors
def predict(
    model: str,
    data: tuple[str, ...],
    reading: dict[str, Any],
    proba: bool,
    top: int | None,
    output: str,
    to: str | None,
    as_json: bool,
    id: str | None,
    threads: int | None,
    backend: str | None,
    quiet: bool,
) -> None:
    """Predict the class of each document or row in DATA, one per line: files, folders, archives, or -, standard input.

    Output lines are in the order of the input: one for each document or row, without a class for a bad line that
    --skip-bad-lines skips. Blank lines count as documents in plain text, and are skipped in other formats. Labels in
    DATA are ignored; svmlight lines must have one all the same.

    csv, tsv and parquet have the columns label, with --top also probability, label_2, probability_2 and so on, or with
    --proba one for each class. In jsonl, "row" counts the documents or rows from 1. The column of --id comes first,
    with the name that it has in DATA, or id if it has none.

    The text columns are those that the model was trained on, if DATA has them by name or, without a header, has as many
    columns. Otherwise they are detected. Models of numeric features take svmlight files, stores, and Parquet or Arrow.
    Features that the model does not know are ignored, with a warning.

    Tabs, line ends and zero bytes in class names are printed as \\t, \\n, \\r and \\0, and in JSON as JSON escapes.

    \b
    Examples:
      fastlr predict reviews.fastlr new.tsv --text 2 > classes.txt
      fastlr predict reviews.fastlr new.csv --id review_id --top 1 -o classes.csv
      echo "a fine film" | fastlr predict reviews.fastlr - --top 3
    """  # noqa: D301
    if proba and top is not None:
        raise click.UsageError("--proba and --top are mutually exclusive.")
    format = _format(output, to, as_json)
    check_output(output)
    for what, paths in (("model", (model,)), ("data", data)):
        if is_among(paths, output):
            raise ValueError(f"{output}: the predictions would overwrite the {what}")
    if format == PARQUET:
        from fastlr.files.arrow import require_pyarrow

        require_pyarrow()
    from fastlr.persistence.tensor_file import replacing

    loaded = load_model(model, backend, threads)
    rows = takes_rows(loaded)
    reading["id"], known = id, None if rows else loaded.data_columns_
    eager = data == ("-",) and is_stream(output) and format != PARQUET
    with open_data(data, reading, quiet, with_labels=False, eager=eager, rows=rows, known=known) as reader:
        names, place = reader.layout.names, reader.layout.id
        named = None if place is None else names[place] if names else ID
        columns = Columns(class_names(loaded), proba, top, named)
        with replacing(output) as file:
            writer = WRITERS[format](file, columns)
            for batch, where, p in scored(loaded, reader, quiet):
                bad, bad_ids = bad_rows(batch, where)
                ids = with_gaps([None] * len(p) if batch.ids is None else batch.ids[where], bad, bad_ids)
                writer.add(p, [None if id != id else id for id in ids], bad)  # pandas writes NaN where there is none
            writer.close()
        say_counts(reader, quiet, {"predicted": reader.n_read})


def _format(output: str, to: str | None, as_json: bool) -> str:
    """Return the name of the format of the output."""
    if as_json and to not in (None, JSON):
        raise click.UsageError(f"--json and --to {to} are mutually exclusive.")
    if to is not None or as_json:
        return to or JSON
    name = os.path.basename(output).lower()
    if is_stream(output) or not os.path.splitext(name)[1] or name.endswith(".txt"):
        return LINES
    if without_suffix(name) != name:
        raise click.UsageError(f"Predictions are not compressed: leave out the last suffix of {output!r}.")
    found = format_of_suffix(name)
    if found is None or found.name not in WRITERS:
        raise click.UsageError(f"Cannot tell the format from the name {output!r}: pass --to.")
    return found.name
