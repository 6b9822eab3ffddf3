"""Cutting long work into slices short enough for Ctrl-C."""

from __future__ import annotations

import time
from collections.abc import Iterator

SLICE_SECONDS = 0.02
# What is made ready for a slice, such as its rates, takes memory for each of its rows.
MOST_ROWS = 1 << 15


class TimeSlices:
    """Learns how many rows a kernel does in about 20 ms, or has `MOST_ROWS`.

    A kernel cannot be interrupted, so it is given that many at a time. Results do not depend on the cuts.
    """

    def __init__(self) -> None:
        self.rows = 256

    def slices(self, start: int, stop: int, multiple: int = 1) -> Iterator[tuple[int, int]]:
        """Cut ``range(start, stop)`` into slices whose lengths, but for the last one's, are multiples of ``multiple``.

        The caller's work on a slice is timed, and the next slice is cut accordingly.
        """
        while start < stop:
            end = min(start + max(self.rows // multiple, 1) * multiple, stop)
            begun = time.perf_counter()
            yield start, end
            seconds = time.perf_counter() - begun
            n = end - start
            self.rows = max(1, min(int(n * SLICE_SECONDS / max(seconds, 1e-9)), 4 * n, MOST_ROWS))
            start = end
