"""lightning: coordinate descent on the primal, SAGA, and multinomial SGD."""

from __future__ import annotations

import numpy as np
from lightning.classification import CDClassifier, SAGAClassifier, SGDClassifier
from scipy.special import expit, softmax

from .protocol import Peer, rows_in_columns


class Sgd(Peer):
    def fit(self, data, problem, effort):
        model = SGDClassifier(
            loss="log",
            multiclass=problem.n_classes > 2,
            alpha=1e-6,
            learning_rate="invscaling",
            eta0=self.options["eta0"],
            power_t=0.25,
            max_iter=effort,
            random_state=0,
        )
        return model.fit(*data)

    def predict_proba(self, model, X):
        scores = model.decision_function(X)
        if scores.ndim == 2 and scores.shape[1] > 1:
            return softmax(scores, axis=1)
        p = expit(scores.ravel())
        return np.column_stack([1.0 - p, p])


class Exact(Peer):
    def supports(self, problem, task):
        return problem.n_classes == 2 and not problem.fit_intercept and problem.penalty in self.options["penalties"]

    def weights(self, model):
        return np.asarray(model.coef_).reshape(-1, 1), np.zeros(1)


class CoordinateDescent(Exact):
    def convert(self, task):
        return rows_in_columns(task)

    def fit(self, data, problem, effort):
        # Its L2 penalty is ||w||^2 / 2, and its tolerance relative to the first violation.
        model = CDClassifier(
            loss="log", penalty=problem.penalty, C=problem.C, alpha=1.0, tol=effort, max_iter=1000, random_state=0
        )
        return model.fit(*data)


class Saga(Exact):
    def fit(self, data, problem, effort):
        X, y = data
        alpha = 1.0 / (problem.C * X.shape[0])
        model = SAGAClassifier(
            loss="log",
            alpha=alpha * (1.0 - problem.l1_ratio),
            beta=alpha * problem.l1_ratio,
            penalty="l1" if problem.l1_ratio else None,
            tol=effort,
            max_iter=1000,
            random_state=0,
        )
        return model.fit(X, y)


SGD = [Sgd("lightning SGDClassifier", f"eta0={eta0}", eta0=eta0) for eta0 in (1.0, 10.0)]
EXACT = [
    CoordinateDescent("lightning", "primal coordinate descent", penalties={"l1", "l2"}),
    Saga("lightning", "SAGA", penalties={"l2", "l1", "elasticnet"}),
]
