"""skglm: proximal Newton with working sets for L1 and the elastic net, L-BFGS for L2."""

from __future__ import annotations

import numpy as np
from skglm import SparseLogisticRegression
from skglm.datafits import Logistic
from skglm.penalties import L2
from skglm.solvers import LBFGS

from .protocol import Peer, rows_in_columns


class Exact(Peer):
    def supports(self, problem, task):
        return problem.n_classes == 2 and not (problem.fit_intercept and problem.penalty == "l2")

    def convert(self, task):
        return rows_in_columns(task)

    def fit(self, data, problem, effort):
        X, y = data
        alpha = 1.0 / (problem.C * X.shape[0])
        if problem.penalty == "l2":
            return LBFGS(max_iter=10_000, tol=effort).solve(X, y, Logistic(), L2(alpha))[0]
        model = SparseLogisticRegression(
            alpha, l1_ratio=problem.l1_ratio, tol=effort, max_iter=200, fit_intercept=problem.fit_intercept
        )
        return model.fit(X, y)

    def weights(self, model):
        if isinstance(model, np.ndarray):
            return model.reshape(-1, 1), np.zeros(1)
        W = np.asarray(model.coef_).reshape(-1, 1)
        return W, np.broadcast_to(np.asarray(model.intercept_, dtype=np.float64).ravel(), (1,))


SGD = []
EXACT = [Exact("skglm")]
