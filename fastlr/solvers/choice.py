"""The exact solvers by their names, what each can do, and which one ``"auto"`` is."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from fastlr.certificate import Strengths
from fastlr.problem import Problem
from fastlr.solvers.coordinate import coordinate
from fastlr.solvers.exact import Iterate
from fastlr.solvers.lbfgs import lbfgs
from fastlr.solvers.newton import newton
from fastlr.solvers.proximal_gradient import proximal_gradient
from fastlr.solvers.sdca import sdca
from fastlr.solvers.start import Start

# scikit-learn's names, and what is meant here by each. Its liblinear, sag and saga are what its users choose for
# penalties and sizes that its others do not fit, and that is what "auto" is for.
SYNONYMS = {
    "newton-cg": "newton",
    "newton-cholesky": "newton",
    "liblinear": "auto",
    "sag": "auto",
    "saga": "auto",
}
OWN = ("auto", "sdca", "newton", "lbfgs", "coordinate", "gd", "nesterov")
WITH_L1 = ("coordinate", "gd", "nesterov")
WITH_L2_ALONE = ("sdca", "newton", "lbfgs", "gd", "nesterov")
WITHOUT_PENALTY = ("newton", "lbfgs", "gd", "nesterov")
COMPILED = ("sdca", "coordinate")

# Non-zeros times outputs up to which a problem is solved by Newton's method to the last digits, in milliseconds.
TINY = 50_000
# Above this share of non-zeros among all entries of X, and with this strength of L2 beside the sum of the losses or
# less, Newton's method needs fewer passes over the rows than dual coordinate ascent does.
DENSE = 0.2
WEAK = 1e-4


def is_tiny(problem: Problem) -> bool:
    """Return whether a problem is so small that the last digits of its solution cost next to nothing."""
    return problem.rows.nnz * problem.n_outputs <= TINY


def choose_solver(problem: Problem, strengths: Strengths, backend: str) -> str:
    """Return the name of the solver that ``"auto"`` is for a problem."""
    if strengths.l1:
        return "nesterov" if backend == "numpy" else "coordinate"
    n_samples, n_features = problem.rows.shape
    dense = problem.rows.nnz > DENSE * n_samples * n_features
    if backend == "numpy" or is_tiny(problem) or dense or strengths.l2 <= WEAK:
        return "newton"
    return "sdca"


def resolve_solver(name: str, dual: bool, problem: Problem, strengths: Strengths, backend: str) -> str:
    """Return the name of the solver that runs.

    Raises
    ------
    ValueError
        If the solver cannot have the penalty, or the backend.
    """
    l1, l2 = strengths
    penalty = "l1_ratio above 0" if l1 else "a finite C and l1_ratio=0" if l2 else "C=inf"
    if dual and (l1 or not l2):
        raise ValueError(f"dual=True asks for the dual problem of L2, a finite C and l1_ratio=0; found {penalty}.")
    name = SYNONYMS.get(name, name)
    if name == "auto":
        name = "sdca" if dual and backend != "numpy" else choose_solver(problem, strengths, backend)
    able = WITH_L1 if l1 else WITH_L2_ALONE if l2 else WITHOUT_PENALTY
    able = [other for other in able if backend != "numpy" or other not in COMPILED]
    if name not in able:
        with_backend = " with backend='numpy'" if name in COMPILED and backend == "numpy" else ""
        raise ValueError(
            f"solver={name!r} is not for {penalty}{with_backend}; choose one of "
            + ", ".join(repr(other) for other in ("auto", *able))
            + "."
        )
    return name


def iterates_of(
    name: str,
    problem: Problem,
    strengths: Strengths,
    fit_intercept: bool,
    backend: str,
    start: Start,
    seed: int,
) -> Iterator[Iterate]:
    """Return the iterates of the solver of that name."""
    if name == "sdca":
        return sdca(problem, strengths, fit_intercept, backend, start, seed)
    if name == "coordinate":
        return coordinate(problem, strengths, fit_intercept, backend, start, seed)
    solver = {
        "newton": newton,
        "lbfgs": lbfgs,
        "gd": partial(proximal_gradient, accelerated=False),
        "nesterov": partial(proximal_gradient, accelerated=True),
    }[name]
    return solver(problem, strengths, fit_intercept, backend, start)
