"""The exact solvers by name, what each supports, and which one ``solver="auto"`` chooses.

A further solver is a file with a generator function (see `fastlr.solvers.exact.task`) and an entry in `SOLVERS`:
parameter checks, error messages and the choice of solvers that the documentation lists follow from the entry.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

from fastlr.data.rows import INTO_MEMORY
from fastlr.kernels.kernel_set import KernelSet
from fastlr.objective.penalties import ElasticNet, Penalty
from fastlr.objective.row_passes import RowPasses
from fastlr.solvers.exact.coordinate_descent import coordinate_descent
from fastlr.solvers.exact.lbfgs import lbfgs
from fastlr.solvers.exact.newton import newton
from fastlr.solvers.exact.owlqn import owlqn
from fastlr.solvers.exact.proximal_gradient import proximal_gradient
from fastlr.solvers.exact.sdca import sdca
from fastlr.solvers.exact.task import Iterate, Solver, Start, Task
from fastlr.utils.sums import dot


class SolverSpec(NamedTuple):
    """An exact solver and what it supports.

    Attributes
    ----------
    name : str
        The value of the parameter ``solver``.
    run : callable
        The generator function.
    penalties : frozenset of str
        The kinds of penalty that it takes; see `fastlr.objective.penalties.Penalty.kind`.
    description : str
        For the documentation: what it is.
    capability : str
        The group of kernels that it needs, a key of `fastlr.kernels.bind.ENTRY_POINTS`; "" for those that every
        backend has.
    by_passes : bool
        Whether it only makes passes over all rows in their order, so that these may stay on disk.
    """

    name: str
    run: Solver
    penalties: frozenset[str]
    description: str
    capability: str = ""
    by_passes: bool = False

    def runs_on(self, kernels: KernelSet) -> bool:
        """Return whether a backend has the kernels that the solver needs."""
        return not self.capability or kernels.supports(self.capability)


L2_OR_NONE = frozenset({"l2", "none"})
EVERY_PENALTY = frozenset({"l1", "l2", "elasticnet", "none"})

SOLVERS = {
    solver.name: solver
    for solver in (
        SolverSpec(
            "sdca", sdca, frozenset({"l2", "elasticnet"}), "stochastic dual coordinate ascent", capability="sdca"
        ),
        SolverSpec(
            "newton", newton, L2_OR_NONE, "Newton's method with truncated conjugate gradients", by_passes=True
        ),
        SolverSpec("lbfgs", lbfgs, L2_OR_NONE, "SciPy's L-BFGS", by_passes=True),
        SolverSpec(
            "coordinate", coordinate_descent, frozenset({"l1", "elasticnet"}),
            "proximal Newton with coordinate descent over the features in use", capability="coordinate",
        ),
        SolverSpec("owlqn", owlqn, EVERY_PENALTY, "orthant-wise L-BFGS", by_passes=True),
        SolverSpec(
            "gd", partial(proximal_gradient, accelerated=False), EVERY_PENALTY, "batch gradient descent",
            by_passes=True,
        ),
        SolverSpec(
            "nesterov", partial(proximal_gradient, accelerated=True), EVERY_PENALTY,
            "accelerated batch gradient descent", by_passes=True,
        ),
    )
}  # fmt: skip

# scikit-learn's names, and what they mean here. Its users choose liblinear, sag and saga for penalties and sizes that
# its other solvers do not fit, which is what "auto" is for.
SYNONYMS = {
    "newton-cg": "newton",
    "newton-cholesky": "newton",
    "liblinear": "auto",
    "sag": "auto",
    "saga": "auto",
}
NAMES = frozenset({"auto", *SOLVERS, *SYNONYMS})

# For error messages: which parameters give a penalty of a kind.
PARAMETERS = {
    "none": "C=inf",
    "l2": "a finite C and l1_ratio=0",
    "l1": "l1_ratio=1",
    "elasticnet": "l1_ratio between 0 and 1",
}

# Non-zeros times outputs up to which Newton's method solves a problem to the last digits in milliseconds.
TINY = 50_000
# The weaker L2 is beside the squared norms of the rows, the more epochs dual coordinate ascent takes. Below this part
# of their mean, conjugate gradients are quicker. Two classes of abstracts, in seconds: l2 = .001, 2.5 and Newton's
# method 5.1; .0001, no end in 600 epochs and 6.3. With L1 too, against coordinate descent: .005, .55 and 10; .01, .2 to
# .8 and .9 to 2.4; .001, over 1.6 and 2.5.
WEAK, WEAK_WITH_L1 = 5e-4, 2e-3
# So many non-zeros tell the mean square well enough.
SAMPLE = 1 << 16
# Above this share of non-zeros among all entries of X, Newton's methods need fewer passes over the rows.
DENSE = 0.2


def is_tiny(passes: RowPasses) -> bool:
    """Return whether a problem is so small that the last digits of its solution cost next to nothing."""
    return not passes.by_rounds and passes.nnz * passes.n_outputs <= TINY


def choose_solver(passes: RowPasses, penalty: Penalty) -> str:
    """Return the name of the solver that ``"auto"`` stands for."""
    problem = passes.problem
    if problem is None or not (SOLVERS["sdca"].runs_on(passes.kernels) and isinstance(penalty, ElasticNet)):
        if not penalty.nonsmooth_part:
            return "newton"
        return "owlqn" if passes.by_rounds and isinstance(penalty, ElasticNet) else "nesterov"
    n_samples, n_features = problem.rows.shape
    sample = problem.rows.data[:: 1 + problem.rows.nnz // SAMPLE]
    mean_square = dot(sample, sample) / len(sample) * problem.rows.nnz / n_samples if len(sample) else 0.0
    dense = is_tiny(passes) or problem.rows.nnz > DENSE * n_samples * n_features
    if penalty.l1:
        return "coordinate" if dense or penalty.l2 <= WEAK_WITH_L1 * mean_square else "sdca"
    return "newton" if dense or penalty.l2 <= WEAK * mean_square else "sdca"


def resolve_solver(name: str, dual: bool, passes: RowPasses, penalty: Penalty) -> str:
    """Return the key of `SOLVERS` that a name stands for.

    Raises
    ------
    ValueError
        If the solver does not support the penalty, the backend, or rows on disk.
    """
    parameters, kernels = PARAMETERS[penalty.kind], passes.kernels
    if dual and penalty.kind != "l2":
        raise ValueError(f"dual=True needs an L2 penalty, a finite C and l1_ratio=0; found {parameters}.")
    name = SYNONYMS.get(name, name)
    if name == "auto":
        name = "sdca" if dual and SOLVERS["sdca"].runs_on(kernels) else choose_solver(passes, penalty)
    solver = SOLVERS[name]
    if passes.problem is None and not solver.by_passes:
        raise ValueError(
            f"solver={name!r}{' (dual=True)' if dual else ''} needs the whole matrix in memory, and X is a store. "
            f"Choose one of {_choices(passes, penalty)}. {INTO_MEMORY}"
        )
    if penalty.kind not in solver.penalties:
        raise ValueError(f"solver={name!r} does not support {parameters}. Choose one of {_choices(passes, penalty)}.")
    if not solver.runs_on(kernels):
        raise ValueError(
            f"solver={name!r} does not run with backend={kernels.name!r}. Choose one of {_choices(passes, penalty)}."
        )
    return name


def _choices(passes: RowPasses, penalty: Penalty) -> str:
    """Return the solvers that support all of these, as a list for a message."""
    able = [
        solver.name
        for solver in SOLVERS.values()
        if penalty.kind in solver.penalties
        and (passes.problem is not None or solver.by_passes)
        and solver.runs_on(passes.kernels)
    ]
    return ", ".join(map(repr, ("auto", *able)))


def iterates_of(passes: RowPasses, task: Task, start: Start) -> Iterator[Iterate]:
    """Return the iterates of the task's solver."""
    solver = SOLVERS[task.solver]
    return solver.run(passes if solver.by_passes else passes.problem, task, start)
