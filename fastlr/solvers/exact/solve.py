"""Solving one problem: run the solver, certify its model, and keep the best one, also after an interrupt."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from fastlr.objective.duality import Certifier
from fastlr.objective.row_passes import RowPasses
from fastlr.solvers.exact.certified import run_exact
from fastlr.solvers.exact.registry import is_tiny, iterates_of
from fastlr.solvers.exact.stationarity import partly_separates, run_stationary, separates, stationarity
from fastlr.solvers.exact.task import Iterate, Solution, Start, Task
from fastlr.utils.sums import mean_of, row_sums

# Newton's method solves tiny problems to the last digit, whatever tol allows. Then problems that are the same but for
# the way in which they are written down (the order of rows, or a weight of 2 for a repeated row) have the same model.
TINY_TOL = 0.0
# A mean loss this small is 0 to rounding, and would go on falling forever: for example because all weight is in one
# class, whose intercept would become infinite.
NOTHING = 1e-14


def minimise(
    passes: RowPasses,
    task: Task,
    start: Start,
    solution: Solution,
    progress: Callable[[Solution], None],
    watch: Callable[[Iterator[Iterate]], Iterator[Iterate]] | None = None,
) -> str | None:
    """Solve a problem.

    Parameters
    ----------
    passes : RowPasses
        Over the rows of the problem.
    task : Task
    start : Start
        The solver leaves in its ``memory`` what it can use again.
    solution : Solution
        Changed in place; holds the best model at the end, also after a KeyboardInterrupt.
    progress : callable
        Called with the solution after each iterate.
    watch : callable, default=None
        Given the solver's iterates, yields them; it may end them early.

    Returns
    -------
    str or None
        A warning that says how far the solution is from ``task.tol``, and why; None if it is within.
    """
    iterates = iterates_of(passes, task, start)
    if watch is not None:
        iterates = watch(iterates)
    latest = Iterate(start.weights, start.intercept, np.inf)

    def tracked() -> Iterator[Iterate]:
        nonlocal latest
        for item in iterates:
            latest, solution.latest = item, item.objective
            yield item
            if solution.primal <= NOTHING * passes.total_weight:
                return

    if task.penalty:
        certifier = Certifier(passes, task.penalty, task.fit_intercept)
        if task.max_iter == 0:  # the start as it is, not at its best intercept
            gap, total = certifier.gap_of(start.weights, start.intercept), passes.total_weight
            solution.primal, solution.dual = gap.primal * total, gap.dual * total
            return _complaint("relative duality gap", solution.gap, passes.dtype, task, solution)
        tol = TINY_TOL if task.solver == "newton" and is_tiny(passes) else task.tol
        try:
            run_exact(tracked(), certifier, solution, tol, task.max_iter, progress)
        except KeyboardInterrupt:
            found = certifier.certify(latest.weights, latest.intercept)
            solution.dual = max(solution.dual, found.dual)
            if found.primal < solution.primal:
                solution.weights, solution.intercept, solution.primal = latest.weights, found.intercept, found.primal
            solution.converged = False
            raise
        solution.converged = solution.gap <= task.tol
        if not solution.converged:  # never return a worse model than the start
            found = certifier.certify(start.weights, start.intercept)
            if found.primal < solution.primal:
                solution.weights, solution.intercept, solution.primal = start.weights, found.intercept, found.primal
        return (
            None
            if solution.converged
            else _complaint("relative duality gap", solution.gap, passes.dtype, task, solution)
        )

    def evaluate(weights: np.ndarray, intercept: np.ndarray) -> tuple[float, float]:
        return stationarity(passes, weights, intercept, task.fit_intercept)

    try:
        norm = run_stationary(tracked(), evaluate, solution, task.tol, task.max_iter, progress)
    except KeyboardInterrupt:
        solution.weights, solution.intercept = latest.weights, latest.intercept
        solution.primal, _ = evaluate(latest.weights, latest.intercept)
        solution.converged = False
        raise
    if passes.n_outputs > 1:  # a shift of all classes changes no probability: the least weights sum to 0
        means = row_sums(solution.weights)[:, None] / passes.n_outputs
        solution.weights = solution.weights - means.astype(passes.dtype)
        solution.intercept = solution.intercept - mean_of(solution.intercept)
    if separates(passes, solution.weights, solution.intercept, task.fit_intercept):
        solution.converged = False
        return (
            "The classes are linearly separable, so without a penalty (C=inf) no finite weights are optimal. The "
            "weights found separate the classes; set a finite C for weights that are well defined."
        )
    if not solution.converged and solution.n_iter >= task.max_iter:
        return _complaint("largest gradient entry", norm, passes.dtype, task, solution)
    if partly_separates(passes, solution.weights, solution.intercept, task.fit_intercept):
        solution.converged = False
        return (
            "The classes are partly separable, so without a penalty (C=inf) no finite weights are optimal: some of "
            "the weights would grow forever, and tol decides where they stop. Set a finite C for weights that are "
            "well defined."
        )
    return None if solution.converged else _complaint("largest gradient entry", norm, passes.dtype, task, solution)


def _complaint(what: str, reached: float, dtype: np.dtype, task: Task, solution: Solution) -> str:
    if solution.n_iter >= task.max_iter:
        return (
            f"Solver {task.solver!r} reached a {what} of {reached:.2g} > tol={task.tol:.2g} after "
            f"max_iter={task.max_iter} iterations. Increase max_iter or tol, or choose another solver."
        )
    remedy = "train in float64, or choose" if dtype == np.float32 else "or choose"
    return (
        f"Solver {task.solver!r} stopped at a {what} of {reached:.2g} > tol={task.tol:.2g}: it makes no more progress "
        f"in {dtype}. Increase tol, {remedy} another solver."
    )
