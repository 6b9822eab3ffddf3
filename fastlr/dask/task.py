"""What a worker runs, and what it takes and returns that Dask does not see into."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastlr.dask import set_aside, sizes  # noqa: F401 - both register what Dask asks of partitions
from fastlr.dask.spilled import Spilled, spilled
from fastlr.distributed import driver
from fastlr.distributed.tree import Sums


class Shared:
    """A value that all partitions need.

    Dask runs a task where the largest of its arguments is, and takes this object for a few bytes. So tasks run where
    the partition is, even if the weights are larger.

    Parameters
    ----------
    value : object
    """

    def __init__(self, value: Any) -> None:
        self._value = value

    def load(self) -> Any:
        """Return the value."""
        return self._value


def loaded(value: Any) -> Any:
    """Return what a value stands for."""
    return value.load() if isinstance(value, (Shared, Spilled)) else value


def call(partition: int, function: Callable[..., Any], *arguments: Any) -> Any:
    """Return what `fastlr.distributed.driver.call` does, or what stands for it."""
    return driver.call(partition, _call, function, *arguments)


def _call(function: Callable[..., Any], *arguments: Any) -> Any:
    values = [loaded(each) for each in arguments]
    result = function(*values)
    for given, value in zip(arguments, values, strict=True):
        if result is value:
            return given
    # Sums are needed once, by the next task.
    return result if isinstance(result, Sums) else spilled(result)
