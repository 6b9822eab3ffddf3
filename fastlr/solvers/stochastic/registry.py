"""The table of optimizers, by name. A new one is a file with its class and its `OptimizerSpec`, and an entry here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from fastlr.kernels.compilers import COMPILERS
from fastlr.solvers.stochastic.adaptive import ADAGRAD, FTRL
from fastlr.solvers.stochastic.optimizer import Optimizer
from fastlr.solvers.stochastic.sgd import SGD
from fastlr.solvers.stochastic.spec import OptimizerConfig, OptimizerSpec

OPTIMIZERS: dict[str, OptimizerSpec] = {spec.name: spec for spec in (SGD, ADAGRAD, FTRL)}


def create_optimizer(
    config: OptimizerConfig, weights: np.ndarray | None = None, intercept: np.ndarray | None = None
) -> Optimizer:
    """Return a new optimizer, from weights and intercepts, which it may take over, or from zero.

    Raises
    ------
    ValueError
        If there are weights, but the optimizer starts from zero only.
    """
    spec = OPTIMIZERS[config.optimizer]
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
    if not isinstance(fields, Mapping) or set(fields) != set(OptimizerConfig._fields) - {"shape"}:
        raise ValueError("the kind of the training is malformed")
    config = OptimizerConfig(**fields, shape=shape)
    for name, known in (
        ("optimizer", tuple(OPTIMIZERS)),
        ("backend", tuple(COMPILERS)),
        ("dtype", (np.float32, np.float64)),
    ):
        value = getattr(config, name)
        if not isinstance(value, (str, type)) or value not in known:
            raise ValueError(f"the training is of an unknown {name}, {value!r}")
    spec = OPTIMIZERS[config.optimizer]
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
        raise ValueError("the kind of the training holds values of other types, or values that contradict each other")
    return config
