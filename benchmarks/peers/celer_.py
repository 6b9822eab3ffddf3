"""Celer: proximal Newton with working sets and dual extrapolation, for L1."""

from __future__ import annotations

import celer

from .protocol import Peer, rows_in_columns


class Exact(Peer):
    def supports(self, problem, task):
        return problem.n_classes == 2 and problem.penalty == "l1" and not problem.fit_intercept

    def convert(self, task):
        return rows_in_columns(task)

    def fit(self, data, problem, effort):
        return celer.LogisticRegression(C=problem.C, tol=effort, max_iter=200).fit(*data)


SGD = []
EXACT = [Exact("Celer")]
