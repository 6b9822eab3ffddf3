"""What an exact solver is given, and what it yields.

A solver is a generator function ``solver(passes, task, start)``, or ``solver(problem, task, start)`` if passes over all
rows are not all that it needs. It yields its start and then an `Iterate` about once
for each pass over the rows; the caller decides when the model is good enough (`fastlr.solvers.exact.certified`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from fastlr.data.problem import Problem
from fastlr.kernels.kernel_set import KernelSet
from fastlr.objective.duality import relative_gap
from fastlr.objective.losses import LOSSES, Loss
from fastlr.objective.penalties import ElasticNet, Penalty
from fastlr.objective.row_passes import RowPasses


class Task(NamedTuple):
    """What to minimise, how, and how far.

    Attributes
    ----------
    penalty : Penalty
        Its strengths count beside the sum of the losses.
    fit_intercept : bool
    solver : str
        A key of `fastlr.solvers.exact.registry.SOLVERS`.
    kernels : KernelSet
        Of the loss to minimise.
    seed : int
        Draws the order of rows or features.
    tol : float
        Relative duality gap; without a penalty, the largest entry of the gradient of the mean loss.
    max_iter : int
    """

    penalty: Penalty
    fit_intercept: bool
    solver: str
    kernels: KernelSet
    seed: int
    tol: float
    max_iter: int

    @property
    def elastic_net(self) -> ElasticNet:
        """The penalty, for solvers that support no other kind."""
        assert isinstance(self.penalty, ElasticNet)
        return self.penalty

    @property
    def loss(self) -> Loss:
        """The loss that the kernels compute."""
        return LOSSES[self.kernels.loss]


@dataclass
class Start:
    """Where a solver starts.

    Attributes
    ----------
    weights : ndarray of shape (n_features, n_outputs)
    intercept : ndarray of shape (n_outputs,)
    memory : object
        What a solver may leave here for its next run over the same rows with another penalty. Only the same solver
        reads it.
    state : mapping or None
        The state of an iterate of the same task, from which the solver continues: it yields this iterate first.
    """

    weights: np.ndarray
    intercept: np.ndarray
    memory: Any = None
    state: Mapping[str, Any] | None = None

    @classmethod
    def zero(cls, problem: Problem | RowPasses) -> Start:
        """Return zero weights of the type of the rows."""
        shape = (problem.shape[1], problem.n_outputs)
        return cls(np.zeros(shape, problem.dtype), np.zeros(problem.n_outputs))


class Iterate(NamedTuple):
    """A model that a solver has reached.

    Attributes
    ----------
    weights : ndarray of shape (n_features, n_outputs)
        May change when the solver goes on.
    intercept : ndarray of shape (n_outputs,)
    guess : float
        The solver's estimate of the relative gap, which costs it little. 0 asks for a certificate, infinity for none.
    dual_scores : sequence of ndarray of shape (n_samples, n_outputs) or None
        Scores whose probabilities bound the objective, in the order in which to try them; None is the model's own.
    state : mapping of str to arrays and numbers, or None
        What later iterates depend on, for `Start.state`; None if the solver cannot continue from it.
    objective : float
        The objective here; nan if the solver does not know it.
    """

    weights: np.ndarray
    intercept: np.ndarray
    guess: float
    dual_scores: Sequence[np.ndarray | None] = (None,)
    state: Mapping[str, Any] | None = None
    objective: float = np.nan


@dataclass
class Stopping:
    """What the decision when to compute a certificate, and when to stop, remembers of earlier iterates.

    Attributes
    ----------
    begun : bool
        Whether there are any.
    factor : float
        By how much estimates of the gap have been too good so far.
    least_guess : float
        The least estimate.
    n_idle : int
        Iterates in a row without a better estimate.
    n_stalled : int
        Certificates in a row without progress.
    norm : float
        Without a penalty, the largest entry of the gradient at the solution.
    """

    begun: bool = False
    factor: float = 1.0
    least_guess: float = np.inf
    n_idle: int = 0
    n_stalled: int = 0
    norm: float = np.inf


@dataclass
class Solution:
    """The best model found, and what is known of it.

    Attributes
    ----------
    weights : ndarray of shape (n_features, n_outputs)
    intercept : ndarray of shape (n_outputs,)
    primal, dual : float
        The model's objective, and the greatest lower bound found.
    latest : float
        The objective of the latest iterate; nan if the solver does not know it.
    n_iter : int
        Iterates that the solver has yielded after its start, each about a pass over the rows.
    converged : bool
    stopping : Stopping
    """

    weights: np.ndarray
    intercept: np.ndarray
    primal: float = np.inf
    dual: float = -np.inf
    latest: float = np.nan
    n_iter: int = 0
    converged: bool = False
    stopping: Stopping = field(default_factory=Stopping)

    @property
    def gap(self) -> float:
        """The relative duality gap."""
        return relative_gap(self.primal, self.dual)


Solver = Callable[[Any, Task, Start], Iterator[Iterate]]
