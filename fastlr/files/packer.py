"""Documents that are made of strings one by one, gathered into batches."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fastlr.files.batches import BadLines, Batch, Labels
from fastlr.text.documents import Documents
from fastlr.text.valued_documents import ValuedDocuments


def packed(texts: Sequence[bytes]) -> Documents:
    """Return texts one behind the other in one buffer."""
    stops = np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)), dtype=np.int64)
    starts = np.zeros(len(texts), np.int64)
    starts[1:] = stops[:-1]
    return Documents(np.frombuffer(b"".join(texts), np.uint8), starts, stops)


def joined(buffer: np.ndarray, fields: Sequence[tuple[np.ndarray, np.ndarray]]) -> Documents:
    """Return documents of several fields each, with a space between them."""
    whole = memoryview(buffer)
    columns = [[whole[a:b] for a, b in zip(starts.tolist(), stops.tolist(), strict=True)] for starts, stops in fields]
    return packed([b" ".join(parts) for parts in zip(*columns, strict=True)])


class Packer:
    """Gathers texts and their labels.

    Parameters
    ----------
    labels : Labels or None
        None where there are to be no labels.
    bad : BadLines
    """

    def __init__(self, labels: Labels | None, bad: BadLines) -> None:
        self.labels, self.bad = labels, bad
        self._clear()

    def _clear(self) -> None:
        self.texts: list[bytes] = []
        self.codes: list[int] = []
        self.lines: list[int] = []
        self.weights: list[float] = []
        self.names: list[bytes] = []
        self.values: list[float] = []
        self.rows: list[int] = []
        self.n_bytes = 0

    def add(
        self,
        text: str,
        label: str | None,
        line: int,
        n_bytes: int,
        weight: float = 1.0,
        values: Sequence[tuple[str, float]] = (),
    ) -> None:
        """Add the document of a line, with the names and values of its features, or take note that it is bad."""
        self.n_bytes += n_bytes
        try:
            encoded = text.encode()
            code = b"" if label is None else label.strip(" ").encode()
            names = [name.encode() for name, _ in values]
        except UnicodeEncodeError:  # what was no UTF-8 was read as surrogates
            self.bad.add([line], "not UTF-8")
            return
        if self.labels is not None:
            if not code:
                self.bad.add([line], "empty label")
                return
            self.codes.append(self.labels[code])
        self.rows += [len(self.texts)] * len(names)
        self.names += names
        self.values += [value for _, value in values]
        self.texts.append(encoded)
        self.lines.append(line)
        self.weights.append(weight)

    def batch(self) -> Batch:
        """Return what was added since the last time.

        Raises
        ------
        ReadError
            If bad lines were, and are not to be skipped.
        """
        self.bad.check()
        codes = None if self.labels is None else np.array(self.codes, np.int32)
        documents, weights = packed(self.texts), np.array(self.weights)
        if self.names:
            values = np.array(self.values, np.float32)
            documents = ValuedDocuments(documents, packed(self.names), np.array(self.rows, np.int64), values)
        lines = np.array(self.lines, np.int64)
        batch = Batch(documents, codes, lines, self.n_bytes, None if (weights == 1.0).all() else weights)
        self._clear()
        return batch
