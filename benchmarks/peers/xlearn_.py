"""xLearn's linear model, from its own binary cache of a text file; two classes."""

from __future__ import annotations

import os
from contextlib import contextmanager

import numpy as np
import xlearn

from .protocol import Peer
from .text_files import Folder, lines_of

os.environ.setdefault("USER", "benchmark")  # xLearn names its log by it, and aborts the process where it is not set


@contextmanager
def silence():
    """Send what the library prints, past Python, nowhere."""
    kept = os.dup(1)
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def entry(feature, value):
    return f"{feature}:{value:.6g}"


class XLearn(Peer):
    def supports(self, problem, task):
        return problem.n_classes == 2

    def convert(self, task):
        """Write text; the first run leaves the binary cache beside it that every fit reads."""
        folder, labels = Folder(), task.y.tolist()
        path = folder.write("train.txt", lines_of(task.X, lambda i: f"{labels[i]} ", entry))
        self.train(folder, path, 1)
        return folder, path

    def train(self, folder, path, epochs):
        model = xlearn.create_linear()
        model.setTrain(str(path))
        model.setQuiet()
        model.disableEarlyStop()
        parameters = {"task": "binary", "epoch": epochs, "nthread": 1, "lambda": 1e-6, **self.options}
        with silence():
            model.fit(parameters, str(folder.path / "model.out"))
        return folder

    def fit(self, data, problem, effort):
        folder, path = data
        return self.train(folder, path, effort)

    def predict_proba(self, model, X):
        model.write("test.txt", lines_of(X, lambda i: "0 ", entry))
        reader = xlearn.create_linear()
        reader.setTest(str(model.path / "test.txt"))
        reader.setSigmoid()
        with silence():
            reader.predict(str(model.path / "model.out"), str(model.path / "out.txt"))
        p = np.loadtxt(model.path / "out.txt")
        return np.column_stack([1.0 - p, p])


SGD = [XLearn("xLearn", f"{opt}, lr={lr}", opt=opt, lr=lr) for opt, lr in (("adagrad", 0.2), ("sgd", 0.2))]
EXACT = []
