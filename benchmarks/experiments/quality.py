"""Compare fastlr's defaults with scikit-learn's estimators at each penalty strength of a grid, on real text.

    python -m experiments.quality --data FOLDER

FOLDER (or FASTLR_DATA) holds ``arxiv.tsv.xz``: abstracts of 20 classes. Writes ``results/quality.json``.
"""

from __future__ import annotations

import argparse
import warnings
from functools import partial

from harness.corpora import add_data_option, find_corpora, read_task
from harness.measure import save, seconds_of
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.linear_model import SGDClassifier as Peer
from sklearn.metrics import log_loss

from fastlr import SGDClassifier


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    add_data_option(parser)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    if "arxiv" not in find_corpora(options.data):
        return
    tables = {}
    for name, vectorizer in (
        ("tf-idf", TfidfVectorizer(sublinear_tf=True, min_df=2)),
        ("raw counts", CountVectorizer(min_df=2)),
    ):
        X, y, X_test, y_test = read_task(options.data, "arxiv", vectorizer)
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
            seconds = seconds_of(partial(model.fit, factor * X, y))
            p = model.predict_proba(factor * X_test)
            accuracy, loss = (model.classes_[p.argmax(axis=1)] == y_test).mean(), log_loss(y_test, p)
            row = {"model": label, "accuracy": accuracy, "log_loss": loss, "seconds": seconds}
            tables.setdefault(name, []).append(row)
            print(f"{label:<44}{accuracy:8.4f}  {loss:8.4f}  {seconds:7.2f}", flush=True)
    save("quality", {"tables": tables})


if __name__ == "__main__":
    main()
