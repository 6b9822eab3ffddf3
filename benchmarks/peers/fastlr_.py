"""fastlr itself."""

from __future__ import annotations

import fastlr

from .protocol import Peer


class Sgd(Peer):
    """The defaults, automatic rate and strength, but for the optimizer."""

    def convert(self, task):
        return task.X.astype(self.options["dtype"], copy=False), task.y

    def fit(self, data, problem, effort):
        model = fastlr.SGDClassifier(
            optimizer=self.options.get("optimizer", "sgd"),
            max_iter=effort,
            backend=self.options["backend"],
            random_state=0,
        )
        return model.fit(*data)


class Exact(Peer):
    """The solver that "auto" chooses."""

    def fit(self, data, problem, effort):
        model = fastlr.LogisticRegression(
            C=problem.C,
            l1_ratio=problem.l1_ratio,
            tol=effort,
            fit_intercept=problem.fit_intercept,
            backend=self.options["backend"],
            random_state=0,
        )
        return model.fit(*data)


SGD = [
    Sgd("fastlr", f"{backend}, {dtype}", backend=backend, dtype=dtype)
    for backend, dtype in (("numba", "float64"), ("numba", "float32"), ("cython", "float64"))
]
SGD.append(Sgd("fastlr", "numba, float32, AdaGrad", backend="numba", dtype="float32", optimizer="adagrad"))
EXACT = [Exact("fastlr", backend, backend=backend) for backend in ("numba", "cython")]
