"""The parameters of a training by gradient descent, and what follows from them before any row is seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fastlr import kernels
from fastlr.data.protocols import TrainingProblem
from fastlr.data.row_scale import RowScale
from fastlr.objective.penalties import L1_RATIOS, ElasticNet
from fastlr.schedules import (
    NAMED,
    Constant,
    ExponentialDecay,
    FunctionOfStep,
    InverseScaling,
    LinearDecay,
    LinearRestarts,
    Lipschitz,
    Optimal,
    PolynomialDecay,
    Schedule,
    StreamDecay,
)
from fastlr.solvers.stochastic.registry import find_optimizer
from fastlr.solvers.stochastic.spec import OptimizerConfig, OptimizerSpec
from fastlr.training.defaults import LOSS_USUAL, MAX_ITER, TOL_ADAPTIVE, TOL_FULL, automatic_penalty, planned_epochs
from fastlr.training.early_stopping import AdaptiveRate, EarlyStopping
from fastlr.utils.elementary import power
from fastlr.utils.parallel import resolve_n_jobs


@dataclass(frozen=True)
class TrainingConfig:
    """The parameters of `fastlr.SGDClassifier` that a training depends on, under the same names, checked."""

    loss: str = "log_loss"
    penalty: str | None = "l2"
    alpha: float | str = "auto"
    l1_ratio: float | None = 0.15
    fit_intercept: bool = True
    optimizer: str = "sgd"
    max_iter: int | None = None
    tol: float | None = None
    n_iter_no_change: int = 5
    early_stopping: bool = False
    batch_size: int | str = 1
    learning_rate: str | Schedule | Callable[[int], float] = "auto"
    eta0: float | str = "auto"
    power_t: float = 0.5
    average: bool | int = False
    n_jobs: int | None = None
    deterministic: bool = True

    @property
    def optimizer_spec(self) -> OptimizerSpec:
        """What the optimizer supports."""
        return find_optimizer(self.optimizer)

    def refuse_contradictions(self, backend: str) -> None:
        """Raise ValueError for parameters the optimizer, or training in several threads, does not support."""
        spec = self.optimizer_spec
        if resolve_n_jobs(self.n_jobs) > 1:
            serial: list[tuple[str, Any, bool]] = [
                ("optimizer", self.optimizer, not spec.supports_threads),
                ("average", self.average, bool(self.average)),
                ("backend", backend, not kernels.load(backend).threads),
            ]
            for name, value, is_serial in serial:
                if is_serial:
                    raise ValueError(f"{name}={value!r} supports only n_jobs=None (one thread); got {self.n_jobs!r}.")
        unsupported: list[tuple[str, bool, str]] = [
            ("learning_rate", not (spec.follows_schedule or self._has_constant_rate()), "'auto' or 'constant'"),
            ("average", not spec.supports_averaging and bool(self.average), "False"),
            ("batch_size", not spec.supports_full_batch and self.batch_size == "full", "an integer, 1 or more"),
        ]
        for name, is_unsupported, accepted in unsupported:
            if is_unsupported:
                value = getattr(self, name)
                raise ValueError(f"optimizer={self.optimizer!r} does not support {name}={value!r}; use {accepted}.")
        if self.has_adaptive_rate and self.batch_size == "full":
            raise ValueError("batch_size='full' does not support learning_rate='adaptive'; use 'auto' or a schedule.")
        if self.penalty == "elasticnet" and self.l1_ratio is None:
            raise ValueError("penalty='elasticnet' needs l1_ratio, a number from 0 to 1; got None.")

    def _has_constant_rate(self) -> bool:
        return self.learning_rate in ("auto", "constant")

    def _eta0(self) -> float | str:
        """Return the first rate; "auto" if it is computed from the rows."""
        if self.eta0 != "auto":
            return float(self.eta0)
        default_rate = self.optimizer_spec.default_rate
        return "auto" if default_rate is None else default_rate

    def schedule(self, max_iter: int | None) -> Schedule:
        """Return the schedule that ``learning_rate`` is or names; fields that depend on the rows are left open.

        ``max_iter`` is the number of epochs planned, if any.
        """
        name, eta0 = self.learning_rate, self._eta0()
        if not self.optimizer_spec.follows_schedule:
            return Constant(eta0)
        if not isinstance(name, str):
            if self.eta0 != "auto":
                raise ValueError(
                    f"eta0={self.eta0!r} has no effect, because learning_rate={name!r} has its own rates. "
                    "Leave eta0='auto'."
                )
            return name if isinstance(name, Schedule) else FunctionOfStep(name)
        if name == "auto":
            if self.batch_size == "full":
                return Constant(eta0)
            if max_iter is None:
                return StreamDecay(eta0)
            return LinearRestarts(eta0) if self.is_open_ended else LinearDecay(eta0)
        if name == "adaptive":
            return Constant(eta0)  # which `AdaptiveRate` divides as training goes on
        if name == "optimal":
            return Optimal()
        if name == "lipschitz":
            if self.eta0 != "auto":
                raise ValueError(
                    f"eta0={self.eta0!r} has no effect, because learning_rate='lipschitz' is 1 / L. Leave eta0='auto'."
                )
            return Lipschitz()
        if name == "invscaling":
            return InverseScaling(eta0, float(self.power_t))
        if name == "polynomial":
            return PolynomialDecay(eta0, float(self.power_t))
        if name == "exponential":
            return ExponentialDecay(eta0, float(power(0.01, 1.0 / (max_iter or 1))))
        return NAMED[name](eta0)

    def needs_rate(self) -> bool:
        """Return whether the learning rate is computed from the rows."""
        schedule = self.schedule(None)
        return getattr(schedule, "eta0", 0.0) == "auto" or getattr(schedule, "lipschitz", 0.0) is None

    def needs_scale(self) -> bool:
        """Return whether the learning rate or the strength of the penalty is computed from the scale of the rows."""
        return self.needs_rate() or (self.alpha == "auto" and self.penalty is not None)

    def needs_coherence(self) -> bool:
        """Return whether the learning rate depends on how similar the rows of a batch are."""
        has_batches = self.batch_size not in (1, "full")
        return has_batches and self.needs_rate() and not isinstance(self.schedule(None), Lipschitz)

    def penalty_of(self, scale: RowScale) -> ElasticNet:
        """Return the penalty, for rows of this scale."""
        named = 0.0 if self.penalty is None else L1_RATIOS[self.penalty]
        share = float(self.l1_ratio or 0.0) if named is None else named
        if self.alpha == "auto" and self.penalty is not None:
            return automatic_penalty(share, self.optimizer_spec.penalty_factor, scale)
        alpha = 0.0 if self.penalty is None else float(self.alpha)
        return ElasticNet.from_alpha(alpha, share)

    def epochs(self, problem: TrainingProblem, pilot_loss: float = LOSS_USUAL) -> int:
        """Return how many epochs are planned, or allowed at most; ``pilot_loss`` is the loss of a pilot run, if any."""
        if self.max_iter is not None:
            return int(self.max_iter)
        if self.batch_size == "full" or self.is_open_ended:
            return MAX_ITER
        return planned_epochs(problem.n_active, pilot_loss)

    def rows_per_step(self, problem: TrainingProblem) -> int:
        """Return ``batch_size`` as a number."""
        return problem.n_active if self.batch_size == "full" else int(self.batch_size)

    def steps_per_epoch(self, problem: TrainingProblem) -> int:
        """Return how many steps an epoch has."""
        return 1 if self.batch_size == "full" else -(-problem.n_active // int(self.batch_size))

    @property
    def is_open_ended(self) -> bool:
        """Whether training ends for lack of progress rather than as planned."""
        return self.early_stopping or self.tolerance is not None

    @property
    def has_adaptive_rate(self) -> bool:
        """Whether the learning rate is divided wherever training stalls."""
        return isinstance(self.learning_rate, str) and self.learning_rate == "adaptive"

    @property
    def tolerance(self) -> float | None:
        """``tol``, or its default; None if nothing but the plan or early stopping ends the training."""
        if self.batch_size == "full":
            return self.gradient_tolerance
        if self.tol is None and self.has_adaptive_rate and not self.early_stopping:
            return TOL_ADAPTIVE
        return self.tol

    @property
    def gradient_tolerance(self) -> float:
        """Largest entry of a full gradient at which training ends."""
        return TOL_FULL if self.tol is None else float(self.tol)

    def stopping(self) -> EarlyStopping | None:
        """Return what ends training for lack of progress; None if only the plan or a small gradient ends it."""
        if not self.early_stopping and (self.batch_size == "full" or self.tolerance is None):
            return None
        tol = float((self.tol if self.early_stopping else self.tolerance) or 0.0)
        n_iter_no_change, keep_best = int(self.n_iter_no_change), bool(self.early_stopping)
        if self.has_adaptive_rate:
            return AdaptiveRate(tol, n_iter_no_change, keep_best)
        schedule = self.schedule(1)
        restarts = isinstance(schedule, LinearRestarts) and schedule.n_steps is None
        return EarlyStopping(tol, n_iter_no_change, n_iter_no_change if restarts else 1, keep_best)

    def optimizer_config(self, problem: TrainingProblem, backend: str) -> OptimizerConfig:
        """Return the configuration of an optimizer for these rows."""
        spec, is_full = self.optimizer_spec, self.batch_size == "full"
        # In a full batch the penalty is applied to every feature at every step.
        defers_l1 = spec.defers_l1 and self.penalty in ("l1", "elasticnet") and not is_full
        eta0 = None if spec.follows_schedule else float(self._eta0())
        shape, dtype = (problem.shape[1], problem.n_outputs), problem.dtype.type
        return OptimizerConfig(
            self.optimizer, backend, defers_l1, is_full, int(self.average), eta0, shape, dtype, self.loss
        )
