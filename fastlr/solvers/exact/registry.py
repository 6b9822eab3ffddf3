"""The exact solvers by their names, what each can do, and which one ``"auto"`` is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np

from fastlr import kernels
from fastlr.data.problem import Problem
from fastlr.data.rows import INTO_MEMORY, Rows
from fastlr.objective.penalties import ElasticNet
from fastlr.solvers.exact.certified import Iterate
from fastlr.solvers.exact.coordinate_descent import coordinate
from fastlr.solvers.exact.lbfgs import lbfgs
from fastlr.solvers.exact.newton import newton
from fastlr.solvers.exact.proximal_gradient import proximal_gradient
from fastlr.solvers.exact.sdca import sdca
from fastlr.solvers.exact.start import Start

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
WITH_L1_ALONE = ("coordinate", "gd", "nesterov")
ELASTIC_NET = ("sdca", "coordinate", "gd", "nesterov")
WITH_L2_ALONE = ("sdca", "newton", "lbfgs", "gd", "nesterov")
WITHOUT_PENALTY = ("newton", "lbfgs", "gd", "nesterov")
COMPILED = ("sdca", "coordinate")
# Those whose work is passes over all rows in their order, for which these may stay on disk.
BY_PASSES = ("newton", "lbfgs", "gd", "nesterov")

# Non-zeros times outputs up to which a problem is solved by Newton's method to the last digits, in milliseconds.
TINY = 50_000
# Dual coordinate ascent takes the more epochs the weaker L2 is beside the squared norms of the rows. Below this part of
# their mean, conjugate gradients are quicker. Two classes of abstracts, in seconds: l2 = .001, 2.5 and Newton's method
# 5.1; .0001, no end in 600 epochs and 6.3. With L1 too, against coordinate descent: .005, .55 and 10; .01, .2 to .8
# and .9 to 2.4; .001, over 1.6 and 2.5.
WEAK, WEAK_WITH_L1 = 5e-4, 2e-3
# So many non-zeros tell the mean square well enough.
SAMPLE = 1 << 16
# Above this share of non-zeros among all entries of X, Newton's method needs fewer passes over the rows.
DENSE = 0.2


def is_tiny(problem: Problem) -> bool:
    """Return whether a problem is so small that the last digits of its solution cost next to nothing."""
    return problem.rows.nnz * problem.n_outputs <= TINY


def choose_solver(problem: Problem, penalty: ElasticNet, backend: str) -> str:
    """Return the name of the solver that ``"auto"`` is for a problem."""
    l1, l2 = penalty.l1, penalty.l2
    if not kernels.load(backend).supports("sdca") or not isinstance(problem.rows, Rows):
        return "nesterov" if l1 else "newton"
    n_samples, n_features = problem.rows.shape
    sample = problem.rows.data[:: 1 + problem.rows.nnz // SAMPLE]
    mean_square = float(np.mean(np.square(sample))) * problem.rows.nnz / n_samples if len(sample) else 0.0
    if l1:
        return "coordinate" if l2 <= WEAK_WITH_L1 * mean_square else "sdca"
    dense = problem.rows.nnz > DENSE * n_samples * n_features
    return "newton" if is_tiny(problem) or dense or l2 <= WEAK * mean_square else "sdca"


def resolve_solver(name: str, dual: bool, problem: Problem, penalty: ElasticNet, backend: str) -> str:
    """Return the name of the solver that runs.

    Raises
    ------
    ValueError
        If the solver cannot have the penalty, the backend, or rows on disk.
    """
    l1, l2 = penalty.l1, penalty.l2
    if l1:
        asked = "l1_ratio between 0 and 1" if l2 else "l1_ratio=1"
    else:
        asked = "a finite C and l1_ratio=0" if l2 else "C=inf"
    if dual and (l1 or not l2):
        raise ValueError(f"dual=True asks for the dual problem of L2, a finite C and l1_ratio=0; found {asked}.")
    name = SYNONYMS.get(name, name)
    if name == "auto":
        name = "sdca" if dual and kernels.load(backend).supports("sdca") else choose_solver(problem, penalty, backend)
    able = {
        (True, False): WITH_L1_ALONE,
        (True, True): ELASTIC_NET,
        (False, True): WITH_L2_ALONE,
        (False, False): WITHOUT_PENALTY,
    }[l1 > 0.0, l2 > 0.0]
    if not isinstance(problem.rows, Rows):
        able = [other for other in able if other in BY_PASSES]
        if name not in BY_PASSES:
            raise ValueError(
                f"solver={name!r}{' (dual=True)' if dual else ''} needs the whole matrix at once, and X is a store; "
                f"of a store choose one of {_listed(able)}. {INTO_MEMORY}"
            )
    missing = [other for other in COMPILED if not kernels.load(backend).supports(other)]
    able = [other for other in able if other not in missing]
    if name not in able:
        with_backend = f" with backend={backend!r}" if name in missing else ""
        raise ValueError(f"solver={name!r} is not for {asked}{with_backend}; choose one of {_listed(able)}.")
    return name


def _listed(solvers: Sequence[str]) -> str:
    return ", ".join(repr(solver) for solver in ("auto", *solvers))


def iterates_of(
    name: str,
    problem: Problem,
    penalty: ElasticNet,
    fit_intercept: bool,
    backend: str,
    start: Start,
    seed: int,
) -> Iterator[Iterate]:
    """Return the iterates of the solver of that name."""
    if name == "sdca":
        return sdca(problem, penalty, fit_intercept, backend, start, seed)
    if name == "coordinate":
        return coordinate(problem, penalty, fit_intercept, backend, start, seed)
    solver = {
        "newton": newton,
        "lbfgs": lbfgs,
        "gd": partial(proximal_gradient, accelerated=False),
        "nesterov": partial(proximal_gradient, accelerated=True),
    }[name]
    return solver(problem, penalty, fit_intercept, backend, start)
