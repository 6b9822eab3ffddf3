"""Texts to rows of hashed features, by one pass over their bytes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np

from fastlr import kernels
from fastlr.kernels.backend import resolve_backend
from fastlr.text.analyzer import Analyzer
from fastlr.text.documents import Documents
from fastlr.text.reference import hash_documents
from fastlr.text.scanner import (
    BATCH,
    BUDGET,
    DOCUMENT,
    FIRST_ROOM,
    INVALID,
    NO_ROOM,
    NO_SCRATCH,
    NO_SLOTS,
    WRITTEN,
    OutputBuffer,
    Scanner,
    grown,
)
from fastlr.utils.arrays import Csr, frozen
from fastlr.utils.checks import one_of, true_or_false

WEIGHTINGS = ("count", "binary", "log")
NORMS = ("l2", None)
MAX_FEATURES = 2**31

# Values 1 + log(count) of small counts, so that few logarithms need be taken; and such values for all weightings.
LOGS = frozen(np.concatenate([[0.0], 1.0 + np.log(np.arange(1, 256))]))
SMALL = {"count": frozen(np.arange(256.0)), "binary": frozen(np.ones(256)), "log": LOGS}

FIRST_SLOTS = 1 << 12  # of the table of a document's columns
MOST_SLOTS = 1 << 30  # four times which an index of 32 bits could not hold
MOST_TERMS = 1 << 31  # of a document, as a slot has 31 bits for a count


@dataclass(frozen=True, kw_only=True)
class Hasher(Analyzer):
    """Turns texts into rows: each n-gram goes to the column that its hash says.

    Nothing is learned, so nothing need be kept, and any number of texts may come in any order. Two n-grams may share a
    column, which does little harm while there are many more columns than n-grams that matter.

    Parameters
    ----------
    n_features : int, default=2**20
        Columns, 1 to 2^31. An n-gram's column is ``(h >> 32) * n_features >> 32`` for its 64-bit hash ``h``.
    signed : bool, default=True
        Whether n-grams count as 1 or -1, as the lowest bit of the hash says, so that those that share a column
        cancel out on average.
    weighting : {"count", "binary", "log"}, default="count"
        A value is the sum ``t`` of what its n-grams count, or its sign (1 for 0), or ``sign(t) * (1 + log|t|)``
        (0 for 0).
    norm : {"l2", None}, default="l2"
        Whether each row is scaled to a Euclidean norm of 1.
    dtype : {np.float64, np.float32}, default=np.float64
        Type of the values.
    sort_indices : bool, default=False
        Whether the columns of each row are sorted; otherwise they are in the order of their first appearance.
    analyzer, ngram_range, lowercase, min_token_length, stop_words, decode_error
        What the n-grams are: see `Analyzer`.

    Raises
    ------
    ValueError
        If a setting is none of these.

    Examples
    --------
    >>> from fastlr.text import Hasher
    >>> indptr, indices, data = Hasher(n_features=1000, norm=None, signed=False).transform(["One two TWO", ""])
    >>> indptr.tolist(), data.tolist()
    ([0, 2, 2], [1.0, 2.0])
    """

    n_features: int = 2**20
    signed: bool = True
    weighting: str = "count"
    norm: str | None = "l2"
    dtype: Any = np.float64
    sort_indices: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        n = self.n_features
        if isinstance(n, bool) or not isinstance(n, Integral) or not 1 <= n <= MAX_FEATURES:
            raise ValueError(f"n_features must be an integer between 1 and 2**31; got {n!r}.")
        true_or_false("signed", self.signed)
        true_or_false("sort_indices", self.sort_indices)
        one_of("weighting", self.weighting, WEIGHTINGS)
        one_of("norm", self.norm, NORMS)
        try:
            known = self.dtype is not None and np.dtype(self.dtype) in (np.float32, np.float64)
        except TypeError:
            known = False
        if not known:
            raise ValueError(f"dtype must be float32 or float64; got {self.dtype!r}.")

    def transform(self, documents: Documents | Iterable[str | bytes], backend: str | None = None) -> Csr:
        """Return the rows of documents as the arrays of a CSR matrix.

        Parameters
        ----------
        documents : Documents or iterable of str or bytes
        backend : {None, "auto", "numba", "cython", "numpy"}
            What runs; None follows `fastlr.get_backend`. All give the same columns.

        Returns
        -------
        indptr : ndarray of int64, shape (n_documents + 1,)
        indices : ndarray of int32, shape (n_entries,)
            Columns, each once a row.
        data : ndarray of ``dtype``, shape (n_entries,)

        Raises
        ------
        ValueError
            If a document is not UTF-8 and ``decode_error`` is "strict", or so long that it may have 2^31 n-grams, or
            has over 2^28 different ones.
        TypeError
            If a document is neither ``str`` nor ``bytes``.
        """
        return self.transform_in(OutputBuffer(), Documents.from_texts(documents), resolve_backend(backend))

    def transform_in(self, room: OutputBuffer, documents: Documents, backend: str) -> Csr:
        """Return what `transform` does, in memory that is the caller's again once the rows have been used."""
        compiled = kernels.load(backend).supports("tokenize")
        rows = self._run(room, documents, backend) if compiled else hash_documents(self, documents)
        return _sorted(*rows) if self.sort_indices else rows

    def _run(self, room: OutputBuffer, documents: Documents, backend: str) -> Csr:
        """Run the kernel until all documents are done, giving it more room whenever it asks."""
        kernel = kernels.load(backend).hash_documents
        lengths = documents.stops - documents.starts
        longest = int(lengths.max(initial=0))
        # Words take a byte each and one between them; characters have blanks around them.
        most = (2 * longest + 2) * self.ngram_range[1] if self.characters else (longest + 1) // 2 * self.orders
        if most >= MOST_TERMS:
            raise ValueError(
                f"{documents.name(int(lengths.argmax()))}, of {longest:,} bytes, may have {MOST_TERMS:,} n-grams or "
                "more: split it."
            )
        reader = Scanner.make(self, documents, with_places=False)
        state = reader.state
        indptr = np.zeros(len(documents) + 1, np.int64)
        room.clear(BATCH * (self.orders + 1) + min(documents.n_bytes // 4 * self.orders, FIRST_ROOM), self.dtype)
        table, counts = np.empty(FIRST_SLOTS, np.uint64), np.empty(FIRST_SLOTS // 2, np.int64)
        rules = (
            *(int(self.n_features), bool(self.signed), WEIGHTINGS.index(self.weighting), self.norm is not None),
            *(SMALL[self.weighting], BUDGET),
        )
        while not reader.done:
            lacks = kernel(
                *reader.settings, *rules, *reader.batch, table, counts, indptr, room.indices, room.data, state
            )
            if lacks == INVALID:
                reader.raise_invalid()
            elif lacks == NO_ROOM:
                room.grow(int(state[WRITTEN]), reader.room_for_all(len(room.indices)))
            elif lacks == NO_SLOTS:
                if 4 * len(table) > MOST_SLOTS:
                    name = documents.name(int(state[DOCUMENT]))
                    raise ValueError(f"{name} has over {len(table) // 4:,} different n-grams: split it.")
                table, counts = np.empty(4 * len(table), np.uint64), grown(counts, len(counts), 4 * len(counts))
            elif lacks == NO_SCRATCH:
                reader.grow_scratch()
        return indptr, room.indices[: indptr[-1]], room.data[: indptr[-1]]


def _sorted(indptr: np.ndarray, indices: np.ndarray, data: np.ndarray) -> Csr:
    """Return the rows with their columns in order."""
    keys = np.repeat(np.arange(len(indptr) - 1, dtype=np.int64) << 32, np.diff(indptr))
    keys |= indices
    order = np.argsort(keys)
    return indptr, indices[order], data[order]
