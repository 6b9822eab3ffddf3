"""Documents to counts of n-grams in a learned vocabulary, as a scikit-learn transformer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from numbers import Integral, Real
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from fastlr import kernels
from fastlr.kernels.backend import resolve_backend
from fastlr.text.analyzer import Analyzer
from fastlr.text.base import TextMixin, as_csr
from fastlr.text.counter import count_documents, spell
from fastlr.text.documents import Documents
from fastlr.text.ngrams import decode, extract_ngrams, hash_word, hash_words
from fastlr.utils.checks import true_or_false


class CountVectorizer(TextMixin, TransformerMixin, BaseEstimator):
    """Turns documents into rows of counts, with a column for each n-gram of the documents that it was fitted to.

    It works like scikit-learn's transformer of this name, with `min_token_length` instead of a token pattern. The guide
    on text vectorizers says what counts as a word, and when to use which vectorizer. The compiled backends tell n-grams
    apart by 64-bit hashes; the probability that any two of 10^7 n-grams are confused is 3e-6.

    Parameters
    ----------
    analyzer, ngram_range, lowercase, min_token_length, stop_words, decode_error
        How documents are split into n-grams; see `fastlr.text.analyzer.Analyzer`.
    min_df, max_df : int or float, default=1 and 1.0
        Drop n-grams that occur in fewer or more documents than this; a float is a fraction of the documents.
    max_features : int or None, default=None
        Keep only this many n-grams, the most frequent ones. Ties are broken alphabetically.
    binary : bool, default=False
        Whether to set all counts to 1.
    dtype : numeric dtype, default="int64"
        Type of the counts; counts that do not fit are an error.
    backend : {None, "auto", "cython", "numba", "numpy"}, default=None
        Kernels to run; None follows `fastlr.get_backend`.

    Attributes
    ----------
    vocabulary_ : dict of str to int
        The column of each n-gram; columns are in the order of the n-grams' code points.
    hashes_ : ndarray of uint64, shape (n_columns,)
        The hash of each n-gram, by which the compiled backends find its column.

    Examples
    --------
    >>> from fastlr.text import CountVectorizer
    >>> vectorizer = CountVectorizer()
    >>> vectorizer.fit_transform(["good film", "bad, bad film"]).toarray()
    array([[0, 1, 1],
           [2, 1, 0]])
    >>> vectorizer.get_feature_names_out()
    array(['bad', 'film', 'good'], dtype=object)
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
        min_df: float = 1,
        max_df: float = 1.0,
        max_features: int | None = None,
        binary: bool = False,
        dtype: Any = "int64",
        backend: str | None = None,
    ) -> None:
        self.analyzer = analyzer
        self.ngram_range = ngram_range
        self.lowercase = lowercase
        self.min_token_length = min_token_length
        self.stop_words = stop_words
        self.decode_error = decode_error
        self.min_df = min_df
        self.max_df = max_df
        self.max_features = max_features
        self.binary = binary
        self.dtype = dtype
        self.backend = backend

    def _make_analyzer(self) -> Analyzer:
        """Check the parameters; return the analyzer."""
        for name in ("min_df", "max_df"):
            value: Any = getattr(self, name)
            whole = isinstance(value, Integral) and not isinstance(value, bool)
            share = isinstance(value, Real) and not isinstance(value, Integral) and 0 <= float(value) <= 1
            if not (share or (whole and value >= (1 if name == "max_df" else 0))):
                raise ValueError(
                    f"{name} must be a number of documents, or a fraction between 0.0 and 1.0; got {value!r}."
                )
        n = self.max_features
        if n is not None and not (isinstance(n, Integral) and not isinstance(n, bool) and n >= 1):
            raise ValueError(f"max_features must be None or an integer, 1 or more; got {n!r}.")
        true_or_false("binary", self.binary)
        try:
            dtype = None if self.dtype is None else np.dtype(self.dtype)
        except TypeError:
            dtype = None
        if dtype is None or dtype.kind not in "iuf" or dtype == np.float16:
            raise ValueError(
                f"dtype must be numeric, but not float16, which SciPy's matrices do not support; got {self.dtype!r}."
            )
        return Analyzer(
            analyzer=self.analyzer,
            ngram_range=self.ngram_range,
            lowercase=self.lowercase,
            min_token_length=self.min_token_length,
            stop_words=self.stop_words,
            decode_error=self.decode_error,
        )

    def fit(self, raw_documents: Documents | Iterable[str | bytes], y: Any = None) -> CountVectorizer:
        """Learn the vocabulary of documents.

        Parameters
        ----------
        raw_documents : Documents or iterable of str or bytes
        y : None
            Ignored.

        Returns
        -------
        self

        Raises
        ------
        ValueError, TypeError
            As `fit_transform`.
        """
        self.fit_transform(raw_documents)
        return self

    def fit_transform(self, raw_documents: Documents | Iterable[str | bytes], y: Any = None) -> sp.csr_array:
        """Learn the vocabulary of documents and return their rows, in one pass.

        Parameters
        ----------
        raw_documents : Documents or iterable of str or bytes
        y : None
            Ignored.

        Returns
        -------
        csr_array of shape (n_documents, n_columns)

        Raises
        ------
        ValueError
            If a parameter is out of range, a document is not UTF-8 and ``decode_error`` is "strict", no n-gram is left,
            or a count does not fit into ``dtype``.
        TypeError
            If a document is neither ``str`` nor ``bytes``.
        """
        analyzer = self._make_analyzer()
        documents = Documents.from_texts(raw_documents)
        backend = resolve_backend(self.backend)
        if not kernels.load(backend).supports("tokenize"):
            names, rows = _count_reference(analyzer, documents, None)
            hashes = None
            n_terms = len(names)
        else:
            counts = count_documents(analyzer, documents, backend)
            rows, hashes = (counts.indptr, counts.indices, counts.counts), counts.hashes
            n_terms = len(hashes)
        if n_terms == 0:
            raise ValueError("empty vocabulary; perhaps the documents only contain stop words")
        kept = self._frequent_enough(rows[1], n_terms, len(documents))
        strings = [names[k] for k in kept.tolist()] if hashes is None else spell(analyzer, documents, counts, kept)
        order = sorted(range(len(kept)), key=strings.__getitem__)
        if self.max_features is not None and len(order) > self.max_features:
            totals = np.bincount(rows[1], rows[2], minlength=n_terms)[kept[order]]
            chosen = np.sort(np.argsort(-totals, kind="stable")[: self.max_features])
            order = [order[k] for k in chosen.tolist()]
        kept = kept[order]
        strings = [strings[k] for k in order]
        X = self._make_rows(*_renumbered(*rows, kept, n_terms), len(kept))
        if hashes is None:
            of = hash_word if analyzer.characters else lambda ngram: hash_words(ngram.split(" "))
            hashes = np.array([of(ngram) for ngram in strings], np.uint64)
        else:
            hashes = hashes[kept]
        self.vocabulary_ = {ngram: column for column, ngram in enumerate(strings)}
        self.hashes_ = hashes
        return X

    def transform(self, raw_documents: Documents | Iterable[str | bytes]) -> sp.csr_array:
        """Return the rows of documents; n-grams that are not in the vocabulary are ignored.

        Parameters
        ----------
        raw_documents : Documents or iterable of str or bytes

        Returns
        -------
        csr_array of shape (n_documents, n_columns)

        Raises
        ------
        ValueError
            If a document is not UTF-8 and ``decode_error`` is "strict", or a count does not fit into ``dtype``.
        TypeError
            If a document is neither ``str`` nor ``bytes``.
        sklearn.exceptions.NotFittedError
            Before `fit`.
        """
        check_is_fitted(self, "vocabulary_")
        analyzer = self._make_analyzer()
        documents = Documents.from_texts(raw_documents)
        backend = resolve_backend(self.backend)
        if not kernels.load(backend).supports("tokenize"):
            _, rows = _count_reference(analyzer, documents, self.vocabulary_)
        else:
            counts = count_documents(analyzer, documents, backend, self.hashes_)
            rows = counts.indptr, counts.indices, counts.counts
        return self._make_rows(*rows, len(self.vocabulary_))

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Return the n-gram of each column.

        Parameters
        ----------
        input_features : None
            Ignored.

        Returns
        -------
        ndarray of str objects, shape (n_columns,)

        Raises
        ------
        sklearn.exceptions.NotFittedError
            Before `fit`.
        """
        check_is_fitted(self, "vocabulary_")
        names = np.empty(len(self.vocabulary_), object)
        for ngram, column in self.vocabulary_.items():
            names[column] = ngram
        return names

    def _frequent_enough(self, indices: np.ndarray, n_terms: int, n_documents: int) -> np.ndarray:
        """Return the numbers of the n-grams that occur in ``min_df`` to ``max_df`` documents."""
        low, high = (
            value if isinstance(value, Integral) else value * n_documents for value in (self.min_df, self.max_df)
        )
        if high < low:
            raise ValueError(f"max_df={self.max_df!r} corresponds to fewer documents than min_df={self.min_df!r}.")
        frequency = np.bincount(indices, minlength=n_terms)
        kept = np.flatnonzero((frequency >= low) & (frequency <= high))
        if len(kept) == 0:
            raise ValueError("After pruning, no terms remain. Try a lower min_df or a higher max_df.")
        return kept

    def _make_rows(self, indptr: np.ndarray, indices: np.ndarray, counts: np.ndarray, n_columns: int) -> sp.csr_array:
        dtype = np.dtype(self.dtype).newbyteorder("=")
        data = np.ones(len(indices), dtype) if self.binary else _converted(counts, dtype)
        X = as_csr(indptr, indices.copy(), data, n_columns)
        X.sort_indices()
        return X


def _converted(counts: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Return counts as this type; raise ValueError if an integer type cannot hold them."""
    largest = counts.max(initial=0)
    if dtype.kind in "iu" and largest > np.iinfo(dtype).max:
        raise ValueError(
            f"dtype={dtype} cannot hold counts above {np.iinfo(dtype).max}, but an n-gram occurs {largest} times in a "
            "document."
        )
    return counts.astype(dtype)


