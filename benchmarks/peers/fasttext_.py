"""fastText's classifier: softmax over the mean of learned word vectors. Each word counts once in a document.

In one thread fastText 0.9.3 initializes a tenth of its vectors (`DenseMatrix::uniform`) and leaves the others as it
finds the memory, which may hold anything. So malloc is told to hand out zeros, as it does in a program that has used
none before.
"""

from __future__ import annotations

import ctypes

import fasttext
import numpy as np

from .protocol import Peer
from .text_files import Folder, lines_of


def entry(feature, value):
    return f"w{feature}"


M_PERTURB = -6


class FastText(Peer):
    warms_up = False  # nothing is compiled, and a fit changes how its process gets memory

    def convert(self, task):
        folder, labels = Folder(), task.y.tolist()
        return folder, folder.write("train.txt", lines_of(task.X, lambda i: f"__label__{labels[i]} ", entry))

    def fit(self, data, problem, effort):
        _, path = data
        ctypes.CDLL(None).mallopt(M_PERTURB, 0xFF)  # each byte is the complement of this one
        return fasttext.train_supervised(
            input=str(path), lr=self.options["lr"], dim=self.options["dim"], epoch=effort, thread=1, verbose=0
        )

    def predict_proba(self, model, X):
        n_classes = len(model.labels)
        p = np.zeros((X.shape[0], n_classes))
        for i, line in enumerate(lines_of(X, lambda i: "", entry, "\n")):
            for chance, label in model.f.predict(line, n_classes, 0.0, "strict"):
                p[i, int(label[len("__label__") :])] = chance
        return p / p.sum(axis=1, keepdims=True)


SGD = [FastText("fastText", f"lr={lr}, dim={dim}", lr=lr, dim=dim) for lr, dim in ((0.1, 10), (0.5, 10), (0.5, 50))]
EXACT = []
