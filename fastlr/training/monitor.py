"""Watching a fit epoch by epoch: its history, validation, early stopping, and who is to be told.

Nothing here changes what a step does: a watched fit makes the same weights, to the bit, as one that is not.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from fastlr.data.problem import Problem
from fastlr.objective import penalty
from fastlr.schedules import Schedule
from fastlr.solvers.stochastic.optimizer import Optimizer, StepRule
from fastlr.training.checkpoint import Checkpoint
from fastlr.training.early_stopping import EarlyStopping
from fastlr.training.evaluation import evaluate
from fastlr.training.history import History
from fastlr.utils.progress_bar import ProgressBar

if TYPE_CHECKING:  # it imports scikit-learn
    from fastlr.training.sklearn_callbacks import FitTasks


class TrainingMonitor:
    """Takes note of each epoch, and says when training is to end.

    Parameters
    ----------
    problem : Problem
    schedule : Schedule
    rule : Rule
    evaluation_sets : mapping of str to Problem
        What to evaluate the weights on, under the prefixes of the columns' names. Early stopping looks at the last.
    stopping : EarlyStopping or None
        When to stop; None never does. Without an evaluation set it looks at the objective.
    max_iter : int
        Epochs at most.
    full : bool
        Whether to note what costs a pass over the weights.

    Attributes
    ----------
    bar : Progress or None
        A bar over the rows of all epochs.
    tasks : FitTasks or None
        Callbacks to tell of the model, which ``model_of`` turns from weights and intercepts into attributes.
    saver : Checkpoint or None
        What writes where the training stands.
    """

    def __init__(
        self,
        problem: Problem,
        schedule: Schedule,
        rule: StepRule,
        evaluation_sets: Mapping[str, Problem],
        stopping: EarlyStopping | None,
        max_iter: int,
        full: bool,
    ) -> None:
        self.problem = problem
        self.schedule = schedule
        self.rule = rule
        self.evaluation_sets = evaluation_sets
        self.stopping = stopping
        self.max_iter = max_iter
        self.bar: ProgressBar | None = None
        self.tasks: FitTasks | None = None
        self.model_of: Callable[[np.ndarray, np.ndarray], dict[str, Any]] = lambda weights, intercept: {}
        self.saver: Checkpoint | None = None
        self.history = History()
        self.needs_weights = full or stopping is not None or bool(evaluation_sets)
        self.n_rows = problem.n_active
        self.n_nonzeros = problem.n_nonzeros
        self.n_epochs = 0
        self.n_steps = 0
        self.loss = 0.0
        self.begun = time.perf_counter()

    def epoch_begins(self, steps: Optimizer) -> None:
        """Take note of where an epoch begins."""
        if self.tasks is not None:
            self.tasks.epoch_begins()
        self.n_rows_done = 0
        self.loss_seen = steps.loss
        self.epoch_begun = time.perf_counter()

    def rows_done(self, n: int, steps: Optimizer) -> None:
        """Take note of rows of the epoch."""
        self.n_rows_done += n
        if self.bar is None:
            return
        self.bar.add(n)
        if self.bar.is_due():
            self._move_bar(steps)

    def between_steps(self) -> None:
        """Write a checkpoint if it is time to."""
        if self.saver is not None:
            self.saver.tick()

    def _move_bar(self, steps: Optimizer) -> None:
        """Show how far it is; the end is the soonest possible, where it is not planned."""
        end = self.max_iter
        if self.stopping is not None:
            end = min(end, self.stopping.soonest_end(self.n_epochs))
        seen = max(self.n_rows_done, 1) * self.problem.total_weight / self.n_rows
        numbers = {
            "epoch": f"{self.n_epochs + (steps.n_steps > self.n_steps)}/{end}",
            "loss": f"{(steps.loss - self.loss_seen) / seen:.4f}",
            "rate": f"{float(self.schedule.rates(max(steps.n_steps - 1, 0), 1)[0]):.3g}",
        }
        if self.evaluation_sets and self.history.rows:
            numbers["validation"] = f"{self.history.rows[-1][f'{next(reversed(self.evaluation_sets))}_loss']:.4f}"
        self.bar.move(end * self.n_rows, **numbers)

    def epoch_done(self, steps: Optimizer, gradient_norm: float | None = None) -> bool:
        """Take note of an epoch's end; return whether it is the last."""
        seconds = time.perf_counter() - self.epoch_begun
        self.n_epochs += 1
        row = {
            "epoch": self.n_epochs,
            "seconds": 0.0,
            "steps": steps.n_steps,
            "nonzeros_per_second": self.n_nonzeros * self.n_rows_done / self.n_rows / max(seconds, 1e-9),
            "learning_rate": float(self.schedule.rates(self.n_steps, 1)[0]),
            "training_loss": (steps.loss - self.loss) / self.problem.total_weight,
            "gradient_norm": gradient_norm,
        }
        stops = False
        if self.needs_weights:
            weights, intercept = steps.settled(), steps.intercept
            strength = self.rule.l1 + self.rule.l2
            row["objective"] = row["training_loss"]
            if strength:
                row["objective"] += penalty(weights, strength, self.rule.l1 / strength)
            row["nonzero_weights"] = int(np.count_nonzero(weights))
            value = row["objective"]
            for prefix, held_out in self.evaluation_sets.items():
                value, accuracy = evaluate(held_out, weights, intercept)
                row[f"{prefix}_loss"], row[f"{prefix}_accuracy"] = value, accuracy
            stops = self.stopping is not None and self.stopping.stops(self.n_epochs, value, weights, intercept)
        row["seconds"] = time.perf_counter() - self.begun
        self.history.append(**row)
        self.n_steps, self.loss = steps.n_steps, steps.loss
        if self.tasks is not None:
            stops = self.tasks.epoch_done(lambda: self.model_of(*self.model(steps.settled, steps.intercept))) or stops
        if self.bar is not None and (stops or self.n_epochs == self.max_iter or self.bar.is_due()):
            self._move_bar(steps)
        return stops

    def model(self, weights: Callable[[], np.ndarray], intercept: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the weights and intercepts that training would end with: the best ones, or else the current ones."""
        if self.stopping is not None and self.stopping.best_weights is not None:
            return self.stopping.best_weights
        return weights(), intercept

    def close(self) -> None:
        """Leave the bar."""
        if self.bar is not None:
            self.bar.close()

    def state_dict(self) -> dict[str, Any]:
        """Return all that later epochs depend on, by name; arrays are not copied."""
        stopping = None if self.stopping is None else self.stopping.state_dict()
        return {"rows": self.history.rows, "n_steps": self.n_steps, "loss": self.loss, "stopping": stopping}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a state that `state_dict` gave.

        Raises
        ------
        ValueError
            If it is malformed, or of a training that stops otherwise.
        """
        if set(state) != set(self.state_dict()):
            raise ValueError(f"The state of the watch is {sorted(self.state_dict())}; found {sorted(map(str, state))}.")
        rows, n_steps, loss = state["rows"], state["n_steps"], state["loss"]
        if type(n_steps) is not int or type(loss) is not float or not (n_steps >= 0 and np.isfinite(loss)):
            raise ValueError("The state of the watch holds values of other types.")
        if not isinstance(rows, list) or not all(
            isinstance(row, dict)
            and row.get("epoch") == k
            and {"epoch", "seconds"} <= set(row)
            and all(isinstance(name, str) and type(value) in (int, float) for name, value in row.items())
            for k, row in enumerate(rows, 1)
        ):
            raise ValueError("The history of the training is malformed.")
        if (state["stopping"] is None) != (self.stopping is None):
            raise ValueError("The training of the file stops otherwise.")
        if self.stopping is not None:
            shape = (self.problem.shape[1], self.problem.n_outputs)
            self.stopping.load_state_dict(state["stopping"], shape, self.problem.dtype)
        self.history.rows, self.n_epochs, self.n_steps, self.loss = rows, len(rows), n_steps, loss
        self.begun = time.perf_counter() - (rows[-1]["seconds"] if rows else 0.0)
