"""Time fastlr against the NumPy reference, which takes the same steps and shrinks every feature at each.

    python -m experiments.numpy_scaling [--largest 10000000] [--repeats 3]

Prints seconds for 1,000 rows, over the number of features for every penalty, and over batch sizes and classes at 10^5
features. NumPy's are scaled up from fewer rows, as many as take some tenths of a second. Writes
``results/numpy.json`` and ``results/numpy.png``.
"""

from __future__ import annotations

import argparse
import warnings

import numpy as np
from harness.corpora import make_task
from harness.epochs import epoch_seconds, reference_epoch_seconds
from harness.figures import plt, save_figure
from harness.measure import save
from sklearn.exceptions import ConvergenceWarning

from fastlr import SGDClassifier

N_SAMPLES = 20_000
BASE = {"n_features": 100_000, "n_classes": 2, "penalty": "l2", "batch_size": 1}
PENALTIES = ("l2", "l1", "elasticnet")


def compare(case, repeats):
    """Return the seconds for 1,000 rows of both, and their ratio."""
    settings = {**BASE, **case}
    n_features, n_classes = settings.pop("n_features"), settings.pop("n_classes")
    task = make_task(N_SAMPLES, n_features, n_classes, tail_exponent=1.0)
    model = SGDClassifier(alpha=1e-6, random_state=0, **settings)
    dense = n_features * (1 if n_classes == 2 else n_classes)
    n_rows = int(np.clip(5e6 / dense, 3, 100)) * settings["batch_size"]
    reference = min(reference_epoch_seconds(model, task.X, task.y, n_rows) for _ in range(repeats))
    ours = epoch_seconds(model, task.X, task.y, repeats)
    per_thousand = 1000 / N_SAMPLES
    return {
        **BASE,
        **case,
        "nnz_per_row": task.X.nnz / N_SAMPLES,
        "numpy": reference * per_thousand,
        "fastlr": ours * per_thousand,
        "speedup": reference / ours,
    }


def draw(tables):
    figure, axes = plt.subplots(1, 3, figsize=(13, 4))
    for penalty, colour in zip(PENALTIES, ("tab:blue", "tab:orange", "tab:green"), strict=True):
        rows = [row for row in tables["features"] if row["penalty"] == penalty]
        features = [row["n_features"] for row in rows]
        axes[0].loglog(features, [row["numpy"] for row in rows], "s--", color=colour, label=f"NumPy, {penalty}")
        axes[0].loglog(features, [row["fastlr"] for row in rows], "o-", color=colour, label=f"fastlr, {penalty}")
    axes[0].set(xlabel="features", ylabel="seconds for 1,000 rows", title="Features, one row a step")
    axes[0].legend()
    for axis, name, key in ((axes[1], "batch sizes", "batch_size"), (axes[2], "classes", "n_classes")):
        rows = tables[name]
        for library, style in (("numpy", "s--"), ("fastlr", "o-")):
            axis.loglog([row[key] for row in rows], [row[library] for row in rows], style, label=library)
        axis.set(xlabel=name, title=f"{name.capitalize()}, {BASE['n_features']:,} features")
        axis.legend()
    figure.tight_layout()
    save_figure(figure, "numpy")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--largest", type=float, default=1e7, help="most features")
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    features = [10**k for k in range(3, 9) if 10**k <= options.largest]
    cases = {
        "features": [{"n_features": n, "penalty": penalty} for n in features for penalty in PENALTIES],
        "batch sizes": [{"batch_size": m} for m in (1, 8, 64, 512)],
        "classes": [{"n_classes": k} for k in (2, 5, 20, 100)],
    }
    tables = {}
    print(
        f"{'features':>10} {'classes':>7} {'batch':>5} {'penalty':<10}   seconds for 1,000 rows: NumPy, fastlr  ratio"
    )
    for name, table in cases.items():
        for case in table:
            row = compare(case, options.repeats)
            tables.setdefault(name, []).append(row)
            print(
                f"{row['n_features']:>10} {row['n_classes']:>7} {row['batch_size']:>5} {row['penalty']:<10}"
                f"{row['numpy']:>31.4g}{row['fastlr']:>9.3g}{row['speedup']:>8,.0f} x",
                flush=True,
            )
    save("numpy", {"tables": tables})
    draw(tables)


if __name__ == "__main__":
    main()
