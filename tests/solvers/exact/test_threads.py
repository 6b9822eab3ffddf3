"""Exact models in several threads."""

import copy

import numpy as np
import pytest
from helpers import random_labels, random_rows

from fastlr import LogisticRegression

pytestmark = pytest.mark.usefixtures("no_thread_is_left")


@pytest.mark.parametrize("n_classes", [2, 4])
@pytest.mark.parametrize(
    ("solver", "l1_ratio", "C"),
    [("newton", 0.0, 1.0), ("lbfgs", 0.0, 1.0), ("sdca", 0.3, 1.0), ("coordinate", 1.0, 1.0), ("nesterov", 0.3, 0.1),
     ("newton", 0.0, np.inf)],
)  # fmt: skip
def test_exact_models_are_certified_in_threads_too(compiled, eager_threads, solver, l1_ratio, C, n_classes):
    X, y = random_rows(400), random_labels(400, n_classes)
    s = np.random.default_rng(0).exponential(size=400)
    model = LogisticRegression(
        solver=solver, l1_ratio=l1_ratio, C=C, tol=1e-7, max_iter=5000, random_state=0, backend=compiled
    )
    alone = copy.deepcopy(model).fit(X, y, s)
    for n_jobs in (2, 3):
        model.set_params(n_jobs=n_jobs).fit(X, y, s)
        assert model.converged_
        np.testing.assert_allclose(model.objective_, alone.objective_, rtol=2e-7)
        again = copy.deepcopy(model).fit(X, y, s)
        np.testing.assert_array_equal(again.coef_, model.coef_)
        np.testing.assert_array_equal(again.history_["objective"], model.history_["objective"])


def test_exact_models_of_the_naive_path_heed_no_threads():
    X, y = random_rows(), random_labels(60, 2)
    one, two = (LogisticRegression(n_jobs=n, backend="numpy").fit(X, y) for n in (None, 2))
    np.testing.assert_array_equal(one.coef_, two.coef_)
    with pytest.raises(ValueError, match="n_jobs must not be 0"):
        LogisticRegression(n_jobs=0, backend="numpy").fit(X, y)
