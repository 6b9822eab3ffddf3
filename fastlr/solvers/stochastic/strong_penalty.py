"""Steps under a penalty so strong that weights are soon 0 again: only those that are not 0 are settled.

L2 shrinks the scale of the weights by ``1 + eta * l2`` a step, and before it leaves the range of their type all
features are settled (``kernels.lazy``): once in 10^8 steps under a penalty that trains something, at every step under
one that is absurd. But then a weight that no row touches for a while is exactly 0, by underflow, and stays so. So the
kernels are given few rows at a time, over the features of these rows and those whose weights are not 0: the same steps
on the same numbers, to the bit but for the sign of zeros, at a cost that does not depend on how many other features
there are.
"""

from __future__ import annotations

from dataclasses import replace
from math import log

import numpy as np

from fastlr.data.problem import Problem
from fastlr.solvers.stochastic.optimizer import Optimizer, StepRule
from fastlr.solvers.stochastic.sgd import LazySGD
from fastlr.utils.arrays import frozen

# A feature that is gathered, looked at and written back takes as long as so many that are settled.
COST = 24.0
# As long as settling takes fewer times what the steps take, nothing is looked for.
DEAR = 100.0
# Fewer rows or settlings at a time would cost more to prepare than they save.
FEW_ROWS, SETTLINGS = 32, 4.0


class Forgetting:
    """Takes steps one row at a time; knows the features whose weights may not be 0, as long as nobody else steps."""

    def __init__(self) -> None:
        self.active: np.ndarray | None = None  # increasing

    def run(
        self,
        steps: Optimizer,
        problem: Problem,
        order: np.ndarray,
        start: int,
        stop: int,
        rates: np.ndarray,
        rule: StepRule,
    ) -> None:
        """Take one step for every row of ``order[start:stop]``."""
        often = _settlings(steps, problem, order[start:stop], rates, rule)
        if not self._is_worth_it(steps, problem, stop - start, often):
            self.active = None
            steps.run(problem, order, start, stop, rates, 1, rule)
            return
        n_rows = max(FEW_ROWS, int(SETTLINGS / often))
        for first in range(start, stop, n_rows):
            last = min(first + n_rows, stop)
            self._run(steps, problem, order[first:last], rates[first - start : last - start], rule)

    def _is_worth_it(self, steps: Optimizer, problem: Problem, n_rows: int, often: float) -> bool:
        """Tell whether settling all features takes longer than looking for those whose weights are not 0."""
        n_features, n_entries = problem.shape[1], problem.rows.nnz / max(problem.rows.shape[0], 1)
        if often * n_features <= DEAR * n_entries or often * n_rows < (COST if self.active is None else 1.0):
            return False
        if self.active is None:
            self.active = np.flatnonzero(steps.weights.any(axis=1))  # what a 0 has paid is settled with the rest
        return often * n_rows * n_features > COST * (len(self.active) + n_rows * n_entries)

    def _run(self, steps: LazySGD, problem: Problem, chosen: np.ndarray, rates: np.ndarray, rule: StepRule) -> None:
        part, features = _compact(problem, chosen, self.active)
        whole, few = steps.weights, steps.weights[features]
        steps.weights = few
        try:
            steps.run(part, part.active_rows, 0, len(chosen), rates, 1, rule)
        finally:
            stay = few[:, : steps.n_outputs].any(axis=1)
            few[~stay] = 0.0  # and nothing is owed: a later debt begins anew
            whole[features] = few
            steps.weights = whole
            self.active = features[stay]


def _settlings(steps: Optimizer, problem: Problem, chosen: np.ndarray, rates: np.ndarray, rule: StepRule) -> float:
    """Return how often a step settles all features, 1 at most; 0 for steps that never do."""
    if not isinstance(steps, LazySGD) or len(steps.counts):
        return 0.0
    due = rates * problem.sample_weight[chosen] if len(problem.sample_weight) else np.asarray(rates)
    with np.errstate(over="ignore"):
        decay = float(np.log1p(due * rule.l2).mean()) / -log(steps.smallest_scale)
        return min(decay + float(due.mean()) * (rule.l1 / steps.largest), 1.0)


def _compact(problem: Problem, chosen: np.ndarray, active: np.ndarray) -> tuple[Problem, np.ndarray]:
    """Return some rows as a problem over their own features and the active ones, and these features."""
    part = problem.take(chosen)
    rows = part.rows
    features = np.sort(np.concatenate([active, rows.indices]))  # np.unique hashes them, which takes ten times as long
    features = features[np.diff(features, prepend=-1) > 0]
    indices = frozen(np.searchsorted(features, rows.indices), rows.indices.dtype)
    part = replace(part, rows=replace(rows, indices=indices, shape=(len(chosen), len(features))))
    vars(part)["largest"] = problem.largest  # by which a step is found too large
    return part, features
