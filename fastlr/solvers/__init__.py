"""One file an algorithm: each drives the kernels of the same name, epoch by epoch, and knows when to stop."""

from __future__ import annotations

import numpy as np

from fastlr.solvers.adaptive import AdaptiveSteps
from fastlr.solvers.lazy import LazySteps
from fastlr.solvers.naive import NaiveAdaptiveSteps, NaiveSteps
from fastlr.solvers.steps import Steps


def make_steps(
    backend: str, weights: np.ndarray, intercept: np.ndarray, lazy: bool, track_loss: bool, average: int = 0
) -> Steps:
    """Return the steps of a backend from ``weights``, which they may take over, and ``intercept``: see `LazySteps`."""
    if backend == "numpy":
        return NaiveSteps(weights, intercept, average)
    return LazySteps(backend, weights, intercept, lazy, track_loss, average)


def make_adaptive_steps(
    backend: str, shape: tuple[int, int], dtype: np.dtype, eta0: float, proximal: bool, track_loss: bool
) -> Steps:
    """Return the steps of AdaGrad or, if ``proximal``, FTRL-proximal from zero: see `AdaptiveSteps`."""
    if backend == "numpy":
        return NaiveAdaptiveSteps(np.zeros(shape, dtype), eta0, proximal)
    return AdaptiveSteps(backend, shape, dtype, eta0, proximal, track_loss)
