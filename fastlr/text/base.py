"""What the vectorizers share: whether the kernels serve their parameters, and documents as the kernels read them."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any, TypeVar

import numpy as np
import scipy.sparse as sp
from sklearn import get_config

from fastlr import kernels
from fastlr.kernels.backend import resolve_backend
from fastlr.text.analyzer import DECODE_ERRORS, MAX_SIZE, Analyzer, is_integer
from fastlr.text.documents import Documents, as_iterable
from fastlr.text.lowercase import lower_in_context
from fastlr.text.ngrams import split_words

AnalyzerT = TypeVar("AnalyzerT", bound=Analyzer)

INT32_MAX = np.iinfo(np.int32).max

# Patterns of all runs of at least so many word characters, such as scikit-learn's default.
RUNS = re.compile(r"(?:\(\?u\))?(?:\\b)?((?:\\w)*)\\w(?:\+|\{([1-9]\d*),\})(?:\\b)?")


def as_csr(indptr: np.ndarray, indices: np.ndarray, data: np.ndarray, n_columns: int) -> Any:
    """Return rows in `csr_type`; both index arrays are int64 if ``indptr`` does not fit into int32."""
    if indptr[-1] <= INT32_MAX:
        indptr = indptr.astype(np.int32)
    else:
        indices = indices.astype(np.int64)
    return csr_type()((data, indices, indptr), shape=(len(indptr) - 1, n_columns))


def csr_type() -> Any:
    """Return the type of CSR matrix that scikit-learn is configured to return, an option since its version 1.9."""
    return sp.csr_array if get_config().get("sparse_interface") == "sparray" else sp.csr_matrix


def shortest_run(pattern: str) -> int | None:
    """Return the length from which on ``pattern`` finds all runs of word characters; None if it finds anything else."""
    found = RUNS.fullmatch(pattern)
    return None if found is None else len(found[1]) // 2 + int(found[2] or 1)


def split_runs(text: str, shortest: int) -> list[str]:
    """Return the runs of at least ``shortest`` letters, numbers, marks and underscores."""
    return [word for word in split_words(text, lowercase=False) if len(word) >= shortest]


@lru_cache(maxsize=16)
def make_analyzer(kind: type[AnalyzerT], **parameters: Any) -> AnalyzerT:
    """Return an analyzer, the same one again for the same parameters: to hash stop words takes a millisecond."""
    return kind(**parameters)


def has_unreadable(documents: Documents) -> bool:
    """Return whether the buffer has a NUL or half of a surrogate pair, of which the kernels make no n-grams."""
    return documents.buffer.min(initial=1) == 0 or len(documents.find_pairs(0xED, 0xA0, 0xBF)) > 0


def is_utf8(encoding: str) -> bool:
    """Return whether a codec is that of UTF-8."""
    try:
        return codecs.lookup(encoding).name == "utf-8"
    except LookupError:
        return False


class KernelsMixin:
    """Mixin of scikit-learn's vectorizers that lets the kernels do the work where they serve the parameters.

    They make n-grams of words, if the words are all runs of word characters of some length, and of characters within
    words. What happens to a document before it is split is no obstacle: it is read, decoded and preprocessed by Python.
    """

    def __setstate__(self, state: dict[str, Any]) -> None:
        # Pickles lack the parameters that were added after they were made.
        super().__setstate__({**type(self)().get_params(deep=False), **state})  # type: ignore[attr-defined, misc]

    def build_tokenizer(self) -> Callable[[str], list[str]]:
        """Return the function that splits a preprocessed document into words.

        Returns
        -------
        callable
            Takes a string, returns its words as a list of str.

        Raises
        ------
        ValueError
            If ``token_pattern`` has more than one group.
        """
        v: Any = self
        if v.tokenizer is None and v.min_token_length is not None:
            return partial(split_runs, shortest=v.min_token_length)
        return super().build_tokenizer()  # type: ignore[misc]

    def _prepare(self, raw_documents: Any, kind: type[AnalyzerT], **parameters: Any) -> tuple[AnalyzerT | None, Any]:
        """Return an analyzer for the kernels, with more parameters of its kind, and the documents for them.

        The analyzer is None, and the documents are a plain iterable, where Python's analyzers must do the work.
        """
        texts = as_iterable(raw_documents)
        own = self._kernel_parameters()
        if own is None:
            return None, texts
        analyzer = make_analyzer(kind, **own, **parameters)  # type: ignore[arg-type]  # types are hashable
        texts = texts if isinstance(texts, Documents) else list(texts)
        documents = self._encode(texts, analyzer)
        if analyzer.characters and has_unreadable(documents):
            return None, texts
        return analyzer, lower_in_context(documents, analyzer.decode_error) if analyzer.lowercase else documents

    def _kernel_parameters(self) -> dict[str, Any] | None:
        """Return the parameters of an `Analyzer` that splits documents as this object does; None if there is none."""
        v: Any = self
        v.build_analyzer()  # checks the parameters, and warns of stop words that are no words
        sizes, words = v.ngram_range, v.analyzer == "word"
        shortest = v.min_token_length or (shortest_run(v.token_pattern) if words and v.tokenizer is None else None)
        if not (
            (isinstance(v.analyzer, str) and v.analyzer in ("word", "char_wb"))
            and (shortest is not None and v.tokenizer is None if words else v.input != "file")  # is read only once
            and v.decode_error in DECODE_ERRORS
            and all(map(is_integer, sizes))
            and 1 <= sizes[0] <= sizes[1] <= MAX_SIZE
            and kernels.load(resolve_backend(v.backend)).supports("tokenize")
        ):
            return None
        lowercase = bool(v.lowercase) and not self._preprocesses()
        parameters = {
            "analyzer": v.analyzer,
            "ngram_range": tuple(sizes),
            "lowercase": lowercase,
            "decode_error": v.decode_error,
        }
        if words:
            parameters |= {"min_token_length": shortest, "marks": v.min_token_length is not None}
        if words and v.stop_words is not None:
            split = v.build_tokenizer()
            alone = (word for word in v.get_stop_words() if isinstance(word, str) and split(word) == [word])
            parameters["stop_words"] = frozenset(word for word in alone if not lowercase or word == word.lower())
        return parameters

    def _preprocesses(self) -> bool:
        """Return whether documents are changed by more than lower-casing before they are split."""
        v: Any = self
        return v.preprocessor is not None or bool(v.strip_accents)

    def _encode(self, texts: Any, analyzer: Analyzer) -> Documents:
        """Return the documents, read, decoded and preprocessed where the kernels cannot do it, in UTF-8."""
        v: Any = self
        replaces = analyzer.characters and analyzer.decode_error == "replace"  # by a character, which is in n-grams
        if v.input != "content" or not is_utf8(v.encoding) or self._preprocesses() or replaces:
            preprocess = v.build_preprocessor() if self._preprocesses() else str
            texts = [preprocess(v.decode(text)) for text in texts]
        try:
            # Half of a surrogate pair separates words, as the question mark that replaces it does.
            return Documents.from_texts(texts, "surrogatepass" if analyzer.characters else "replace")
        except TypeError:
            for text in texts:
                v.decode(text)  # raises an error of its own for NaN
            raise
