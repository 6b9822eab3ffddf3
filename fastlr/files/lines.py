"""Splitting a block into lines and fields, with NumPy, over its bytes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

LINE_FEED, CARRIAGE_RETURN = b"\n"[0], b"\r"[0]


class Lines(NamedTuple):
    """The lines of a block, usually without blank ones.

    Attributes
    ----------
    buffer : ndarray of uint8
        The block.
    starts, stops : ndarray of int64
        Line ``i`` is ``buffer[starts[i]:stops[i]]``, without its line end.
    numbers : ndarray of int64
        Numbers of the lines in the file, from 1.
    first_delimiters, n_delimiters : ndarray of int64
        Position in ``delimiters`` of each line's first delimiter, and how many it has.
    delimiters : ndarray of int64
        Positions of the delimiters in the block.
    """

    buffer: np.ndarray
    starts: np.ndarray
    stops: np.ndarray
    numbers: np.ndarray
    first_delimiters: np.ndarray
    n_delimiters: np.ndarray
    delimiters: np.ndarray

    def select(self, chosen: np.ndarray) -> Lines:
        """Return the lines where a mask is True."""
        return Lines(
            self.buffer, self.starts[chosen], self.stops[chosen], self.numbers[chosen],
            self.first_delimiters[chosen], self.n_delimiters[chosen], self.delimiters,
        )  # fmt: skip

    def first(self, chosen: np.ndarray) -> bytes:
        """Return the first line where a mask is True."""
        i = int(chosen.argmax())
        return self.buffer[self.starts[i] : self.stops[i]].tobytes()

    def field(self, column: int) -> tuple[np.ndarray, np.ndarray]:
        """Return where field ``column``, from 0, of each line starts and stops; every line must have it."""
        starts, stops = self.starts, self.stops
        if column:
            starts = self.delimiters[self.first_delimiters + column - 1] + 1
        has_next = self.n_delimiters > column
        if has_next.any():
            stops = stops.copy()
            stops[has_next] = self.delimiters[self.first_delimiters[has_next] + column]
        return starts, stops


def split(block: bytearray, first_line: int, delimiter: int | None = None, blank: bool = False) -> tuple[Lines, int]:
    """Find the lines of a block that ends with a line feed, and their delimiters.

    Parameters
    ----------
    block : bytearray
    first_line : int
        Number of its first line.
    delimiter : int or None
        A byte that separates fields.
    blank : bool
        Whether to keep blank lines.

    Returns
    -------
    lines : Lines
    n_lines : int
        Number of lines of the block, including blank ones.
    """
    buffer = np.frombuffer(block, np.uint8)
    mask = buffer == LINE_FEED
    ends = np.flatnonzero(mask)
    delimiters = np.empty(0, np.int64)
    if delimiter is not None:
        delimiters = np.flatnonzero(np.equal(buffer, delimiter, out=mask))
    counts = np.zeros(len(ends) + 1, np.int64)
    counts[1:] = np.searchsorted(delimiters, ends)
    starts = np.zeros(len(ends), np.int64)
    starts[1:] = ends[:-1] + 1
    stops = ends.copy()
    returns = (stops > starts) & (buffer[stops - 1] == CARRIAGE_RETURN)
    stops -= returns
    numbers = np.arange(first_line, first_line + len(ends))
    lines = Lines(buffer, starts, stops, numbers, counts[:-1], np.diff(counts), delimiters)
    full = stops > starts
    return (lines if blank or full.all() else lines.select(full)), len(ends)


def slices(buffer: np.ndarray, starts: np.ndarray, stops: np.ndarray) -> list[bytes]:
    """Return parts of a buffer as bytes; short ones, such as labels, are all copied at once."""
    width = int((stops - starts).max(initial=0))
    whole = buffer.data
    if 0 < width <= 64 and width <= len(buffer):
        letters = sliding_window_view(buffer, width)[np.minimum(starts, len(buffer) - width)]
        inside = np.arange(width) < (stops - starts)[:, None]
        if letters[inside].all():  # NumPy's bytes lose trailing zeros
            letters *= inside
            found = letters.view(f"S{width}").ravel().tolist()
            for i in np.flatnonzero(starts > len(buffer) - width).tolist():  # their window would leave the buffer
                found[i] = bytes(whole[starts[i] : stops[i]])
            return found
    return [bytes(whole[a:b]) for a, b in zip(starts.tolist(), stops.tolist(), strict=True)]


def invalid_utf8(buffer: np.ndarray, starts: np.ndarray, stops: np.ndarray) -> np.ndarray:
    """Return a mask of the parts of a buffer that are not UTF-8."""
    bad = np.zeros(len(starts), bool)
    whole = buffer.data
    if not is_utf8(whole):
        bad[:] = [not is_utf8(whole[a:b]) for a, b in zip(starts.tolist(), stops.tolist(), strict=True)]
    return bad


def is_utf8(text: memoryview) -> bool:
    """Tell whether bytes are UTF-8."""
    try:
        str(text, "utf-8")
    except UnicodeDecodeError:
        return False
    return True


def stripped(buffer: np.ndarray, starts: np.ndarray, stops: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return where parts of a buffer start and stop without the spaces around them."""
    starts, stops = starts.copy(), stops.copy()
    while True:
        left = (starts < stops) & (buffer[np.minimum(starts, len(buffer) - 1)] == ord(" "))
        starts += left
        right = (starts < stops) & (buffer[stops - 1] == ord(" "))
        stops -= right
        if not (left.any() or right.any()):
            return starts, stops