def _renumbered(
    indptr: np.ndarray, indices: np.ndarray, counts: np.ndarray, kept: np.ndarray, n_terms: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the rows with only the n-grams ``kept``, where column ``k`` is that of ``kept[k]``."""
    columns = np.full(n_terms, -1, np.int32)
    columns[kept] = np.arange(len(kept), dtype=np.int32)
    indices = columns[indices]
    if len(kept) == n_terms:
        return indptr, indices, counts
    present = indices >= 0
    before = np.zeros(len(indices) + 1, np.int64)
    np.cumsum(present, out=before[1:])
    return before[indptr], indices[present], counts[present]


def _count_reference(
    analyzer: Analyzer, documents: Documents, vocabulary: dict[str, int] | None
) -> tuple[list[str], tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Return the n-grams of the vocabulary, or all n-grams if it is None, and the rows of their counts."""
    learn = vocabulary is None
    numbers: dict[str, int] = {} if vocabulary is None else vocabulary
    indptr, indices, values = [0], [], []
    for i, document in enumerate(documents):
        text = decode(document, documents.name(i), analyzer.decode_error)
        for ngram, count in Counter(ngram for ngram, _ in extract_ngrams(analyzer, text)).items():
            number = numbers.setdefault(ngram, len(numbers)) if learn else numbers.get(ngram)
            if number is not None:
                indices.append(number)
                values.append(count)
        indptr.append(len(indices))
    return list(numbers), (np.array(indptr, np.int64), np.array(indices, np.int32), np.array(values, np.int64))
