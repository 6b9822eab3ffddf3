"""Time fastlr's SGDClassifier against scikit-learn's and against the NumPy reference, in one process.

    python -m experiments.epoch_speed [--repeats 5] [--epochs 5] [--data FOLDER]

Same data, same epochs, one thread; the runs alternate and the best counts. Times are nanoseconds per non-zero and epoch
of a whole fit, input checks included. FOLDER (or FASTLR_DATA) holds ``arxiv.tsv.xz``; without it that corpus is left
out. Writes ``results/speed.json``.
"""

from __future__ import annotations

import argparse
import warnings
from functools import partial

import numpy as np
from harness.corpora import add_data_option, find_corpora, make_task, read_task
from harness.epochs import reference_epoch_seconds
from harness.measure import by_turns, machine, save
from sklearn.linear_model import SGDClassifier as Peer

from fastlr import SGDClassifier
from fastlr.kernels.backend import resolve_backend


def find_backends():
    """Return the compiled backends that are installed; say which are not."""
    found = []
    for name in ("numba", "cython"):
        try:
            found.append(resolve_backend(name))
        except ImportError as error:
            print(error)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--classes", type=int, nargs="+", default=[2, 20, 100], help="of the synthetic rows")
    add_data_option(parser)
    options = parser.parse_args()
    warnings.simplefilter("ignore")

    # Of many classes scikit-learn makes many models: fewer rows, so that it ends in a minute.
    tasks = {f"Zipf, {n} classes": make_task(2_000_000 // max(n, 20), n_classes=n) for n in options.classes}
    if "arxiv" in find_corpora(options.data):
        arxiv = read_task(options.data, "arxiv")
        tasks.update({"arXiv, 2 classes": arxiv.halved(), "arXiv, 20 classes": arxiv})
    backends = find_backends()
    print(machine()["cpu"])
    rows = []
    for name, task in tasks.items():
        X, y = task.X, task.y
        print(f"\n{name}: {X.shape[0]:,} x {X.shape[1]:,}, {X.nnz / X.shape[0]:.0f} non-zeros a row")
        print(
            "penalty     dtype    "
            + "".join(f"{b:>9}" for b in backends)
            + "  sklearn   ratios        the NumPy reference"
        )
        many = y.max() > 1
        for penalty in ("l2",) if many else ("l2", "l1", "elasticnet"):
            common = {"alpha": 1e-6, "penalty": penalty, "max_iter": options.epochs, "tol": None, "random_state": 0}
            for dtype in (np.float64, np.float32):
                A = X.astype(dtype)
                models = {b: SGDClassifier(backend=b, **common) for b in backends}
                for model in models.values():
                    model.fit(A[:1000], y[:1000])  # compiles the kernels
                models["sklearn"] = Peer(loss="log_loss", **common)
                fits = {key: partial(model.fit, A, y) for key, model in models.items()}
                times = by_turns(fits, min(options.repeats, 2) if many else options.repeats)
                ns = {key: 1e9 * t["best"] / options.epochs / X.nnz for key, t in times.items()}
                reference = reference_epoch_seconds(models[backends[0]], A, y)
                speedup = reference / (times[backends[0]]["best"] / options.epochs)
                row = {
                    "task": name,
                    "penalty": penalty,
                    "dtype": np.dtype(dtype).name,
                    "nnz": X.nnz,
                    "epochs": options.epochs,
                }
                rows.append({**row, "ns_per_nonzero": ns, "seconds": times, "speedup_vs_numpy": speedup})
                ratios = " ".join(f"{ns['sklearn'] / ns[b]:5.1f}" for b in backends)
                cells = "".join(f"{ns[b]:9.2f}" for b in [*backends, "sklearn"])
                print(f"{penalty:<12}{np.dtype(dtype).name:<9}{cells}   {ratios}  {speedup:8,.0f} x", flush=True)
    save("speed", {"rows": rows})


if __name__ == "__main__":
    main()
