"""What an optimizer can do (`OptimizerSpec`), and what one is created for (`OptimizerConfig`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np

from fastlr.kernels.bind import LOSSES
from fastlr.kernels.compilers import COMPILERS
from fastlr.solvers.stochastic.optimizer import Optimizer
from fastlr.solvers.stochastic.registry import OPTIMIZERS, find_optimizer


class OptimizerConfig(NamedTuple):
    """What an optimizer is created for. Training continues with an optimizer of an equal configuration only.

    Attributes
    ----------
    optimizer : str
        A name in `fastlr.solvers.stochastic.registry.OPTIMIZERS`.
    backend : {"numba", "cython", "numpy"}
    lazy : bool
        Whether an L1 penalty is deferred, which takes a column of state beside the weights.
    full : bool
        Whether every step is over all rows.
    average : int
        The first step, from 1, whose iterate counts in the mean; 0 averages nothing.
    eta0 : float or None
        The learning rate of an optimizer that follows no schedule, whose weights are computed with it; otherwise None.
    shape : tuple of int
        ``(n_features, n_outputs)``.
    dtype : type
        Type of the weights.
    loss : str, default="log_loss"
        A key of `fastlr.objective.losses.LOSSES`.
    """

    optimizer: str
    backend: str
    lazy: bool
    full: bool
    average: int
    eta0: float | None
    shape: tuple[int, int]
    dtype: type
    loss: str = "log_loss"  # the last field, with a default, as pickles of earlier versions have none

    def fields(self) -> dict[str, Any]:
        """Return everything but the shape, by name, for a file; a file without ``loss`` has the log-loss."""
        fields = self._asdict()
        del fields["shape"]
        if self.loss == "log_loss":
            del fields["loss"]
        return fields


class CreateOptimizer(Protocol):
    """A function that creates an optimizer."""

    def __call__(self, config: OptimizerConfig, weights: np.ndarray, intercept: np.ndarray) -> Optimizer:
        """Return an optimizer that starts from the weights, which it may take over, and from the intercept."""


@dataclass(frozen=True)
class OptimizerSpec:
    """An optimizer's name, its defaults, and which settings it supports.

    Attributes
    ----------
    name : str
        Value of the parameter ``optimizer``.
    create : callable
        Creates the optimizer for a configuration, from weights and intercepts.
    default_rate : float or None
        The rate that ``eta0="auto"`` stands for; None computes it from the rows.
    penalty_factor : float
        By how much the default penalty differs from that of SGD.
    follows_schedule : bool
        Whether ``learning_rate`` may be a schedule; otherwise the rate is constant and part of the configuration.
    supports_averaging : bool
        Whether the model may be the mean of the iterates (``average``).
    supports_full_batch : bool
        Whether ``batch_size`` may be ``"full"``: it has ``start_full_step`` and ``end_full_step``.
    supports_threads : bool
        Whether several threads can train (``n_jobs``).
    starts_from_weights : bool
        Whether weights alone suffice to start from; otherwise training continues only from the optimizer's own state.
    defers_l1 : bool
        Whether an L1 penalty takes a column of state beside the weights.
    """

    name: str
    create: CreateOptimizer
    default_rate: float | None = None
    penalty_factor: float = 1.0
    follows_schedule: bool = True
    supports_averaging: bool = False
    supports_full_batch: bool = False
    supports_threads: bool = False
    starts_from_weights: bool = True
    defers_l1: bool = False


def create_optimizer(
    config: OptimizerConfig, weights: np.ndarray | None = None, intercept: np.ndarray | None = None
) -> Optimizer:
    """Return a new optimizer, from weights and intercepts, which it may take over, or from zero.

    Raises
    ------
    ValueError
        If there are weights, but the optimizer starts from zero only.
    """
    spec = find_optimizer(config.optimizer)
    if weights is None or intercept is None:
        weights, intercept = np.zeros(config.shape, config.dtype), np.zeros(config.shape[1])
    elif not spec.starts_from_weights:
        raise ValueError(f"optimizer={spec.name!r} cannot start from weights.")
    return spec.create(config, weights, intercept)


def config_from_fields(fields: Any, shape: tuple[int, int]) -> OptimizerConfig:
    """Return the configuration whose `OptimizerConfig.fields` a file holds.

    Raises
    ------
    ValueError
        If there is no such configuration.
    """
    names = set(OptimizerConfig._fields) - {"shape"}
    if not isinstance(fields, Mapping) or {*fields, "loss"} != names:
        raise ValueError("the configuration of the training is malformed")
    config = OptimizerConfig(**fields, shape=shape)
    for name, known in (
        ("optimizer", tuple(OPTIMIZERS)),
        ("backend", tuple(COMPILERS)),
        ("dtype", (np.float32, np.float64)),
        ("loss", LOSSES),
    ):
        value = getattr(config, name)
        if not isinstance(value, (str, type)) or value not in known:
            raise ValueError(f"the training is of an unknown {name}, {value!r}")
    spec = find_optimizer(config.optimizer)
    has_types = (
        isinstance(config.lazy, bool)
        and isinstance(config.full, bool)
        and type(config.average) is int
        and 0 <= config.average < 2**53
    )
    rate_is_known = config.eta0 is None or (type(config.eta0) is float and 0.0 < config.eta0 < np.inf)
    if not (
        has_types
        and rate_is_known
        and (config.eta0 is None) == spec.follows_schedule
        and (not config.lazy or spec.defers_l1)
        and (not config.full or spec.supports_full_batch)
        and (not config.average or spec.supports_averaging)
    ):
        raise ValueError(
            "the configuration of the training holds values of other types, or values that contradict each other"
        )
    return config
