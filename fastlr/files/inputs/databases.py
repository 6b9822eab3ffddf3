"""Tables of SQLite databases as JSON Lines."""

from __future__ import annotations

import functools
import json
import pathlib
import sqlite3
from collections.abc import Iterator
from typing import IO

from fastlr.files.inputs.arguments import Member
from fastlr.files.inputs.generated import GeneratedFile
from fastlr.files.streams import ReadError


def tables(path: str) -> list[Member]:
    """Return the tables and views of a database.

    Raises
    ------
    ReadError
        If it is damaged.
    """
    query = "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
    connection = _connected(path)
    try:
        names = [name for (name,) in connection.execute(query)]
    except sqlite3.Error as error:
        raise ReadError(f"is a damaged database: {error}") from error
    finally:
        connection.close()
    return [Member(name, functools.partial(_opened, path, name), format="jsonl") for name in names]


def _connected(path: str) -> sqlite3.Connection:
    """Open a database that must not change."""
    connection = sqlite3.connect(f"{pathlib.Path(path).absolute().as_uri()}?mode=ro", uri=True, check_same_thread=False)
    connection.text_factory = lambda text: text.decode("utf-8", "replace")
    return connection


def _opened(path: str, table: str) -> IO[bytes]:
    return GeneratedFile.opened(_lines(path, table))


def _lines(path: str, table: str) -> Iterator[bytes]:
    connection = _connected(path)
    try:
        quoted = table.replace('"', '""')
        rows = connection.execute(f'SELECT * FROM "{quoted}"')
        names = [column[0] for column in rows.description]
        for row in rows:
            values = [value.decode("utf-8", "replace") if isinstance(value, bytes) else value for value in row]
            yield json.dumps(dict(zip(names, values, strict=True)), ensure_ascii=False).encode() + b"\n"
    except sqlite3.Error as error:
        raise OSError(str(error)) from error
    finally:
        connection.close()
