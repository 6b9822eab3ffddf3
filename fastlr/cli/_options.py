"""What the commands share: options, their help, opening data and models, and how errors are reported."""

from __future__ import annotations

import functools
import io
import os
import re
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeGuard

import click

from fastlr.cli._habits import AnsweringCommand
from fastlr.cli._interrupts import EXIT_CODE, clean_up_first, end_at_once, ends_at_once
from fastlr.files.registry import READ_BY_NAME
from fastlr.kernels.backend import BACKENDS, resolve_backend
from fastlr.persistence.streams import STDOUT, is_stream

if TYPE_CHECKING:
    from fastlr.files.batches import Labels
    from fastlr.files.layout import Layout
    from fastlr.files.reader import Reader
    from fastlr.linear_model.base import LinearClassifier
    from fastlr.text.classifier import TextClassifier
    from fastlr.text.known_columns import KnownColumns

Function = Callable[..., Any]

# Groups of similar labels that a message shows.
MAX_ALIKE = 3

# Columns that probably hold weights; they are not used unless the caller says so.
WEIGHT_NAMES = ("weight", "weights", "sample_weight", "importance")

# Titles of groups of options, in the order of the help; a command's own options come first.
OWN, INPUT, GENERAL = "Options", "Input options", "General options"


class Option(click.Option):
    """An option that belongs to a group.

    Parameters
    ----------
    group : str
        Title of the group in the help.
    """

    def __init__(self, *args: Any, group: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.group = group


class Command(AnsweringCommand):
    """A command whose help shows options in groups, and ranges of numbers only where the text of an option does."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options."""
        groups: dict[str, list[tuple[str, str]]] = {OWN: [], INPUT: [], GENERAL: []}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None and isinstance(parameter, click.Option):
                group = GENERAL if "--help" in parameter.opts else getattr(parameter, "group", OWN)
                groups[group].append((record[0], _described(parameter)))
        for title, records in groups.items():
            if records:
                with formatter.section(title):
                    formatter.write_dl(records)


def _described(option: click.Option) -> str:
    """Return the text of an option, with its default."""
    text = option.help or ""
    if option.required:
        return f"{text}  [required]"
    return f"{text}  [default: {option.default}]" if option.show_default else text


backend_option = click.option(
    "--backend",
    cls=Option,
    group=GENERAL,
    metavar="NAME",
    type=click.Choice(BACKENDS),
    help=f"Kernels to run: {', '.join(BACKENDS)}; numpy is very slow.  [default: $FASTLR_BACKEND, or auto]",
)
quiet_option = click.option(
    "-q", "--quiet", cls=Option, group=GENERAL, is_flag=True, help="Print nothing but errors on standard error."
)
threads_option = click.option(
    "--threads",
    cls=Option,
    group=GENERAL,
    metavar="N",
    type=click.IntRange(1),
    help="Number of threads; results do not depend on it.  [default: one per processor]",
)
data_argument = click.argument("data", metavar="DATA...", nargs=-1, required=True)
model_argument = click.argument("model", metavar="MODEL")


class Character(click.ParamType):
    """A character, which may have a name.

    Parameters
    ----------
    names : dict of str to str
        Characters by their names.
    """

    name = "char"

    def __init__(self, names: dict[str, str]) -> None:
        self.names = names

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the character."""
        value = self.names.get(value, value)
        if len(value) != 1 and value not in self.names.values():
            self.fail(f"{value!r} is not one character, nor one of: {', '.join(self.names)}.", param, ctx)
        return value


_DATA_OPTIONS: tuple[dict[str, Any], ...] = (
    {
        "name": "--format",
        "metavar": "FORMAT",
        "type": click.Choice(READ_BY_NAME),
        "help": f"Format of DATA: {', '.join(READ_BY_NAME)}. Stores, Parquet and Arrow are always recognised.  "
        "[default: detected]",
    },
    {
        "name": "--label",
        "metavar": "COLUMN",
        "help": "Label column, by name or by number from 1.  [default: detected]",
    },
    {
        "name": "--text",
        "multiple": True,
        "metavar": "COLUMN[,COLUMN]",
        "help": "Text column; several columns are joined. Can be repeated.  [default: detected]",
    },
    {
        "name": "--header/--no-header",
        "default": None,
        "help": "Whether TSV or CSV begins with column names.  [default: detected]",
    },
    {
        "name": "--sep",
        "metavar": "CHAR",
        "type": Character({"tab": "\t", "\\t": "\t", "space": " "}),
        "help": "Character that separates the columns of TSV or CSV, such as ';' or tab.  [default: detected]",
    },
    {
        "name": "--quote",
        "metavar": "CHAR",
        "type": Character({"none": ""}),
        "help": "Character around columns that may hold separators, or none.  [default: detected]",
    },
    {
        "name": "--encoding",
        "metavar": "NAME",
        "help": "Encoding of text, such as cp1252, utf-16 or gb18030.  [default: detected]",
    },
    {"name": "--zero-based", "is_flag": True, "help": "Count svmlight features from 0 instead of 1."},
    {"name": "--skip-bad-lines", "is_flag": True, "help": "Skip lines that cannot be read instead of stopping."},
)


weight_option = click.option(
    "--weight",
    cls=Option,
    group=INPUT,
    metavar="COLUMN",
    help="Column with the weight of each document or row, 0 or more.  [default: 1 for all]",
)


def data_options(command: Function) -> Function:
    """Add the options for reading a file; the command gets their values as a dictionary, ``reading``."""

    @functools.wraps(command)
    def gathered(**options: Any) -> Any:
        names = ("format", "label", "text", "header", "sep", "quote", "encoding", "zero_based", "skip_bad_lines")
        reading = {name: options.pop(name) for name in names}
        return command(reading={**reading, "text": reading["text"] or None}, **options)

    for settings in reversed(_DATA_OPTIONS):
        name, rest = settings["name"], {key: value for key, value in settings.items() if key != "name"}
        gathered = click.option(name, cls=Option, group=INPUT, **rest)(gathered)
    return gathered


def one_line_errors(command: Function) -> Function:
    """Print an error as one line on standard error, and exit with 1; with 130 after Ctrl-C."""

    @functools.wraps(command)
    def guarded(*args: Any, **options: Any) -> Any:
        at_once = ends_at_once()
        try:
            return command(*args, **options)
        except KeyboardInterrupt:
            click.echo("Interrupted.", err=True)
            raise click.exceptions.Exit(EXIT_CODE) from None
        except BrokenPipeError:
            # The reader of the output has closed it. Python would complain when it flushes the rest.
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            raise click.exceptions.Exit(1) from None
        except MemoryError as error:
            message = "out of memory; the --memory option of fastlr train limits its use"
            raise click.ClickException(message) from error
        except OSError as error:
            name = "" if error.filename is None else f"{error.filename or repr('')}: "
            raise click.ClickException(f"{name}{error.strerror or error}") from error
        except (ValueError, ImportError, RuntimeWarning) as error:
            raise click.ClickException(" ".join(str(error).split())) from error
        finally:
            if at_once:  # there is nothing left to clean up
                end_at_once()

    return guarded


def say(quiet: bool, message: str) -> None:
    """Print a message on standard error, unless ``quiet``."""
    if not quiet:
        click.echo(message, err=True)


def open_data(
    data: Sequence[str],
    reading: dict[str, Any],
    quiet: bool,
    with_labels: bool,
    classes: bool = False,
    labels: Labels | None = None,
    eager: bool = False,
    rows: bool | None = None,
    known: KnownColumns | None = None,
    use: str = "all",
) -> Reader:
    """Open files and print their layout; see `fastlr.files.reader.Reader` for the parameters."""
    from fastlr.files.reader import Reader

    clean_up_first()  # a stream may be copied to a temporary file
    reader = Reader(
        data, **reading, with_labels=with_labels, classes=classes, labels=labels, eager=eager, rows=rows, known=known,
        use=use,
    )  # fmt: skip
    say(quiet, f"{reader.name}: {reader.layout}")
    if reader.encoding is not None and reading["encoding"] is None:
        say_encoding(reader, quiet)
    if known is not None and reading["text"] is None and (lacking := reader.layout.lacks(known)):
        missing = ", ".join(map(repr, lacking))
        say(quiet, f"{reader.name}: has no column {missing} as in training; the text column was detected instead")
    if "weight" in reading and (unused := _unused_weights(reader.layout)) is not None:
        say(quiet, f"{reader.name}: {unused!r} is not used as a weight; --weight decides")
    return reader


def _unused_weights(layout: Layout) -> str | None:
    """Return the name of a column that nothing is read from, and that is called like weights."""
    columns = enumerate(layout.names if layout.weight is None else ())
    used = (layout.label, *layout.text)
    return next((name for k, name in columns if name.strip().lower() in WEIGHT_NAMES and k not in used), None)


def say_encoding(reader: Reader, quiet: bool) -> None:
    """Print the encoding of a file that was detected."""
    others = f", or {', '.join(reader.other_encodings)}" if reader.other_encodings else ""
    say(quiet, f"{reader.name}: encoding {reader.encoding}{others}; --encoding decides")


def say_counts(reader: Reader, quiet: bool, uses: dict[str, int]) -> None:
    """Print how many documents or rows were read, and what became of them; the numbers of ``uses`` add up to them."""
    if reader.encoding != reader.layout.encoding:  # the first lines are all ASCII
        say_encoding(reader, quiet)
    what = "rows" if reader.layout.of_rows else "documents"
    n_skipped = reader.bad.count
    parts = [f"{n:,} {use}" for use, n in {**uses, "skipped": n_skipped}.items()]
    empty = "" if reader.store is not None else f" ({reader.n_empty:,} empty)"
    say(quiet, f"{sum(uses.values()) + n_skipped:,} {what} read{empty}: {', '.join(parts)}")
    if n_skipped:
        say(quiet, f"{reader.name}: skipped {reader.bad}")


def say_alike(name: str, labels: list[str], quiet: bool) -> None:
    """Print which labels of a file most likely mean the same."""
    from fastlr.files.tables.label_spellings import alike

    if groups := alike(labels):
        shown = "; ".join(" and ".join(map(repr, group)) for group in groups[:MAX_ALIKE])
        more = f"; and {len(groups) - MAX_ALIKE:,} more" if len(groups) > MAX_ALIKE else ""
        say(quiet, f"{name}: labels that may mean the same count as different classes: {shown}{more}")


def check_stdout() -> None:
    """Raise ValueError if standard output is closed; let any text be printed there.

    A file or a pipe gets UTF-8, whatever the locale. A terminal keeps its encoding, and shows escapes of what it lacks.
    """
    if sys.stdout is None:
        raise ValueError("standard output is closed")
    if isinstance(sys.stdout, io.TextIOWrapper):
        encoding = None if sys.stdout.isatty() else "utf-8"
        sys.stdout.reconfigure(encoding=encoding, errors="backslashreplace")


def check_place(path: str) -> str:
    """Return the folder of a file to write; raise ValueError if there is none."""
    if not path:
        raise ValueError("the name of the output file is empty")
    folder = os.path.dirname(os.path.realpath(path))
    if not os.path.isdir(folder):
        raise ValueError(f"{path}: directory {folder} does not exist")
    return folder


def check_store(path: str) -> None:
    """Raise ValueError if a store cannot be written, which is a folder."""
    check_place(path)
    if os.path.exists(path) and not os.path.isdir(path):
        raise ValueError(f"{path}: a store is a folder, and this is none")


def check_output(path: str) -> None:
    """Raise ValueError if a file cannot be written, before hours are spent on its content."""
    if path == STDOUT:
        check_stdout()
        return
    if is_stream(path):
        if not os.access(path, os.W_OK):
            raise ValueError(f"{path}: cannot be written to")
        return
    folder = check_place(path)
    if os.path.isdir(path):
        raise ValueError(f"{path}: is a directory")
    from fastlr.persistence.tensor_file import temporary_name

    probe = temporary_name(path)
    try:
        os.close(os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_EXCL))
        os.unlink(probe)
    except OSError as error:
        raise ValueError(f"{path}: cannot write to {folder}: {error.strerror}") from error


def is_same_file(path: str, other: str) -> bool:
    """Tell whether two paths, or standard input for ``"-"``, lead to the same existing file or folder."""
    path, other = ("/dev/stdin" if name == "-" else name for name in (path, other))
    if not all(os.path.isfile(name) or os.path.isdir(name) for name in (path, other)):  # terminals and pipes
        return False
    return os.path.samefile(path, other)


def is_among(data: Sequence[str], path: str) -> bool:
    """Tell whether a path is that of one of the data files, or of an archive with one of them."""
    for name in data:
        while name and not os.path.lexists(name) and name != "-":
            name = os.path.dirname(name)
        if is_same_file(name, path):
            return True
    return False


def free_memory() -> int | None:
    """Return half of the free memory, in bytes; None if the system does not report it."""
    try:
        with open("/proc/meminfo") as lines:
            sizes = dict(line.split(":", 1) for line in lines)
        return int(sizes["MemAvailable"].split()[0]) * 1024 // 2
    except (OSError, KeyError, ValueError):
        return None


def load_model(path: str, backend: str | None, threads: int | None) -> TextClassifier | LinearClassifier:
    """Load a model, and set its backend and number of threads."""
    from fastlr.files import text_model
    from fastlr.persistence import tensor_file

    header, tensors = tensor_file.read(path)
    if header.get("kind") == text_model.KIND:
        text = text_model.from_parts(path, header, tensors)
        return text.set_params(backend=resolve_backend(backend), n_threads=threads)
    from fastlr.files.model import from_parts  # here, because it imports scikit-learn

    return from_parts(path, header, tensors).set_params(backend=resolve_backend(backend), n_jobs=threads or -1)


def takes_rows(model: TextClassifier | LinearClassifier) -> TypeGuard[LinearClassifier]:
    """Tell whether a model takes numeric features rather than documents."""
    from fastlr.text.classifier import TextClassifier

    return not isinstance(model, TextClassifier)


class OutputFile(click.ParamType):
    """The path of a file to write; ``"-"`` is standard output."""

    name = "file"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the path."""
        return STDOUT if value == "-" else str(value)


class Size(click.ParamType):
    """A number of bytes, such as ``500M`` or ``2G``; at least 500 million."""

    name = "size"

    # Training needs 300 to 450 MB whatever the limit, for the interpreter and its libraries, the counts of all hashed
    # columns, the documents in the threads, and two parts of the rows on disk (measured on 74 MB of text, 20 classes).
    LEAST = 500_000_000

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number of bytes."""
        if isinstance(value, int):
            return value
        found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kMGT]?)i?B?", value.strip(), re.IGNORECASE)
        if not found:
            self.fail(f"{value!r} is not a size such as 500M or 2G.", param, ctx)
        size = int(float(found[1]) * 1000 ** " kmgt".index(found[2].lower() or " "))
        if size < self.LEAST:
            self.fail(f"{value!r} is too little for training; use at least {self.LEAST // 10**6}M.", param, ctx)
        return size
