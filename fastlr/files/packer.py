"""Batches of documents that are decoded one by one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from fastlr.files.batches import BadLines, DocumentBatch, Labels
from fastlr.files.tables.weights import without_ones
from fastlr.text.documents import Documents
from fastlr.text.valued_documents import ValuedDocuments


def packed(texts: Sequence[bytes]) -> Documents:
    """Return documents, joined in one buffer."""
    stops = np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)), dtype=np.int64)
    starts = np.zeros(len(texts), np.int64)
    starts[1:] = stops[:-1]
    return Documents(np.frombuffer(b"".join(texts), np.uint8), starts, stops)


def joined(buffer: np.ndarray, fields: Sequence[tuple[np.ndarray, np.ndarray]]) -> Documents:
    """Return documents made of several fields each, with a space between them."""
    whole = buffer.data
    columns = [[whole[a:b] for a, b in zip(starts.tolist(), stops.tolist(), strict=True)] for starts, stops in fields]
    return packed([b" ".join(parts) for parts in zip(*columns, strict=True)])


class Packer:
    """Collects documents and their labels.

    Parameters
    ----------
    labels : Labels or None
        None if labels are not wanted.
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
        self.ids: list[Any] = []
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
        id: Any = None,
    ) -> None:
        """Add the document of a line, with the names and values of its features, or record the line as bad."""
        self.n_bytes += n_bytes
        try:
            encoded = text.encode()
            code = b"" if label is None else label.strip(" ").encode()
            names = [name.encode() for name, _ in values]
            if isinstance(id, str):
                id.encode()
        except UnicodeEncodeError:  # bytes that are not UTF-8 were decoded as surrogates
            self.bad.add_undecodable([line], text.encode("utf-8", "surrogateescape"))
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
        self.ids.append(id)

    def batch(self) -> DocumentBatch:
        """Return what was added since the last call.

        Raises
        ------
        ReadError
            If there were bad lines, and they are not skipped.
        """
        self.bad.check()
        codes = None if self.labels is None else np.array(self.codes, np.int32)
        documents, weights = packed(self.texts), without_ones(np.array(self.weights))
        if self.names:
            values = np.array(self.values, np.float32)
            documents = ValuedDocuments(documents, packed(self.names), np.array(self.rows, np.int64), values)
        lines = np.array(self.lines, np.int64)
        batch = DocumentBatch(documents, codes, lines, self.n_bytes, weights, ids=self.ids)
        self._clear()
        return batch
