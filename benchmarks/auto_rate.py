"""Compare SGDClassifier's automatic rate and epochs with the best of a grid, on data of many sizes and scales.

    python benchmarks/auto_rate.py --data FOLDER [--tasks "reddit*, 200 classes*"]

FOLDER (or FASTLR_DATA) holds ``arxiv.tsv.xz`` and ``reddit.tsv.xz``. The grid has 24 points: four first rates, linear
and exponential decay, and 3, 8 or 20 epochs; a single pass by ``partial_fit`` in chunks has eight, of one epoch. Writes
``results/auto_rate.json``, where the rows of other tasks stay as they are.
"""

from __future__ import annotations

import argparse
import json
import warnings
from fnmatch import fnmatch
from itertools import product

import numpy as np
import scipy.sparse as sp
from corpora import Task, add_data_option, find_corpora, read_task
from measure import RESULTS, save
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.metrics import log_loss

from fastlr import SGDClassifier
from fastlr.schedules import ExponentialDecay, LinearDecay

RATES = (0.4, 0.8, 1.6, 3.2)  # in units of 1 / mean squared norm
RATES_ONE_PASS = (0.8, 1.6, 3.2, 6.4)
EPOCHS = (3, 8, 20)
CHUNK = 1000
SCALES = (1000.0, 0.001)


def make_dense(n_samples=32_000, n_features=123, n_groups=14) -> Task:
    """Return 14 categories of unequal sizes a row, one-hot, and two classes: of the shape of the a9a data."""
    rng = np.random.default_rng(0)
    sizes = np.diff(np.r_[0, np.sort(rng.choice(np.arange(1, n_features), n_groups - 1, replace=False)), n_features])
    n, starts = n_samples + n_samples // 5, np.r_[0, np.cumsum(sizes)[:-1]]
    columns = np.stack(
        [start + rng.choice(size, n, p=rng.dirichlet(np.ones(size))) for start, size in zip(starts, sizes, strict=True)]
    )
    X = sp.csr_matrix((np.ones(columns.size), columns.T.ravel(), np.arange(0, columns.size + 1, n_groups)), (n, 123))
    z = X @ rng.normal(size=n_features) * 0.8
    y = (rng.random(n) < 1.0 / (1.0 + np.exp(1.0 - z))).astype(int)
    return Task(X[:n_samples], y[:n_samples], X[n_samples:], y[n_samples:])


def of_classes(task: Task, n_classes: int) -> Task:
    """Return the rows of the first ``n_classes`` classes, or the halves of all."""
    if n_classes == 2:
        return task.halved()
    train, test = task.y < n_classes, task.y_test < n_classes
    return Task(task.X[train], task.y[train], task.X_test[test], task.y_test[test])


def tasks(folder):
    """Yield names and tasks, from few rows to all."""
    yield "dense, 123 features, 2 classes", make_dense()
    for corpus in find_corpora(folder):
        for kind, vectorizer in (("tf-idf", None), ("raw counts", CountVectorizer(min_df=2))):
            whole = read_task(folder, corpus, vectorizer)
            for n_classes in (2, 20, 200)[: 2 if corpus == "arxiv" else 3]:
                task = of_classes(whole, n_classes)
                order = np.random.default_rng(0).permutation(len(task.y))
                for n_rows in (5000, 20_000, len(order)):
                    some = order[:n_rows]
                    name = f"{corpus}, {kind}, {n_classes} classes, {len(some):,} rows"
                    yield name, task._replace(X=task.X[some], y=task.y[some])


def loss_of(model, X_test, y_test) -> float:
    """Return the test log-loss."""
    return log_loss(y_test, model.predict_proba(X_test), labels=model.classes_)


def measure(task: Task) -> dict:
    """Return the losses of the automatic rate, by scale of ``X`` and in one pass, and the best of both grids."""
    X, y, X_test, y_test = task.astype(np.float32)
    classes, n = np.unique(y), X.shape[0]
    known = np.isin(y_test, classes)
    X_test, y_test = X_test[known], y_test[known]
    q = float(X.multiply(X).sum() / n)
    result = {"rows": n, "classes": len(classes)}

    def fitted(schedule, epochs, scale=1.0):
        model = SGDClassifier(learning_rate=schedule, max_iter=epochs, random_state=0).fit(scale * X, y)
        return loss_of(model, scale * X_test, y_test)

    def best(rates, epochs):
        grid = {}
        for rate, n_epochs in product(rates, epochs):
            linear = LinearDecay(rate / q, n_steps=n * n_epochs)
            exponential = ExponentialDecay(rate / q, 0.5, steps_per_epoch=max(n * n_epochs // 8, 1))
            grid[f"rate {rate:g}, linear, {n_epochs} epochs"] = fitted(linear, n_epochs)
            grid[f"rate {rate:g}, exponential, {n_epochs} epochs"] = fitted(exponential, n_epochs)
        name = min(grid, key=grid.get)
        return {"setting": name, "loss": grid[name]}

    result["auto"] = {f"{scale:g}": fitted("auto", None, scale) for scale in (1.0, *SCALES)}
    result["grid"] = best(RATES, EPOCHS)
    for scale in (1.0, *SCALES):
        model = SGDClassifier(random_state=0)
        for start in range(0, n, CHUNK):
            model.partial_fit(scale * X[start : start + CHUNK], y[start : start + CHUNK], classes=classes)
        result.setdefault("one pass", {})[f"{scale:g}"] = loss_of(model, scale * X_test, y_test)
    result["grid of one pass"] = best(RATES_ONE_PASS, (1,))
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--tasks", nargs="+", default=["*"], metavar="PATTERN", help="only these, by name")
    add_data_option(parser)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    path = RESULTS / "auto_rate.json"
    rows = json.loads(path.read_text())["rows"] if path.exists() else {}
    for name, task in tasks(options.data):
        if any(fnmatch(name, pattern) for pattern in options.tasks):
            rows[name] = measure(task)
            r = rows[name]
            print(name, flush=True)
            for key, grid in (("auto", "grid"), ("one pass", "grid of one pass")):
                loss, best = r[key]["1"], r[grid]
                print(f"    {key} {loss:.4f}, {loss / best['loss']:.3f} of {best['setting']}", flush=True)
            save("auto_rate", {"rows": rows})  # a run may be stopped


if __name__ == "__main__":
    main()
