"""Monitoring a fit epoch by epoch: history, validation, early stopping, progress bar, callbacks, checkpoints.

Nothing here changes what a step does: a monitored fit makes the same weights, bit for bit, as one without a monitor.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from threading import Event
from typing import TYPE_CHECKING, Any

import numpy as np

from fastlr.data.protocols import TrainingProblem
from fastlr.kernels.kernel_set import KernelSet
from fastlr.objective.penalties import ElasticNet
from fastlr.solvers.stochastic.monitor import Saver
from fastlr.solvers.stochastic.optimizer import Optimizer
from fastlr.training.early_stopping import EarlyStopping
from fastlr.training.evaluation import evaluate
from fastlr.training.history import History
from fastlr.training.plan import Plan
from fastlr.utils.progress_bar import ProgressBar

if TYPE_CHECKING:  # it imports scikit-learn
    from fastlr.training.sklearn_callbacks import FitTask


class TrainingMonitor:
    """Records each epoch of a training, notifies others, and decides when to end it.

    Parameters
    ----------
    problem : TrainingProblem
    plan : Plan
    evaluation_sets : mapping of str to TrainingProblem
        Rows to evaluate the weights on, by the prefix of their columns' names. Early stopping looks at the last of
        them.
    stopping : EarlyStopping or None
        When to stop; None never does. Without an evaluation set it looks at the objective.
    full_history : bool
        Whether to record what costs a pass over the weights.
    kernels : KernelSet
        Of the loss by which the evaluation sets are judged.

    Attributes
    ----------
    history : History
    n_epochs : int
        Epochs completed.
    bar : ProgressBar or None
        Progress over the rows of all epochs.
    fit_task : FitTask or None
        scikit-learn's callbacks; ``attributes_of`` turns weights and intercepts into the attributes they are shown.
    saver : Saver or None
        Writes checkpoints.
    cancelled : Event or None
        Ends the training, in whichever thread it runs, as Ctrl-C does, once it is set.
    """

    def __init__(
        self,
        problem: TrainingProblem,
        plan: Plan,
        evaluation_sets: Mapping[str, TrainingProblem],
        stopping: EarlyStopping | None,
        full_history: bool,
        kernels: KernelSet,
    ) -> None:
        self.problem = problem
        self.plan = plan
        self.penalty = ElasticNet.from_strengths(plan.penalty.l1, plan.penalty.l2)  # as the steps apply it
        self.evaluation_sets = evaluation_sets
        self.stopping = stopping
        self.kernels = kernels
        self.bar: ProgressBar | None = None
        self.fit_task: FitTask | None = None
        self.epoch_task: FitTask | None = None
        self.attributes_of: Callable[[np.ndarray, np.ndarray], dict[str, Any]] = lambda weights, intercept: {}
        self.saver: Saver | None = None
        self.cancelled: Event | None = None
        self.history = History()
        self.needs_weights = full_history or stopping is not None or bool(evaluation_sets)
        self.n_rows = problem.n_active
        self.n_nonzeros = problem.n_nonzeros
        self.n_epochs = 0
        self.n_steps = 0
        self.loss = 0.0
        self.begun = time.perf_counter()

    def epoch_begins(self, optimizer: Optimizer) -> None:
        """Record where an epoch begins."""
        if self.fit_task is not None:
            self.epoch_task = self.fit_task.subtask("epoch")
        self.n_rows_done = 0
        self.loss_seen = optimizer.loss
        self.epoch_begun = time.perf_counter()

    def rows_done(self, n: int, optimizer: Optimizer) -> None:
        """Count rows of the epoch."""
        self.n_rows_done += n
        if self.bar is not None:
            self.bar.add(n)
            if self.bar.is_due():
                self._move_bar(optimizer)

    def between_steps(self) -> None:
        """Write a checkpoint if it is time to; raise KeyboardInterrupt if the training is cancelled."""
        if self.cancelled is not None and self.cancelled.is_set():
            raise KeyboardInterrupt
        if self.saver is not None:
            self.saver.tick()

    def _move_bar(self, optimizer: Optimizer) -> None:
        """Update the progress bar; where the end is not planned, it shows the soonest possible one."""
        if self.bar is None:
            return
        end = self.plan.max_iter
        if self.stopping is not None:
            end = min(end, self.stopping.soonest_end(self.n_epochs))
        seen = max(self.n_rows_done, 1) * self.problem.total_weight / self.n_rows
        numbers = {
            "epoch": f"{self.n_epochs + (optimizer.n_steps > self.n_steps)}/{end}",
            "loss": f"{(optimizer.loss - self.loss_seen) / seen:.4f}",
            "rate": f"{float(self.plan.schedule.rates(max(optimizer.n_steps - 1, 0), 1)[0]):.3g}",
        }
        if self.evaluation_sets and self.history.rows:
            numbers["validation"] = f"{self.history.rows[-1][f'{list(self.evaluation_sets)[-1]}_loss']:.4f}"
        self.bar.move(end * self.n_rows, **numbers)

    def epoch_done(self, optimizer: Optimizer, gradient_norm: float | None = None) -> bool:
        """Record an epoch; return whether it is the last."""
        seconds = time.perf_counter() - self.epoch_begun
        self.n_epochs += 1
        training_loss = (optimizer.loss - self.loss) / self.problem.total_weight
        row: dict[str, float | None] = {
            "epoch": self.n_epochs,
            "seconds": 0.0,
            "steps": optimizer.n_steps,
            "nonzeros_per_second": self.n_nonzeros * self.n_rows_done / self.n_rows / max(seconds, 1e-9),
            "learning_rate": float(self.plan.schedule.rates(self.n_steps, 1)[0]),
            "training_loss": training_loss,
            "gradient_norm": gradient_norm,
        }
        stops = False
        if self.needs_weights:
            weights, intercept = optimizer.model_weights(), optimizer.intercept
            value = row["objective"] = training_loss + self.penalty.value(weights)
            row["nonzero_weights"] = int(np.count_nonzero(weights))
            for prefix, held_out in self.evaluation_sets.items():
                value, accuracy = evaluate(held_out, weights, intercept, self.kernels)
                row[f"{prefix}_loss"], row[f"{prefix}_accuracy"] = value, accuracy
            stops = self.stopping is not None and self.stopping.stops(self.n_epochs, value, weights, intercept)
        row["seconds"] = time.perf_counter() - self.begun
        self.history.append(**row)
        self.n_steps, self.loss = optimizer.n_steps, optimizer.loss
        if self.epoch_task is not None:

            def attributes() -> dict[str, Any]:
                return self.attributes_of(*self.model(optimizer.model_weights, optimizer.intercept))

            stops = self.epoch_task.end(attributes) or stops
        if self.bar is not None and (stops or self.n_epochs == self.plan.max_iter or self.bar.is_due()):
            self._move_bar(optimizer)
        return stops

    def model(self, weights: Callable[[], np.ndarray], intercept: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the weights and intercepts that the training would end with: the best ones, or the current ones."""
        if self.stopping is not None and self.stopping.best_weights is not None:
            return self.stopping.best_weights
        return weights(), intercept

    def close(self) -> None:
        """Close the progress bar."""
        if self.bar is not None:
            self.bar.close()

    def state_dict(self) -> dict[str, Any]:
        """Return everything later epochs depend on, by name; arrays are not copied."""
        stopping = None if self.stopping is None else self.stopping.state_dict()
        return {"rows": self.history.rows, "n_steps": self.n_steps, "loss": self.loss, "stopping": stopping}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from a state that `state_dict` returned.

        Raises
        ------
        ValueError
            If it is malformed, or the training it is of has another stopping rule.
        """
        if set(state) != set(self.state_dict()):
            raise ValueError(
                f"The state of the monitor is {sorted(self.state_dict())}; found {sorted(map(str, state))}."
            )
        rows, n_steps, loss = state["rows"], state["n_steps"], state["loss"]
        if type(n_steps) is not int or type(loss) is not float or not (n_steps >= 0 and np.isfinite(loss)):
            raise ValueError("The state of the monitor holds values of other types.")
        if not isinstance(rows, list) or not all(
            isinstance(row, dict)
            and row.get("epoch") == k
            and {"epoch", "seconds"} <= set(row)
            and all(isinstance(name, str) and type(value) in (int, float) for name, value in row.items())
            for k, row in enumerate(rows, 1)
        ):
            raise ValueError("The history of the training is malformed.")
        if (state["stopping"] is None) != (self.stopping is None):
            raise ValueError("The training in the file has another stopping rule.")
        if self.stopping is not None:
            shape = (self.problem.shape[1], self.problem.n_outputs)
            self.stopping.load_state_dict(state["stopping"], shape, self.problem.dtype)
        self.history.rows, self.n_epochs, self.n_steps, self.loss = rows, len(rows), n_steps, loss
        self.begun = time.perf_counter() - (rows[-1]["seconds"] if rows else 0.0)
