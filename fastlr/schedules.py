"""Learning rates, as functions of the number of the step.

Each class has one method, ``rates(first, n)``: the rates of the ``n`` steps that follow the first ``first`` ones, as a
float64 array. A solver asks for a slice of steps at a time, so the kernels know nothing of schedules.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np


class Schedule(Protocol):
    """Anything with a method ``rates``."""

    def rates(self, first: int, n: int) -> np.ndarray:
        """Return the rates of steps ``first`` to ``first + n - 1``, counted from 0."""


@dataclass(frozen=True)
class Constant:
    """``eta = eta0``.

    Examples
    --------
    >>> from fastlr.schedules import Constant
    >>> Constant(0.1).rates(7, 2)
    array([0.1, 0.1])
    """

    eta0: float

    def rates(self, first: int, n: int) -> np.ndarray:
        """Return the rates of steps ``first`` to ``first + n - 1``."""
        return np.full(n, self.eta0)


@dataclass(frozen=True)
class InverseScaling:
    """``eta = eta0 / (t + 1) ** power_t`` for step ``t`` = 0, 1, ...

    Examples
    --------
    >>> from fastlr.schedules import InverseScaling
    >>> InverseScaling(1.0, 0.5).rates(0, 4).round(3)
    array([1.   , 0.707, 0.577, 0.5  ])
    """

    eta0: float
    power_t: float

    def rates(self, first: int, n: int) -> np.ndarray:
        """Return the rates of steps ``first`` to ``first + n - 1``."""
        return self.eta0 / np.arange(first + 1.0, first + 1.0 + n) ** self.power_t


@dataclass(frozen=True)
class Optimal:
    """``eta = 1 / (alpha * (t0 + t))`` for step ``t`` = 0, 1, ..., with ``t0 = alpha ** -0.75``.

    Bottou (2012), "Stochastic gradient descent tricks". ``t0`` makes the first rate ``alpha ** -0.25``, a typical
    weight under L2 of that strength, as in scikit-learn.

    Examples
    --------
    >>> from fastlr.schedules import Optimal
    >>> Optimal(1e-4).rates(0, 2).round(4)
    array([10.  ,  9.99])
    """

    alpha: float

    def rates(self, first: int, n: int) -> np.ndarray:
        """Return the rates of steps ``first`` to ``first + n - 1``."""
        return 1.0 / (self.alpha * (self.alpha**-0.75 + np.arange(first, first + n, dtype=np.float64)))


@dataclass(frozen=True)
class LinearDecay:
    """``eta = eta0 * (1 - t / n_steps)`` for step ``t`` = 0, 1, ...; 0 from step ``n_steps`` on.

    Examples
    --------
    >>> from fastlr.schedules import LinearDecay
    >>> LinearDecay(1.0, 4).rates(0, 4)
    array([1.  , 0.75, 0.5 , 0.25])
    """

    eta0: float
    n_steps: int

    def rates(self, first: int, n: int) -> np.ndarray:
        """Return the rates of steps ``first`` to ``first + n - 1``."""
        return self.eta0 * np.maximum(1.0 - np.arange(first, first + n) / self.n_steps, 0.0)


@dataclass(frozen=True)
class LinearRestarts:
    """``eta = eta0 * (1 - t / n_steps)``, started again from ``eta0`` every ``n_steps`` steps; 0 from ``total`` on.

    For trainings whose end is not planned: whenever a fall is over, the weights are as good as if it had been. The last
    one has what is left of ``total`` steps. (Loshchilov and Hutter 2017, "SGDR: stochastic gradient descent with warm
    restarts"; the falls are straight lines here, and of one length.)

    Examples
    --------
    >>> from fastlr.schedules import LinearRestarts
    >>> LinearRestarts(1.0, 4, 6).rates(0, 7)
    array([1.  , 0.75, 0.5 , 0.25, 1.  , 0.5 , 0.  ])
    """

    eta0: float
    n_steps: int
    total: int

    def rates(self, first: int, n: int) -> np.ndarray:
        """Return the rates of steps ``first`` to ``first + n - 1``."""
        steps = np.arange(first, first + n)
        begun = steps - steps % self.n_steps
        fallen = (steps - begun) / np.maximum(np.minimum(self.n_steps, self.total - begun), 1)
        return np.where(steps < self.total, self.eta0 * (1.0 - fallen), 0.0)


@dataclass(frozen=True)
class StreamDecay:
    """``eta = eta0 / (1 + t / 10000) ** 0.75`` for step ``t`` = 0, 1, ...: for streams of unknown length.

    Examples
    --------
    >>> from fastlr.schedules import StreamDecay
    >>> StreamDecay(1.0).rates(150_000, 1)
    array([0.125])
    """

    eta0: float

    def rates(self, first: int, n: int) -> np.ndarray:
        """Return the rates of steps ``first`` to ``first + n - 1``."""
        return self.eta0 / (1.0 + np.arange(first, first + n) / 10000.0) ** 0.75
