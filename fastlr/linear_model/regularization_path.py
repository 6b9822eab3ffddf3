"""Models for many strengths of the penalty, each starting from the previous one."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from decimal import Context
from numbers import Integral, Real
from typing import Any, NamedTuple

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state

from fastlr.linear_model.logistic_regression import LogisticRegression, elastic_net
from fastlr.objective.row_passes import RowPasses
from fastlr.solvers.exact.registry import resolve_solver
from fastlr.solvers.exact.solve import minimise
from fastlr.solvers.exact.task import Solution, Start, Task
from fastlr.store.row_source import refuse_store


class RegularizationPath(NamedTuple):
    """Models along a path of ``C``.

    Attributes
    ----------
    Cs : ndarray of shape (n_Cs,)
        In the order given.
    coefs : ndarray of shape (n_Cs, n_outputs, n_features)
    intercepts : ndarray of shape (n_Cs, n_outputs)
    classes : ndarray of shape (n_classes,)
    objectives, duality_gaps : ndarray of shape (n_Cs,)
        As in ``LogisticRegression``.
    n_iter : ndarray of shape (n_Cs,)
    """

    Cs: np.ndarray
    coefs: np.ndarray
    intercepts: np.ndarray
    classes: np.ndarray
    objectives: np.ndarray
    duality_gaps: np.ndarray
    n_iter: np.ndarray


class Point(NamedTuple):
    """One model of a path: the position of its ``C`` in ``Cs``, its task, solution, and warning if it fell short."""

    place: int
    task: Task
    solution: Solution
    complaint: str | None


def check_Cs(Cs: Any) -> np.ndarray:
    """Return ``Cs`` as an array; an integer stands for so many values from 1e-4 to 1e4 on a log scale.

    Raises
    ------
    ValueError
        If it is empty or holds anything but numbers above 0.
    """
    if isinstance(Cs, Integral) and not isinstance(Cs, bool) and int(Cs) >= 1:
        # Not np.logspace, whose powers depend on the machine in their last digits.
        digits, steps = Context(prec=28), max(int(Cs) - 1, 1)
        exponents = (digits.subtract(digits.divide(8 * k, steps), 4) for k in range(int(Cs)))
        return np.array([float(digits.power(10, exponent)) for exponent in exponents])
    numbers = [] if isinstance(Cs, (Real, str)) or np.ndim(Cs) != 1 else list(Cs)
    if not numbers or not all(isinstance(C, Real) and float(C) > 0 for C in numbers):
        raise ValueError(f"Cs must be an integer above 0 or numbers above 0; got {Cs!r}.")
    return np.array(numbers, np.float64)


def walk(passes: RowPasses, model: LogisticRegression, Cs: np.ndarray, l1_ratio: float, seed: int) -> Iterator[Point]:
    """Yield a model for each ``C`` in increasing order, each starting from the previous one.

    All other parameters are those of ``model``.
    """
    start = Start.zero(passes)
    name = None
    for place in np.argsort(Cs, kind="stable"):
        penalty = elastic_net(Cs[place], l1_ratio)
        solver = resolve_solver(model.solver, model.dual, passes, penalty)
        if solver != name:
            start.memory, name = None, solver
        task = Task(penalty, model.fit_intercept, solver, passes.kernels, seed, float(model.tol), int(model.max_iter))
        solution = Solution(start.weights, start.intercept)
        complaint = minimise(passes, task, start, solution, lambda solution: None)
        start.weights, start.intercept = solution.weights, solution.intercept
        yield Point(int(place), task, solution, complaint)


def regularization_path(
    X: Any, y: Any, Cs: Any = 10, *, sample_weight: Any = None, **parameters: Any
) -> RegularizationPath:
    """Fit models for many ``C``, each starting from the previous one.

    All of them together cost little more than the hardest of them.

    Parameters
    ----------
    X : array or sparse matrix of shape (n_samples, n_features), or PartitionedRows
    y : array of shape (n_samples,)
        Labels of two or more classes; None for rows in partitions, which have their own.
    Cs : int or array of shape (n_Cs,), default=10
        Inverses of the penalty's strength, above 0; ``inf`` means no penalty. An integer stands for so many values from
        1e-4 to 1e4, equally spaced on a log scale. The models are solved in increasing order.
    sample_weight : float or array of shape (n_samples,), default=None
        Weights, 0 or more.
    **parameters
        Parameters of ``LogisticRegression``, such as ``l1_ratio`` and ``tol``, except ``C``, ``alpha``, ``penalty``
        and ``warm_start``.

    Returns
    -------
    RegularizationPath
        Named tuple ``(Cs, coefs, intercepts, classes, objectives, duality_gaps, n_iter)``.

    Raises
    ------
    ValueError, TypeError
        As for ``LogisticRegression``, and for invalid ``Cs`` or ``parameters``.

    Warns
    -----
    sklearn.exceptions.ConvergenceWarning
        If ``tol`` was not met for some ``C``.

    Examples
    --------
    >>> import fastlr
    >>> X, y = [[0.0], [1.0], [2.0], [3.0]], [0, 1, 0, 1]
    >>> path = fastlr.regularization_path(X, y, [0.1, 1.0, 10.0])
    >>> path.coefs.shape
    (3, 1, 1)
    >>> bool((path.duality_gaps <= 1e-5).all())
    True
    """
    unknown = sorted({"C", "alpha", "penalty", "warm_start"} & set(parameters))
    if unknown:
        raise TypeError(f"regularization_path does not accept {', '.join(unknown)}; use Cs and l1_ratio.")
    Cs = check_Cs(Cs)
    model = LogisticRegression(**parameters)
    model._validate_params()
    refuse_store(X, "regularization_path")
    passes, classes = model._check_passes(X, y, sample_weight, False)
    seed = check_random_state(model.random_state).randint(2**31 - 1)
    weights = np.empty((len(Cs), passes.shape[1], passes.n_outputs), passes.dtype)
    intercepts = np.empty((len(Cs), passes.n_outputs), weights.dtype)
    objectives, gaps = np.empty(len(Cs)), np.empty(len(Cs))
    n_iter = np.empty(len(Cs), np.int32)
    complaints = {}
    for place, task, solution, complaint in walk(passes, model, Cs, model.l1_ratio or 0.0, seed):
        weights[place], intercepts[place] = solution.weights, solution.intercept
        objectives[place] = solution.primal / passes.total_weight
        gaps[place] = solution.gap if task.penalty else np.nan
        n_iter[place] = solution.n_iter
        if complaint:
            complaints[Cs[place]] = complaint
    warn_of(complaints, len(Cs))
    return RegularizationPath(Cs, weights.transpose(0, 2, 1), intercepts, classes, objectives, gaps, n_iter)


def warn_of(complaints: dict[float, str], n_fits: int) -> None:
    """Warn once about all fits that did not reach ``tol``."""
    if complaints:
        C, complaint = next(iter(complaints.items()))
        warnings.warn(
            f"{len(complaints)} of {n_fits} fits did not reach tol. The first, at C={C:.3g}: {complaint}",
            ConvergenceWarning,
            stacklevel=3,
        )
