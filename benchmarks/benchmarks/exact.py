"""How soon the exact solver is at a gap that plain NumPy, not the solver, computes."""

from __future__ import annotations

from functools import partial

from corpora import make_task
from gap import dual, primal
from measure import seconds_of

import fastlr

GAP = 1e-4  # of the objective
TOLERANCES = (1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6)


class Exact:
    param_names = ("case",)
    params = (["l2, C=1", "l2, C=100", "l1, C=10", "elasticnet, C=10", "20 classes, l2, C=10"],)

    def setup(self, case):
        if not hasattr(fastlr, "LogisticRegression"):
            raise NotImplementedError("no exact solver")  # asv then skips
        *classes, penalty, C = case.split(", ")
        self.C, self.l1_ratio = float(C.removeprefix("C=")), {"l2": 0.0, "l1": 1.0, "elasticnet": 0.5}[penalty]
        n_classes = 20 if classes else 2
        self.task = make_task(20_000, 50_000, n_classes, sharpness=1.0 if classes else 0.5)
        self.model = fastlr.LogisticRegression(C=self.C, l1_ratio=self.l1_ratio, fit_intercept=False)
        self.model.set_params(tol=0.1).fit(self.task.X[:2000], self.task.y[:2000])

    def track_seconds_to_gap(self, case):
        X, y = self.task.X, self.task.y
        for tol in TOLERANCES:
            self.model.set_params(tol=tol)
            seconds = min(seconds_of(partial(self.model.fit, X, y)) for _ in range(2))
            W = self.model.coef_.T
            value = primal(W, 0.0, X, y, self.C, self.l1_ratio)
            if value - dual(W, X, y, self.C, self.l1_ratio) <= GAP * value:
                return seconds
        return float("nan")

    track_seconds_to_gap.unit = "seconds"
