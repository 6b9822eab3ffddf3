"""Small dense problems that exact solvers find hard: each fit is certified, or says why it is not.

`stress` makes all of these fits, and many more.
"""

import numpy as np
import pytest
from helpers.small_problems import PENALTIES, PROBLEMS
from solvers.exact.stress import verdict

from fastlr import LogisticRegression, kernels
from fastlr.kernels.backend import resolve_backend
from fastlr.solvers.exact.registry import SOLVERS

BACKEND = resolve_backend("auto")  # as each gives the same bits


@pytest.mark.parametrize("kind", PENALTIES)
@pytest.mark.parametrize("name", PROBLEMS)
def test_the_default_is_certified_or_says_why_not(name, kind):
    n = list(PROBLEMS).index(name)
    strengths = PENALTIES[kind]
    for i in sorted({n % len(strengths), (n + 4) % len(strengths)}):
        dtype = ("float64", "float32")[(n + i) % 2]
        outcome, is_fault, _ = verdict(name, strengths[i], True, dtype, "auto", BACKEND, max_iter=300)
        assert not is_fault, (strengths[i], dtype, outcome)
        if kind != "none" and dtype == "float64" and BACKEND != "numpy":
            assert outcome == "converged", (strengths[i], outcome)


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("name", ["iris", "class without weight", "scales 1e-8 to 1e8", "wide, 3 classes"])
def test_every_solver_ends_or_says_why_not(name, solver):
    if not SOLVERS[solver].runs_on(kernels.load(BACKEND)):
        pytest.skip(f"{BACKEND} has no {solver}")
    for kind in sorted(SOLVERS[solver].penalties):
        for dtype in ("float64", "float32"):
            outcome, is_fault, _ = verdict(name, PENALTIES[kind][-1], True, dtype, solver, BACKEND, max_iter=50)
            assert not is_fault, (kind, dtype, outcome)


@pytest.mark.parametrize("C", [0.1, 1.0, 100.0])
@pytest.mark.parametrize("name", ["iris", "blobs", "0/1 columns", "class without weight", "duplicated columns"])
def test_softmax_with_l1_and_few_features_takes_few_rounds(compiled, name, C):
    """A shift of one feature's weights in all classes changes no probability: the model is flat in that direction."""
    X, y, s = PROBLEMS[name]()
    model = LogisticRegression(C=C, l1_ratio=1.0, random_state=0, backend=compiled).fit(X, y, s)
    assert model.converged_
    assert model.n_iter_[0] <= 60
    # L1 is least where each feature's median over the classes is 0.
    assert (model.coef_ == 0.0).any(axis=0).all()


@pytest.mark.parametrize("solver", ["coordinate", "newton"])
def test_float32_proves_gaps_far_below_the_rounding_of_its_sums(compiled, solver):
    rng = np.random.default_rng(0)
    X = (rng.random((4000, 100)) < 0.2) * rng.random((4000, 100))
    y = (X @ rng.normal(size=100) + 0.1 * rng.normal(size=4000) > 0).astype(int)
    model = LogisticRegression(
        C=100.0, l1_ratio=float(solver == "coordinate"), solver=solver, tol=1e-6, backend=compiled, dtype="float32"
    )
    assert model.fit(X, y).converged_
    assert model.coef_.dtype == np.float32


def test_bounds_allow_for_the_rounding_of_probabilities_that_are_nearly_1():
    """The entropies of rows of great weight are rounded by more than the objective that other rows leave."""
    settings = {"C": 1e6, "l1_ratio": 0.5}
    assert verdict("unequal weights", settings, False, "float64", "auto", BACKEND)[0] == "converged"
