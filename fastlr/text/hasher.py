"""Documents to rows of hashed features, in one pass over the bytes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np

from fastlr import kernels
from fastlr.kernels.backend import resolve_backend
from fastlr.kernels.sources.state import DOCUMENT, INVALID, OUTPUT_FULL, SCRATCH_FULL, TABLE_FULL, WRITTEN
from fastlr.text.analyzer import Analyzer
from fastlr.text.documents import Documents
from fastlr.text.reference import hash_documents
from fastlr.text.scanner import BATCH, BUDGET, FIRST_SIZE, OutputBuffer, Scanner, grown
from fastlr.utils.arrays import Csr, frozen
from fastlr.utils.checks import one_of, true_or_false
from fastlr.utils.elementary import log

WEIGHTINGS = ("count", "binary", "log")
NORMS = (None, "l1", "l2")  # the kernels' codes are the places
MAX_FEATURES = 2**31

# 1 + log(count) of small counts, so that few logarithms are computed, and the values of small counts by weighting.
LOGS = frozen(np.concatenate([[0.0], 1.0 + log(np.arange(1, 256))]))
SMALL = {"count": frozen(np.arange(256.0)), "binary": frozen(np.ones(256)), "log": LOGS}

FIRST_SLOTS = 1 << 12  # of the hash table of a document's columns
MAX_SLOTS = 1 << 30  # because a 32-bit index cannot hold four times as many
MAX_TERMS = 1 << 31  # of a document, because a slot has 31 bits for a count


@dataclass(frozen=True, kw_only=True)
class Hasher(Analyzer):
    """Turns documents into rows by hashing: the hash of an n-gram determines its column.

    Nothing is learned, so there is no vocabulary to keep, and documents may come in any number and order. Two n-grams
    may share a column, which does little harm as long as there are many more columns than n-grams that matter. The core
    of `HashingVectorizer`, it needs only NumPy. See the guide on text vectorizers.

    Parameters
    ----------
    n_features : int, default=2**20
        Number of columns, 1 to 2^31. The column of an n-gram with the 64-bit hash ``h`` is
        ``(h >> 32) * n_features >> 32``.
    signed : bool, default=True
        Whether n-grams count as 1 or -1, by the lowest bit of the hash, so that n-grams in the same column cancel out
        on average.
    weighting : {"count", "binary", "log"}, default="count"
        Value of a column for the sum ``t`` of its n-grams' counts: ``t``, its sign (1 for 0), or
        ``sign(t) * (1 + log|t|)`` (0 for 0).
    norm : {"l2", "l1", None}, default="l2"
        Norm that each row is scaled to have; None does not scale.
    dtype : {np.float64, np.float32}, default=np.float64
        Type of the values.
    sort_indices : bool, default=False
        Whether to sort the columns of each row; otherwise they are in order of first appearance.
    analyzer, ngram_range, lowercase, min_token_length, stop_words, decode_error, marks, symbols
        How documents are split into n-grams; see `fastlr.text.analyzer.Analyzer`.

    Raises
    ------
    ValueError
        If a parameter is not one of these.

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
        backend : {None, "auto", "cython", "numba", "numpy"}
            Kernels to run; None follows `fastlr.get_backend`. All give the same columns.

        Returns
        -------
        indptr : ndarray of int64, shape (n_documents + 1,)
        indices : ndarray of int32, shape (n_entries,)
            Columns, each at most once per row.
        data : ndarray of ``dtype``, shape (n_entries,)

        Raises
        ------
        ValueError
            If a document is not UTF-8 and ``decode_error`` is "strict", is so long that it may have 2^31 n-grams, or
            has more than 2^28 different ones.
        TypeError
            If a document is neither ``str`` nor ``bytes``.
        """
        return self.transform_in(OutputBuffer(), Documents.from_texts(documents), resolve_backend(backend))

    def transform_in(self, output: OutputBuffer, documents: Documents, backend: str) -> Csr:
        """Return the result of `transform` as views of an output buffer, valid until it is used again."""
        compiled = kernels.load(backend).supports("tokenize")
        rows = self._run(output, documents, backend) if compiled else hash_documents(self, documents)
        return _sorted(*rows) if self.sort_indices else rows

    def _run(self, output: OutputBuffer, documents: Documents, backend: str) -> Csr:
        """Run the kernel until all documents are done, and allocate more memory whenever it asks."""
        kernel = kernels.load(backend).hash_documents
        lengths = documents.stops - documents.starts
        longest = int(lengths.max(initial=0))
        # Words take at least a byte each and, unless they are symbols, one between them; characters are padded.
        words = longest if self.symbols else (longest + 1) // 2
        most = (2 * longest + 2) * self.ngram_range[1] if self.characters else words * self.orders
        if most >= MAX_TERMS:
            raise ValueError(
                f"{documents.name(int(lengths.argmax()))} has {longest:,} bytes and may have {MAX_TERMS:,} n-grams or "
                "more; split it."
            )
        scanner = Scanner.make(self, documents, with_places=False)
        state = scanner.state
        indptr = np.zeros(len(documents) + 1, np.int64)
        output.clear(BATCH * (self.orders + 1) + min(documents.n_bytes // 4 * self.orders, FIRST_SIZE), self.dtype)
        table, counts = np.empty(FIRST_SLOTS, np.uint64), np.empty(FIRST_SLOTS // 2, np.int64)
        hashing = (
            *(int(self.n_features), bool(self.signed), WEIGHTINGS.index(self.weighting), NORMS.index(self.norm)),
            *(SMALL[self.weighting], BUDGET),
        )
        while not scanner.done:
            reason = kernel(
                *scanner.arguments, *hashing, *scanner.work_arrays, table, counts, indptr, output.indices, output.data,
                state,
            )  # fmt: skip
            if reason == INVALID:
                scanner.raise_invalid()
            elif reason == OUTPUT_FULL:
                output.grow(int(state[WRITTEN]), scanner.size_for_all(len(output.indices)))
            elif reason == TABLE_FULL:
                if 4 * len(table) > MAX_SLOTS:
                    name = documents.name(int(state[DOCUMENT]))
                    raise ValueError(f"{name} has more than {len(table) // 4:,} different n-grams; split it.")
                table, counts = np.empty(4 * len(table), np.uint64), grown(counts, len(counts), 4 * len(counts))
            elif reason == SCRATCH_FULL:
                scanner.grow_scratch()
        return indptr, output.indices[: indptr[-1]], output.data[: indptr[-1]]


def _sorted(indptr: np.ndarray, indices: np.ndarray, data: np.ndarray) -> Csr:
    """Return the rows with sorted columns."""
    keys = np.repeat(np.arange(len(indptr) - 1, dtype=np.int64) << 32, np.diff(indptr))
    keys |= indices
    order = np.argsort(keys)
    return indptr, indices[order], data[order]
