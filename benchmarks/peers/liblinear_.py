"""LIBLINEAR: Newton's method on the primal, coordinate descent on the dual, coordinate descent for L1."""

from __future__ import annotations

import numpy as np
from liblinear import liblinearutil
from liblinear.liblinear import problem as Data

from .protocol import Peer


class Exact(Peer):
    def supports(self, problem, task):
        # Its coordinate descent on the dual cannot leave the intercept out of the penalty.
        return (
            problem.n_classes == 2
            and problem.penalty == self.options["penalty"]
            and not (problem.fit_intercept and self.options["solver"] == 7)
        )

    def convert(self, task):
        return Data(2.0 * task.y - 1.0, task.X.tocsr())

    def fit(self, data, problem, effort):
        bias = 1 if problem.fit_intercept else -1
        data.set_bias(bias)
        options = f"-s {self.options['solver']} -c {problem.C} -e {effort} -B {bias} -q"
        return liblinearutil.train(data, options + (" -R" if problem.fit_intercept else ""))

    def weights(self, model):
        n = model.nr_feature
        w = np.ctypeslib.as_array(model.w, (n + (model.bias >= 0),)) * (1.0 if model.get_labels()[0] > 0 else -1.0)
        return w[:n, None].copy(), w[n:].copy() if model.bias >= 0 else np.zeros(1)


SGD = []
EXACT = [
    Exact("LIBLINEAR", "primal Newton", solver=0, penalty="l2"),
    Exact("LIBLINEAR", "dual coordinate descent", solver=7, penalty="l2"),
    Exact("LIBLINEAR", "L1 coordinate descent", solver=6, penalty="l1"),
]
