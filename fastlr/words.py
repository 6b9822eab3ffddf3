"""Which words the columns of a hasher stand for, by hashing the words of some texts: a hash cannot be turned round."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import TypeVar

import numpy as np

from fastlr.text.documents import Documents
from fastlr.text.hasher import Hasher

Batch = TypeVar("Batch", bound=tuple)

# Nearly what a hasher takes for a word. What it does not take for one it does not hash to one column, and is left out.
WORD = re.compile(r"\w+")

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


def terms_of(text: str, largest: int) -> set[str]:
    """Return the n-grams of a text, of up to ``largest`` words, as `columns_of` takes them."""
    words = WORD.findall(text.lower())
    terms = set(words)
    if largest >= 2:
        terms.update(map(" ".join, pairwise(words)))
    for size in range(3, largest + 1):
        terms.update(" ".join(words[i : i + size]) for i in range(len(words) - size + 1))
    return terms


class Sample:
    """Keeps some texts of those that go by: the first of each batch."""

    def __init__(self) -> None:
        self.texts: list[bytes] = []
        self.n_bytes = 0

    def add(self, documents: Documents) -> None:
        """Take some texts of a batch: an eighth of what there is still room for."""
        room = (MAX_BYTES - self.n_bytes) // 8
        for text in documents:
            if room <= 0:
                return
            self.texts.append(text)
            self.n_bytes += len(text)
            room -= len(text)

    def of(self, batches: Iterable[Batch]) -> Iterator[Batch]:
        """Yield batches, tuples whose first item are documents, as they are, and `add` of each."""
        for batch in batches:
            self.add(batch[0])
            yield batch

    def names(self, hasher: Hasher, backend: str) -> dict[int, str]:
        """Return a term of the texts for each column that they fill.

        Of terms that share a column it is the first, and of one word rather than of several.
        """
        terms = set()
        for text in self.texts:
            terms |= terms_of(text.decode("utf-8", "replace"), hasher.ngram_range[1])
        found: dict[int, str] = {}
        for term, column in columns_of(
            sorted(terms, key=lambda term: (term.count(" "), term)), hasher, backend
        ).items():
            found.setdefault(column, term)
        return found
