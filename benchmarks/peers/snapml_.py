"""Snap ML: coordinate descent on the dual or the primal, one thread."""

from __future__ import annotations

import snapml

from .protocol import Peer


class Exact(Peer):
    def supports(self, problem, task):
        return (
            problem.n_classes == 2
            and not problem.fit_intercept  # it penalises the intercept
            and problem.penalty in ({"l2"} if self.options["dual"] else {"l2", "l1"})
        )

    def convert(self, task):
        return task.X, 2.0 * task.y - 1.0

    def fit(self, data, problem, effort):
        model = snapml.LogisticRegression(
            regularizer=1.0 / problem.C,
            penalty=problem.penalty,
            dual=self.options["dual"],
            tol=effort,
            max_iter=10_000,
            n_jobs=1,
            random_state=0,
        )
        return model.fit(*data)

    def weights(self, model):
        return model.coef_.reshape(-1, 1), 0.0


SGD = []
EXACT = [Exact("Snap ML", kind, dual=kind == "dual") for kind in ("dual", "primal")]
