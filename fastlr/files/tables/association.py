"""Whether the words of texts depend on a column of labels, which tells the label from other columns that repeat."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence

from fastlr.files.tables.column_profile import UNSPACED

# Characters of a text that are looked at, and words of all texts.
MAX_CHARACTERS = 400
MAX_WORDS = 300

# A word, or a label, that is rarer says little.
MIN_COUNT = 5

WORD = re.compile(r"\w+")


def association(labels: Sequence[str], texts: Sequence[str]) -> float:
    """Return how much more the words of texts depend on their labels than they would by chance.

    For each frequent word, Pearson's chi-squared statistic tells whether the texts that have it are spread over the
    labels as all texts are. The sum over the words is standardized by its mean and standard deviation under
    independence, so that columns with another number of labels can be compared.

    Parameters
    ----------
    labels : sequence of str
    texts : sequence of str
        One for each label.

    Returns
    -------
    float
        About 0 to 4, in standard deviations, for a column that has nothing to do with the texts. 1,000 reviews of films
        and their verdict give 15 to 22.

    Examples
    --------
    >>> texts = ["a fine film", "a dull film"] * 50
    >>> association(["good", "bad"] * 50, texts) > 50.0
    True
    >>> association(["train", "train", "test", "test"] * 25, texts) < 0.0
    True
    """
    documents = [_words(text[:MAX_CHARACTERS]) for text in texts]
    n, counts = len(documents), Counter(word for words in documents for word in words)
    frequent = {word for word, count in counts.most_common(MAX_WORDS) if MIN_COUNT <= count <= n - MIN_COUNT}
    sizes = Counter(labels)
    known = [label if sizes[label] >= MIN_COUNT else None for label in labels]
    n_of_label = Counter(known)
    if len(n_of_label) < 2 or not frequent:
        return 0.0
    n_of_both = Counter(
        (word, label) for words, label in zip(documents, known, strict=True) for word in words & frequent
    )
    total = 0.0
    for word in sorted(frequent):
        share = counts[word] / n
        for label, size in n_of_label.items():
            total += (n_of_both[word, label] - size * share) ** 2 / (size * share * (1.0 - share))
    freedom = len(frequent) * (len(n_of_label) - 1)
    return (total * (n - 1) / n - freedom) / math.sqrt(2.0 * freedom)


def _words(text: str) -> set[str]:
    """Return the words of a text; pairs of letters in scripts without spaces."""
    words: set[str] = set()
    for word in WORD.findall(text.lower()):
        if UNSPACED.search(word):
            words.update(word[i : i + 2] for i in range(max(len(word) - 1, 1)))
        else:
            words.add(word)
    return words
