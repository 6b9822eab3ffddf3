"""Compare SGDClassifier's automatic rate and epochs with the best of a grid, on data of many sizes and scales.

    python -m experiments.auto_rate --data FOLDER [--tasks "reddit*, 200 classes*"] [--parts auto "one pass"]

FOLDER (or FASTLR_DATA) holds ``arxiv.tsv.xz`` and ``reddit.tsv.xz``. The grid of `fit` has 24 points: four first rates,
linear and exponential decay, and 3, 8 or 20 epochs. A single pass by ``partial_fit`` in chunks has two: 24 points of
rates that, like it, know no end, six of each of four schedules; and eight of rates that fall to zero at the end of the
pass. Tasks are measured from cheap to dear, and written to ``results/auto_rate.json`` one by one; the rows of other
tasks, and the parts that are not measured, stay as they are.
"""

from __future__ import annotations

import argparse
import json
import warnings
from fnmatch import fnmatch
from functools import partial
from itertools import product
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp
from harness.corpora import Task, add_data_option, find_corpora, read_task
from harness.measure import RESULTS, save
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.metrics import log_loss

from fastlr import SGDClassifier
from fastlr.schedules import ExponentialDecay, LinearDecay

RATES = (0.4, 0.8, 1.6, 3.2)  # in units of 1 / mean squared norm
RATES_ONE_PASS = (0.8, 1.6, 3.2, 6.4)
EPOCHS = (3, 8, 20)
CHUNK = 1000
SCALES = (1000.0, 0.001)
SIZES = (5000, 20_000, None)
PARTS = ("auto", "one pass", "grid of one pass", "endless grid of one pass", "grid")

# Schedules that know no end: the rate of step t over that of step 1000, and that rate, in the same units.
ENDLESS = {
    "constant": lambda t: np.ones(len(t)),
    "t ** -0.25": lambda t: ((t + 1) / 1000.0) ** -0.25,
    "t ** -0.5": lambda t: ((t + 1) / 1000.0) ** -0.5,
    "1 / (1 + t / 1000)": lambda t: 2.0 / (1.0 + t / 1000.0),
}
RATES_ENDLESS = (0.2, 0.4, 0.8, 1.6, 3.2, 6.4)


class Endless(NamedTuple):
    """A schedule of the grid of a pass whose end is not known."""

    name: str
    rate: float

    def rates(self, first: int, n: int) -> np.ndarray:
        return self.rate * ENDLESS[self.name](np.arange(first, first + n))


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


def some_rows(task: Task, n_rows: int | None) -> Task:
    """Return that many rows to train on, or all, in a random order."""
    order = np.random.default_rng(0).permutation(len(task.y))[:n_rows]
    return task._replace(X=task.X[order], y=task.y[order])


def tasks(folder):
    """Return names, costs of an epoch and functions that make the tasks, from cheap to dear."""
    dense = make_dense()
    found = {"dense, 123 features, 2 classes": (dense.X.nnz, lambda: dense)}
    for corpus in find_corpora(folder):
        for kind, vectorizer in (("tf-idf", None), ("raw counts", CountVectorizer(min_df=2))):
            whole = read_task(folder, corpus, vectorizer)
            for n_classes in (2, 20, 200)[: 2 if corpus == "arxiv" else 3]:
                task = of_classes(whole, n_classes)
                for n_rows in SIZES:
                    n = min(n_rows or len(task.y), len(task.y))
                    cost = task.X.nnz / len(task.y) * n * n_classes
                    name = f"{corpus}, {kind}, {n_classes} classes, {n:,} rows"
                    found[name] = cost, partial(some_rows, task, n_rows)
    return sorted(((name, *rest) for name, rest in found.items()), key=lambda item: item[1])


def loss_of(model, X_test, y_test) -> float:
    """Return the test log-loss."""
    return log_loss(y_test, model.predict_proba(X_test), labels=model.classes_)


class Measurement:
    """What is compared on a task."""

    def __init__(self, task: Task):
        self.X, self.y, X_test, y_test = task.astype(np.float32)
        self.classes, self.n = np.unique(self.y), self.X.shape[0]
        known = np.isin(y_test, self.classes)
        self.X_test, self.y_test = X_test[known], y_test[known]
        self.q = float(self.X.multiply(self.X).sum() / self.n)

    def fitted(self, schedule, epochs, scale=1.0) -> float:
        model = SGDClassifier(learning_rate=schedule, max_iter=epochs, random_state=0).fit(scale * self.X, self.y)
        return loss_of(model, scale * self.X_test, self.y_test)

    def passed(self, schedule, scale=1.0) -> float:
        model = SGDClassifier(learning_rate=schedule, random_state=0)
        for start in range(0, self.n, CHUNK):
            X, y = self.X[start : start + CHUNK], self.y[start : start + CHUNK]
            model.partial_fit(scale * X, y, classes=self.classes)
        return loss_of(model, scale * self.X_test, self.y_test)

    def ending(self, rates, epochs) -> dict:
        """Return the best of rates that fall to zero, or nearly, at the end."""
        grid = {}
        for rate, n_epochs in product(rates, epochs):
            n_steps = self.n * n_epochs
            linear = LinearDecay(rate / self.q, n_steps=n_steps)
            exponential = ExponentialDecay(rate / self.q, 0.5, steps_per_epoch=max(n_steps // 8, 1))
            grid[f"rate {rate:g}, linear, {n_epochs} epochs"] = self.fitted(linear, n_epochs)
            grid[f"rate {rate:g}, exponential, {n_epochs} epochs"] = self.fitted(exponential, n_epochs)
        return best(grid)

    def endless(self) -> dict:
        """Return the best of rates that know no end."""
        points = product(ENDLESS, RATES_ENDLESS)
        return best({f"{name}, {rate:g}": self.passed(Endless(name, rate / self.q)) for name, rate in points})

    def measure(self, part: str) -> dict:
        """Return the losses of the automatic rate, by scale of ``X``, or the best of a grid."""
        if part == "auto":
            return {f"{scale:g}": self.fitted("auto", None, scale) for scale in (1.0, *SCALES)}
        if part == "one pass":
            return {f"{scale:g}": self.passed("auto", scale) for scale in (1.0, *SCALES)}
        if part == "grid of one pass":
            return self.ending(RATES_ONE_PASS, (1,))
        return self.ending(RATES, EPOCHS) if part == "grid" else self.endless()


def best(grid: dict[str, float]) -> dict:
    """Return the setting of the lowest loss."""
    name = min(grid, key=grid.get)
    return {"setting": name, "loss": grid[name]}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--tasks", nargs="+", default=["*"], metavar="PATTERN", help="only these, by name")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS, help="only these")
    add_data_option(parser)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    path = RESULTS / "auto_rate.json"
    for name, _, make in tasks(options.data):
        if any(fnmatch(name, pattern) for pattern in options.tasks):
            measurement = Measurement(make())
            for part in options.parts:
                measured = {"rows": measurement.n, "classes": len(measurement.classes), part: measurement.measure(part)}
                print(name, part, measured[part], flush=True)
                rows = json.loads(path.read_text())["rows"] if path.exists() else {}
                rows.setdefault(name, {}).update(measured)
                save("auto_rate", {"rows": rows})  # a run may be stopped


if __name__ == "__main__":
    main()
