"""Documents to tf-idf weights of n-grams, as a scikit-learn transformer."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

import numpy as np
from sklearn.exceptions import NotFittedError
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.validation import check_is_fitted

from fastlr.text.count_vectorizer import CountVectorizer
from fastlr.text.documents import Documents
from fastlr.text.tfidf_transformer import TfidfTransformer


class TfidfVectorizer(CountVectorizer):
    r"""Turns documents into rows of tf-idf weights: `CountVectorizer` followed by `TfidfTransformer`.

    It is scikit-learn's transformer of this name, with its parameters, methods and results. Compiled kernels do the
    work where the parameters allow.

    Parameters
    ----------
    input, encoding, decode_error, strip_accents, lowercase, preprocessor, tokenizer
        How documents are read and preprocessed; see `CountVectorizer`.
    analyzer, stop_words, token_pattern, ngram_range, min_token_length
        How documents are split into n-grams; see `CountVectorizer`.
    max_df, min_df, max_features, vocabulary, binary
        Which n-grams have columns, and how they count; see `CountVectorizer`.
    dtype : {np.float64, np.float32}, default=np.float64
        Type of the weights; other types become float64, with a warning.
    norm, use_idf, smooth_idf, sublinear_tf
        How counts are weighted; see `TfidfTransformer`.
    backend : {None, "auto", "cython", "numba", "numpy"}, default=None
        Kernels to run; None follows `fastlr.get_backend`.

    Attributes
    ----------
    vocabulary_ : dict of str to int
        The column of each n-gram; learned columns are in the order of the n-grams' code points.
    fixed_vocabulary_ : bool
        Whether the vocabulary was given.
    idf_ : ndarray of shape (n_columns,)
        Inverse document frequencies; only if ``use_idf``. They may be set, to use those of another corpus.

    Examples
    --------
    >>> from fastlr.text import TfidfVectorizer
    >>> TfidfVectorizer().fit_transform(["good film", "bad, bad film"]).toarray().round(3)
    array([[0.   , 0.58 , 0.815],
           [0.942, 0.335, 0.   ]])
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **CountVectorizer._parameter_constraints,
        "norm": [StrOptions({"l1", "l2"}), None],
        "use_idf": ["boolean"],
        "smooth_idf": ["boolean"],
        "sublinear_tf": ["boolean"],
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
        analyzer: str | Callable[[Any], Iterable[str]] = "word",
        stop_words: Iterable[str] | str | None = None,
        token_pattern: str | None = r"(?u)\b\w\w+\b",
        ngram_range: tuple[int, int] = (1, 1),
        max_df: float = 1.0,
        min_df: float = 1,
        max_features: int | None = None,
        vocabulary: Mapping[str, int] | Iterable[str] | None = None,
        binary: bool = False,
        dtype: Any = np.float64,
        norm: str | None = "l2",
        use_idf: bool = True,
        smooth_idf: bool = True,
        sublinear_tf: bool = False,
        min_token_length: int | None = None,
        backend: str | None = None,
    ) -> None:
        super().__init__(
            input=input, encoding=encoding, decode_error=decode_error, strip_accents=strip_accents, lowercase=lowercase,
            preprocessor=preprocessor, tokenizer=tokenizer, stop_words=stop_words, token_pattern=token_pattern,
            ngram_range=ngram_range, analyzer=analyzer, max_df=max_df, min_df=min_df, max_features=max_features,
            vocabulary=vocabulary, binary=binary, dtype=dtype, min_token_length=min_token_length, backend=backend,
        )  # fmt: skip
        self.norm = norm
        self.use_idf = use_idf
        self.smooth_idf = smooth_idf
        self.sublinear_tf = sublinear_tf

    @property
    def idf_(self) -> np.ndarray:
        """Inverse document frequencies, shape (n_columns,)."""
        if not hasattr(self, "_tfidf"):
            raise NotFittedError(f"This {type(self).__name__} has no idf_ yet. Call fit first.")
        return self._tfidf.idf_

    @idf_.setter
    def idf_(self, value: np.ndarray) -> None:
        if not self.use_idf:
            raise ValueError("idf_ cannot be set with use_idf=False.")
        self._validate_vocabulary()
        if hasattr(self, "vocabulary_") and len(self.vocabulary_) != len(value):
            raise ValueError(f"idf_ must have one value per column, {len(self.vocabulary_)}; got {len(value)}.")
        if not hasattr(self, "_tfidf"):
            self._tfidf = self._make_transformer()
        self._tfidf.idf_ = value

    def _make_transformer(self) -> TfidfTransformer:
        return TfidfTransformer(
            norm=self.norm,
            use_idf=self.use_idf,
            smooth_idf=self.smooth_idf,
            sublinear_tf=self.sublinear_tf,
            backend=self.backend,
        )

    def fit(self, raw_documents: Documents | Iterable[Any], y: Any = None) -> TfidfVectorizer:
        """Learn the vocabulary and the inverse document frequencies of documents.

        Parameters
        ----------
        raw_documents : Documents or iterable
            Documents, or files, as `input` says.
        y : None
            Ignored.

        Returns
        -------
        self

        Raises
        ------
        ValueError, TypeError
            As `CountVectorizer.fit_transform`.
        """
        self._count_and_fit(raw_documents)
        return self

    def fit_transform(self, raw_documents: Documents | Iterable[Any], y: Any = None) -> Any:
        """Learn the vocabulary and the inverse document frequencies of documents, and return their rows.

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
        ValueError, TypeError
            As `CountVectorizer.fit_transform`.
        """
        counts = self._count_and_fit(raw_documents)
        return self._tfidf.transform(counts, copy=False)

    def _count_and_fit(self, raw_documents: Any) -> Any:
        """Fit both steps, and return the counts."""
        if self.dtype not in (np.float64, np.float32):
            warnings.warn(
                f"Only float64 or float32 'dtype' should be used. {self.dtype!r} becomes float64.", stacklevel=3
            )
        counts = super().fit_transform(raw_documents)
        self._tfidf = self._make_transformer().fit(counts)
        return counts

    def transform(self, raw_documents: Documents | Iterable[Any]) -> Any:
        """Return the rows of documents; n-grams that are not in the vocabulary are ignored.

        Parameters
        ----------
        raw_documents : Documents or iterable
            Documents, or files, as `input` says.

        Returns
        -------
        CSR matrix of shape (n_documents, n_columns)
            A ``csr_array`` with ``sklearn.set_config(sparse_interface="sparray")``.

        Raises
        ------
        ValueError
            If a document cannot be decoded and ``decode_error`` is "strict".
        TypeError
            If a document is neither ``str`` nor ``bytes``.
        sklearn.exceptions.NotFittedError
            Before `fit`.
        """
        check_is_fitted(self, "_tfidf", msg="This TfidfVectorizer is not fitted: call fit first.")
        return self._tfidf.transform(super().transform(raw_documents), copy=False)
