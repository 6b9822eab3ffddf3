"""Documents to hashed features, as a scikit-learn transformer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from numbers import Integral
from typing import Any, ClassVar

import numpy as np
from sklearn.feature_extraction import text as sklearn_text
from sklearn.utils._param_validation import Interval, StrOptions

from fastlr import kernels
from fastlr.kernels.backend import resolve_backend
from fastlr.text.analyzer import Analyzer
from fastlr.text.base import KernelsMixin, as_csr
from fastlr.text.counter import count_documents, spell
from fastlr.text.documents import Documents
from fastlr.text.hasher import LOGS, MAX_FEATURES, NORMS, WEIGHTINGS, Hasher
from fastlr.text.ngrams import column_of
from fastlr.text.string_hashes import hash_ngrams
from fastlr.utils.arrays import Csr, frozen
from fastlr.utils.elementary import log

HASHED_AT_ONCE = 1 << 16  # n-grams of scikit-learn's analyzer


class HashingVectorizer(KernelsMixin, sklearn_text.HashingVectorizer, auto_wrap_output_keys=None):  # type: ignore[call-arg]
    r"""Turns documents into rows of hashed n-grams.

    It is scikit-learn's transformer of this name, with its parameters and methods. Nothing is learned: `transform` may
    be called at once, and gives the same columns on every machine and backend. They differ from scikit-learn's, because
    the hash function is another one. Compiled kernels do the work where the parameters allow, as in `CountVectorizer`;
    otherwise scikit-learn's analyzers do. The guide on text vectorizers says which settings are fast, and when to use
    which vectorizer.

    Parameters
    ----------
    input, encoding, decode_error, strip_accents, lowercase, preprocessor, tokenizer
        How documents are read and split; see `CountVectorizer`.
    stop_words, token_pattern, ngram_range, analyzer, min_token_length
        How documents are split into n-grams; see `CountVectorizer`.
    n_features : int, default=2**20
        Number of columns, 1 to 2^31. More columns mean fewer n-grams that share one.
    binary : bool, default=False
        Whether each column that occurs has the value 1, before rows are scaled.
    norm : {"l2", "l1", None}, default="l2"
        Norm that each row is scaled to have; None does not scale.
    alternate_sign : bool, default=True
        Whether n-grams count as 1 or -1, by their hash, so that n-grams in the same column cancel out on average.
    dtype : numeric dtype, default=np.float64
        Type of the values; np.float32 halves their memory. Other types only without `norm`.
    weighting : {"count", "binary", "log"}, default="count"
        Value of a column for the sum ``t`` of its n-grams' counts: ``t``, its sign, or ``sign(t) * (1 + log|t|)``.
    backend : {None, "auto", "cython", "numba", "numpy"}, default=None
        Kernels to run; None follows `fastlr.get_backend`. "numpy" has none, so scikit-learn's analyzers do the work.

    Examples
    --------
    >>> from fastlr.text import HashingVectorizer
    >>> X = HashingVectorizer(n_features=2**18, ngram_range=(1, 2)).transform(["good film", "bad film"])
    >>> X.shape, X.nnz
    ((2, 262144), 6)
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **sklearn_text.HashingVectorizer._parameter_constraints,
        "stop_words": [*sklearn_text.HashingVectorizer._parameter_constraints["stop_words"], set, frozenset],
        "ngram_range": [tuple, list],
        "n_features": [Interval(Integral, 1, MAX_FEATURES, closed="both")],
        "weighting": [StrOptions(set(WEIGHTINGS))],
        "min_token_length": [Interval(Integral, 1, None, closed="left"), None],
        "backend": "no_validation",  # `resolve_backend` checks it
    }

    def __init__(
        self,
        *,
        input: str = "content",
        encoding: str = "utf-8",
        decode_error: str = "strict",
        strip_accents: str | Callable[[str], str] | None = None,
        lowercase: bool = True,
        preprocessor: Callable[[Any], str] | None = None,
        tokenizer: Callable[[str], Iterable[str]] | None = None,
        stop_words: Iterable[str] | str | None = None,
        token_pattern: str | None = r"(?u)\b\w\w+\b",
        ngram_range: tuple[int, int] = (1, 1),
        analyzer: str | Callable[[Any], Iterable[str]] = "word",
        n_features: int = 2**20,
        binary: bool = False,
        norm: str | None = "l2",
        alternate_sign: bool = True,
        dtype: Any = np.float64,
        weighting: str = "count",
        min_token_length: int | None = None,
        backend: str | None = None,
    ) -> None:
        super().__init__(
            input=input, encoding=encoding, decode_error=decode_error, strip_accents=strip_accents, lowercase=lowercase,
            preprocessor=preprocessor, tokenizer=tokenizer, stop_words=stop_words, token_pattern=token_pattern,
            ngram_range=ngram_range, analyzer=analyzer, n_features=n_features, binary=binary, norm=norm,
            alternate_sign=alternate_sign, dtype=dtype,
        )  # fmt: skip
        self.weighting = weighting
        self.min_token_length = min_token_length
        self.backend = backend

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.requires_fit = False  # scikit-learn 1.6 says that it must be
        return tags

    def fit(self, X: Any, y: Any = None) -> HashingVectorizer:
        """Check the parameters; there is nothing to learn.

        Parameters
        ----------
        X : iterable of documents
            Ignored, unless it is a string, which is an error.
        y : None
            Ignored.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If a parameter is out of range, or ``X`` is a string.
        """
        self._validate_params()
        if isinstance(X, (str, bytes)):
            raise ValueError("Iterable over raw text documents expected, string object received.")
        self._warn_for_unused_params()
        self._validate_ngram_range()
        resolve_backend(self.backend)
        return self

    def transform(self, X: Documents | Iterable[Any]) -> Any:
        """Return the rows of documents.

        Parameters
        ----------
        X : Documents or iterable
            Documents, or files, as `input` says.

        Returns
        -------
        CSR matrix of shape (n_documents, n_features)
            A ``csr_array`` with ``sklearn.set_config(sparse_interface="sparray")``. The columns of a row are in no
            order; ``sort_indices`` sorts them.

        Raises
        ------
        ValueError
            If a parameter is out of range, a document cannot be decoded and ``decode_error`` is "strict", is so long
            that it may have 2^31 n-grams, or has more than 2^28 different ones.
        TypeError
            If a document is neither ``str`` nor ``bytes``.
        """
        self._validate_ngram_range()
        dtype = np.dtype(self.dtype)
        hashing = {
            "n_features": self.n_features,
            "signed": self.alternate_sign and not self.binary,
            "weighting": "binary" if self.binary else self.weighting,
            "norm": self.norm,
            "dtype": np.float32 if dtype == np.float32 else np.float64,
        }
        hasher, documents = self._prepare(X, Hasher, **hashing)
        if hasher is None:
            rows = self._hash_by_python(documents, Hasher(**hashing))
        else:
            rows = hasher.transform(documents, self.backend)
        rows = as_csr(*rows, int(self.n_features))
        return rows if self.norm is not None or dtype == rows.dtype else rows.astype(dtype)

    def _hashes(self, ngrams: list[str]) -> np.ndarray:
        """Return the hashes of n-grams, those of the kernels where they make n-grams too."""
        padded = [ngram.replace("\0", "\uffff") for ngram in ngrams]  # a hash does not see NULs at the end
        return hash_ngrams(padded, self.analyzer in ("char", "char_wb"))

    def _hash_by_python(self, documents: Iterable[Any], hasher: Hasher) -> Csr:
        """Return the rows of documents as `Hasher.transform` does, of the n-grams of scikit-learn's analyzer."""
        parts = [(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)), *self._count_by_python(documents, hasher)]
        lengths, columns, counts = map(np.concatenate, zip(*parts, strict=True))
        ends = np.concatenate([[0], np.cumsum(lengths)])
        data = _weigh(counts, hasher.weighting).astype(hasher.dtype)
        if hasher.norm is not None:
            normalize = kernels.load(resolve_backend(self.backend)).weigh_rows
            norm = NORMS.index(hasher.norm)
            normalize(ends, columns, data, frozen(np.zeros(0)), False, norm, LOGS, 0, len(ends) - 1, data)
        return ends, columns.astype(np.int32), data

    def _count_by_python(self, documents: Iterable[Any], hasher: Hasher) -> Iterator[tuple[np.ndarray, ...]]:
        """Yield the numbers of columns of documents, the columns, and the sums of their n-grams' counts."""
        analyze = self.build_analyzer()
        remaining = iter(documents)
        while True:
            ngrams, values, sizes = list[str](), list[int](), list[int]()
            for document in remaining:
                frequencies = Counter(analyze(document))
                ngrams += frequencies
                values += frequencies.values()
                sizes.append(len(frequencies))
                if len(ngrams) >= HASHED_AT_ONCE:
                    break
            if not sizes:
                return
            hashes = self._hashes(ngrams)
            signs = np.where(hashes & np.uint64(hasher.signed), -1.0, 1.0)
            columns = column_of(hashes, int(hasher.n_features)).astype(np.int64)
            keys = np.repeat(np.arange(len(sizes), dtype=np.int64) << 32, sizes) | columns
            found, numbers = np.unique(keys, return_inverse=True)
            lengths = np.bincount(found >> 32, minlength=len(sizes))
            yield lengths, found & 0xFFFFFFFF, np.bincount(numbers, signs * values, len(found))

    def inverse(self, columns: Sequence[int] | np.ndarray, raw_documents: Documents | Iterable[Any]) -> list[list[str]]:
        """Return the n-grams that hash to given columns, the most frequent first.

        Hashes cannot be undone, so the n-grams are searched for in sample documents, such as training documents. This
        takes memory in proportion to the number of different n-grams in the sample.

        Parameters
        ----------
        columns : array of int, shape (n,)
        raw_documents : Documents or iterable

        Returns
        -------
        list of list of str
            For each column its n-grams, possibly none. Equally frequent ones are in alphabetical order.

        Raises
        ------
        ValueError
            If a column is out of range, or as `transform`.

        Examples
        --------
        >>> from fastlr.text import HashingVectorizer
        >>> vectorizer = HashingVectorizer()
        >>> column = vectorizer.transform(["film"]).indices[0]
        >>> vectorizer.inverse([column], ["a good film", "a bad film"])
        [['film']]
        """
        columns = np.asarray(columns)
        if columns.ndim != 1 or (len(columns) and columns.dtype.kind not in "iu"):
            raise ValueError(f"columns must be a one-dimensional array of integers; got {columns!r}.")
        if len(columns) and not 0 <= columns.min() <= columns.max() < self.n_features:
            raise ValueError(f"columns must lie between 0 and {self.n_features - 1}; got {columns!r}.")
        self._validate_ngram_range()
        analyzer, documents = self._prepare(raw_documents, Analyzer)
        if analyzer is None:
            analyze = self.build_analyzer()
            frequencies = Counter(ngram for document in documents for ngram in analyze(document))
            of_ngram = column_of(self._hashes(list(frequencies)), int(self.n_features))
            found = [
                (column, -n, ngram) for column, (ngram, n) in zip(of_ngram.tolist(), frequencies.items(), strict=True)
            ]
        else:
            counts = count_documents(analyzer, documents, resolve_backend(self.backend))
            of_term = column_of(counts.hashes, self.n_features)
            numbers = np.flatnonzero(np.isin(of_term, columns.astype(np.uint64)))
            totals = np.bincount(counts.indices, counts.counts, minlength=len(of_term)).astype(np.int64)
            ngrams = spell(analyzer, documents, counts, numbers)
            found = list(zip(of_term[numbers].tolist(), (-totals[numbers]).tolist(), ngrams, strict=True))
        by_column: dict[int, list[str]] = {}
        for column, _, ngram in sorted(found):
            by_column.setdefault(column, []).append(ngram)
        return [by_column.get(column, []) for column in columns.tolist()]


def _weigh(counts: np.ndarray, weighting: str) -> np.ndarray:
    """Return the values of columns with these counts."""
    if weighting == "count":
        return counts
    if weighting == "binary":
        return np.where(counts < 0, -1.0, 1.0)
    logs = 1.0 + log(np.maximum(abs(counts), 1.0))
    return np.where(counts == 0, 0.0, np.copysign(logs, counts))
