"""scikit-learn: SGDClassifier, and LogisticRegression with each of its solvers."""

from __future__ import annotations

import sklearn
from sklearn.linear_model import LogisticRegression, SGDClassifier

from .protocol import Peer

SINCE_1_8 = tuple(int(part) for part in sklearn.__version__.split(".")[:2]) >= (1, 8)
PENALTIES = {
    "lbfgs": {"l2"},
    "newton-cg": {"l2"},
    "newton-cholesky": {"l2"},
    "sag": {"l2"},
    "liblinear": {"l2", "l1"},
    "saga": {"l2", "l1", "elasticnet"},
}


class Sgd(Peer):
    def fit(self, data, problem, effort):
        model = SGDClassifier(
            loss="log_loss", alpha=self.options["alpha"], max_iter=effort, tol=None, random_state=0, n_jobs=1
        )
        return model.fit(*data)


class Exact(Peer):
    def supports(self, problem, task):
        solver = self.options["solver"]
        if solver == "liblinear" and (problem.n_classes > 2 or problem.fit_intercept):  # it penalises the intercept
            return False
        if solver == "newton-cholesky" and task.X.shape[1] * problem.n_classes > 10_000:  # a dense Hessian
            return False
        return problem.penalty in PENALTIES[solver]

    def fit(self, data, problem, effort):
        penalty = {"l1_ratio": problem.l1_ratio}
        if not SINCE_1_8:
            penalty["penalty"] = problem.penalty
        model = LogisticRegression(
            C=problem.C,
            solver=self.options["solver"],
            tol=effort,
            max_iter=10_000,
            fit_intercept=problem.fit_intercept,
            random_state=0,
            **penalty,
        )
        return model.fit(*data)


SGD = [Sgd("scikit-learn SGDClassifier", f"alpha={alpha:g}", alpha=alpha) for alpha in (1e-6, 3e-6, 1e-5)]
EXACT = [Exact("scikit-learn", solver, solver=solver) for solver in PENALTIES]
