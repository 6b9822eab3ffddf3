"""A table written to a file, in any format, dialect, encoding, compression and line ending."""

import bz2
import csv
import gzip
import io
import json
import lzma
import random
import re
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet
import zstandard

DELIMITERS = {"comma": ",", "tab": "\t", "semicolon": ";", "bar": "|"}

QUOTING = {
    "minimal": {"quoting": csv.QUOTE_MINIMAL},
    "all": {"quoting": csv.QUOTE_ALL},
    "words": {"quoting": csv.QUOTE_NONNUMERIC},
    "escaped": {"quoting": csv.QUOTE_ALL, "doublequote": False, "escapechar": "\\"},
    "spaced": {"quoting": csv.QUOTE_NONNUMERIC},  # and a space behind each delimiter
    "none": {"quoting": csv.QUOTE_NONE, "quotechar": None},
}

# Their codecs and the languages that they have letters for.
ENCODINGS = {
    "UTF-8": ("utf-8", None),
    "UTF-8 with a mark": ("utf-8-sig", None),
    "UTF-16": ("utf-16", None),
    "UTF-16, big end first": ("utf-16-be", None),
    "latin-1": ("latin-1", ["german", "french", "spanish"]),
    "cp1252": ("cp1252", ["german", "french", "spanish"]),
    "GBK": ("gbk", ["chinese"]),
    "Shift-JIS": ("shift_jis", ["japanese"]),
}

COMPRESSIONS = {
    "none": ("", lambda content: content),
    "gzip": (".gz", lambda content: gzip.compress(content, 1)),
    "bzip2": (".bz2", lambda content: bz2.compress(content, 1)),
    "xz": (".xz", lambda content: lzma.compress(content, preset=0)),
    "zstd": (".zst", lambda content: zstandard.ZstdCompressor(1).compress(content)),
}

# A comma that is not between quotes.
FIELD_ENDS = re.compile(r',(?=(?:[^"]*"[^"]*")*[^"]*\Z)')

LINE_ENDS = {"LF": "\n", "CRLF": "\r\n", "CR": "\r"}

# Suffixes that people give the files of a format; some are misleading.
SUFFIXES = {
    "CSV": [".csv", ".csv", ".csv", ".txt", ".data", ""],
    "TSV": [".tsv", ".tsv", ".txt", ".csv", ".tab", ""],
    "JSON Lines": [".jsonl", ".json", ".ndjson", ".txt", ""],
    "JSON array": [".json", ".json", ".txt", ""],
    "Parquet": [".parquet", ".pq", ""],
    "Arrow file": [".arrow", ".feather", ""],
    "Arrow stream": [".arrow", ".arrows", ""],
    "fastText": [".txt", ".train", ".fasttext", ".csv", ""],
    "Vowpal Wabbit": [".vw", ".txt", ""],
}
SHARES = {
    "CSV": 48, "TSV": 14, "JSON Lines": 10, "JSON array": 6, "Parquet": 7, "Arrow file": 3, "Arrow stream": 2,
    "fastText": 5, "Vowpal Wabbit": 5,
}  # fmt: skip
BINARY = ("Parquet", "Arrow file", "Arrow stream")
UNNAMED = "level_0"  # a column without a name where every column needs one, as pandas calls it
WITHOUT_COLUMNS = ("fastText", "Vowpal Wabbit")


class Form(NamedTuple):
    """How a table is written."""

    format: str
    delimiter: str
    quoting: str
    encoding: str
    compression: str
    line_end: str
    header: bool
    last_line_end: bool
    suffix: str
    pipe: bool

    @property
    def codec(self):
        return ENCODINGS[self.encoding][0]

    @property
    def languages(self):
        return ENCODINGS[self.encoding][1]

    def keep(self, value):
        """Return what of a string this form has a place for."""
        if self.codec not in ("utf-8", "utf-8-sig", "utf-16", "utf-16-be"):
            value = value.encode(self.codec, "ignore").decode(self.codec)
        if self.format in WITHOUT_COLUMNS:
            value = re.sub(r"[\s:|]+" if self.format == "Vowpal Wabbit" else r"\s+", " ", value).strip()
        if self.quoting == "none":
            value = re.sub(rf"[\r\n{re.escape(DELIMITERS[self.delimiter])}]+", " ", value)
        elif self.line_end == "CR":
            value = value.replace("\n", " ")
        return value


