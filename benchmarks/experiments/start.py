"""The wait before a first result: installing, importing, the first fit and prediction, one line predicted.

    python -m experiments.start [--repeats N] [--no-install]

Every figure is measured in a process of its own, all of them in turns, and the best of several counts. scikit-learn's
first fit stands beside fastlr's. Results go to ``results/start.json``.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from harness.measure import save
from harness.start import (
    ESTIMATORS,
    build_wheel,
    count_compiled,
    first_fit,
    seconds_of_command,
    seconds_of_import,
)

OWN = [name for name in ESTIMATORS if not name.startswith("scikit-learn")]
LINES = "label\ttext\n" + "good\ta good film\nbad\ta bad film\n" * 20


def one_line(folder, backend):
    """Return a function that predicts one line in a process of its own, after a first time."""
    data, line, model = folder / "data.tsv", folder / "line.tsv", folder / f"{backend}.fastlr"
    data.write_text(LINES)
    line.write_text("text\na good film\n")
    seconds_of_command("train", data, "-o", model, FASTLR_BACKEND=backend)
    return lambda: seconds_of_command("predict", model, line, FASTLR_BACKEND=backend)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--no-install", action="store_true", help="do not build the wheel")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as cache, tempfile.TemporaryDirectory() as work:
        measures = {
            "import fastlr": seconds_of_import,
            "fastlr --version": lambda: seconds_of_command("--version"),
            "one line predicted, Cython": one_line(Path(work), "cython"),
            "one line predicted, Numba": one_line(Path(work), "numba"),
        }
        fits = {f"{name}, Cython" if name in OWN else name: (name, "cython") for name in ESTIMATORS}
        fits |= {f"{name}, Numba": (name, "numba") for name in OWN}
        cold = {}
        for label, (name, backend) in fits.items():
            if backend == "numba":
                with tempfile.TemporaryDirectory() as empty:
                    cold[f"{label}, empty cache"] = first_fit(name, backend, empty)
                first_fit(name, backend, cache)
        seconds = {label: [] for label in measures}
        fit_seconds = {label: [] for label in fits}
        for _ in range(options.repeats):
            for label, measure in measures.items():
                seconds[label].append(measure())
            for label, (name, backend) in fits.items():
                fit_seconds[label].append(first_fit(name, backend, cache))
    results = {
        "seconds": {label: min(values) for label, values in seconds.items()},
        "first": {
            **{
                label: {step: min(value[step] for value in values) for step in ("fit", "predict")}
                for label, values in fit_seconds.items()
            },
            **cold,
        },
        "compiled": {name: count_compiled(name) for name in OWN},
    }
    if not options.no_install:
        results["wheel"] = dict(zip(("seconds", "megabytes"), build_wheel(), strict=True))
    save("start", results)


if __name__ == "__main__":
    main()
