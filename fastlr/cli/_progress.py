"""The progress of a command, on standard error."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fastlr.files.batches import DocumentBatch
    from fastlr.files.reader import Reader
    from fastlr.files.row_batches import RowBatch
    from fastlr.utils.progress_bar import ProgressBar

# Seconds before a bar appears.
PATIENCE = 1.0


class Meter:
    """Counts the bytes, and the documents or rows, that are read; shows a progress bar in a terminal.

    Parameters
    ----------
    reader : Reader
    quiet : bool
        Whether to show no bar.
    """

    def __init__(self, reader: Reader, quiet: bool) -> None:
        self.reader, self.n_bytes, self.n_texts = reader, 0, 0
        self._watched = not quiet and sys.stderr is not None and sys.stderr.isatty()
        self._bar: ProgressBar | None = None
        self._begun = time.perf_counter()

    def count(self, batches: Iterable[DocumentBatch] | Iterable[RowBatch]) -> Iterator[Any]:
        """Yield the batches, counted."""
        for batch in batches:
            self.n_bytes += batch.n_bytes
            self.n_texts += len(batch)
            self._show(batch.n_bytes)
            yield batch

    def _show(self, n: int) -> None:
        if not self._watched or (self._bar is None and time.perf_counter() - self._begun < PATIENCE):
            return
        if self._bar is None:
            from fastlr.utils.progress_bar import ProgressBar

            self._bar, n = ProgressBar("Reading", self.reader.size, "B"), self.n_bytes
        self._bar.add(n)
        if self._bar.is_due():
            self._bar.move()

    def __enter__(self) -> Meter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.close()
