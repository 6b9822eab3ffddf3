"""Penalties: what the size of the weights costs.

A penalty knows everything that training needs of it: its value, its proximal step, its convex conjugate (which bounds
the optimum from below, see `fastlr.objective.duality`) and the numbers by which the kernels apply it lazily. Its
strengths count beside the *mean* loss in `fastlr.SGDClassifier`, and beside the *sum* of the losses in the exact
solvers: the formulas are the same. The intercept is never penalised.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np

from fastlr.utils.arrays import chunked_slices
from fastlr.utils.sums import dot, sum_of

# The penalties that estimators take by name, with their share of L1; None leaves it to the parameter ``l1_ratio``.
L1_RATIOS: dict[str | None, float | None] = {"l2": 0.0, "l1": 1.0, "elasticnet": None}


def soft_threshold(weights: np.ndarray, threshold: Any) -> np.ndarray:
    """Return ``sign(w) * max(|w| - threshold, 0)``, in which no zero is negative."""
    return weights - np.clip(weights, -threshold, threshold)


class Penalty(ABC):
    """A convex penalty of the weights, 0 at 0.

    Attributes
    ----------
    l2 : float
        Strength of the L2 part, which solvers may add to the smooth objective; 0 if there is none.
    """

    l2: float

    @property
    @abstractmethod
    def kind(self) -> str:
        """The name by which the table of exact solvers lists the penalties that each solver accepts."""

    @abstractmethod
    def __bool__(self) -> bool:
        """Return whether there is a penalty at all."""

    @property
    @abstractmethod
    def nonsmooth_part(self) -> Penalty:
        """The penalty without its L2 part."""

    @abstractmethod
    def value(self, weights: np.ndarray) -> float:
        """Return the penalty of weights of any shape."""

    @abstractmethod
    def prox(self, weights: np.ndarray, step: Any) -> np.ndarray:
        """Return the ``u`` that minimises ``||u - weights||^2 / 2 + step * value(u)``; a step may be an array."""

    @abstractmethod
    def violations(self, gradient: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Return how far each weight is from optimal, given the gradient of the losses: 0 at the optimum.

        That is the absolute value of the subgradient of the whole objective that is nearest to 0.
        """

    @abstractmethod
    def conjugate(self, v: np.ndarray, scale: float = 1.0) -> float:
        """Return ``sup_w (scale * v) @ w - value(w)``, infinite outside the domain."""

    @abstractmethod
    def dual_scales(self, v: np.ndarray) -> list[float]:
        """Return scales from 0 to 1 at which the conjugate of ``v`` is finite, of which one is (nearly) the best."""

    @property
    @abstractmethod
    def lazy_form(self) -> tuple[float, ...]:
        """Numbers by which the kernels apply the penalty to a feature only when they next read it."""


@dataclass(frozen=True)
class ElasticNet(Penalty):
    """``l1 * ||W||_1 + l2 / 2 * ||W||_2^2``: L1, L2, both or neither.

    The same penalty is ``alpha * (l1_ratio * ||W||_1 + (1 - l1_ratio) / 2 * ||W||_2^2)``. Both pairs are kept, as
    either loses digits when it is computed from the other: use `from_strengths` or `from_alpha`.

    Attributes
    ----------
    alpha : float
        Strength, 0 or more.
    l1_ratio : float
        Share of L1, between 0 and 1.
    l1, l2 : float
        Strengths of the two parts.
    """

    alpha: float
    l1_ratio: float
    l1: float
    l2: float

    @classmethod
    def from_alpha(cls, alpha: float, l1_ratio: float) -> ElasticNet:
        """Return the penalty of a strength and a share of L1."""
        return cls(alpha, l1_ratio, alpha * l1_ratio, alpha * (1.0 - l1_ratio))

    @classmethod
    def from_strengths(cls, l1: float, l2: float) -> ElasticNet:
        """Return the penalty of the strengths of its two parts."""
        alpha = l1 + l2
        return cls(alpha, l1 / alpha if alpha else 0.0, l1, l2)

    def __bool__(self) -> bool:
        return bool(self.l1 > 0.0 or self.l2 > 0.0)

    @property
    def kind(self) -> str:
        """One of "none", "l1", "l2" and "elasticnet"."""
        if self.l1 > 0.0:
            return "elasticnet" if self.l2 > 0.0 else "l1"
        return "l2" if self.l2 > 0.0 else "none"

    @property
    def nonsmooth_part(self) -> ElasticNet:
        """L1 alone."""
        return ElasticNet.from_strengths(self.l1, 0.0)

    def value(self, weights: np.ndarray) -> float:
        """Return the penalty of weights of any shape."""
        if not self:
            return 0.0
        squared = dot(weights, weights) if self.l1_ratio < 1.0 else 0.0
        absolute = 0.0
        if self.l1_ratio > 0.0:
            flat = np.ravel(weights)
            absolute = sum_of([sum_of(np.abs(flat[chunk])) for chunk in chunked_slices(len(flat))])
        return self.alpha * (0.5 * (1.0 - self.l1_ratio) * squared + self.l1_ratio * absolute)

    def prox(self, weights: np.ndarray, step: Any) -> np.ndarray:
        """Return ``soft(weights, step * l1) / (1 + step * l2)``."""
        return soft_threshold(weights, step * self.l1) / (1.0 + step * self.l2)

    def violations(self, gradient: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Return ``|g + l1 * sign(w)|`` with ``g = gradient + l2 * w``, or ``max(|g| - l1, 0)`` where ``w`` is 0."""
        pulls = gradient + self.l2 * weights
        at_zero = np.maximum(np.abs(pulls) - self.l1, 0.0)
        return np.where(weights != 0.0, np.abs(pulls + self.l1 * np.sign(weights)), at_zero)

    def conjugate(self, v: np.ndarray, scale: float = 1.0) -> float:
        """Return ``||soft(scale * v, l1)||_2^2 / (2 * l2)``; without L2, 0 if no entry exceeds ``l1``."""
        if not self.l2:
            return 0.0 if scale * _max_abs(v) <= self.l1 * (1.0 + 1e-12) else np.inf
        flat = np.ravel(v)
        squares = []
        for chunk in chunked_slices(len(flat)):
            over = np.maximum(scale * np.abs(flat[chunk], dtype=np.float64) - self.l1, 0.0)
            squares.append(dot(over, over))
        return sum_of(squares) / (2.0 * self.l2)

    def dual_scales(self, v: np.ndarray) -> list[float]:
        """Return 1 if there is L2, and the scale at which no entry of ``v`` exceeds ``l1``; none without a penalty."""
        if not self:
            return []
        largest = _max_abs(v) if self.l1 else 0.0
        scales = [1.0] if self.l2 else []
        if largest > self.l1 or not self.l2:
            scales.append(min(1.0, self.l1 / largest) if largest else 1.0)
        return scales

    @property
    def lazy_form(self) -> tuple[float, float]:
        """``(l1, l2)``: a step of rate ``eta`` is the soft threshold ``eta * l1``, then division by ``1 + eta * l2``.

        For weights ``scale * v``, thresholds add up in one number for all features, ``owed += eta * l1 / scale``, and
        divisions in another, ``scale /= 1 + eta * l2``; a feature read after many steps needs one soft threshold, by
        what has been added to ``owed`` since it was last read.
        """
        return self.l1, self.l2


NO_PENALTY = ElasticNet.from_strengths(0.0, 0.0)


def _max_abs(v: np.ndarray) -> float:
    """Return the largest absolute value, 0 for an empty array."""
    return max(float(v.max(initial=0.0)), -float(v.min(initial=0.0)))
