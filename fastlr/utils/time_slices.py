"""Cutting long work into slices short enough for Ctrl-C."""

from __future__ import annotations

import time
from collections.abc import Iterator

SLICE_SECONDS = 0.02
# Slices end at multiples of so many rows, or of batches with no fewer: kernels sum up losses in blocks of so many.
BLOCK = 16
# Preparations for a slice, such as its learning rates, take memory for each of its rows.
MOST_ROWS = 1 << 15


class TimeSlices:
    """Adapts the slice length so that one kernel call takes about 20 ms, up to `MOST_ROWS` rows.

    A kernel cannot be interrupted. Results do not depend on the slices.
    """

    def __init__(self) -> None:
        self.rows = 256

    def slices(self, start: int, stop: int, multiple: int = 1) -> Iterator[tuple[int, int]]:
        """Yield slices of ``range(start, stop)`` whose lengths, except the last one's, are multiples of ``multiple``.

        They have `BLOCK` rows or more; where ``multiple`` is 1, a multiple of it.

        The caller's work on a slice is timed, and sets the length of the next one.
        """
        multiple *= -(-BLOCK // multiple)
        while start < stop:
            end = min(start + max(self.rows // multiple, 1) * multiple, stop)
            begun = time.perf_counter()
            yield start, end
            seconds = time.perf_counter() - begun
            n = end - start
            self.rows = max(1, min(int(n * SLICE_SECONDS / max(seconds, 1e-9)), 4 * n, MOST_ROWS))
            start = end
