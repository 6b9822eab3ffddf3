"""The table of exact solvers: what follows from an entry."""

import numpy as np
import pytest
from helpers import random_labels, random_rows
from sklearn.exceptions import ConvergenceWarning

from fastlr import LogisticRegression, kernels
from fastlr.solvers.exact.registry import NAMES, PARAMETERS, SOLVERS, SYNONYMS

PENALTIES = {
    "none": {"C": np.inf},
    "l2": {"C": 0.3},
    "l1": {"C": 0.3, "l1_ratio": 1.0},
    "elasticnet": {"l1_ratio": 0.5},
}


def test_every_kind_of_penalty_has_a_solver_on_every_backend(backend):
    assert PENALTIES.keys() == PARAMETERS.keys()
    for kind in PENALTIES:
        able = [s for s in SOLVERS.values() if kind in s.penalties and s.runs_on(kernels.load(backend))]
        assert any(solver.by_passes for solver in able)


@pytest.mark.parametrize("kind", PENALTIES)
@pytest.mark.parametrize("name", SOLVERS)
def test_a_solver_takes_the_penalties_of_its_entry_and_no_others(backend, name, kind):
    X, y = random_rows(60, 20, 0.3), random_labels(60, 2)
    solver = SOLVERS[name]
    model = LogisticRegression(solver=name, backend=backend, random_state=0, tol=1e-2, max_iter=2000, **PENALTIES[kind])
    if kind in solver.penalties and solver.runs_on(kernels.load(backend)):
        model.fit(X, y)
        assert model.solver_ == name
        return
    with pytest.raises(ValueError, match=f"solver='{name}' .* Choose one of 'auto'") as error:
        model.fit(X, y)
    for choice in str(error.value).split("Choose one of ")[1].rstrip(".").split(", "):
        LogisticRegression(solver=choice.strip("'"), backend=backend, tol=1.0, **PENALTIES[kind]).fit(X, y)


def test_the_documentation_lists_every_solver():
    text = " ".join(LogisticRegression.__doc__.split())
    for solver in SOLVERS.values():
        assert f'"{solver.name}"' in text
        assert solver.description in text
    for synonym in SYNONYMS:
        assert f'"{synonym}"' in text
    assert {"auto", *SOLVERS, *SYNONYMS} == NAMES


@pytest.mark.parametrize("name", SOLVERS)
def test_one_iteration_makes_a_step_and_none_keeps_the_start(compiled, name):
    X, y = random_rows(60, 20, 0.3), random_labels(60, 3)
    settings = PENALTIES["elasticnet" if "elasticnet" in SOLVERS[name].penalties else "l2"]
    model = LogisticRegression(solver=name, backend=compiled, random_state=0, tol=1e-9, **settings)
    with pytest.warns(ConvergenceWarning, match="after max_iter=0 iterations"):
        model.set_params(max_iter=0).fit(X, y)
    assert not model.coef_.any()
    assert not model.intercept_.any()
    assert model.n_iter_ == 0
    start = model.objective_
    with pytest.warns(ConvergenceWarning, match="after max_iter=1 iterations"):
        model.set_params(max_iter=1).fit(X, y)
    assert model.n_iter_ == 1
    assert model.objective_ < start


@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_warm_start_of_sdca_goes_on_from_the_weights(compiled, n_classes):
    X, y = random_rows(200, 20, 0.5), random_labels(200, n_classes)
    model = LogisticRegression(solver="sdca", C=0.03, backend=compiled, random_state=0, warm_start=True, tol=1e-7)
    n_iter = model.fit(X, y).n_iter_[0]
    objective = model.objective_
    assert model.fit(X, y).n_iter_[0] <= 0.5 * n_iter
    assert model.objective_ <= objective * (1.0 + 1e-7)
    model = LogisticRegression(solver="sdca", C=0.03, backend=compiled, random_state=0, warm_start=True, max_iter=1)
    with pytest.warns(ConvergenceWarning):
        objectives = [model.set_params(tol=0.0).fit(X, y).objective_ for _ in range(4)]
    assert (np.diff(objectives) < 0.0).all()
