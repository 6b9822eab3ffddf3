"""Measure the benefit of a second thread for SGD, exact solvers and predictions.

    python -m experiments.threads [--repeats 5] [--jobs 2] [--data FOLDER]

One process, alternating runs, the best counts. An epoch's time is that of a fit of five minus a fit of one, over four.
FOLDER (or FASTLR_DATA) holds ``arxiv.tsv.xz``; without it that corpus is left out. Writes ``results/threads.json``.
"""

from __future__ import annotations

import argparse
import warnings
from functools import partial

import numpy as np
from harness.corpora import add_data_option, find_corpora, make_task, read_task
from harness.epochs import fit
from harness.measure import by_turns, save
from sklearn.base import clone
from sklearn.metrics import log_loss
from threadpoolctl import threadpool_limits

from fastlr import LogisticRegression, SGDClassifier

EPOCHS = 5


def train(name, task, repeats, n_jobs):
    """Return a row for each penalty and type of ``SGDClassifier``."""
    rows = []
    for penalty in ("l2", "l1") if task.y.max() == 1 else ("l2",):
        for dtype in (np.float64, np.float32):
            own = task.astype(dtype)
            model = SGDClassifier(penalty=penalty, random_state=0)
            models = {
                "1": clone(model),
                "deterministic": clone(model).set_params(n_jobs=n_jobs),
                "Hogwild": clone(model).set_params(n_jobs=n_jobs, deterministic=False),
            }
            runs, losses = {}, {}
            for key, each in models.items():
                whole = fit(each, own.X, own.y, EPOCHS)  # compiles, too
                losses[key] = log_loss(own.y_test, whole.predict_proba(own.X_test))
                for n in (1, EPOCHS):
                    runs[key, n] = partial(fit, each, own.X, own.y, n)
            times = {key: t["best"] for key, t in by_turns(runs, repeats).items()}
            seconds = {key: (times[key, EPOCHS] - times[key, 1]) / (EPOCHS - 1) for key in models}
            row = {"task": name, "penalty": penalty, "dtype": np.dtype(dtype).name, "log_loss": losses}
            rows.append({**row, "epoch": seconds, "fit": {key: times[key, EPOCHS] for key in models}})
            print(
                f"{name:18} {penalty} {np.dtype(dtype).name}  "
                + "  ".join(
                    f"{key} {1e3 * seconds[key]:.1f} ms ({seconds['1'] / seconds[key]:.2f}), {losses[key]:.4f}"
                    for key in models
                ),
                flush=True,
            )
    return rows


def solve(name, task, repeats, n_jobs):
    """Return a row for each solver of ``LogisticRegression``."""
    rows = []
    solvers = {"sdca": 0.0, "newton": 0.0, "lbfgs": 0.0, "coordinate": 1.0}
    for solver, l1_ratio in solvers.items() if task.y.max() == 1 else ():
        model = LogisticRegression(solver=solver, l1_ratio=l1_ratio, tol=1e-4, random_state=0)
        models = {n: clone(model).set_params(n_jobs=n) for n in (1, n_jobs)}
        gaps = {n: each.fit(task.X, task.y).duality_gap_ for n, each in models.items()}
        times = by_turns({n: partial(each.fit, task.X, task.y) for n, each in models.items()}, repeats)
        seconds = {"1": times[1]["best"], "n": times[n_jobs]["best"]}
        rows.append({"task": name, "solver": solver, "seconds": seconds, "gap": {"1": gaps[1], "n": gaps[n_jobs]}})
        print(f"{name:18} {solver:10} {seconds['1']:.3f} s, {seconds['n']:.3f} s", flush=True)
    return rows


def predict(name, task, repeats, n_jobs):
    """Return the seconds of the probabilities of all training rows."""
    models = {n: SGDClassifier(max_iter=1, n_jobs=n).fit(task.X, task.y) for n in (1, n_jobs)}
    times = by_turns({n: partial(each.predict_proba, task.X) for n, each in models.items()}, 2 * repeats)
    seconds = {"1": times[1]["best"], "n": times[n_jobs]["best"]}
    print(f"{name:18} predict_proba {seconds['1']:.4f} s, {seconds['n']:.4f} s", flush=True)
    return {"task": name, "seconds": seconds}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=2)
    add_data_option(parser)
    options = parser.parse_args()
    warnings.simplefilter("ignore")

    tasks = {"Zipf, 2 classes": make_task(sharpness=0.5)}
    if "arxiv" in find_corpora(options.data):
        arxiv = read_task(options.data, "arxiv")
        tasks.update({"arXiv, 2 classes": arxiv.halved(), "arXiv, 20 classes": arxiv})
    results = {"n_jobs": options.jobs, "train": [], "solve": [], "predict": []}
    with threadpool_limits(1):  # of NumPy's own, which would help both
        for name, task in tasks.items():
            results["train"] += train(name, task, options.repeats, options.jobs)
            results["solve"] += solve(name, task, min(options.repeats, 3), options.jobs)
            results["predict"].append(predict(name, task, options.repeats, options.jobs))
    save("threads", results)


if __name__ == "__main__":
    main()
