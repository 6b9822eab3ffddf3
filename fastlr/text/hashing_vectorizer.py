"""Documents to hashed features, as a scikit-learn transformer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.base import BaseEstimator, TransformerMixin

from fastlr import kernels
from fastlr.kernels.backend import resolve_backend
from fastlr.text.base import TextMixin, as_csr
from fastlr.text.counter import count_documents, spell
from fastlr.text.documents import Documents
from fastlr.text.hasher import Hasher
from fastlr.text.ngrams import column_of, decode, extract_ngrams
from fastlr.utils.checks import true_or_false


class HashingVectorizer(TextMixin, TransformerMixin, BaseEstimator):
    r"""Turns documents into rows of hashed n-grams, like scikit-learn's transformer of this name.

    Nothing is learned: `transform` may be called at once, and gives the same columns on every machine and backend.
    Parameters with scikit-learn's names mean the same. `weighting` replaces ``binary``, and `min_token_length` replaces
    a token pattern. Columns differ from scikit-learn's, because the hash function is another one. The guide on text
    vectorizers says what counts as a word, and when to use which vectorizer.

    Parameters
    ----------
    analyzer, ngram_range, lowercase, min_token_length, stop_words, decode_error
        How documents are split into n-grams; see `fastlr.text.analyzer.Analyzer`.
    n_features : int, default=2**20
        Number of columns, 1 to 2^31. More columns mean fewer n-grams that share one.
    alternate_sign : bool, default=True
        Whether n-grams count as 1 or -1, by their hash, so that n-grams in the same column cancel out on average.
    weighting : {"count", "binary", "log"}, default="count"
        Value of a column for the sum ``t`` of its n-grams' counts: ``t``, its sign, or ``sign(t) * (1 + log|t|)``.
    norm : {"l2", None}, default="l2"
        Whether to scale each row to a Euclidean norm of 1.
    dtype : {"float64", "float32"}, default="float64"
        Type of the values; "float32" halves their memory.
    backend : {None, "auto", "cython", "numba", "numpy"}, default=None
        Kernels to run; None follows `fastlr.get_backend`.

    Examples
    --------
    >>> from fastlr.text import HashingVectorizer
    >>> X = HashingVectorizer(n_features=2**18, ngram_range=(1, 2)).transform(["good film", "bad film"])
    >>> X.shape, X.nnz
    ((2, 262144), 6)
    """

    def __init__(
        self,
        *,
        analyzer: str = "word",
        ngram_range: tuple[int, int] = (1, 1),
        lowercase: bool = True,
        min_token_length: int = 1,
        stop_words: Iterable[str] | str | None = None,
        decode_error: str = "strict",
        n_features: int = 2**20,
        alternate_sign: bool = True,
        weighting: str = "count",
        norm: str | None = "l2",
        dtype: Any = "float64",
        backend: str | None = None,
    ) -> None:
        self.analyzer = analyzer
        self.ngram_range = ngram_range
        self.lowercase = lowercase
        self.min_token_length = min_token_length
        self.stop_words = stop_words
        self.decode_error = decode_error
        self.n_features = n_features
        self.alternate_sign = alternate_sign
        self.weighting = weighting
        self.norm = norm
        self.dtype = dtype
        self.backend = backend

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        return tags

    def make_hasher(self) -> Hasher:
        """Return the `Hasher` with these parameters, which needs only NumPy.

        Returns
        -------
        Hasher

        Raises
        ------
        ValueError
            If a parameter is out of range.
        """
        true_or_false("alternate_sign", self.alternate_sign)
        parameters = self.get_params(deep=False)
        parameters["signed"] = parameters.pop("alternate_sign")
        del parameters["backend"]
        return Hasher(**parameters)

    def fit(self, raw_documents: Any, y: Any = None) -> HashingVectorizer:
        """Check the parameters; there is nothing to learn.

        Parameters
        ----------
        raw_documents : iterable of str or bytes
            Ignored, unless it is a string, which is an error.
        y : None
            Ignored.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If a parameter is out of range, or ``raw_documents`` is a string.
        """
        if isinstance(raw_documents, (str, bytes)):
            raise ValueError("Iterable over raw text documents expected, string object received.")
        self.make_hasher()
        resolve_backend(self.backend)
        return self

    def partial_fit(self, raw_documents: Any, y: Any = None) -> HashingVectorizer:
        """Do the same as `fit`."""
        return self.fit(raw_documents, y)

    def transform(self, raw_documents: Documents | Iterable[str | bytes]) -> sp.csr_array:
        """Return the rows of documents.

        Parameters
        ----------
        raw_documents : Documents or iterable of str or bytes

        Returns
        -------
        csr_array of shape (n_documents, n_features)

        Raises
        ------
        ValueError, TypeError
            As `Hasher` and its ``transform``.
        """
        return as_csr(*self.make_hasher().transform(raw_documents, self.backend), int(self.n_features))

    def inverse(
        self, columns: Sequence[int] | np.ndarray, raw_documents: Documents | Iterable[str | bytes]
    ) -> list[list[str]]:
        """Return the n-grams that hash to given columns, the most frequent first.

        Hashes cannot be undone, so the n-grams are searched for in sample documents, such as training documents. This
        takes memory in proportion to the number of different n-grams in the sample.

        Parameters
        ----------
        columns : array of int, shape (n,)
        raw_documents : Documents or iterable of str or bytes

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
        hasher = self.make_hasher()
        columns = np.asarray(columns)
        if columns.ndim != 1 or (len(columns) and columns.dtype.kind not in "iu"):
            raise ValueError(f"columns must be a one-dimensional array of integers; got {columns!r}.")
        if len(columns) and not 0 <= columns.min() <= columns.max() < self.n_features:
            raise ValueError(f"columns must lie between 0 and {self.n_features - 1}; got {columns!r}.")
        documents = Documents.from_texts(raw_documents)
        backend = resolve_backend(self.backend)
        if not kernels.load(backend).supports("tokenize"):
            frequencies: Counter[tuple[str, int]] = Counter()
            for i, document in enumerate(documents):
                frequencies.update(extract_ngrams(hasher, decode(document, documents.name(i), self.decode_error)))
            found = [(column_of(h, self.n_features), -n, ngram) for (ngram, h), n in frequencies.items()]
        else:
            counts = count_documents(hasher, documents, backend)
            of_term = column_of(counts.hashes, self.n_features)
            numbers = np.flatnonzero(np.isin(of_term, columns.astype(np.uint64)))
            totals = np.bincount(counts.indices, counts.counts, minlength=len(of_term)).astype(np.int64)
            ngrams = spell(hasher, documents, counts, numbers)
            found = list(zip(of_term[numbers].tolist(), (-totals[numbers]).tolist(), ngrams, strict=True))
        by_column: dict[int, list[str]] = {}
        for column, _, ngram in sorted(found):
            by_column.setdefault(column, []).append(ngram)
        return [by_column.get(column, []) for column in columns.tolist()]
