"""Trains in child processes that the test may kill: ``python kill_worker.py BACKEND FOLDER``.

A line on standard input is the name of a setting; the answers are the child's process id, and how it ended.
"""

import os
import sys
from pathlib import Path

import numpy as np
from helpers import random_labels, random_rows, short_slices

import fastlr
from fastlr.utils.time_slices import TimeSlices

SETTINGS = {
    "sgd": {"penalty": "l1", "alpha": 1e-3, "max_iter": 20},
    "softmax": {
        "penalty": "elasticnet",
        "alpha": 1e-4,
        "max_iter": 20,
        "batch_size": 7,
        "tol": 0.0,
        "dtype": "float32",
    },
    "full": {"penalty": "l2", "alpha": 1e-4, "max_iter": 20, "batch_size": "full", "tol": 0.0},
}


def make(setting, backend):
    """The model of a setting, and its data."""
    n_classes = 2 if setting == "sgd" else 3
    model = fastlr.SGDClassifier(**SETTINGS[setting], random_state=0, backend=backend)
    return model, random_rows(60, 40), random_labels(60, n_classes)


def main(backend, folder):
    TimeSlices.slices = short_slices
    for setting in SETTINGS:  # compiled before the first fork, and the results without a break
        model, X, y = make(setting, backend)
        model.fit(X, y)
        np.savez(folder / f"{setting}.npz", coef=model.coef_, intercept=model.intercept_, n_iter=model.n_iter_)
    print("ready", flush=True)
    for line in sys.stdin:
        setting = line.strip()
        pid = os.fork()
        if pid == 0:
            model, X, y = make(setting, backend)
            model.fit(X, y, checkpoint=folder / f"{setting}.checkpoint", checkpoint_every=0, resume=True)
            fastlr.save(model, folder / f"{setting}.model")
            os._exit(0)
        print(pid, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)


if __name__ == "__main__":
    import warnings

    warnings.simplefilter("ignore")
    main(sys.argv[1], Path(sys.argv[2]))
