"""Compare fastlr's untuned defaults with scikit-learn's estimators at each strength of a grid, on real text.

    python benchmarks/quality.py --data FOLDER

FOLDER (or FASTLR_DATA) holds ``arxiv.tsv.xz``: abstracts of 20 classes, the first 80% to train on, the rest to test.
"""

from __future__ import annotations

import argparse
import lzma
import os
import time
import warnings
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.linear_model import SGDClassifier as Peer
from sklearn.metrics import log_loss

from fastlr import SGDClassifier


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "--data", type=Path, default=os.environ.get("FASTLR_DATA"), required="FASTLR_DATA" not in os.environ
    )
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    with lzma.open(Path(options.data) / "arxiv.tsv.xz", "rt", encoding="utf-8") as lines:
        rows = [line.rstrip("\n").split("\t") for line in lines]
    texts, y, n = [row[-1] for row in rows], np.array([row[0] for row in rows]), int(0.8 * len(rows))

    for name, vectorizer in (
        ("tf-idf", TfidfVectorizer(sublinear_tf=True, min_df=2)),
        ("raw counts", CountVectorizer(min_df=2)),
    ):
        X, X_test = vectorizer.fit_transform(texts[:n]), vectorizer.transform(texts[n:])
        SGDClassifier(random_state=0).fit(X[:1000], y[:1000])  # compiles the kernels
        print(f"\n{name}: {X.shape[0]:,} x {X.shape[1]:,}\n{'':44}accuracy  log-loss  seconds")
        contenders = [
            (f"fastlr, penalty={p!r}, untuned", SGDClassifier(penalty=p, random_state=0), 1.0) for p in ("l2", "l1")
        ]
        contenders.append(("fastlr, untuned, features x 1000", SGDClassifier(random_state=0), 1000.0))
        for alpha in (1e-6, 3e-6, 1e-5, 3e-5, 1e-4):
            model = Peer(loss="log_loss", alpha=alpha, random_state=0)
            contenders.append((f"scikit-learn SGDClassifier(alpha={alpha:g})", model, 1.0))
        if name == "tf-idf":
            for C in (1, 3, 10, 30):
                contenders.append((f"scikit-learn LogisticRegression(C={C})", LogisticRegression(C=C), 1.0))
        for label, model, factor in contenders:
            begun = time.perf_counter()
            model.fit(factor * X, y[:n])
            seconds = time.perf_counter() - begun
            p = model.predict_proba(factor * X_test)
            accuracy = (model.classes_[p.argmax(axis=1)] == y[n:]).mean()
            print(f"{label:<44}{accuracy:8.4f}  {log_loss(y[n:], p):8.4f}  {seconds:7.2f}", flush=True)


if __name__ == "__main__":
    main()
