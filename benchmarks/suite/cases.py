"""The cases of the suite: a base case, and variants that change one thing each."""

from __future__ import annotations

import numpy as np
from harness.corpora import make_task

from fastlr import SGDClassifier

# Of the estimator, or of the data (the keys of DATA). The base is Numba, L2, two classes, one row a step, float64
# values and int32 indices.
CASES = {
    "base": {},
    "backend=cython": {"backend": "cython"},
    "penalty=l1": {"penalty": "l1"},
    "penalty=elasticnet": {"penalty": "elasticnet"},
    "penalty=None": {"penalty": None},
    "classes=20": {"n_classes": 20},
    "classes=200": {"n_classes": 200},
    "batch=32": {"batch_size": 32},
    "batch=1024": {"batch_size": 1024},
    "batch=full": {"batch_size": "full"},
    "dtype=float32": {"dtype": np.float32},
    "index=int64": {"index_dtype": np.int64},
    "shuffle=False": {"shuffle": False},
}
DATA = ("n_classes", "dtype", "index_dtype")
SIZE = {"n_samples": 30_000, "n_features": 200_000}


def make_case(name: str):
    """Return the estimator and the data of a case, with the kernels compiled for it."""
    settings = {"backend": "numba", "penalty": "l2", **CASES[name]}
    task = make_task(**SIZE, **{key: settings.pop(key) for key in DATA if key in settings})
    model = SGDClassifier(alpha=1e-6, random_state=0, **settings)
    model.set_params(max_iter=1).fit(task.X[:1000], task.y[:1000])
    return model, task
