"""Recovering the n-grams behind hashed columns, by hashing the n-grams of sample documents."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np

from fastlr import kernels
from fastlr.text.counter import count_documents, spell
from fastlr.text.documents import Documents
from fastlr.text.hasher import Hasher
from fastlr.text.ngrams import column_of, extract_ngrams
from fastlr.text.unicode_tables import is_letter

if TYPE_CHECKING:
    from fastlr.text.predictor import TextPredictor

Batch = TypeVar("Batch", bound=tuple)

# For each class, the number of features whose n-grams are kept.
N_WORDS = 100

# Size of the sample, in bytes. It suffices, because the words with the largest weights are not rare.
MAX_BYTES = 1 << 17


def columns_of(terms: Iterable[str], hasher: Hasher, backend: str) -> dict[str, int]:
    """Return the column of each term, one or more words joined by spaces; terms that are not n-grams are left out."""
    by_size: dict[int, list[str]] = {}
    for term in terms:
        by_size.setdefault(term.count(" ") + 1, []).append(term)
    columns: dict[str, int] = {}
    for size, group in sorted(by_size.items()):
        if hasher.ngram_range[0] <= size <= hasher.ngram_range[1]:
            own = dataclasses.replace(hasher, ngram_range=(size, size))
            indptr, indices, _ = own.transform(group, backend)
            whole = np.flatnonzero(np.diff(indptr) == 1)
            columns |= zip([group[i] for i in whole.tolist()], indices[indptr[whole]].tolist(), strict=True)
    return columns


def beginning(text: bytes, size: int) -> bytes:
    """Return the first ``size`` bytes of a longer document, up to the last whole word."""
    characters = text[:size].decode(errors="ignore")  # the last character may be cut
    n = len(characters)
    while n and is_letter(characters[n - 1]):
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
        """Return the n-grams of the sample. If several share a column, the shortest is taken, then the first."""
        documents, columns = Documents.from_texts(self.texts), []
        spellings: list[Callable[[np.ndarray], Any]] = []
        for size in range(hasher.ngram_range[0], hasher.ngram_range[1] + 1):
            own = dataclasses.replace(hasher, ngram_range=(size, size))
            if not kernels.load(backend).supports("tokenize"):
                found = dict(ngram for text in documents for ngram in extract_ngrams(own, text.decode()))
                hashes = np.array(list(found.values()), np.uint64)
                spellings.append(np.array(list(found), object).take)
            else:
                counts = count_documents(own, documents, backend)
                hashes = counts.hashes
                spellings.append(functools.partial(spell, own, documents, counts))
            columns.append(column_of(hashes, hasher.n_features))
        sizes = np.repeat(np.arange(len(columns)), [len(own) for own in columns])
        numbers = np.concatenate([np.arange(len(own)) for own in columns])
        whole = np.concatenate(columns).astype(np.int64)
        order = np.argsort(whole, kind="stable")
        first = order[np.diff(whole[order], prepend=-1) > 0]

        def spelled(places: np.ndarray) -> list[str]:
            terms = np.empty(len(places), object)
            for i, spelling in enumerate(spellings):
                mine = sizes[first[places]] == i
                terms[mine] = spelling(numbers[first[places[mine]]])
            return terms.tolist()

        return Terms(whole[first], spelled)


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
