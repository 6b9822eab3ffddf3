"""What the sub-commands have in common: options, and how errors are told."""

from __future__ import annotations

import functools
import os
import re
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from fastlr.cli._interrupts import EXIT_CODE, end_at_once, ends_at_once

if TYPE_CHECKING:
    from fastlr.files.batches import Labels
    from fastlr.files.known_columns import KnownColumns
    from fastlr.files.reader import Reader
    from fastlr.linear_model.base import LinearClassifier
    from fastlr.text.classifier import TextClassifier

Command = Callable[..., Any]

FORMATS = ("tsv", "csv", "jsonl", "fasttext", "vw", "lines", "svmlight")

backend_option = click.option(
    "--backend",
    type=click.Choice(["auto", "numba", "cython", "numpy"]),
    help="What runs the inner loops; numpy takes minutes.  [default: FASTLR_BACKEND, or auto]",
)
quiet_option = click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors on standard error.")
threads_option = click.option(
    "--threads", type=click.IntRange(1), help="Threads; results do not depend on it.  [default: one a processor]"
)
data_argument = click.argument("data", metavar="DATA")
model_argument = click.argument("model", metavar="MODEL")

_DATA_OPTIONS = (
    click.option(
        "--format", type=click.Choice(FORMATS), help="Format of DATA.  [default: by its name and first lines]"
    ),
    click.option(
        "--label", metavar="COLUMN", help="Column of the labels: a name, or a number from 1.  [default: guessed]"
    ),
    click.option(
        "--text",
        metavar="COLUMN[,COLUMN]",
        help="Column of the text, or several, which are joined.  [default: guessed]",
    ),
    click.option(
        "--header/--no-header", default=None, help="Whether TSV or CSV begins with names.  [default: guessed]"
    ),
    click.option("--zero-based", is_flag=True, help="svmlight's first feature is 0.  [default: it is 1]"),
    click.option("--skip-bad-lines", is_flag=True, help="Leave lines out that cannot be read, and say how many."),
)


def data_options(command: Command) -> Command:
    """Add the options that say how a file is to be read; the command gets them in ``reading``."""

    @functools.wraps(command)
    def gathered(**options: Any) -> Any:
        names = ("format", "label", "text", "header", "zero_based", "skip_bad_lines")
        return command(reading={name: options.pop(name) for name in names}, **options)

    for option in reversed(_DATA_OPTIONS):
        gathered = option(gathered)
    return gathered


def one_line_errors(command: Command) -> Command:
    """Tell what went wrong in one line on standard error, and exit with 1; with 130 after Ctrl-C."""

    @functools.wraps(command)
    def guarded(*args: Any, **options: Any) -> Any:
        at_once = ends_at_once()
        try:
            return command(*args, **options)
        except KeyboardInterrupt:
            click.echo("Interrupted.", err=True)
            raise click.exceptions.Exit(EXIT_CODE) from None
        except BrokenPipeError:
            # Whoever read the output has had enough. Python would complain when it flushes what is left.
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            raise click.exceptions.Exit(1) from None
        except MemoryError as error:
            message = "There is not enough memory; fastlr train bounds what it takes by --memory."
            raise click.ClickException(message) from error
        except OSError as error:
            name = "" if error.filename is None else f"{error.filename or repr('')}: "
            raise click.ClickException(f"{name}{error.strerror or error}") from error
        except (ValueError, ImportError) as error:
            raise click.ClickException(" ".join(str(error).split())) from error
        finally:
            if at_once:  # nothing is left to clean up
                end_at_once()

    return guarded


def say(quiet: bool, message: str) -> None:
    """Tell something on standard error, unless it is to be quiet."""
    if not quiet:
        click.echo(message, err=True)


def choose_backend(name: str | None) -> str:
    """Return the backend of a command: Cython before Numba, as it need not be imported for a second first."""
    from fastlr.kernels.backend import get_backend, resolve_backend

    name = name or get_backend()
    if name != "auto":
        return resolve_backend(name)
    try:
        return resolve_backend("cython")
    except ImportError:
        return resolve_backend("auto")


