"""Whether the words of texts depend on a column of labels, which tells the label from other columns that repeat."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence

import numpy as np

from fastlr.files.tables.column_profile import UNSPACED

# Characters of a text that are looked at, and words of all texts.
MAX_CHARACTERS = 1000
MAX_WORDS = 500

# A word, or a label, that is rarer says nothing.
MIN_COUNT = 2

# With fewer texts, the distribution is not known.
MIN_TEXTS = 8

# Signs within words, such as those of vowels in Hindi, are no letters to Python.
WORD = re.compile(r"[^\s!-/:-@\[-`{-~]+")


class Association:
    """How much more the words of texts depend on labels than they would by chance.

    For each frequent word, Pearson's chi-squared statistic tells whether the texts that have it are spread over the
    labels as all texts are. The sum over the words is compared with its distribution over all permutations of the
    labels, whose mean and variance are known [1]_. That is about the distribution of a multiple of chi-squared, and
    its cube root is about normal [2]_. So columns with other labels, and tables of another size, can be compared.

    Parameters
    ----------
    texts : sequence of str

    References
    ----------
    .. [1] F. Kazi-Aoual, S. Hitier, R. Sabatier, J.-D. Lebreton, "Refined approximations to permutation tests for
       multivariate inference", Computational Statistics & Data Analysis 20, 1995.
    .. [2] E. B. Wilson, M. M. Hilferty, "The distribution of chi-square", PNAS 17, 1931.

    Examples
    --------
    >>> found = Association(["a fine film", "a dull film"] * 50)
    >>> found.with_labels(["good", "bad"] * 50) > 5.0
    True
    >>> found.with_labels(["train", "train", "test", "test"] * 25) < 0.0
    True
    """

    def __init__(self, texts: Sequence[str]) -> None:
        words = _word_matrix(texts)
        share = words.mean(axis=0)
        words -= share
        words /= np.sqrt(share * (1.0 - share))
        self._words = words
        squares = words**2
        products = words.T @ words if words.shape[1] < len(words) else words @ words.T
        # The sum of the diagonal of the matrix of the texts' products, of its square, and of the diagonal's squares.
        self._trace, self._square = float(squares.sum()), float((products**2).sum())
        self._diagonal = float((squares.sum(axis=1) ** 2).sum())

    def with_labels(self, labels: Sequence[str]) -> float | None:
        """Return the association with some labels, one for each text.

        Returns
        -------
        float or None
            In standard deviations of a normal distribution; labels that have nothing to do with the texts seldom give
            more than 3. None if there is too little to tell.
        """
        n, n_words = self._words.shape
        sizes = Counter(labels)
        known = [label if sizes[label] >= MIN_COUNT else None for label in labels]
        places = {label: place for place, label in enumerate(dict.fromkeys(known))}
        if n < MIN_TEXTS or not n_words or len(places) < 2:
            return None
        codes = np.array([places[label] for label in known])
        size_of = np.bincount(codes)
        members = codes == np.arange(len(places))[:, None]
        statistic = float((((members.astype(np.float64) @ self._words) ** 2).sum(axis=1) / size_of).sum())
        trace = square = len(places) - 1.0
        diagonal = float((size_of * (1.0 / size_of - 1.0 / n) ** 2).sum())
        mean = self._trace * trace / (n - 1)
        a = ((n - 1) * self._square - self._trace**2) * ((n - 1) * square - trace**2)
        b = n * (n + 1) * self._diagonal - (n - 1) * (self._trace**2 + 2 * self._square)
        c = n * (n + 1) * diagonal - (n - 1) * (trace**2 + 2 * square)
        variance = 2 * a / ((n - 1) ** 2 * (n + 1) * (n - 2)) + b * c / ((n + 1) * n * (n - 1) * (n - 2) * (n - 3))
        if not variance > 0.0:
            return None
        spread = 2.0 / 9.0 * variance / (2.0 * mean**2)
        return ((statistic / mean) ** (1.0 / 3.0) - 1.0 + spread) / math.sqrt(spread)


def agreement(labels: Sequence[str], others: Sequence[str]) -> float:
    """Return Cohen's kappa of two columns, where labels that are most often side by side mean the same.

    Examples
    --------
    >>> agreement(["good", "bad", "good", "bad"], ["1", "0", "1", "0"])
    1.0
    >>> agreement(["good", "bad", "good", "bad"], ["1", "1", "0", "0"])
    0.0
    """
    n, sizes, other_sizes = len(labels), Counter(labels), Counter(others)
    left, other_left = set(sizes), set(other_sizes)
    agree = chance = 0.0
    for (label, other), count in Counter(zip(labels, others, strict=True)).most_common():
        if label in left and other in other_left:
            left.remove(label)
            other_left.remove(other)
            agree += count / n
            chance += sizes[label] * other_sizes[other] / n**2
    return (agree - chance) / (1.0 - chance) if chance < 1.0 else 0.0


def _word_matrix(texts: Sequence[str]) -> np.ndarray:
    """Return which text (row) has which of the frequent words (column), as 0 and 1."""
    documents = [_words(text[:MAX_CHARACTERS]) for text in texts]
    n, counts = len(documents), Counter(word for words in documents for word in words)
    frequent = (word for word, count in sorted(counts.items()) if MIN_COUNT <= count <= n - MIN_COUNT)
    chosen = sorted(frequent, key=lambda word: -counts[word])[:MAX_WORDS]
    return np.array([[word in words for word in chosen] for words in documents], np.float64).reshape(n, len(chosen))


def _words(text: str) -> set[str]:
    """Return the words of a text; pairs of letters in scripts without spaces."""
    words: set[str] = set()
    for word in WORD.findall(text.lower()):
        if not word.isascii() and re.search(UNSPACED, word):
            words.update(word[i : i + 2] for i in range(max(len(word) - 1, 1)))
        else:
            words.add(word)
    return words
