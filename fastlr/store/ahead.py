"""Doing the next thing while the last one is in use."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def one_ahead(items: Iterator[T]) -> Iterator[T]:
    """Yield items of an iterator, each of them made by a thread while the caller works on the one before.

    At most two are in use at a time: when the caller asks for an item, it is done with the last.
    """
    end = object()
    with ThreadPoolExecutor(1, "fastlr-read") as thread:
        coming = thread.submit(next, items, end)
        while (item := coming.result()) is not end:
            coming = thread.submit(next, items, end)
            yield item
