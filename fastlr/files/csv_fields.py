"""The limit of the module ``csv`` for the length of a field."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager

# Characters of a field; a longer one is taken for a quote that was never closed.
MAX_FIELD = 1 << 24


@contextmanager
def long_fields() -> Iterator[None]:
    """Let ``csv`` read fields of up to `MAX_FIELD` characters; its own limit is 131,072."""
    limit = csv.field_size_limit(MAX_FIELD)
    try:
        yield
    finally:
        csv.field_size_limit(limit)
