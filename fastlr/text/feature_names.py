"""Which words the columns of a hasher stand for, by hashing the words of some texts: a hash cannot be turned round."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple, TypeVar

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

# Features of each class whose words are kept, where they can be found.
N_WORDS = 100

# Texts of so many bytes are looked at: the words that weigh most in a model are not rare.
MAX_BYTES = 1 << 17


def columns_of(terms: Iterable[str], hasher: Hasher, backend: str) -> dict[str, int]:
    """Return the column of each term, a word or several with a space between them; without those that are no n-gram."""
    by_size: dict[int, list[str]] = {}
    for term in terms:
        by_size.setdefault(term.count(" ") + 1, []).append(term)
    columns = {}
    for size, group in sorted(by_size.items()):
        if hasher.ngram_range[0] <= size <= hasher.ngram_range[1]:
            own = dataclasses.replace(hasher, ngram_range=(size, size))
            indptr, indices, _ = own.transform(group, backend)
            whole = np.flatnonzero(np.diff(indptr) == 1)
            columns |= zip([group[i] for i in whole.tolist()], indices[indptr[whole]].tolist(), strict=True)
    return columns


def beginning(text: bytes, size: int) -> bytes:
    """Return the whole words that the first ``size`` bytes of a longer text hold, and what is between them."""
    characters = text[:size].decode(errors="ignore")  # the last one may be cut
    n = len(characters)
    while n and is_letter(characters[n - 1]):
        n -= 1
    return characters[:n].encode()


class Terms(NamedTuple):
    """Terms by their columns.

    Attributes
    ----------
    columns : ndarray of int64
        Increasing.
    spelled : callable
        Returns the terms of columns, by their places among these: only those that are shown need be spelled.
    """

    columns: np.ndarray
    spelled: Callable[[np.ndarray], list[str]]


class Sample:
    """Keeps some texts of those that go by: the first of each batch."""

    def __init__(self) -> None:
        self.texts: list[bytes] = []
        self.n_bytes = 0

    def add(self, documents: Documents) -> None:
        """Take some texts of a batch, the last of them cut: an eighth of what there is still room for."""
        room = (MAX_BYTES - self.n_bytes) // 8
        for text in documents:
            if room <= 0:
                return
            if len(text) > room:
                text, room = beginning(text, room), 0
            self.texts.append(text)
            self.n_bytes += len(text)
            room -= len(text)

    def of(self, batches: Iterable[Batch]) -> Iterator[Batch]:
        """Yield batches, tuples whose first item are documents, as they are, and `add` of each."""
        for batch in batches:
            self.add(batch[0])
            yield batch

    def terms(self, hasher: Hasher, backend: str) -> Terms:
        """Return the terms of the texts.

        Of those that share a column it is the first one, and of one word rather than of several.
        """
        documents, columns, spellings = Documents.from_texts(self.texts), [], []
        for size in range(hasher.ngram_range[0], hasher.ngram_range[1] + 1):
            own = dataclasses.replace(hasher, ngram_range=(size, size))
            if not kernels.load(backend).supports("tokenize"):
                found = dict(ngram for text in documents for ngram in extract_ngrams(own, text.decode()))
                hashes, spelling = np.array(list(found.values()), np.uint64), np.array(list(found), object).take
            else:
                counts = count_documents(own, documents, backend)
                hashes, spelling = counts.hashes, functools.partial(spell, own, documents, counts)
            columns.append(column_of(hashes, hasher.n_features))
            spellings.append(spelling)
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
    """Return the words of the most important features of each class, of the columns whose words are known."""
    features = model.columns.places_of(terms.columns)
    places = np.flatnonzero(features >= 0)
    features = features[places]
    importance = model.weights[features] * model.columns.importance(features, n_documents)[:, None]
    if importance.shape[1] == 1:
        importance = np.hstack([-importance, importance])
    n = min(N_WORDS, len(features))
    best = np.zeros(len(features), bool)  # a mask, as np.unique imports numpy.ma, which takes 7 ms
    if n:
        best[np.argpartition(-importance, n - 1, axis=0)[:n]] = True
    return dict(zip(features[best].tolist(), terms.spelled(places[best]), strict=True))
