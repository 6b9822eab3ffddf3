"""Time fastlr's SGDClassifier against scikit-learn's and against the naive NumPy path, in one process.

    python benchmarks/speed.py [--repeats 5] [--epochs 5] [--data FOLDER]

Same data, same epochs, one thread; the runs alternate and the best of them counts. Times are nanoseconds a non-zero and
epoch, of a whole fit, checks and all. FOLDER (or FASTLR_DATA) holds ``arxiv.tsv.xz``; without it that corpus is left
out.
"""

from __future__ import annotations

import argparse
import lzma
import os
import platform
import time
import warnings
from pathlib import Path

import numpy as np
import scipy.sparse as sp
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import SGDClassifier as Peer

from fastlr import SGDClassifier
from fastlr.backend import resolve_backend


def zipf_rows(n_samples=100_000, n_features=200_000, mean_length=74, seed=0):
    """Bag-of-words rows with Zipf-distributed words, log-normal lengths, 1 + log(count) and unit norm."""
    rng = np.random.default_rng(seed)
    rank = np.arange(1, n_features + 1)
    cumulative = np.cumsum(1.0 / (rank + 2.7) ** 1.05)
    lengths = np.maximum(rng.lognormal(np.log(mean_length), 0.5, n_samples).astype(int), 1)
    words = rng.permutation(n_features)[np.searchsorted(cumulative / cumulative[-1], rng.random(lengths.sum()))]
    X = sp.csr_matrix((np.ones(len(words)), words, np.r_[0, np.cumsum(lengths)]), shape=(n_samples, n_features))
    X.sum_duplicates()
    X.data = 1.0 + np.log(X.data)
    X.data /= np.repeat(np.sqrt(np.asarray(X.multiply(X).sum(axis=1)).ravel()), np.diff(X.indptr))
    return X


def linear_labels(X, n_classes, seed=0):
    """Labels that a noisy linear model gives the rows."""
    rng = np.random.default_rng(seed)
    scores = X @ rng.normal(size=(X.shape[1], n_classes))
    return (scores + 0.5 * scores.std() * rng.normal(size=scores.shape)).argmax(axis=1)


def read_arxiv(folder):
    """The tf-idf matrix of the corpus's first 80% and its labels."""
    with lzma.open(folder / "arxiv.tsv.xz", "rt", encoding="utf-8") as lines:
        rows = [line.rstrip("\n").split("\t") for line in lines]
    rows = rows[: int(0.8 * len(rows))]
    X = TfidfVectorizer(sublinear_tf=True, min_df=2).fit_transform([row[-1] for row in rows])
    return X, np.unique([row[0] for row in rows], return_inverse=True)[1]


def best_times(models, X, y, repeats):
    """Fit the models in turn, ``repeats`` times; return each one's least time."""
    best = {name: np.inf for name in models}
    for _ in range(repeats):
        for name, model in models.items():
            begun = time.perf_counter()
            model.fit(X, y)
            best[name] = min(best[name], time.perf_counter() - begun)
    return best


def naive_time(X, y, penalty, n_rows=200):
    """Seconds that an epoch of the naive NumPy path would take, from one over ``n_rows`` rows."""
    model = SGDClassifier(penalty=penalty, alpha=1e-6, max_iter=1, eta0=0.5, backend="numpy")
    begun = time.perf_counter()
    model.fit(X[:n_rows], y[:n_rows])
    return (time.perf_counter() - begun) * X.shape[0] / n_rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--data", type=Path, default=os.environ.get("FASTLR_DATA"))
    options = parser.parse_args()
    warnings.simplefilter("ignore")

    X = zipf_rows()
    tasks = {
        "Zipf, 2 classes": (X, linear_labels(X, 2)),
        "Zipf, 20 classes": (X, linear_labels(X, 20)),
    }
    if options.data:
        X, y = read_arxiv(Path(options.data))
        tasks["arXiv, 2 classes"] = (X, (y < 10).astype(int))
        tasks["arXiv, 20 classes"] = (X, y)

    backends = []
    for name in ("numba", "cython"):
        try:
            backends.append(resolve_backend(name))
        except ImportError as error:
            print(error)
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}")
    for name, (X, y) in tasks.items():
        print(f"\n{name}: {X.shape[0]:,} x {X.shape[1]:,}, {X.nnz / X.shape[0]:.0f} non-zeros a row")
        print("penalty     dtype    " + "".join(f"{b:>9}" for b in backends) + "  sklearn   ratios        naive NumPy")
        many = y.max() > 1
        for penalty in ("l2",) if many else ("l2", "l1", "elasticnet"):
            common = {"alpha": 1e-6, "penalty": penalty, "max_iter": options.epochs, "tol": None, "random_state": 0}
            for dtype in (np.float64, np.float32):
                A = X.astype(dtype)
                models = {b: SGDClassifier(backend=b, **common) for b in backends}
                for model in models.values():
                    model.fit(A[:100], y[:100])  # compiles the kernels
                models["sklearn"] = Peer(loss="log_loss", **common)
                best = best_times(models, A, y, min(options.repeats, 2) if many else options.repeats)
                ns = {k: seconds / options.epochs / X.nnz * 1e9 for k, seconds in best.items()}
                ratios = " ".join(f"{ns['sklearn'] / ns[b]:5.1f}" for b in backends)
                naive = f"{naive_time(A, y, penalty) / (best[backends[0]] / options.epochs):8,.0f} x"
                cells = "".join(f"{ns[b]:9.2f}" for b in [*backends, "sklearn"])
                print(f"{penalty:<12}{np.dtype(dtype).name:<9}{cells}   {ratios}  {naive}", flush=True)


if __name__ == "__main__":
    main()
