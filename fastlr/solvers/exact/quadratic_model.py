"""The objective of a proximal Newton step: a quadratic model of the losses around given weights, plus the penalty.

A few sweeps of coordinate descent find which weights are 0 and the signs of the others. While signs do not change, the
penalty is quadratic, and conjugate gradients are the fastest way to the minimum: one product costs half a sweep.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace
from functools import partial

import numpy as np
import scipy.sparse as sp

from fastlr.data.problem import Problem
from fastlr.data.rows import Rows
from fastlr.kernels.kernel_set import KernelSet
from fastlr.objective import full_batch
from fastlr.objective.full_batch import RowLosses
from fastlr.objective.losses import LOSSES
from fastlr.objective.penalties import ElasticNet
from fastlr.objective.row_passes import LocalPasses
from fastlr.solvers.exact.conjugate_gradient import MAX_PRODUCTS, Secants, conjugate_gradients, energy
from fastlr.solvers.exact.smooth_objective import ROUNDING, Smooth
from fastlr.utils.arrays import frozen
from fastlr.utils.sums import column_sums, dot, mean_of, row_sums, solve, sum_of
from fastlr.utils.time_slices import TimeSlices

# After so many products, conjugate gradients stop if weights have changed sign; these are then set to 0.
BETWEEN_PROJECTIONS = 8


class Support:
    """The problem of the features in use only, kept for several rounds if these stay about the same.

    Its rows are float64 also where those of the problem are float32, so that scores do not drift from the weights.
    """

    def __init__(
        self, problem: Problem, columns: sp.csc_array, l2: float, fit_intercept: bool, kernels: KernelSet
    ) -> None:
        self.problem, self.columns, self.l2 = problem, columns, l2
        self.fit_intercept, self.kernels = fit_intercept, kernels
        self.features = np.empty(0, np.intp)
        self.smooth: Smooth | None = None
        self.rounding = ROUNDING[np.dtype(np.float64)]
        self.secants = Secants(problem.n_nonzeros)

    def cover(self, used: np.ndarray) -> tuple[np.ndarray, Smooth]:
        """Return features that include all in the mask ``used``, and their problem."""
        n_used = np.count_nonzero(used)
        if self.smooth is None or np.count_nonzero(used[self.features]) < n_used or n_used < 0.7 * len(self.features):
            before, self.features = self.features, np.flatnonzero(used)
            self.secants.move(partial(self._of_these, before, len(used)))
            part = self.columns[:, self.features].tocsr()
            index = self.problem.rows.indices.dtype
            arrays = frozen(part.indptr, index), frozen(part.indices, index), frozen(part.data, np.float64)
            problem = replace(self.problem, rows=Rows(*arrays, part.shape))
            self.smooth = Smooth(LocalPasses(problem, self.kernels), self.l2, self.fit_intercept)
        return self.features, self.smooth

    def _of_these(self, before: np.ndarray, n_features: int, unknowns: np.ndarray) -> np.ndarray:
        """Return unknowns of the features ``before``, with the intercepts last, as unknowns of the current features."""
        every = np.zeros((n_features + 1, unknowns.shape[1]))
        every[before] = unknowns[:-1]
        every[-1] = unknowns[-1]
        return every[np.append(self.features, n_features)]


class Quadratic(ABC):
    """The model around given weights, and the current point of its minimisation.

    Parameters
    ----------
    problem : Problem
    penalty : ElasticNet
    columns : csc_array
        The matrix, by columns.
    weights : ndarray of float64, shape (n_features, n_outputs)
    gradient : ndarray of shape (n_features, n_outputs)
        Gradient of the sum of the losses at these weights.
    intercept_gradient : ndarray of shape (n_outputs,), or None
        None without intercepts.
    losses : RowLosses
        At these weights.
    kernels : KernelSet
        Of the loss.

    Attributes
    ----------
    target : ndarray of shape (n_features, n_outputs)
        The current weights.
    shift : ndarray of shape (n_outputs,)
        Change of the intercepts so far.
    """

    def __init__(
        self,
        problem: Problem,
        penalty: ElasticNet,
        columns: sp.csc_array,
        weights: np.ndarray,
        gradient: np.ndarray,
        intercept_gradient: np.ndarray | None,
        losses: RowLosses,
        kernels: KernelSet,
    ) -> None:
        self.penalty = penalty
        index = np.int32 if columns.indices.dtype.itemsize == 4 else np.int64
        self.columns = frozen(columns.indptr, index), frozen(columns.indices, index), frozen(columns.data)
        self.weights, self.target = weights, weights.copy()
        self.gradient, self.intercept_gradient = gradient, intercept_gradient
        self.shift = np.zeros(weights.shape[1])
        self.s = frozen(problem.weights())
        self.kernels = kernels
        self.loss = LOSSES[kernels.loss]
        self.time_slices = TimeSlices()
        self.probabilities = self._probabilities(losses)
        self.second = self.s[:, None] * self.probabilities
        self.curvature = np.ones(weights.shape)  # until a sweep has looked at a feature

    @property
    @abstractmethod
    def moved(self) -> np.ndarray:
        """Change of the scores so far, shape (n_samples, n_outputs)."""

    @moved.setter
    @abstractmethod
    def moved(self, moved: np.ndarray) -> None: ...

    @abstractmethod
    def _probabilities(self, losses: RowLosses) -> np.ndarray:
        """Return `Loss.curvatures` of the rows, and prepare the state of the sweeps."""

    @abstractmethod
    def _center(self) -> None:
        """Minimise over the intercepts."""

    @abstractmethod
    def _sweep(self, order: np.ndarray, begin: int, end: int) -> None:
        """Minimise over the features ``order[begin:end]``, one after the other."""

    def sweep(self, order: np.ndarray) -> None:
        """Minimise over the intercepts, then over one feature after the other in this order."""
        if self.intercept_gradient is not None:
            self._center()
        for begin, end in self.time_slices.slices(0, len(order)):
            self._sweep(order, begin, end)

    def polish(self, support: Support, accuracy: float) -> None:
        """Minimise over the intercepts and the weights that are not 0.

        Stops when the part ``accuracy`` of the gradient is left. Weights that would change sign become 0. Nothing
        changes if the model's value would not fall.
        """
        n_outputs = len(self.shift)
        features, smooth = support.cover(((self.weights != 0.0) | (self.target != 0.0)).any(axis=1))
        kernel_dot = partial(full_batch.dot, kernels=self.kernels)
        start = self.target[features] if self.penalty.l2 else _without_common_part(self.target[features])
        held = np.vstack([start, np.zeros(n_outputs)])
        signs = np.sign(held)
        inverse = np.vstack([1.0 / (self.curvature[features] + self.penalty.l2), np.zeros(n_outputs)])
        inverse[held == 0.0] = 0.0
        gradient = np.vstack([self.gradient[features], np.zeros(n_outputs)])
        gradient[:-1] += self.penalty.l2 * self.weights[features] + self.penalty.l1 * signs[:-1]
        if self.intercept_gradient is not None:
            gradient[-1] = self.intercept_gradient
            mass = column_sums(self.second)
            np.divide(1.0, mass, out=inverse[-1], where=mass > 0.0)
        product = partial(smooth.hessian_product, frozen(self.probabilities))
        come = np.vstack([start - self.weights[features], self.shift])
        if come.any():
            gradient += product(come)  # now the gradient at the target
        if n_outputs > 1:  # a shift of all intercepts changes nothing; remove what rounding leaves of it
            gradient[-1] -= mean_of(gradient[-1])
        goal = accuracy * accuracy * energy(inverse, gradient, kernel_dot)

        def ends(n_products: int, move: np.ndarray) -> bool:
            return n_products >= BETWEEN_PROJECTIONS and bool(((held + so_far + move) * signs < 0.0).any())

        so_far, left, value, n_rounds = np.zeros_like(held), gradient, 0.0, 0
        while energy(inverse, left, kernel_dot) > goal and n_rounds < MAX_PRODUCTS // BETWEEN_PROJECTIONS:
            move, is_flat = conjugate_gradients(
                product, inverse, left, goal, ends, support.secants, kernel_dot, smooth.rounding
            )
            # All weights that would change sign become 0 at once, but if the value does not fall, the first one alone.
            # Where the model is flat, the penalty falls until then, however far that is.
            first = _first_zero(np.where(signs, held + so_far, 0.0), move)
            for share in (first,) if is_flat else (1.0, first):
                new = so_far + share * move if share < np.inf else so_far
                ended = (held + new) * signs < 0.0
                new[ended] = -held[ended]
                change = product(new)
                new_value = kernel_dot(new, gradient + 0.5 * change)
                if new_value < value:
                    break
            else:
                break
            inverse[ended] = 0.0
            so_far, left, value = new, gradient + change, new_value
            n_rounds += 1
        if value < 0.0:
            self.target[features] = (held + so_far)[:-1]
            self.shift = self.shift + so_far[-1]
            self.moved = smooth.scores(come + so_far)


def _without_common_part(weights: np.ndarray) -> np.ndarray:
    """Return weights of the same probabilities, of which every feature has a 0 if there are several outputs.

    A shift of a feature's weights in all classes changes no probability, but L1: it is least at their median.
    """
    if weights.shape[1] == 1:
        return weights
    middle = np.sort(weights, axis=1)[:, weights.shape[1] // 2]
    return weights - np.where((weights != 0.0).all(axis=1), middle, 0.0)[:, None]


def _first_zero(weights: np.ndarray, move: np.ndarray) -> float:
    """Return the share of a move, infinite if there is none, at which the first of the weights changes sign."""
    towards = weights * move < 0.0
    return float((weights[towards] / -move[towards]).min(initial=np.inf)) * (1.0 + 1e-15)


class BinaryQuadratic(Quadratic):
    """The model of two classes, in which a row has one score."""

    def _probabilities(self, losses: RowLosses) -> np.ndarray:
        probabilities = self.loss.curvatures(losses.p)
        self._state = np.zeros(2 * len(probabilities))  # second derivatives and moves, side by side for the sweeps
        self._state[::2] = self.s * probabilities[:, 0]
        return probabilities

    @property
    def moved(self) -> np.ndarray:  # noqa: D102
        return self._state[1::2, None]

    @moved.setter
    def moved(self, moved: np.ndarray) -> None:
        self._state[1::2] = moved[:, 0]

    def _center(self) -> None:
        second, moved = self._state[::2], self._state[1::2]
        assert self.intercept_gradient is not None
        step = -(self.intercept_gradient + dot(second, moved)) / max(sum_of(second), 1e-12)
        self.shift = self.shift + step
        moved += step

    def _sweep(self, order: np.ndarray, begin: int, end: int) -> None:
        self.kernels.sweep_binary(
            *self.columns, order, begin, end, *self.penalty.lazy_form, self.gradient, self.curvature, self.target,
            self._state,
        )  # fmt: skip


class SoftmaxQuadratic(Quadratic):
    """The softmax model, in which sweeps change all weights of a feature together."""

    def _probabilities(self, losses: RowLosses) -> np.ndarray:
        n_samples, n_outputs = losses.p.shape
        self._moved, self._mean = np.zeros((n_samples, n_outputs)), np.zeros(n_samples)
        self._scratch = np.empty((2, n_outputs))
        # The Hessian is flat along a shift of all classes, which the constant fills, and where a class has no
        # probability left.
        total = sum_of(losses.mass)
        self._hessian = np.diag(losses.mass + 1e-12 * total) - losses.product + total / (n_outputs * n_outputs)
        return losses.p

    @property
    def moved(self) -> np.ndarray:  # noqa: D102
        return self._moved

    @moved.setter
    def moved(self, moved: np.ndarray) -> None:
        self._moved = moved
        self._mean = row_sums(self.probabilities, moved)

    def _center(self) -> None:
        moves = column_sums(self.second, self._moved - self._mean[:, None])
        step = -solve(self._hessian, self.intercept_gradient + moves)
        self.shift = self.shift + step
        self._moved += step
        self._mean += row_sums(self.probabilities, step)

    def _sweep(self, order: np.ndarray, begin: int, end: int) -> None:
        self.kernels.sweep_softmax(
            *self.columns, order, begin, end, *self.penalty.lazy_form, self.gradient, self.curvature, self.target,
            self.s, self.probabilities, self._moved, self._mean, self._scratch,
        )  # fmt: skip
