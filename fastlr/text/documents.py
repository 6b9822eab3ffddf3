"""Documents as stretches of one buffer of bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from fastlr.utils.arrays import frozen

# Documents are encoded and joined in groups of this many, so that the intermediate copies stay in the cache.
GROUP = 512
SEARCH_BYTES = 1 << 16  # bytes of the buffer to search at a time, which stay in the cache


def _encode_one(text: Any, i: int, errors: str) -> bytes:
    """Return document ``i`` as bytes, or raise an error that says what is wrong with it."""
    if isinstance(text, bytes):
        return text
    if not isinstance(text, str):
        raise TypeError(f"documents must be str or bytes, but document {i} is a {type(text).__name__}: {text!r:.80}.")
    try:
        return text.encode(errors=errors)
    except UnicodeEncodeError as error:
        raise ValueError(
            f"document {i} contains half of a surrogate pair, {text[error.start]!r} at position {error.start}, "
            "which UTF-8 cannot encode."
        ) from error


def _encode(texts: list[Any], first: int, errors: str) -> list[bytes]:
    """Return texts as bytes; errors number them from ``first``."""
    try:
        return list(map(str.encode, texts))
    except (TypeError, UnicodeEncodeError):  # some are bytes, or something is wrong
        return [_encode_one(text, first + i, errors) for i, text in enumerate(texts)]


def as_iterable(texts: Any) -> Any:
    """Return an iterable of the items of an array or column of texts, or `Documents` and other iterables unchanged.

    Raises
    ------
    TypeError
        If ``texts`` cannot be iterated over.
    ValueError
        If ``texts`` is a string or, like a DataFrame, has more than one dimension.
    """
    if isinstance(texts, Documents):
        return texts
    if isinstance(texts, (str, bytes, bytearray)):
        raise ValueError("Iterable over raw text documents expected, string object received.")
    shape = getattr(texts, "shape", None)
    if isinstance(texts, Mapping) or (isinstance(shape, tuple) and len(shape) != 1):  # iterating over it gives names
        found = type(texts).__name__ + (f" of shape {shape}" if isinstance(shape, tuple) else "")
        raise ValueError(f"documents must be one-dimensional; got {found}. Pass one column.")
    if hasattr(texts, "to_pylist"):  # pyarrow, whose items are strings only after this
        return texts.to_pylist()
    if hasattr(texts, "tolist"):
        return texts.tolist()
    try:
        iter(texts)
    except TypeError as error:
        raise TypeError(f"documents must be an iterable of str or bytes, not {type(texts).__name__}.") from error
    return texts


class Documents:
    r"""UTF-8 documents in one buffer, document ``i`` being ``buffer[starts[i] : stops[i]]``.

    The vectorizers read documents in this form without copying them. The buffer may be a memory-mapped file, and
    documents may be lines, columns or any other stretches of it, in any order, overlapping or not. See the guide on
    text vectorizers.

    Parameters
    ----------
    buffer : bytes-like or ndarray of uint8, shape (n_bytes,)
        May be read-only.
    starts, stops : array of int64, shape (n_documents,)
        Where each document starts and stops in the buffer.

    Raises
    ------
    ValueError
        If a document is not inside the buffer, or ``starts`` and ``stops`` differ in length.

    Examples
    --------
    >>> from fastlr.text import Documents
    >>> documents = Documents(b"one line\nanother\n", starts=[0, 9], stops=[8, 16])
    >>> documents[1]
    b'another'
    >>> len(Documents.from_texts(["text", b"and bytes"]))
    2
    """

    def __init__(self, buffer: Any, starts: Any, stops: Any) -> None:
        if not isinstance(buffer, np.ndarray):
            buffer = np.frombuffer(buffer, np.uint8)
        if buffer.dtype != np.uint8 or buffer.ndim != 1:
            raise ValueError(
                f"buffer must be a one-dimensional array of bytes; got {buffer.dtype} of shape {buffer.shape}."
            )
        places = {}
        for name, array in (("starts", starts), ("stops", stops)):
            array = np.asarray(array)
            if array.ndim != 1 or (array.dtype.kind not in "iu" and len(array)):
                raise ValueError(
                    f"{name} must be a one-dimensional array of integers; got {array.dtype} of shape {array.shape}."
                )
            places[name] = frozen(array, np.int64)
        starts, stops = places["starts"], places["stops"]
        if len(starts) != len(stops):
            raise ValueError(f"starts and stops must have the same length; got {len(starts)} and {len(stops)}.")
        wrong = (starts < 0) | (starts > stops) | (stops > len(buffer))
        if wrong.any():
            i = int(wrong.argmax())
            raise ValueError(
                f"document {i} is buffer[{starts[i]}:{stops[i]}], not inside the buffer of {len(buffer)} bytes."
            )
        self.buffer = frozen(buffer)
        self.starts = starts
        self.stops = stops
        self._prefix, self._first = "", 0

    @classmethod
    def from_texts(cls, texts: Iterable[str | bytes], errors: str = "strict") -> Documents:
        """Return the documents of an iterable, array or column of ``str`` and UTF-8 ``bytes``.

        Parameters
        ----------
        texts : iterable of str or bytes
            `Documents` are returned unchanged.
        errors : str, default="strict"
            How ``str.encode`` treats half of a surrogate pair, which UTF-8 cannot encode; "strict" is an error.

        Returns
        -------
        Documents

        Raises
        ------
        TypeError
            If an item is neither ``str`` nor ``bytes``.
        ValueError
            If ``texts`` is a string or, like a DataFrame, has more than one dimension, or if a document contains half
            of a surrogate pair and ``errors`` is "strict".
        """
        items = as_iterable(texts)
        if isinstance(items, Documents):
            return items
        if not isinstance(items, (list, tuple)):
            items = list(items)
        parts, lengths = [], np.empty(len(items), np.int64)
        for first in range(0, len(items), GROUP):
            encoded = _encode(items[first : first + GROUP], first, errors)
            lengths[first : first + GROUP] = list(map(len, encoded))
            parts.append(b"".join(encoded))
        stops = np.cumsum(lengths, dtype=np.int64)
        return cls(b"".join(parts), stops - lengths, stops)

    def __len__(self) -> int:
        return len(self.starts)

    def __getitem__(self, i: int) -> bytes:
        return self.buffer[self.starts[i] : self.stops[i]].tobytes()

    def __iter__(self) -> Iterator[bytes]:
        return (self[i] for i in range(len(self)))

    def part(self, first: int, last: int) -> Documents:
        """Return documents ``first`` to ``last - 1``; they share the buffer, and errors number them as here."""
        return Documents(self.buffer, self.starts[first:last], self.stops[first:last])._named_as_in(self, first)

    def replace(self, numbers: np.ndarray, texts: list[bytes]) -> Documents:
        """Return the documents with those of some numbers replaced by ``texts``; errors number them as here."""
        lengths = np.fromiter(map(len, texts), np.int64, len(texts))
        starts, stops = self.starts.copy(), self.stops.copy()
        stops[numbers] = len(self.buffer) + np.cumsum(lengths)
        starts[numbers] = stops[numbers] - lengths
        buffer = np.concatenate([self.buffer, np.frombuffer(b"".join(texts), np.uint8)])
        return Documents(buffer, starts, stops)._named_as_in(self, 0)

    def find_pairs(self, first: int, least: int, most: int) -> np.ndarray:
        """Return where in the buffer the byte ``first`` is followed by one of ``least`` to ``most``, in order."""
        found = [np.zeros(0, np.int64)]
        for start in range(0, len(self.buffer) - 1, SEARCH_BYTES):
            chunk = self.buffer[start : start + SEARCH_BYTES + 1]
            if first not in chunk.tobytes():
                continue
            at = np.flatnonzero(chunk[:-1] == first)
            second = chunk[at + 1]
            found.append(start + at[(second >= least) & (second <= most)])
        return np.concatenate(found)

    def _named_as_in(self, whole: Documents, first: int) -> Documents:
        self._prefix, self._first = whole._prefix, whole._first + first
        return self

    def called(self, prefix: str) -> Documents:
        """Return the documents with a prefix for error messages."""
        documents = self.part(0, len(self))
        documents._prefix = prefix
        return documents

    def name(self, i: int) -> str:
        """Return the name of document ``i`` in error messages."""
        return f"{self._prefix}document {self._first + i}"

    @property
    def n_bytes(self) -> int:
        """Total length of the documents."""
        return int((self.stops - self.starts).sum())
