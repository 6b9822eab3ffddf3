"""Recovering the n-grams behind hashed columns, by hashing the n-grams of sample documents."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np

from fastlr import kernels
from fastlr.kernels.sources.state import ALONE
from fastlr.text.counter import count_documents, spell
from fastlr.text.documents import Documents
from fastlr.text.hasher import Hasher
from fastlr.text.ngrams import column_of, extract_ngrams, hash_word, hash_words
from fastlr.text.tokens import longest_ngram
from fastlr.text.unicode_tables import is_letter, kind_of, lower

if TYPE_CHECKING:
    from fastlr.text.predictor import TextPredictor

Batch = TypeVar("Batch", bound=tuple)

# For each class, the number of features whose n-grams are kept.
N_WORDS = 100

# Size of the sample, in bytes. It suffices, because the words with the largest weights are not rare.
MAX_BYTES = 1 << 17


def column_of_ngram(ngram: str, hasher: Hasher) -> int | None:
    """Return the column of an n-gram of words or characters; None if the hasher makes no such n-gram."""
    smallest, largest = hasher.ngram_range
    if hasher.characters:
        own = "".join(map(lower, ngram)) if hasher.lowercase else ngram
        return column_of(hash_word(own), hasher.n_features) if own and len(own) <= largest else None
    words = hasher.keep(hasher.split(ngram))
    if not smallest <= len(words) == longest_ngram(words, len(words) - 1, largest):
        return None
    return column_of(hash_words([word.text for word in words]), hasher.n_features)


def beginning(text: bytes, size: int) -> bytes:
    """Return the first ``size`` bytes of a longer document, up to the last whole word."""
    characters = text[:size].decode(errors="ignore")  # the last character may be cut
    n = len(characters)
    while n and is_letter(characters[n - 1]) and not kind_of(characters[n - 1]) & ALONE:
        n -= 1
    return characters[:n].encode()


class Terms(NamedTuple):
    """N-grams by their columns.

    Attributes
    ----------
    columns : ndarray of int64
        In increasing order.
    spelled : callable
        Returns the n-grams at given positions in ``columns``, so that only those that are shown are spelled out.
    """

    columns: np.ndarray
    spelled: Callable[[np.ndarray], list[str]]


class Sample:
    """A sample of the documents that pass by: the first of each batch."""

    def __init__(self) -> None:
        self.texts: list[bytes] = []
        self.n_bytes = 0

    def add(self, documents: Documents) -> None:
        """Take documents of a batch until they fill an eighth of the remaining space; the last one is cut."""
        space = (MAX_BYTES - self.n_bytes) // 8
        for text in documents:
            if space <= 0:
                return
            if len(text) > space:
                text, space = beginning(text, space), 0
            self.texts.append(text)
            self.n_bytes += len(text)
            space -= len(text)

    def of(self, batches: Iterable[Batch]) -> Iterator[Batch]:
        """Yield the batches, tuples whose first item are documents, and `add` the documents of each."""
        for batch in batches:
            self.add(batch[0])
            yield batch

    def terms(self, hasher: Hasher, backend: str) -> Terms:
        """Return the n-grams of the sample. If several share a column, the first is taken."""
        documents = Documents.from_texts(self.texts)
        if not kernels.load(backend).supports("tokenize"):
            found = dict(ngram for text in documents for ngram in extract_ngrams(hasher, text.decode()))
            hashes = np.array(list(found.values()), np.uint64)
            spelled: Callable[[np.ndarray], Any] = np.array(list(found), object).take
        else:
            counts = count_documents(hasher, documents, backend)
            hashes = counts.hashes
            spelled = functools.partial(spell, hasher, documents, counts)
        columns = column_of(hashes, hasher.n_features).astype(np.int64)
        order = np.argsort(columns, kind="stable")
        first = order[np.diff(columns[order], prepend=-1) > 0]
        return Terms(columns[first], lambda places: list(spelled(first[places])))


def important_words(model: TextPredictor, n_documents: int, terms: Terms) -> dict[int, str]:
    """Return the n-grams of the most important features of each class, if the sample has them."""
    features = model.columns.places_of(terms.columns)
    places = np.flatnonzero(features >= 0)
    features = features[places]
    importance = model.weights[features] * model.columns.importance(features, n_documents)[:, None]
    if importance.shape[1] == 1:
        importance = np.hstack([-importance, importance])
    n = min(N_WORDS, len(features))
    best = np.zeros(len(features), bool)  # a mask, because np.unique imports numpy.ma, which takes 7 ms
    if n:
        least = np.partition(importance, -n, axis=0)[-n]
        greater, equal = importance > least, importance == least
        first = np.cumsum(equal, axis=0) <= n - np.count_nonzero(greater, axis=0)  # the first of those that are equal
        best = (greater | (equal & first)).any(axis=1)
    return dict(zip(features[best].tolist(), terms.spelled(places[best]), strict=True))