def draw_form(rng):
    """Return a random form."""
    format = rng.choices(list(SHARES), SHARES.values())[0]
    binary, delimited = format in BINARY, format in ("CSV", "TSV")
    delimiter, quoting = "", ""
    if delimited:
        delimiter = rng.choices(["comma", "semicolon", "bar"], [6, 2, 1])[0] if format == "CSV" else "tab"
        quoting = rng.choices(
            list(QUOTING), [10, 4, 2, 2, 1 if delimiter == "comma" else 0, 7 if format == "TSV" else 2]
        )[0]
    encoding = rng.choices(list(ENCODINGS), [60, 9, 4, 1, 7, 9, 5, 5])[0] if not binary else "UTF-8"
    if format in ("JSON Lines", "JSON array") and rng.random() < 0.7:
        encoding = "UTF-8"
    return Form(
        format, delimiter, quoting, encoding,
        "none" if binary else rng.choices(list(COMPRESSIONS), [68, 14, 6, 6, 6])[0],
        rng.choices(list(LINE_ENDS), [70, 27, 3])[0] if not binary else "",
        not delimited or rng.random() < 0.75, rng.random() < 0.8, rng.choice(SUFFIXES[format]), rng.random() < 0.15,
    )  # fmt: skip


def content_of(table, form):
    """Return a file with a table, as bytes; what else can be chosen depends on the number of rows alone."""
    rng = random.Random(table.n_rows)
    if form.format in BINARY:
        return _arrow(table, form.format, rng)
    text = TEXT_WRITERS[form.format](table, form, rng)
    if not form.last_line_end:
        text = text.rstrip("\r\n")
    return COMPRESSIONS[form.compression][1](text.encode(form.codec))


def _delimited(table, form, rng):
    file, delimiter = io.StringIO(), DELIMITERS[form.delimiter]
    if form.quoting == "spaced":
        file.write = lambda line, write=file.write: write(FIELD_ENDS.sub(", ", line))
    writer = csv.writer(file, delimiter=delimiter, lineterminator=LINE_ENDS[form.line_end], **QUOTING[form.quoting])
    if form.header:
        writer.writerow([column.name for column in table.columns])
    columns = [
        [form.keep(str(value)) if isinstance(value, list) else value for value in column.values]
        for column in table.columns
    ]
    writer.writerows(zip(*columns, strict=True))
    return file.getvalue()


def _records(table):
    names = [column.name or UNNAMED for column in table.columns]
    return [
        dict(zip(names, row, strict=True)) for row in zip(*(column.values for column in table.columns), strict=True)
    ]


def _json_lines(table, form, rng):
    ascii = rng.random() < 0.5 and form.encoding == "UTF-8"
    end = LINE_ENDS[form.line_end]
    return "".join(json.dumps(record, ensure_ascii=ascii) + end for record in _records(table))


def _json_array(table, form, rng):
    indent = rng.choice([None, None, 2, 4])
    return json.dumps(_records(table), ensure_ascii=False, indent=indent).replace("\n", LINE_ENDS[form.line_end]) + "\n"


def _fasttext(table, form, rng):
    (label,), (text,), end = table.labels, table.texts, LINE_ENDS[form.line_end]
    return "".join(f"__label__{name} {words}{end}" for name, words in zip(label.values, text.values, strict=True))


def _vowpal_wabbit(table, form, rng):
    (label,), (text,), end = table.labels, table.texts, LINE_ENDS[form.line_end]
    return "".join(f"{name} | {words}{end}" for name, words in zip(label.values, text.values, strict=True))


TEXT_WRITERS = {
    "CSV": _delimited, "TSV": _delimited, "JSON Lines": _json_lines, "JSON array": _json_array, "fastText": _fasttext,
    "Vowpal Wabbit": _vowpal_wabbit,
}  # fmt: skip


def _arrow(table, format, rng):
    kind, columns = rng.choice(["plain", "plain", "bytes", "dictionary", "large"]), {}
    for name, column in zip(_records(table)[0], table.columns, strict=True):
        array = pa.array(column.values)
        if pa.types.is_string(array.type):
            if kind == "dictionary" and column.kind == "label":
                array = array.dictionary_encode()
            elif kind in ("bytes", "large"):
                array = array.cast(pa.binary() if kind == "bytes" else pa.large_string())
        columns[name] = array
    batch, file = pa.table(columns), io.BytesIO()
    if format == "Parquet":
        pyarrow.parquet.write_table(batch, file)
    else:
        with (pa.ipc.new_file if format == "Arrow file" else pa.ipc.new_stream)(file, batch.schema) as writer:
            writer.write_table(batch)
    return file.getvalue()
