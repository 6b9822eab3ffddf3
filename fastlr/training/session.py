"""A training session: it plans a training, sets up its monitor, checkpoint and progress bar, and runs it.

It knows no estimator: `fastlr.SGDClassifier` and the trainer of `fastlr.TextClassifier` use it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from fastlr import kernels
from fastlr.data.protocols import TrainingProblem
from fastlr.solvers.stochastic.exact_zeros import LocalSums, zero_noise
from fastlr.solvers.stochastic.optimizer import Optimizer
from fastlr.solvers.stochastic.spec import create_optimizer
from fastlr.training.config import TrainingConfig
from fastlr.training.early_stopping import AdaptiveRate
from fastlr.training.monitor import TrainingMonitor
from fastlr.training.partitioned import PartitionedProblem
from fastlr.training.plan import make_plan, scale_of
from fastlr.training.run import run
from fastlr.utils.progress_bar import ProgressBar


class TrainingResult(NamedTuple):
    """What a training session ends with.

    Attributes
    ----------
    weights : ndarray of shape (n_features, n_outputs)
        Those of the best epoch if early stopping chose one, otherwise the last ones.
    intercept : ndarray of shape (n_outputs,)
    n_iter : int
        Epochs run; after an interrupt, epochs begun.
    converged : bool
        Whether the tolerance, if there is one, was met.
    interrupted : bool
        Whether Ctrl-C ended the training.
    """

    weights: np.ndarray
    intercept: np.ndarray
    n_iter: int
    converged: bool
    interrupted: bool


class TrainingSession:
    """A training of one problem.

    Parameters
    ----------
    config : TrainingConfig
    problem : TrainingProblem
    backend : {"numba", "cython", "numpy"}
    seed : int or None
        Seed of the row orders; None keeps the rows in the given order.
    evaluation_sets : mapping of str to TrainingProblem, default={}
        Rows to evaluate the weights on after each epoch, by the prefix of their columns in the history. Early stopping
        looks at the last of them.
    full_history : bool, default=False
        Whether the history has what costs a pass over the weights per epoch.

    Attributes
    ----------
    scale : RowScale
        Scale of the rows; empty if nothing depends on it.
    plan : Plan
    monitor : TrainingMonitor
        Has the history, and the state of early stopping.
    optimizer : Optimizer
        Set by `start`.

    Raises
    ------
    ValueError
        If the parameters contradict each other or the rows.

    Examples
    --------
    >>> import numpy as np
    >>> import scipy.sparse as sp
    >>> from fastlr.data.problem import Problem
    >>> from fastlr.data.validation import as_rows
    >>> from fastlr.training.config import TrainingConfig
    >>> from fastlr.training.session import TrainingSession
    >>> rows = as_rows(sp.csr_array([[0.0], [1.0]]), np.float64)
    >>> problem = Problem.make(rows, np.array([0, 1], np.int32), None, n_classes=2)
    >>> session = TrainingSession(TrainingConfig(max_iter=3), problem, "numpy", seed=0)
    >>> session.start()
    >>> session.run().n_iter
    3
    """

    optimizer: Optimizer

    def __init__(
        self,
        config: TrainingConfig,
        problem: TrainingProblem,
        backend: str,
        seed: int | None,
        *,
        evaluation_sets: Mapping[str, TrainingProblem] | None = None,
        full_history: bool = False,
    ) -> None:
        self.config, self.problem, self.backend, self.seed = config, problem, backend, seed
        self.scale = scale_of(config, problem, backend)
        config.refuse_contradictions(backend)
        self.plan = make_plan(config, problem, self.scale, backend)
        stopping = config.stopping()
        if isinstance(stopping, AdaptiveRate):
            eta0 = float(self.plan.schedule.rates(0, 1)[0])
            stopping.start(eta0, unit=eta0 if config.eta0 == "auto" else 1.0)
            self.plan = self.plan._replace(schedule=stopping)
        self.monitor = TrainingMonitor(
            problem,
            self.plan,
            evaluation_sets or {},
            stopping,
            full_history,
            kernels.load(backend, config.loss),
        )

    def start(self, optimizer: Optimizer | None = None) -> None:
        """Set the optimizer to train; None creates one from zero weights."""
        if optimizer is None:
            optimizer = create_optimizer(self.config.optimizer_config(self.problem, self.backend))
        self.optimizer = optimizer

    def save_to(
        self,
        path: str | os.PathLike[str],
        every: float,
        resume: bool,
        parameters: Mapping[str, Any],
        classes: np.ndarray,
    ) -> None:
        """Write checkpoints to a file; continue from it if ``resume`` and it exists.

        The parameters and classes identify the training: those in the file must be equal.
        """
        # Imported here, because it imports SciPy, which training on documents does without.
        from fastlr.training.checkpoint import Checkpoint, HasState, identify

        monitor = self.monitor
        identity = identify(parameters, self.backend, self.problem, classes, self.optimizer, monitor.evaluation_sets)
        parts: dict[str, HasState] = {"steps": self.optimizer, "watch": monitor}  # names in the file
        checkpoint = Checkpoint(path, every, identity, parts, self.seed)
        monitor.saver = checkpoint
        checkpoint.open(resume)

    def show_progress(self, description: str) -> None:
        """Show a progress bar on standard error."""
        n_rows = self.problem.n_active
        bar = ProgressBar(description, self.plan.max_iter * n_rows, " rows")
        bar.add(self.optimizer.n_steps * n_rows // self.config.steps_per_epoch(self.problem))
        self.monitor.bar = bar

    @property
    def _leaves_noise(self) -> bool:
        """Whether the last steps leave noise on weights that L1 makes 0; the best weights so far stay as they are."""
        stopping, penalty = self.monitor.stopping, self.plan.penalty
        defers_l1 = self.config.optimizer_config(self.problem, self.backend).lazy
        return defers_l1 and penalty.l1 > 0.0 and not (stopping is not None and stopping.keep_best)

    def run(self) -> TrainingResult:
        """Train. Ctrl-C ends the training, and the result has the steps taken so far."""
        optimizer, monitor = self.optimizer, self.monitor
        n_iter, converged, interrupted = 0, True, False
        try:
            n_iter, converged = run(optimizer, self.problem, self.config, self.plan, self.seed, monitor)
        except KeyboardInterrupt:
            interrupted = True
        finally:
            monitor.close()
        weights, intercept = monitor.model(optimizer.finish, optimizer.intercept)
        if self._leaves_noise and not interrupted:
            try:
                loss_kernels = kernels.load(self.backend, self.config.loss)
                partitioned = isinstance(self.problem, PartitionedProblem)
                problem: Any = self.problem
                rows = problem.row_sums(loss_kernels) if partitioned else LocalSums(problem, loss_kernels)
                zero_noise(weights, intercept, rows, self.plan.penalty, loss_kernels)
            except KeyboardInterrupt:
                interrupted = True
        n_iter = n_iter or -(-optimizer.n_steps // self.config.steps_per_epoch(self.problem))
        return TrainingResult(weights, intercept, n_iter, converged, interrupted)
