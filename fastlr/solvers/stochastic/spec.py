"""One file an algorithm: each drives the kernels of the same name, epoch by epoch, and knows when to stop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from fastlr import kernels
from fastlr.kernels.compilers import COMPILERS
from fastlr.solvers.stochastic.adaptive import AdaptiveSGD
from fastlr.solvers.stochastic.optimizer import Optimizer
from fastlr.solvers.stochastic.sgd import LazySGD


def make_optimizer(
    backend: str, weights: np.ndarray, intercept: np.ndarray, lazy: bool, track_loss: bool, average: int = 0
) -> Optimizer:
    """Return the steps of a backend from ``weights``, which they may take over, and ``intercept``: see `LazySteps`."""
    if not kernels.load(backend).supports("sgd"):
        from fastlr.solvers.stochastic.reference import (
            ReferenceSGD,  # here, as it imports scipy.optimize: half a second
        )

        return ReferenceSGD(weights, intercept, average)
    return LazySGD(backend, weights, intercept, lazy, track_loss, average)


def make_adaptive_optimizer(
    backend: str, shape: tuple[int, int], dtype: np.dtype, eta0: float, proximal: bool, track_loss: bool
) -> Optimizer:
    """Return the steps of AdaGrad or, if ``proximal``, FTRL-proximal from zero: see `AdaptiveSteps`."""
    if not kernels.load(backend).supports("adaptive"):
        from fastlr.solvers.stochastic.reference import ReferenceAdaptive

        return ReferenceAdaptive(np.zeros(shape, dtype), eta0, proximal)
    return AdaptiveSGD(backend, shape, dtype, eta0, proximal, track_loss)


class OptimizerSpec(NamedTuple):
    """What steps are made for. Training goes on with steps of the same kind, or begins others from the weights.

    Attributes
    ----------
    optimizer : {"sgd", "adagrad", "ftrl"}
    backend : {"numba", "cython", "numpy"}
    lazy : bool
        Whether features will owe an L1 penalty.
    full : bool
        Whether every step is over all rows.
    average : int
        The first step, from 1, whose iterate counts in the mean; 0 keeps none.
    eta0 : float or None
        Of AdaGrad and FTRL, whose weights are computed with it.
    shape : tuple of int
        ``(n_features, n_outputs)``.
    dtype : type
        Of the weights.
    """

    optimizer: str
    backend: str
    lazy: bool
    full: bool
    average: int
    eta0: float | None
    shape: tuple[int, int]
    dtype: type

    def start(self, weights: np.ndarray | None = None, intercept: np.ndarray | None = None) -> Optimizer:
        """Return new steps, from weights which they may take over, or from zero; AdaGrad and FTRL know no others."""
        if self.optimizer != "sgd":
            return make_adaptive_optimizer(
                self.backend, self.shape, self.dtype, self.eta0, self.optimizer == "ftrl", track_loss=True
            )
        if weights is None:
            weights, intercept = np.zeros(self.shape, self.dtype), np.zeros(self.shape[1])
        return make_optimizer(self.backend, weights, intercept, self.lazy, True, self.average)

    def fields(self) -> dict[str, Any]:
        """Return everything but the shape, by name: for a file."""
        return {name: value for name, value in self._asdict().items() if name != "shape"}

    @classmethod
    def checked(cls, fields: Any, shape: tuple[int, int]) -> OptimizerSpec:
        """Return the kind of which `fields` gave these.

        Raises
        ------
        ValueError
            If there is none.
        """
        if not isinstance(fields, Mapping) or set(fields) != set(cls._fields) - {"shape"}:
            raise ValueError("the kind of the training is malformed")
        kind = cls(**fields, shape=shape)
        for name, known in (
            ("optimizer", ("sgd", "adagrad", "ftrl")),
            ("backend", tuple(COMPILERS)),
            ("dtype", (np.float32, np.float64)),
        ):
            if not isinstance(getattr(kind, name), (str, type)) or getattr(kind, name) not in known:
                raise ValueError(f"the training is of an unknown {name}, {getattr(kind, name)!r}")
        if not (
            isinstance(kind.lazy, bool)
            and isinstance(kind.full, bool)
            and type(kind.average) is int
            and 0 <= kind.average < 2**53
            and (
                kind.eta0 is None
                if kind.optimizer == "sgd"
                else not (kind.lazy or kind.full or kind.average)
                and type(kind.eta0) is float
                and 0.0 < kind.eta0 < np.inf
            )
        ):
            raise ValueError("the kind of the training holds values of other types, or that contradict each other")
        return kind
