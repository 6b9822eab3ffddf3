"""The data that the benchmarks share: two real corpora, if their folder is there, and synthetic bags of words.

The folder (``--data``, or the environment variable FASTLR_DATA) holds ``arxiv.tsv.xz`` (abstracts of 20 classes) and
``reddit.tsv.xz`` (titles of 200 classes): a document a line, its class first and its text last, between tabs. The first
80% are there to train on and the rest to test.
"""

from __future__ import annotations

import argparse
import lzma
import os
from pathlib import Path
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp
from sklearn.feature_extraction.text import TfidfVectorizer

from fastlr.datasets import make_bag_of_words

CORPORA = ("arxiv", "reddit")


class Task(NamedTuple):
    """Rows and class codes to train and to test on."""

    X: sp.csr_matrix
    y: np.ndarray
    X_test: sp.csr_matrix
    y_test: np.ndarray

    def describe(self) -> dict:
        return {
            "n_samples": self.X.shape[0],
            "n_features": self.X.shape[1],
            "nnz": int(self.X.nnz),
            "n_classes": int(self.y.max()) + 1,
        }

    def astype(self, dtype) -> Task:
        return self._replace(X=self.X.astype(dtype), X_test=self.X_test.astype(dtype))

    def halved(self) -> Task:
        """Two classes of the first and the second half of the classes."""
        half = (int(self.y.max()) + 1) // 2
        return self._replace(y=(self.y >= half).astype(int), y_test=(self.y_test >= half).astype(int))


def add_data_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data",
        type=Path,
        metavar="FOLDER",
        default=os.environ.get("FASTLR_DATA"),
        help="folder of the real corpora (or FASTLR_DATA); without it they are left out",
    )


def find_corpora(folder) -> list[str]:
    """Return the corpora that are there; say which ones are left out."""
    found = [name for name in CORPORA if folder and (Path(folder) / f"{name}.tsv.xz").exists()]
    for name in CORPORA:
        if name not in found:
            print(f"{name} is left out: --data FOLDER, or FASTLR_DATA, names the folder of {name}.tsv.xz")
    return found


def read_texts(folder, name: str) -> tuple[list[str], np.ndarray]:
    """Return the texts of a corpus and their labels."""
    with lzma.open(Path(folder) / f"{name}.tsv.xz", "rt", encoding="utf-8") as lines:
        rows = [line.rstrip("\n").split("\t") for line in lines]
    return [row[-1] for row in rows], np.array([row[0] for row in rows])


def read_task(folder, name: str, vectorizer=None) -> Task:
    """Return a corpus as tf-idf rows of its words, or as the rows that ``vectorizer`` makes of it."""
    texts, labels = read_texts(folder, name)
    y, n = np.unique(labels, return_inverse=True)[1], int(0.8 * len(texts))
    vectorizer = TfidfVectorizer(sublinear_tf=True, min_df=2) if vectorizer is None else vectorizer
    return Task(vectorizer.fit_transform(texts[:n]), y[:n], vectorizer.transform(texts[n:]), y[n:])


def make_task(n_samples=100_000, n_features=200_000, n_classes=2, **options) -> Task:
    """Return synthetic documents, a fifth as many again to test on."""
    X, y = make_bag_of_words(
        n_samples + n_samples // 5, n_features, n_classes=n_classes, random_state=0, **{"mean_length": 100.0, **options}
    )
    return Task(X[:n_samples], y[:n_samples], X[n_samples:], y[n_samples:])
