"""Watching a fit epoch by epoch: its history, validation, early stopping, and who is to be told.

Nothing here changes what a step does: a watched fit makes the same weights, to the bit, as one that is not.
"""

from __future__ import annotations

import time
from collections.abc import Mapping

import numpy as np

from fastlr.early_stopping import EarlyStopping
from fastlr.history import History
from fastlr.objective import penalty
from fastlr.problem import Problem
from fastlr.schedules import Schedule
from fastlr.solvers.steps import Rule, Steps
from fastlr.validation import EvaluationSet


class Watch:
    """Takes note of each epoch, and says when training is to end.

    Parameters
    ----------
    problem : Problem
    schedule : Schedule
    rule : Rule
    evaluation_sets : mapping of str to EvaluationSet
        What to evaluate the weights on, under the prefixes of the columns' names. Early stopping looks at the last.
    stopping : EarlyStopping or None
        When to stop; None never does. Without an evaluation set it looks at the objective.
    full : bool
        Whether to note what costs a pass over the weights.
    """

    def __init__(
        self,
        problem: Problem,
        schedule: Schedule,
        rule: Rule,
        evaluation_sets: Mapping[str, EvaluationSet],
        stopping: EarlyStopping | None,
        full: bool,
    ) -> None:
        self.problem = problem
        self.schedule = schedule
        self.rule = rule
        self.evaluation_sets = evaluation_sets
        self.stopping = stopping
        self.full = full
        self.history = History()
        self.needs_weights = full or stopping is not None or bool(evaluation_sets)
        lengths = np.diff(problem.rows.indptr)
        self.n_nonzeros = int(lengths[problem.present].sum(dtype=np.int64))
        self.epoch = 0
        self.begun = time.perf_counter()
        self.loss_before = 0.0
        self.epoch_begins(0)

    def epoch_begins(self, step: int) -> None:
        """Take note of where the next epoch begins."""
        self.epoch_begun = time.perf_counter()
        self.learning_rate = float(self.schedule.rates(step, 1)[0])

    def epoch_done(self, steps: Steps, gradient_norm: float | None = None) -> bool:
        """Take note of an epoch; return whether training ends with it."""
        seconds = time.perf_counter() - self.epoch_begun
        self.epoch += 1
        row = {
            "epoch": self.epoch,
            "seconds": 0.0,
            "steps": steps.n_steps,
            "nonzeros_per_second": self.n_nonzeros / max(seconds, 1e-9),
            "learning_rate": self.learning_rate,
            "training_loss": (steps.loss - self.loss_before) / self.problem.total_weight,
            "gradient_norm": gradient_norm,
        }
        self.loss_before = steps.loss
        stops = False
        if self.needs_weights:
            weights, intercept = steps.settled(), steps.intercept
            l1, l2 = self.rule.l1, self.rule.l2
            strength = l1 + l2
            row["objective"] = row["training_loss"] + (penalty(weights, strength, l1 / strength) if strength else 0.0)
            row["nonzero_weights"] = int(np.count_nonzero(weights))
            value = row["objective"]
            for prefix, rows in self.evaluation_sets.items():
                value, row[f"{prefix}_accuracy"] = rows.evaluate(weights, intercept)
                row[f"{prefix}_loss"] = value
            stops = self.stopping is not None and self.stopping.stops(self.epoch, value, weights, intercept)
        row["seconds"] = time.perf_counter() - self.begun
        self.history.append(**row)
        self.epoch_begins(steps.n_steps)
        return stops