def open_data(
    data: str,
    reading: dict[str, Any],
    quiet: bool,
    with_labels: bool,
    labels: Labels | None = None,
    eager: bool = False,
    rows: bool | None = None,
    known: KnownColumns | None = None,
) -> Reader:
    """Open a file of texts or, if ``rows``, of rows of numbers, or either; and say how it is read.

    Columns of texts that are ``known`` are taken where it has them.
    """
    from fastlr.files.reader import Reader

    reader = Reader(data, **reading, with_labels=with_labels, labels=labels, eager=eager, rows=rows, known=known)
    say(quiet, f"{reader.name}: {reader.layout}")
    if known is not None and reading["text"] is None and (lacking := reader.layout.lacks(known)):
        say(quiet, f"{reader.name}: the text is guessed, without the {', '.join(map(repr, lacking))} of the training")
    return reader


def say_skipped(reader: Reader, quiet: bool) -> None:
    """Say which lines were left out."""
    if reader.bad.count:
        say(quiet, f"{reader.name}: left out {reader.bad}")


def check_stdout() -> None:
    """Refuse to work out what could not be printed."""
    if sys.stdout is None:
        raise ValueError("Standard output is closed.")


def check_place(path: str) -> str:
    """Refuse a name to write to that is empty, or in a folder that is not there; return the folder."""
    if not path:
        raise ValueError("the name of the file to be written is empty")
    folder = os.path.dirname(os.path.realpath(path))
    if not os.path.isdir(folder):
        raise ValueError(f"{path}: there is no directory {folder}")
    return folder


def check_output(path: str) -> None:
    """Refuse a file that could not be written, before hours have been spent on what is to be in it."""
    folder = check_place(path)
    if os.path.isdir(path):
        raise ValueError(f"{path}: it is a directory")
    if os.path.exists(path) and not os.path.isfile(path):
        raise ValueError(f"{path}: it is no regular file, and would be replaced by one")
    from fastlr.persistence.tensor_file import temporary_name

    probe = temporary_name(path)
    try:
        os.close(os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_EXCL))
        os.unlink(probe)
    except OSError as error:
        raise ValueError(f"{path}: nothing can be written to {folder}: {error.strerror}") from error


def is_same_file(path: str, other: str) -> bool:
    """Tell whether two paths lead to one file, or folder, that is there."""
    return os.path.exists(path) and os.path.exists(other) and os.path.samefile(path, other)


def free_memory() -> int | None:
    """Return half of the memory that is free, in bytes; None where the system does not say."""
    try:
        with open("/proc/meminfo") as lines:
            sizes = dict(line.split(":", 1) for line in lines)
        return int(sizes["MemAvailable"].split()[0]) * 1024 // 2
    except (OSError, KeyError, ValueError):
        return None


def load_model(path: str, backend: str | None, threads: int | None) -> TextClassifier | LinearClassifier:
    """Load the model of a file, to run on a backend."""
    from fastlr.files import text_model
    from fastlr.persistence import tensor_file

    header, tensors = tensor_file.read(path)
    if header.get("kind") == text_model.KIND:
        model = text_model.from_parts(path, header, tensors)
        return model.set_params(backend=choose_backend(backend), n_threads=threads)
    from fastlr.files import model  # here, as it imports scikit-learn

    return model.from_parts(path, header, tensors).set_params(backend=choose_backend(backend), n_jobs=threads or -1)


def takes_rows(model: TextClassifier | LinearClassifier) -> bool:
    """Tell whether a model is of rows of numbers, and not of texts."""
    from fastlr.text.classifier import TextClassifier

    return not isinstance(model, TextClassifier)


class Size(click.ParamType):
    """A number of bytes, 500 million or more: ``500M``, ``2G``."""

    name = "size"

    # With fewer, training takes more than it is given: the interpreter and its libraries, the counts of all hashed
    # columns, texts on their way through the threads, and two parts of the rows on disk are 300 to 450 MB by
    # themselves. (Measured on 74 MB of text in 20 classes.)
    LEAST = 500_000_000

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number of bytes."""
        if isinstance(value, int):
            return value
        found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kMGT]?)i?B?", value.strip(), re.IGNORECASE)
        if not found:
            self.fail(f"{value!r} is no size such as 500M or 2G.", param, ctx)
        size = int(float(found[1]) * 1000 ** " kmgt".index(found[2].lower() or " "))
        if size < self.LEAST:
            self.fail(f"{value!r} is too little to train with; the least is {self.LEAST // 10**6}M.", param, ctx)
        return size
