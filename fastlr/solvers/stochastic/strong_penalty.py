"""A fast path for penalties so strong that most weights are soon 0 again: only non-zero weights are updated.

L2 shrinks the scale of the weights by ``1 + eta * l2`` per step, and before the scale leaves the range of its type,
deferred penalties are applied to all features (``kernels.sources.lazy_penalty``): once in 10^8 steps under a penalty
that trains something, but at every step under one that is absurd. Then, however, a weight that no row touches for a
while is exactly 0, by underflow, and stays so. So the kernels are given a few rows at a time, over the features of
these rows and those whose weights are not 0. These are the same steps on the same numbers, bit for bit except for the
sign of zeros, at a cost that does not depend on how many other features there are.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from fastlr.data.problem import Problem
from fastlr.solvers.stochastic.optimizer import StepSlice
from fastlr.solvers.stochastic.sgd import LazySGD
from fastlr.utils.arrays import frozen
from fastlr.utils.elementary import log, log1p
from fastlr.utils.sums import mean_of

# A feature that is gathered, examined and written back takes as long as applying the penalty to this many features.
GATHER_COST = 24.0
# While applying penalties takes less than this many times as long as the steps, the path is not considered.
EXPENSIVE = 100.0
# Fewer rows, or fewer applications of the penalty to all features, would cost more to prepare than they save.
FEW_ROWS, FEW_FLUSHES = 32, 4.0
# A number x that differs from log(1 + x), which takes 50 us, by less than 1%.
NEGLIGIBLE = 0.01


class StrongPenaltyPath:
    """Takes steps of one row each, over the active features only if that is faster.

    No one else may step in between while it knows the active features.

    Attributes
    ----------
    active : ndarray of intp or None
        Features whose weights may not be 0, increasing; None while that is unknown.
    """

    def __init__(self, optimizer: LazySGD) -> None:
        self.optimizer = optimizer
        self.active: np.ndarray | None = None
        self._range = -log(optimizer.smallest_scale)

    def run(self, steps: StepSlice) -> None:
        """Take the steps."""
        flushes = self._flushes_per_step(steps)
        active = self._active_if_worthwhile(steps, flushes)
        if active is None:
            self.active = None
            self.optimizer.run(steps)
            return
        n_rows = max(FEW_ROWS, int(FEW_FLUSHES / flushes))
        for first in range(steps.start, steps.stop, n_rows):
            last = min(first + n_rows, steps.stop)
            rates = steps.rates[first - steps.start : last - steps.start]
            active = self._run_compact(steps._replace(start=first, stop=last, rates=rates), active)

    def _flushes_per_step(self, steps: StepSlice) -> float:
        """Return about how often a step applies the penalties to all features, at most 1."""
        problem, penalty = steps.problem, steps.penalty
        chosen = steps.order[steps.start : steps.stop]
        due = steps.rates * problem.sample_weight[chosen] if len(problem.sample_weight) else np.asarray(steps.rates)
        with np.errstate(over="ignore"):
            mean = mean_of(due)
            decay = mean * penalty.l2
            decay = (log1p(decay) if decay > NEGLIGIBLE else decay) / self._range
            return float(min(decay + mean * (penalty.l1 / self.optimizer.largest), 1.0))

    def _active_if_worthwhile(self, steps: StepSlice, flushes: float) -> np.ndarray | None:
        """Return the active features if updating all features takes longer than finding those; otherwise None."""
        problem, n_rows = steps.problem, steps.stop - steps.start
        n_features, n_entries = problem.shape[1], problem.rows.nnz / max(problem.rows.shape[0], 1)
        least = GATHER_COST if self.active is None else 1.0
        if flushes * n_features <= EXPENSIVE * n_entries or flushes * n_rows < least:
            return None
        if self.active is None:  # deferred penalties of a weight of 0 do not matter
            self.active = np.flatnonzero(self.optimizer.weights.any(axis=1))
        worthwhile = flushes * n_rows * n_features > GATHER_COST * (len(self.active) + n_rows * n_entries)
        return self.active if worthwhile else None

    def _run_compact(self, steps: StepSlice, active: np.ndarray) -> np.ndarray:
        """Take the steps over the features of their rows and the active ones; return those active afterwards."""
        optimizer = self.optimizer
        part, features = _compact(steps.problem, steps.order[steps.start : steps.stop], active)
        everything, few = optimizer.weights, optimizer.weights[features]
        optimizer.weights = few
        try:
            optimizer.run(steps._replace(problem=part, order=part.active_rows, start=0, stop=part.n_active))
        finally:
            stay = few[:, : optimizer.n_outputs].any(axis=1)
            few[~stay] = 0.0  # nothing is deferred for them: later penalties start from 0
            everything[features] = few
            optimizer.weights = everything
            active = self.active = features[stay]
        return active


def _compact(problem: Problem, chosen: np.ndarray, active: np.ndarray) -> tuple[Problem, np.ndarray]:
    """Return some rows as a problem over their own features and the active ones, and these features."""
    part = problem.take(chosen)
    rows = part.rows
    features = np.sort(np.concatenate([active, rows.indices]))  # np.unique hashes them, which takes ten times as long
    features = features[np.diff(features, prepend=-1) > 0]
    indices = frozen(np.searchsorted(features, rows.indices), rows.indices.dtype)
    part = replace(part, rows=replace(rows, indices=indices, shape=(len(chosen), len(features))))
    vars(part)["largest"] = problem.largest  # the limit by which a step is found too large is that of all rows
    return part, features
