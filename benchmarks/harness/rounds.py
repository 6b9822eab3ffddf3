"""Fits on a Dask cluster whose rounds are timed."""

from __future__ import annotations

import time
from contextlib import contextmanager

import fastlr.dask.estimator
from fastlr.dask.driver import DaskDriver


class TimedDriver(DaskDriver):
    """Remembers when each round began, which is when its weights were put on the cluster."""

    def __init__(self, client):
        super().__init__(client)
        self.begun = [time.perf_counter()]

    def put(self, value):
        self.begun.append(time.perf_counter())
        return super().put(value)

    @property
    def seconds(self):
        """Seconds of each round but the last, after those of the preparation."""
        return [b - a for a, b in zip(self.begun, self.begun[1:], strict=False)]


@contextmanager
def drivers(kind=TimedDriver):
    """Let the estimators of `fastlr.dask` use drivers of a kind, and collect these in a list."""
    made, before = [], fastlr.dask.estimator.DaskDriver

    def make(client):
        made.append(kind(client))
        return made[-1]

    fastlr.dask.estimator.DaskDriver = make
    try:
        yield made
    finally:
        fastlr.dask.estimator.DaskDriver = before
