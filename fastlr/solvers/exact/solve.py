"""Solving one problem: the solver's iterates, the certificate that ends them, and what an interrupt leaves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from fastlr.data.problem import Problem
from fastlr.objective.duality import Certifier
from fastlr.objective.penalties import ElasticNet
from fastlr.solvers.exact.certified import Iterate, Solution, run_exact
from fastlr.solvers.exact.registry import is_tiny, iterates_of
from fastlr.solvers.exact.start import Start
from fastlr.solvers.exact.stationarity import run_stationary, separates, stationarity

# Newton's method goes on for tiny problems until it makes no more progress, whatever tol allows: their models are then
# equal to the last digits wherever the problems are, however these are written down.
TINY_TOL = 0.0
# A mean loss this small is 0 to rounding, and 0 is the limit of what goes on falling: all the weight is in one class,
# say, whose intercept would be infinite.
NOTHING = 1e-14


class Task(NamedTuple):
    """What is to be minimised, how, and how far.

    Attributes
    ----------
    penalty : ElasticNet
    fit_intercept : bool
    solver : str
        A name that `fastlr.solvers.exact.registry.resolve_solver` returned.
    backend : {"numba", "cython", "numpy"}
    seed : int
    tol : float
        Relative duality gap; without a penalty, the largest entry of the gradient of the mean loss.
    max_iter : int
    """

    penalty: ElasticNet
    fit_intercept: bool
    solver: str
    backend: str
    seed: int
    tol: float
    max_iter: int


def minimise(
    problem: Problem, task: Task, start: Start, solution: Solution, progress: Callable[[Solution], None]
) -> str | None:
    """Solve a problem.

    Parameters
    ----------
    problem : Problem
    task : Task
    start : Start
        Where to start; what the solver can use again is left in its ``memory``.
    solution : Solution
        Changed in place; holds the best model at the end, and after a KeyboardInterrupt too.
    progress : callable
        Told the solution after each of the solver's items.

    Returns
    -------
    str or None
        How far the solution is from what was asked, and why; None where it is not.
    """
    iterates = iterates_of(task.solver, problem, task.penalty, task.fit_intercept, task.backend, start, task.seed)
    latest = Iterate(start.weights, start.intercept, np.inf)

    def watched() -> Iterator[Iterate]:
        nonlocal latest
        for item in iterates:
            latest = item
            yield item
            if solution.primal <= NOTHING * problem.total_weight:
                return

    if task.penalty:
        certifier = Certifier(problem, task.penalty, task.fit_intercept, task.backend)
        tol = TINY_TOL if task.solver == "newton" and is_tiny(problem) else task.tol
        try:
            run_exact(watched(), certifier, solution, tol, task.max_iter, progress)
        except KeyboardInterrupt:
            found = certifier.certify(latest.weights, latest.intercept)
            solution.dual = max(solution.dual, found.dual)
            if found.primal < solution.primal:
                solution.weights, solution.intercept, solution.primal = latest.weights, found.intercept, found.primal
            solution.converged = False
            raise
        solution.converged = solution.gap <= task.tol
        if not solution.converged:  # no solver shall end with a worse model than it was given
            found = certifier.certify(start.weights, start.intercept)
            if found.primal < solution.primal:
                solution.weights, solution.intercept, solution.primal = start.weights, found.intercept, found.primal
        return None if solution.converged else _complaint("relative duality gap", solution.gap, problem, task, solution)

    def evaluate(weights: np.ndarray, intercept: np.ndarray) -> tuple[float, float]:
        return stationarity(problem, weights, intercept, task.fit_intercept, task.backend)

    try:
        norm = run_stationary(watched(), evaluate, solution, task.tol, task.max_iter, progress)
    except KeyboardInterrupt:
        solution.weights, solution.intercept = latest.weights, latest.intercept
        solution.primal, _ = evaluate(latest.weights, latest.intercept)
        solution.converged = False
        raise
    if separates(problem, solution.weights, solution.intercept, task.fit_intercept, task.backend):
        solution.converged = False
        return (
            "The classes are linearly separable: without a penalty (C=inf) no finite weights are the best. Those found "
            "separate them; a finite C makes the weights well-defined."
        )
    return None if solution.converged else _complaint("gradient's largest entry", norm, problem, task, solution)


def _complaint(what: str, reached: float, problem: Problem, task: Task, solution: Solution) -> str:
    if solution.n_iter >= task.max_iter:
        return (
            f"The {what} came down to {reached:.2g}, not to tol={task.tol:.2g}, in max_iter={task.max_iter} iterations "
            f"of solver {task.solver!r}. Raise max_iter or tol, or choose another solver."
        )
    dtype = problem.dtype
    return (
        f"The {what} came down to {reached:.2g}, not to tol={task.tol:.2g}: solver {task.solver!r} makes no more "
        f"progress in {dtype}. Raise tol" + (", or train in float64." if dtype == np.float32 else ".")
    )
