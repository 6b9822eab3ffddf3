"""Cyanure: variance-reduced and accelerated solvers with quasi-Newton extrapolation, one thread."""

from __future__ import annotations

import numpy as np
from cyanure.estimators import LogisticRegression

from .protocol import Peer


class Exact(Peer):
    def supports(self, problem, task):
        # qning-svrg ends the process on softmax; "auto" (miso) stops 4% off the optimum under the elastic net.
        solver = self.options["solver"]
        return problem.n_classes == 2 if solver == "qning-svrg" else problem.penalty != "elasticnet"

    def fit(self, data, problem, effort):
        X, y = data
        alpha = 1.0 / (problem.C * X.shape[0])
        if problem.penalty == "elasticnet":
            strengths = {"lambda_1": alpha * problem.l1_ratio, "lambda_2": alpha * (1.0 - problem.l1_ratio)}
        else:
            strengths = {"lambda_1": alpha}
        model = LogisticRegression(
            loss="logistic" if problem.n_classes == 2 else "multiclass-logistic",
            penalty=problem.penalty,
            tol=effort,
            max_iter=10_000,
            solver=self.options["solver"],
            fit_intercept=problem.fit_intercept,
            n_threads=1,
            verbose=False,
            **strengths,
        )
        return model.fit(X, y)

    def weights(self, model):
        W = np.atleast_2d(np.asarray(model.coef_))
        W = W if W.shape[0] < W.shape[1] else W.T
        b = np.asarray(model.intercept_, dtype=np.float64).ravel() if model.fit_intercept else np.zeros(W.shape[0])
        return W.T, b


SGD = []
EXACT = [Exact("Cyanure", solver, solver=solver) for solver in ("auto", "qning-svrg")]
