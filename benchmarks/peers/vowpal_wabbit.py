"""Vowpal Wabbit, from its own binary cache: logistic loss, one against all for more than two classes."""

from __future__ import annotations

import numpy as np
from vowpalwabbit import Workspace

from .protocol import Peer
from .text_files import Folder, lines_of


def entry(feature, value):
    return f"{feature}:{value:.6g}"


class VowpalWabbit(Peer):
    def setting(self, n_classes):
        common = f"--quiet --loss_function logistic -b 22 --random_seed 1 {self.options['flags']}"
        return f"{common} --link logistic" if n_classes == 2 else f"{common} --oaa {n_classes} --probabilities"

    def convert(self, task):
        """Write text and have it parsed once into the cache that every fit reads."""
        folder, n_classes = Folder(), int(task.y.max()) + 1
        labels = (2 * task.y - 1 if n_classes == 2 else task.y + 1).tolist()
        text = folder.write("train.txt", lines_of(task.X, lambda i: f"{labels[i]} |f ", entry))
        cache = folder.path / "train.cache"
        Workspace(f"{self.setting(n_classes)} -d {text} --cache_file {cache} -k").finish()
        return folder, cache

    def fit(self, data, problem, effort):
        _, cache = data
        setting = self.setting(problem.n_classes)
        model = Workspace(f"{setting} --cache_file {cache} --passes {effort} --holdout_off")
        return model

    def predict_proba(self, model, X):
        p = np.array([model.predict(line) for line in lines_of(X, lambda i: "|f ", entry)])
        return np.column_stack([1.0 - p, p]) if p.ndim == 1 else p


SGD = [
    VowpalWabbit("Vowpal Wabbit", "defaults", flags=""),
    VowpalWabbit("Vowpal Wabbit", "-l 2", flags="-l 2"),
]
EXACT = []
