"""Documents to counts of n-grams in a learned vocabulary, as a scikit-learn transformer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from numbers import Integral
from typing import Any, ClassVar

import numpy as np
from sklearn.feature_extraction import text as sklearn_text
from sklearn.utils._param_validation import Interval

from fastlr.kernels.backend import resolve_backend
from fastlr.text.analyzer import Analyzer
from fastlr.text.base import KernelsMixin, as_csr
from fastlr.text.counter import count_documents, spell
from fastlr.text.documents import Documents
from fastlr.text.string_hashes import hash_ngrams

NEVER = "  "  # an n-gram that no document has: words have no spaces, and tokens between white space no two in a row


class CountVectorizer(KernelsMixin, sklearn_text.CountVectorizer):
    r"""Turns documents into rows of counts, with a column for each n-gram of the documents that it was fitted to.

    It is scikit-learn's transformer of this name, with its parameters, methods and results. Compiled kernels do the
    work where the parameters allow: for ``analyzer="char_wb"``, and for ``"word"`` without a `tokenizer` and with a
    `token_pattern` of runs of word characters, such as the default, ``r"\b\w+\b"`` or ``r"\w{3,}"``. Otherwise
    scikit-learn's analyzers do. The kernels tell n-grams apart by 64-bit hashes; the probability that any two of 10^7
    n-grams are confused is 3e-6. The guide on text vectorizers says which settings are fast, and when to use which
    vectorizer.

    Parameters
    ----------
    input : {"content", "filename", "file"}, default="content"
        Whether documents are ``str`` or ``bytes``, names of files, or objects with a method ``read``.
    encoding : str, default="utf-8"
        Codec of documents that are ``bytes``.
    decode_error : {"strict", "ignore", "replace"}, default="strict"
        Whether bytes that the codec cannot decode raise an error, are dropped, or are replaced by U+FFFD.
    strip_accents : {"ascii", "unicode"}, callable or None, default=None
        Whether to remove accents, and all other characters beyond ASCII for "ascii". A callable replaces the function.
    lowercase : bool, default=True
        Whether to convert documents to lower case first.
    preprocessor : callable or None, default=None
        Replaces `strip_accents` and `lowercase`: takes a document and returns the string to split.
    tokenizer : callable or None, default=None
        Replaces `token_pattern`: takes a preprocessed document and returns its words. Only for "word".
    stop_words : {"english"}, list or set of str, or None, default=None
        Words to drop before n-grams are made; "english" is scikit-learn's list. Only for "word". There is a warning
        for stop words that no document can be split into, such as "don't".
    token_pattern : str or None, default=r"(?u)\b\w\w+\b"
        Regular expression of a word; by default words have two characters or more. Only for "word".
    ngram_range : tuple of two int, default=(1, 1)
        Smallest and largest number of words or characters in an n-gram.
    analyzer : {"word", "char", "char_wb"} or callable, default="word"
        Whether to make n-grams of words, of characters, or of the characters of each token between white space with a
        space on either side. A callable takes a document and returns its n-grams.
    max_df, min_df : float or int, default=1.0 and 1
        Drop n-grams that occur in more or fewer documents than this; a float is a fraction of the documents.
    max_features : int or None, default=None
        Keep only this many n-grams, the most frequent ones; with `binary` those of the most documents. Ties are broken
        alphabetically, except for scikit-learn's analyzers, which do not say how.
    vocabulary : mapping of str to int, iterable of str, or None, default=None
        The columns of n-grams, or the n-grams in the order of the columns; None learns them.
    binary : bool, default=False
        Whether to set all counts to 1.
    dtype : numeric dtype, default=np.int64
        Type of the counts; counts that do not fit are an error.
    min_token_length : int or None, default=None
        None splits words by `token_pattern`. A number replaces the pattern: words are runs of at least so many letters,
        numbers, underscores and combining marks, which ``\w`` leaves out. This suits scripts like Devanagari.
    backend : {None, "auto", "cython", "numba", "numpy"}, default=None
        Kernels to run; None follows `fastlr.get_backend`. "numpy" has none, so scikit-learn's analyzers do the work.

    Attributes
    ----------
    vocabulary_ : dict of str to int
        The column of each n-gram; learned columns are in the order of the n-grams' code points.
    fixed_vocabulary_ : bool
        Whether the vocabulary was given.

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

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **sklearn_text.CountVectorizer._parameter_constraints,
        "stop_words": [*sklearn_text.CountVectorizer._parameter_constraints["stop_words"], set, frozenset],
        "ngram_range": [tuple, list],
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
        max_df: float = 1.0,
        min_df: float = 1,
        max_features: int | None = None,
        vocabulary: Mapping[str, int] | Iterable[str] | None = None,
        binary: bool = False,
        dtype: Any = np.int64,
        min_token_length: int | None = None,
        backend: str | None = None,
    ) -> None:
        super().__init__(
            input=input, encoding=encoding, decode_error=decode_error, strip_accents=strip_accents, lowercase=lowercase,
            preprocessor=preprocessor, tokenizer=tokenizer, stop_words=stop_words, token_pattern=token_pattern,
            ngram_range=ngram_range, analyzer=analyzer, max_df=max_df, min_df=min_df, max_features=max_features,
            vocabulary=vocabulary, binary=binary, dtype=dtype,
        )  # fmt: skip
        self.min_token_length = min_token_length
        self.backend = backend

    def fit_transform(self, raw_documents: Documents | Iterable[Any], y: Any = None) -> Any:
        """Learn the vocabulary of documents and return their rows, in one pass.

        Parameters
        ----------
        raw_documents : Documents or iterable
            Documents, or files, as `input` says.
        y : None
            Ignored.

        Returns
        -------
        CSR matrix of shape (n_documents, n_columns)
            A ``csr_array`` with ``sklearn.set_config(sparse_interface="sparray")``.

        Raises
        ------
        ValueError
            If a parameter is out of range, a document cannot be decoded and ``decode_error`` is "strict", no n-gram is
            left, or a count does not fit into ``dtype``.
        TypeError
            If a document is neither ``str`` nor ``bytes``.
        """
        self._validate_params()
        _checked_dtype(self.dtype)
        if self.vocabulary is not None:
            return super().fit_transform(raw_documents)
        self._validate_ngram_range()
        analyzer, documents = self._prepare(raw_documents, Analyzer)
        if analyzer is None:
            return super().fit_transform(documents)
        self._warn_for_unused_params()
        X, vocabulary, hashes = self._learn(analyzer, documents)
        self.fixed_vocabulary_ = False
        self.vocabulary_ = vocabulary
        self._hashes = vocabulary, analyzer.characters, hashes
        return X

    def _learn(self, analyzer: Analyzer, documents: Documents) -> tuple[Any, dict[str, int], np.ndarray]:
        """Return the rows of documents, their vocabulary, and the hashes of its n-grams."""
        counts = count_documents(analyzer, documents, resolve_backend(self.backend))
        n_terms = len(counts.hashes)
        if n_terms == 0:
            raise ValueError("empty vocabulary; perhaps the documents only contain stop words")
        kept = self._frequent_enough(counts.indices, n_terms, len(documents))
        strings = spell(analyzer, documents, counts, kept)
        order = sorted(range(len(kept)), key=strings.__getitem__)
        if self.max_features is not None and len(order) > self.max_features:
            totals = np.bincount(counts.indices, None if self.binary else counts.counts, minlength=n_terms)[kept[order]]
            chosen = np.sort(np.argsort(-totals, kind="stable")[: self.max_features])
            order = [order[k] for k in chosen.tolist()]
        kept = kept[order]
        X = self._make_rows(*_renumbered(counts.indptr, counts.indices, counts.counts, kept, n_terms), len(kept))
        return X, {strings[k]: column for column, k in enumerate(order)}, counts.hashes[kept]

    def _frequent_enough(self, indices: np.ndarray, n_terms: int, n_documents: int) -> np.ndarray:
        """Return the numbers of the n-grams that occur in ``min_df`` to ``max_df`` documents."""
        low, high = (
            int(value) if isinstance(value, Integral) else float(value) * n_documents
            for value in (self.min_df, self.max_df)
        )
        if high < low:
            raise ValueError(f"max_df={self.max_df!r} corresponds to fewer documents than min_df={self.min_df!r}.")
        frequency = np.bincount(indices, minlength=n_terms)
        kept = np.flatnonzero((frequency >= low) & (frequency <= high))
        if len(kept) == 0:
            raise ValueError("After pruning, no terms remain. Try a lower min_df or a higher max_df.")
        return kept

    def _count_vocab(self, raw_documents: Any, fixed_vocab: bool) -> tuple[dict[str, int], Any]:
        """Return the vocabulary and the rows of documents, for scikit-learn's `fit_transform` and `transform`."""
        analyzer, documents = self._prepare(raw_documents, Analyzer) if fixed_vocab else (None, raw_documents)
        if analyzer is None:
            return super()._count_vocab(documents, fixed_vocab)
        hashes = self._hashes_of_vocabulary(analyzer.characters)
        counts = count_documents(analyzer, documents, resolve_backend(self.backend), hashes)
        return self.vocabulary_, self._make_rows(counts.indptr, counts.indices, counts.counts, len(hashes))

    def _hashes_of_vocabulary(self, characters: bool) -> np.ndarray:
        """Return the hash of each column's n-gram; they are kept until the vocabulary is another one."""
        vocabulary, of_characters, hashes = getattr(self, "_hashes", (None, None, np.zeros(0, np.uint64)))
        if vocabulary is self.vocabulary_ and of_characters == characters and len(hashes) == len(vocabulary):
            return hashes
        columns = np.fromiter(self.vocabulary_.values(), np.int64, len(self.vocabulary_))
        if not np.array_equal(np.sort(columns), np.arange(len(columns))):
            raise ValueError(f"vocabulary_ must map its n-grams to the columns 0 to {len(columns) - 1}, each once.")
        hashes = np.empty(len(columns), np.uint64)
        hashes[columns] = hash_ngrams([term if _is_ngram(term) else NEVER for term in self.vocabulary_], characters)
        self._hashes = self.vocabulary_, characters, hashes
        return hashes

    def _make_rows(self, indptr: np.ndarray, indices: np.ndarray, counts: np.ndarray, n_columns: int) -> Any:
        dtype = _checked_dtype(self.dtype)
        data = np.ones(len(indices), dtype) if self.binary else _converted(counts, dtype)
        X = as_csr(indptr, indices.copy(), data, n_columns)
        X.sort_indices()
        return X


def _is_ngram(term: Any) -> bool:
    """Return whether the kernels may find a term of a vocabulary in documents."""
    return isinstance(term, str) and not any(c == "\0" or "\ud800" <= c <= "\udfff" for c in term)


def _checked_dtype(dtype: Any) -> np.dtype:
    try:
        found = None if dtype is None else np.dtype(dtype).newbyteorder("=")
    except TypeError:
        found = None
    if found is None or found.kind not in "biuf" or found == np.float16:
        raise ValueError(
            f"dtype must be numeric, but not float16, which SciPy's matrices do not support; got {dtype!r}."
        )
    return found


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
