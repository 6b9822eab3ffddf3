"""What a training by gradient descent is asked to do, and what follows from that alone, before any row is seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fastlr import kernels
from fastlr.data.problem import Problem
from fastlr.data.row_scale import RowScale
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
from fastlr.solvers.stochastic.epochs import n_steps_per_epoch
from fastlr.solvers.stochastic.spec import OptimizerSpec
from fastlr.training.defaults import (
    ETA0_ADAPTIVE,
    LOSS_USUAL,
    MAX_ITER,
    TOL_FULL,
    Penalty,
    automatic_penalty,
    planned_epochs,
)
from fastlr.training.early_stopping import EarlyStopping
from fastlr.utils.parallel import resolve_n_jobs


@dataclass(frozen=True)
class TrainingConfig:
    """The parameters of `fastlr.SGDClassifier` that a training depends on, by the same names, checked."""

    penalty: str | None = "l2"
    alpha: float | str = "auto"
    l1_ratio: float = 0.15
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

    def refuse_contradictions(self, backend: str) -> None:
        """Raise ValueError for what does not go with the optimizer, or with several threads."""
        if resolve_n_jobs(self.n_jobs) > 1:
            for name, value, serial in (
                ("optimizer", self.optimizer, self.optimizer != "sgd"),
                ("average", self.average, self.average),
                ("backend", backend, not kernels.load(backend).threads),
            ):
                if serial:
                    raise ValueError(
                        f"n_jobs={self.n_jobs!r} does not go with {name}={value!r}, which trains in one thread: leave "
                        "n_jobs=None."
                    )
        if self.optimizer == "sgd":
            return
        for name, accepted in (("learning_rate", ("auto", "constant")), ("average", (False,))):
            if getattr(self, name) not in accepted:
                raise ValueError(
                    f"{name}={getattr(self, name)!r} does not go with optimizer={self.optimizer!r}: it must be "
                    f"{' or '.join(map(repr, accepted))}."
                )
        if self.batch_size == "full":
            raise ValueError(
                f"batch_size='full' does not go with optimizer={self.optimizer!r}: it must be an integer, 1 or more."
            )

    def schedule(self, max_iter: int | None) -> Schedule:
        """Return the schedule that ``learning_rate`` is or names; what only the rows tell is left open in it.

        ``max_iter`` is the number of epochs planned, if any.
        """
        name = self.learning_rate
        if self.optimizer != "sgd":
            return Constant(ETA0_ADAPTIVE[self.optimizer] if self.eta0 == "auto" else float(self.eta0))
        if not isinstance(name, str):
            if self.eta0 != "auto":
                raise ValueError(
                    f"eta0={self.eta0!r} has no effect: learning_rate={name!r} has its own rates. Leave eta0='auto'."
                )
            return name if hasattr(name, "rates") else FunctionOfStep(name)
        eta0 = self.eta0 if self.eta0 == "auto" else float(self.eta0)
        if name == "auto":
            if self.batch_size == "full":
                return Constant(eta0)
            if max_iter is None:
                return StreamDecay(eta0)
            return LinearRestarts(eta0) if self.ends_openly else LinearDecay(eta0)
        if name == "optimal":
            return Optimal()
        if name == "lipschitz":
            if eta0 != "auto":
                raise ValueError(f"eta0={eta0!r} has no effect: learning_rate='lipschitz' is 1 / L. Leave eta0='auto'.")
            return Lipschitz()
        if name == "invscaling":
            return InverseScaling(eta0, float(self.power_t))
        if name == "polynomial":
            return PolynomialDecay(eta0, float(self.power_t))
        if name == "exponential":
            return ExponentialDecay(eta0, 0.01 ** (1.0 / (max_iter or 1)))
        return NAMED[name](eta0)

    def needs_rate(self) -> bool:
        """Return whether the rate is computed from the rows."""
        schedule = self.schedule(None)
        return getattr(schedule, "eta0", 0.0) == "auto" or getattr(schedule, "lipschitz", 0.0) is None

    def needs_scale(self) -> bool:
        """Return whether the rate or the strength of the penalty is computed from the rows' scale."""
        return self.needs_rate() or (self.alpha == "auto" and self.penalty is not None)

    def needs_coherence(self) -> bool:
        """Return whether the rate depends on how much alike the rows of a batch are."""
        batches = self.batch_size not in (1, "full")
        return batches and self.needs_rate() and not isinstance(self.schedule(None), Lipschitz)

    def penalty_of(self, scale: RowScale) -> Penalty:
        """Return the penalty, for rows of this scale."""
        share = {"l2": 0.0, "l1": 1.0, "elasticnet": float(self.l1_ratio), None: 0.0}[self.penalty]
        if self.alpha == "auto" and self.penalty is not None:
            return automatic_penalty(share, self.optimizer != "sgd", scale)
        alpha = 0.0 if self.penalty is None else float(self.alpha)
        return Penalty(alpha, share, alpha * share, alpha * (1.0 - share))

    def epochs(self, problem: Problem, pilot_loss: float = LOSS_USUAL) -> int:
        """Return how many epochs may be made, or are planned, by the loss of a pilot if there was one."""
        if self.max_iter is not None:
            return int(self.max_iter)
        if self.batch_size == "full" or self.ends_openly:
            return MAX_ITER
        return planned_epochs(problem.n_active, pilot_loss)

    def steps_per_epoch(self, problem: Problem) -> int:
        """Return how many steps an epoch has."""
        return 1 if self.batch_size == "full" else n_steps_per_epoch(problem, int(self.batch_size))

    @property
    def ends_openly(self) -> bool:
        """Whether it is the lack of progress that ends training, and no plan."""
        return self.early_stopping or self.tol is not None

    @property
    def tolerance(self) -> float | None:
        """``tol``, or what it is by default."""
        return TOL_FULL if self.tol is None and self.batch_size == "full" else self.tol

    def stopping(self) -> EarlyStopping | None:
        """Return what ends training for lack of progress; None where only the plan or a full gradient ends it."""
        if not (self.early_stopping or (self.tol is not None and self.batch_size != "full")):
            return None
        schedule = self.schedule(1)
        restarts = isinstance(schedule, LinearRestarts) and schedule.n_steps is None
        tol = 0.0 if self.tol is None else float(self.tol)
        period = int(self.n_iter_no_change) if restarts else 1
        return EarlyStopping(tol, int(self.n_iter_no_change), period, bool(self.early_stopping))

    def kind(self, problem: Problem, backend: str) -> OptimizerSpec:
        """Return what the steps over these rows must be made for."""
        shape, dtype = (problem.shape[1], problem.n_outputs), problem.dtype.type
        if self.optimizer != "sgd":
            return OptimizerSpec(self.optimizer, backend, False, False, 0, self.schedule(None).eta0, shape, dtype)
        full = self.batch_size == "full"
        lazy = self.penalty in ("l1", "elasticnet") and not full  # in a full batch every feature pays at once
        return OptimizerSpec("sgd", backend, lazy, full, int(self.average), None, shape, dtype)
