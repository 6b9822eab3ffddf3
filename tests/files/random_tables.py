"""Reads random tables in random formats, dialects, encodings and compressions, and prints how many are read rightly.

    cd tests
    python -m files.random_tables [--n 1000] [--seed 0] [--first 0] [--only CHOICE=VALUE] [--told] [--save FILE]

Each file gives one of these outcomes:

- right: the documents and labels of the table, all texts of a row in one document, where the labels may be those of a
  column that always says the same, or those of a topic if neither has a name that says anything; and the same documents
  once more where labels are not wanted and the columns are known, with and without the label column; or, for a table
  that nobody can train on, a refusal that is about its columns;
- asked: a refusal that names the right column among others;
- refused: a refusal in other words;
- wrong: anything else, with another column, another number of documents, another text, or an exception.

Table ``i`` depends on the seed and ``i`` alone: ``--seed S --first i --n 1 --keep FOLDER`` writes it again.
`test_random_tables` reads some of them.
"""

import argparse
import contextlib
import json
import os
import random
import re
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from pathlib import Path

from helpers.readers import rows_of
from helpers.table_files import UNNAMED, WITHOUT_COLUMNS, content_of, draw_form
from helpers.tables import NAMES, WORDS, Table, draw_table

from fastlr.files.reader import Reader
from fastlr.files.streams import ReadError

# What a refusal says if the format is recognised, and the columns are not.
ABOUT_COLUMNS = re.compile("cannot detect|--label|--text|several labels|no column holds text|without labels")

OUTCOMES = ("right", "asked", "refused", "wrong")

# Choices that the report has a table of.
REPORTED = (
    "task", "dialect", "quoting", "encoding", "compression", "line_end", "header", "pipe", "names", "labels", "order",
    "texts", "second text",
)  # fmt: skip


def draw(seed, i):
    """Return a table, its form and the choices made for both, as strings by what they are about."""
    rng = random.Random(f"{seed} {i}")
    form = draw_form(rng)
    table, choices = draw_table(rng, form.languages or list(WORDS), form.keep, form.format in WITHOUT_COLUMNS)
    choices = {**{name: str(value) for name, value in form._asdict().items()}, **choices}
    choices["dialect"] = f"CSV with {form.delimiter}s" if form.format == "CSV" else form.format
    choices["second text"] = str(len(table.texts) > 1)
    return table, form, choices


def expected_rows(table, form, column=None):
    """Return the labels, which a column has, and the documents of a table, as strings."""
    labels = [_as_text(label, form) for label in (column or table.labels[0]).values]
    documents = map(" ".join, zip(*(column.values for column in table.texts), strict=True))
    return list(zip(labels, documents, strict=True))


def may_be_meant(table, form, column):
    """Tell whether a column has the labels or, as far as its name says, is as good a class that the texts tell."""
    nameless = not form.header or {column.name, table.labels[0].name} <= {*NAMES["nonsense"]}
    return says_the_same(table, column) or (column.kind == "topic" and nameless)


def says_the_same(table, column):
    """Tell whether a column has the labels, perhaps under other names; predictions may in a short table."""
    pairs = set(zip(table.labels[0].values, column.values, strict=True))
    return len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs})


def _as_text(label, form):
    return str(label).lower() if form.format.startswith("JSON") and isinstance(label, bool) else str(label)


def outcome(table, form, folder, told=False):
    """Return the outcome for a table, and what else there is to say about it.

    The reader is ``told`` the columns, or has to find them.
    """
    options = told_columns(table, form) if told else {}
    try:
        layout, rows = read(table, form, folder, **options)
    except ReadError as error:
        message = str(error).partition(": ")[2]
        if table.task != "one label" and ABOUT_COLUMNS.search(message):
            return "right", ""
        return ("asked" if not told and _names_candidates(table, form, message) else "refused"), message
    except Exception as error:  # any other exception is a fault
        return "wrong", f"{type(error).__name__}: {error}"
    if table.task != "one label":
        return "wrong", f"{table.task}: {layout}"
    expected = expected_rows(table, form)
    meant = [column for column in table.columns if may_be_meant(table, form, column)]
    if not any(rows == expected_rows(table, form, column) for column in meant):
        return "wrong", _difference(table, form, layout, rows, expected)
    if form.format in WITHOUT_COLUMNS:
        return "right", ""
    documents = [(None, text) for _, text in expected]
    without_label = Table([column for column in table.columns if column.kind != "label"])
    has_names = form.header and (form.quoting != "none" or len(table.columns) > 2)  # a lone empty field needs quotes
    for name, other in (("again", table), ("without the label column", without_label)):
        if other is table or has_names:
            try:
                layout, rows = read(other, form, folder, known=layout.known(), with_labels=False)
            except ReadError as error:
                return "wrong", f"{name}: {str(error).partition(': ')[2]}"
            if rows != documents:
                return "wrong", f"{name}: {layout}"
    return "right", ""


def read(table, form, folder, **options):
    """Return the layout that a reader finds, and the labels and documents that it yields."""
    content = content_of(table, form)
    with opened(content, Path(folder) / f"table{form.suffix}", form.pipe) as path, Reader(path, **options) as reader:
        return reader.layout, rows_of(reader)


