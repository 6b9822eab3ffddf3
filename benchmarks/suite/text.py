"""Vectorizers: megabytes of text per second, compared with scikit-learn."""

from __future__ import annotations

import numpy as np
from harness.measure import seconds_of
from sklearn.feature_extraction import text as sklearn_text
from sklearn.pipeline import make_pipeline

from fastlr import text

# What is read, by fastlr and by scikit-learn.
CASES = {
    "words": {},
    "words and pairs": {"ngram_range": (1, 2)},
    "characters": {"analyzer": "char_wb", "ngram_range": (3, 5)},
}
GREEK = str.maketrans("abcdefghijklmnopqrstuvwxyz", "αβγδεζηθικλμνξοπρστυφχψωϊϋ")


def make_texts(n_documents, alphabet=None):
    """Draw documents whose words have the lengths and frequencies of English, with commas and capitals."""
    rng = np.random.default_rng(0)
    lengths = np.clip(rng.poisson(4.5, 50_000) + 1, 1, 20)
    letters = rng.choice(list("etaoinshrdlcumwfgypbvkjxqz"), lengths.sum(), p=np.arange(26, 0, -1) / 351)
    words = np.split(letters, np.cumsum(lengths)[:-1])
    words = np.array(["".join(word) for word in words], object)
    ranks = np.minimum(rng.zipf(1.3, 120 * n_documents), len(words)) - 1
    drawn = words[ranks].reshape(n_documents, 120)
    texts = [" ".join(row[:60]).capitalize() + ", " + " ".join(row[60:]) + "." for row in drawn.tolist()]
    return [line.translate(alphabet) for line in texts] if alphabet else texts


def count_and_weigh(module, **parameters):
    """Return the pipeline of tf-idf, of fastlr or of scikit-learn."""
    return make_pipeline(module.CountVectorizer(**parameters), module.TfidfTransformer(sublinear_tf=True))


class Texts:
    """Megabytes a second, and how many times as fast as scikit-learn it is."""

    param_names = ("what", "backend")
    params = ([*CASES, "words, in Greek", "words, tf-idf"], ["numba", "cython"])
    timeout = 300

    def setup(self, what, backend):
        self.texts = make_texts(4000, GREEK if what == "words, in Greek" else None)
        self.documents = text.Documents.from_texts(self.texts)
        parameters = CASES.get(what, {})
        if what == "words, tf-idf":
            self.run = count_and_weigh(text, backend=backend).fit_transform
            self.peer = count_and_weigh(sklearn_text).fit_transform
        else:
            self.run = text.HashingVectorizer(weighting="log", backend=backend, **parameters).transform
            self.peer = sklearn_text.HashingVectorizer(**parameters).transform
        self.run(self.texts[:10])

    def seconds(self):
        """Return the seconds from a list of strings."""
        return min(seconds_of(lambda: self.run(self.texts)) for _ in range(5))

    def track_megabytes(self, what, backend):
        return self.documents.n_bytes / 1e6 / self.seconds()

    def track_from_bytes(self, what, backend):
        return self.documents.n_bytes / 1e6 / min(seconds_of(lambda: self.run(self.documents)) for _ in range(5))

    def track_beside_scikit_learn(self, what, backend):
        some = self.texts[:500]
        theirs = min(seconds_of(lambda: self.peer(some)) for _ in range(2)) * len(self.texts) / len(some)
        return theirs / self.seconds()

    track_megabytes.unit = track_from_bytes.unit = "MB/s"
    track_beside_scikit_learn.unit = "times"
    track_megabytes.pretty_name = "text: MB/s from strings"
    track_from_bytes.pretty_name = "text: MB/s from bytes"
    track_beside_scikit_learn.pretty_name = "text: times scikit-learn's speed"