@contextlib.contextmanager
def opened(content, path, pipe):
    """Write a file and yield its path; or have standard input give its content, and yield ``"-"``."""
    if not pipe:
        path.write_bytes(content)
        yield str(path)
        return
    end, other = os.pipe()
    writer = threading.Thread(target=_write, args=(other, content))
    writer.start()
    stdin = sys.stdin
    try:
        with open(end, encoding="utf-8") as sys.stdin:
            yield "-"
    finally:
        sys.stdin = stdin
        writer.join()


def _write(descriptor, content):
    with contextlib.suppress(BrokenPipeError), open(descriptor, "wb") as file:  # a refused file is not read to its end
        file.write(content)


def told_columns(table, form):
    """Return the columns of a table as options of the reader."""
    if form.format in WITHOUT_COLUMNS:
        return {}
    names = [column.name if form.header else str(number) for number, column in enumerate(table.columns, 1)]
    label, *texts = (names[table.columns.index(column)] for column in table.labels + table.texts)
    return {"label": label, "text": texts, **({} if form.header else {"header": False})}


def _names_candidates(table, form, message):
    """Tell whether a refusal names the column of the label or of a text, by its name or number."""
    if not ABOUT_COLUMNS.search(message):
        return False
    labels, texts = table.labels, table.texts
    wanted = texts if "the text column" in message else labels if "the label column" in message else labels + texts
    for number, column in enumerate(table.columns, 1):
        shown = re.escape(column.name) if form.header else str(number)
        if column in wanted and re.search(rf"(?<!\w){shown}(?!\w)", message):
            return True
    return False


def _difference(table, form, layout, rows, expected):
    """Return what is wrong with the rows that were read, in a few words."""
    kinds = dict(enumerate(column.kind for column in table.columns))
    if form.header and layout.names:  # the keys of JSON that are always null have no place
        of_name = {column.name or UNNAMED: column.kind for column in table.columns}
        kinds = {place: of_name.get(name or UNNAMED, "none") for place, name in enumerate(layout.names)}
    if form.format not in WITHOUT_COLUMNS and layout.text and layout.label is not None:
        label, texts = kinds.get(layout.label), [str(kinds.get(place)) for place in layout.text]
        if label != "label":
            return f"label: {label}"
        if sorted(texts) != sorted(column.kind for column in table.texts):
            return f"text: {' and '.join(texts)}"
    if len(rows) != len(expected):
        return f"{layout.format}: {len(rows) - len(expected):+} documents"
    labels = sum(a[0] != b[0] for a, b in zip(rows, expected, strict=True))
    return f"{layout.format}: {'labels' if labels else 'documents'} differ"


def kind_of(reason):
    """Return a reason without what is of one file alone."""
    return re.sub(r"\d+", "#", re.sub(r"'(?:[^'\\]|\\.)*'", "'…'", re.sub("among: .*", "among: …", reason)))[:120]


def print_shares(counts):
    """Print the outcomes by the values of each choice."""
    for name in REPORTED:
        print(f"\n| {name} | files | {' | '.join(OUTCOMES)} |\n| --- {'| ---: ' * (len(OUTCOMES) + 1)}|")
        for value, found in sorted(counts[name].items(), key=lambda item: -item[1].total()):
            shares = " | ".join(f"{found[outcome] / found.total():.1%}" for outcome in OUTCOMES)
            print(f"| {value or '-'} | {found.total()} | {shares} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--n", type=int, default=1000, help="number of tables")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, default=0, help="number of the first table")
    parser.add_argument("--only", action="append", default=[], metavar="CHOICE=VALUE", help="tables with this choice")
    parser.add_argument("--told", action="store_true", help="tell the reader which columns there are")
    parser.add_argument("--save", help="file for what became of every table that is not read rightly, as JSON Lines")
    parser.add_argument("--keep", help="folder for the files that are not read rightly")
    options = parser.parse_args()
    wanted = [part.split("=", 1) for part in options.only + options.told * ["task=one label"]]
    counts, kinds, examples = defaultdict(lambda: defaultdict(Counter)), Counter(), defaultdict(list)
    total, faults, begun = Counter(), [], time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        for i in range(options.first, options.first + options.n):
            table, form, choices = draw(options.seed, i)
            if any(choices[name] != value for name, value in wanted):
                continue
            found, reason = outcome(table, form, folder, options.told)
            total[found] += 1
            for name in REPORTED:
                counts[name][choices[name]][found] += 1
            if found == "right":
                continue
            kinds[found, kind_of(reason)] += 1
            examples[found, kind_of(reason)].append(i)
            faults.append({"i": i, "outcome": found, "reason": reason, **choices})
            if options.keep:
                kept = Path(options.keep) / f"{options.seed}-{i}{form.suffix}"
                kept.parent.mkdir(parents=True, exist_ok=True)
                kept.write_bytes(content_of(table, form))
    print(f"{total.total()} tables of seed {options.seed}, {time.process_time() - begun:.0f} s")
    print_shares(counts)
    print("\n" + ", ".join(f"{found} {total[found] / max(total.total(), 1):.2%}" for found in OUTCOMES) + "\n")
    for (found, kind), count in kinds.most_common(60):
        print(count, found, kind, examples[found, kind][:4])
    if options.save:
        lines = (json.dumps(fault, ensure_ascii=False) + "\n" for fault in faults)
        Path(options.save).write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
