"""LogisticRegression: a citizen of scikit-learn, equal to its optimum, and certified."""

import copy
import functools
import pickle
import signal
import warnings

import numpy as np
import pytest
import scipy.sparse as sp
from helpers import random_labels, random_rows
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression as ScikitLogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from fastlr import LogisticRegression, duality_gap, kernels
from fastlr.data.labels import encode_labels
from fastlr.data.problem import Problem
from fastlr.data.validation import check_rows
from fastlr.objective import objective
from fastlr.objective.penalties import ElasticNet
from fastlr.objective.row_passes import LocalPasses
from fastlr.solvers.exact import registry, solve
from fastlr.solvers.exact.proximal_gradient import proximal_gradient
from fastlr.solvers.exact.task import Start, Task

PENALTIES = {"l2": (2.0, 0.0), "l1": (2.0, 1.0), "elasticnet": (2.0, 0.4), None: (np.inf, 0.0)}
SOLVERS_OF = {
    "l2": ("newton", "lbfgs", "gd", "nesterov", "sdca"),
    "l1": ("coordinate", "gd", "nesterov"),
    "elasticnet": ("sdca", "coordinate", "gd", "nesterov"),
    None: ("newton", "lbfgs", "gd", "nesterov"),
}


@functools.cache
def data(n_classes, weighted):
    """A problem without separable classes, in which every feature but the last is there."""
    rng = np.random.default_rng(0)
    X = sp.random_array((150, 9), density=0.4, random_state=rng, format="csr")
    X.data = rng.normal(size=X.nnz)
    X = sp.csr_matrix(sp.hstack([X, sp.csr_array((150, 1))], format="csr"))
    y = random_labels(150, n_classes)
    s = None
    if weighted:
        s = rng.uniform(0.0, 2.0, 150)
        s[::7] = 0.0
    return X, y, s


def value(model, X, y, s, C, l1_ratio):
    total = len(y) if s is None else s.sum()
    alpha = 0.0 if np.isinf(C) else 1.0 / (C * total)
    return objective(model.coef_.T, model.intercept_, X, y, s, alpha, l1_ratio)


@functools.cache
def optimum(penalty, n_classes, weighted, fit_intercept):
    """What scikit-learn finds at a tight tolerance."""
    X, y, s = data(n_classes, weighted)
    C, l1_ratio = PENALTIES[penalty]
    solver = "saga" if penalty in ("l1", "elasticnet") else "newton-cg"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ScikitLogisticRegression(
            penalty=penalty, C=1.0 if penalty is None else C, l1_ratio=l1_ratio, solver=solver, tol=1e-11,
            max_iter=20000, fit_intercept=fit_intercept, random_state=0,
        ).fit(X, y, s)  # fmt: skip


def assert_optimal(model, penalty, n_classes, weighted, fit_intercept, atol=1e-5):
    X, y, s = data(n_classes, weighted)
    C, l1_ratio = PENALTIES[penalty]
    best = optimum(penalty, n_classes, weighted, fit_intercept)
    expected = value(best, X, y, s, C, l1_ratio)
    found = value(model, X, y, s, C, l1_ratio)
    assert found == pytest.approx(expected, rel=1e-9)
    assert model.objective_ == pytest.approx(found, rel=1e-12)
    assert model.coef_.shape == best.coef_.shape
    assert model.intercept_.shape == best.intercept_.shape
    if n_classes == 2 or penalty in ("l2", "elasticnet"):
        np.testing.assert_allclose(model.coef_, best.coef_, atol=atol)
    if n_classes == 2:
        np.testing.assert_allclose(model.intercept_, best.intercept_, atol=atol)
    np.testing.assert_allclose(model.predict_proba(X), best.predict_proba(X), atol=atol)
    if not fit_intercept:
        assert not model.intercept_.any()


@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("n_classes", [2, 4])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("fit_intercept", [False, True])
def test_the_optimum_is_scikit_learns(backend, penalty, n_classes, weighted, fit_intercept):
    C, l1_ratio = PENALTIES[penalty]
    X, y, s = data(n_classes, weighted)
    model = LogisticRegression(
        C=C, l1_ratio=l1_ratio, tol={"l1": 1e-10, "elasticnet": 1e-13, None: 1e-9}.get(penalty, 1e-11), max_iter=20000,
        fit_intercept=fit_intercept, backend=backend, random_state=0,
    ).fit(X, y, s)  # fmt: skip
    assert model.converged_
    assert_optimal(model, penalty, n_classes, weighted, fit_intercept)


@pytest.mark.parametrize(
    ("penalty", "solver"), [(penalty, solver) for penalty, solvers in SOLVERS_OF.items() for solver in solvers]
)
@pytest.mark.parametrize("n_classes", [2, 4])
def test_every_solver_finds_it(backend, penalty, solver, n_classes):
    if not registry.SOLVERS[solver].runs_on(kernels.load(backend)):
        pytest.skip(f"{solver} is compiled")
    C, l1_ratio = PENALTIES[penalty]
    X, y, s = data(n_classes, True)
    model = LogisticRegression(
        C=C, l1_ratio=l1_ratio, solver=solver, tol=1e-10 if penalty else 1e-8, max_iter=20000, backend=backend,
        random_state=0,
    ).fit(X, y, s)  # fmt: skip
    assert model.converged_
    assert model.solver_ == solver
    # What follows of a gap of 1e-10: P(W) - P* is at least l2 / 2 * ||W - W*||^2.
    l2 = (1.0 - l1_ratio) / C if penalty else 0.0
    follows = np.sqrt(2e-10 * model.objective_ * np.sum(s) / l2) if l2 else 0.0
    assert_optimal(model, penalty, n_classes, True, True, atol=max(follows, 1e-4))
    gap = duality_gap(model, X, y, s)
    assert gap.primal == pytest.approx(model.objective_, rel=1e-12)
    if penalty:
        assert model.duality_gap_ <= 1e-10
        assert gap.relative <= 1e-7
        assert model.duality_gap_ == pytest.approx(1.0 - model.dual_objective_ / model.objective_, abs=1e-14)
    else:
        assert np.isnan(model.duality_gap_)


@pytest.mark.parametrize("accelerated", [False, True])
@pytest.mark.parametrize("l1_ratio", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("n_classes", [2, 4])
def test_gradient_descent_never_raises_the_objective(backend, accelerated, l1_ratio, n_classes):
    X, y, s = data(n_classes, True)
    problem = Problem.make(check_rows(X), encode_labels(y, np.arange(n_classes)), s, n_classes)
    penalty = ElasticNet.from_strengths(0.1 * l1_ratio, 0.1 * (1.0 - l1_ratio))
    task = Task(penalty, True, "gd", kernels.load(backend), 0, 0.0, 150)
    passes = LocalPasses(problem, kernels.load(backend))
    iterates = proximal_gradient(passes, task, Start.zero(problem), accelerated)
    last = np.log(n_classes)
    for _, (weights, intercept, *_) in zip(range(150), iterates, strict=False):
        now = objective(weights, intercept, X, y, s, 0.1 / s.sum(), l1_ratio)
        assert now <= last * (1.0 + 1e-13)
        last = now
    assert last < 0.99 * np.log(n_classes)


# Parameters


def test_scikit_learns_whole_signature_is_accepted(backend):
    X, y, s = data(2, True)
    for solver in ("lbfgs", "liblinear", "newton-cg", "newton-cholesky", "sag", "saga"):
        model = LogisticRegression(
            C=2.0, l1_ratio=0.0, dual=False, tol=1e-9, fit_intercept=True, intercept_scaling=2, class_weight=None,
            random_state=0, solver=solver, max_iter=100, verbose=0, warm_start=False, n_jobs=2, backend=backend,
        ).fit(X, y, s)  # fmt: skip
        assert_optimal(model, "l2", 2, True, True)
        assert model.solver_ == {"lbfgs": "lbfgs"}.get(solver, "newton")
    model = LogisticRegression(C=2.0, dual=True, tol=1e-10, backend=backend).fit(X, y, s)
    assert model.solver_ == ("newton" if backend == "numpy" else "sdca")


@pytest.mark.parametrize("penalty", PENALTIES)
def test_the_older_spelling_of_penalties(backend, penalty):
    C, l1_ratio = PENALTIES[penalty]
    X, y, _ = data(2, False)
    old = LogisticRegression(penalty, C=2.0, l1_ratio=l1_ratio, random_state=0, backend=backend)
    with pytest.warns(FutureWarning, match="'penalty' was deprecated"):
        old.fit(X, y)
    new = LogisticRegression(C=C, l1_ratio=l1_ratio, random_state=0, backend=backend).fit(X, y)
    np.testing.assert_array_equal(old.coef_, new.coef_)
    assert duality_gap(old, X, y).primal == new.objective_ or penalty == "elasticnet"


def test_l1_ratio_none_is_deprecated():
    X, y, _ = data(2, False)
    with pytest.warns(FutureWarning, match="l1_ratio=None"):
        LogisticRegression(l1_ratio=None).fit(X, y)
    with (
        pytest.warns(FutureWarning, match="'penalty' was deprecated"),
        pytest.raises(ValueError, match="needs an l1_ratio"),
    ):
        LogisticRegression(penalty="elasticnet", l1_ratio=None).fit(X, y)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (
            {"solver": "newton", "l1_ratio": 0.5},
            "solver='newton' does not support l1_ratio between 0 and 1. Choose one of",
        ),
        ({"solver": "lbfgs", "l1_ratio": 1.0}, "solver='lbfgs' does not support l1_ratio"),
        ({"solver": "newton-cholesky", "l1_ratio": 1.0}, "solver='newton' does not support l1_ratio"),
        ({"solver": "sdca", "l1_ratio": 1.0}, "solver='sdca' does not support l1_ratio"),
        ({"solver": "sdca", "C": np.inf}, "solver='sdca' does not support C=inf"),
        ({"solver": "sdca", "backend": "numpy"}, "solver='sdca' does not run with backend='numpy'"),
        ({"dual": True, "C": np.inf}, "dual=True"),
        ({"dual": True, "l1_ratio": 0.5}, "dual=True"),
        ({"C": 0.0}, "'C' parameter"),
        ({"C": -1.0}, "'C' parameter"),
        ({"C": np.nan}, "'C' parameter|C=nan"),
        ({"C": 5e-324}, "1 / C is not a finite number"),
        ({"l1_ratio": 1.5}, "'l1_ratio' parameter"),
        ({"tol": -1.0}, "'tol' parameter"),
        ({"tol": np.nan}, "'tol' parameter|tol=nan"),
        ({"max_iter": -1}, "'max_iter' parameter"),
        ({"solver": "sgd"}, "'solver' parameter"),
        ({"penalty": "l3"}, "'penalty' parameter"),
        ({"backend": "fortran"}, "'backend' parameter"),
        ({"dtype": "float16"}, "'dtype' parameter"),
        ({"class_weight": {7: 1.0}}, "class_weight names the class 7"),
    ],
)
def test_bad_parameters_change_nothing(parameters, message):
    X, y, _ = data(2, False)
    model = LogisticRegression().fit(X, y)
    before = model.coef_.copy()
    model.set_params(**parameters)
    with pytest.raises(ValueError, match=message):
        model.fit(X, y)
    np.testing.assert_array_equal(model.coef_, before)
    assert model.converged_


def test_bad_input_changes_nothing(backend):
    X, y, _ = data(2, False)
    model = LogisticRegression(backend=backend).fit(X, y)
    state = copy.deepcopy(vars(model))
    outside = X.copy()
    outside.indices = outside.indices.copy()
    outside.indices[3] = 10**6
    infinite = X.copy()
    infinite.data = infinite.data.copy()
    infinite.data[3] = np.inf
    for arguments, message in (
        ((outside, y), "malformed"),
        ((infinite, y), "infinity"),
        ((X, y[:-1]), "inconsistent"),
        ((X, np.zeros(150)), "two classes"),
        ((X, y, -np.ones(150)), "0 or more"),
        ((X, y, np.zeros(150)), "zero weight"),
        ((X, y, np.full(150, 1e308)), "not finite"),
        ((X, np.linspace(0, 1, 150)), "[Uu]nknown label type"),
    ):
        with pytest.raises(ValueError, match=message):
            model.fit(*arguments)
    assert vars(model).keys() == state.keys()
    np.testing.assert_array_equal(model.coef_, state["coef_"])


# The estimator


def test_in_a_pipeline_and_a_grid_search():
    texts = ["a good film", "a bad film", "good plot", "bad plot", "what a good book", "what a bad book"] * 10
    y = ["+", "-"] * 30
    pipeline = make_pipeline(TfidfVectorizer(), LogisticRegression())
    search = GridSearchCV(pipeline, {"logisticregression__C": [0.1, 1.0], "logisticregression__l1_ratio": [0.0, 1.0]})
    assert search.fit(texts, y).best_score_ == 1.0
    assert search.predict(["good", "bad"]).tolist() == ["+", "-"]


@pytest.mark.parametrize("n_classes", [2, 4])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("solver", ["newton", "lbfgs", "gd", "nesterov", "auto"])
def test_attributes(backend, n_classes, dtype, solver):
    X, y, _ = data(n_classes, False)
    X = X.astype(dtype)
    model = LogisticRegression(C=0.1, solver=solver, backend=backend).fit(X, y)
    n_outputs = 1 if n_classes == 2 else n_classes
    assert model.coef_.shape == (n_outputs, 10)
    assert model.coef_.base is not None
    assert model.coef_.T.flags.c_contiguous
    assert model.coef_.dtype == model.intercept_.dtype == dtype
    assert not model.coef_[:, -1].any()
    assert model.n_iter_.shape == (1,)
    assert 1 <= model.n_iter_[0] < 1000
    assert model.backend_ == backend
    assert model.duality_gap_ <= 1e-5
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.decision_function(X), model.decision_function(X))
    np.testing.assert_array_equal(clone(model).fit(X, y).coef_, model.coef_)
    other = LogisticRegression(C=0.1, solver=solver, backend=backend, dtype="float32").fit(X, y)
    assert other.coef_.dtype == np.float32
    np.testing.assert_allclose(other.coef_, model.coef_, atol=0.01)


@pytest.mark.parametrize("solver", ["newton", "lbfgs", "gd", "nesterov"])
@pytest.mark.parametrize("n_classes", [2, 4])
def test_warm_start(backend, solver, n_classes):
    X, y, _ = data(n_classes, False)
    model = LogisticRegression(solver=solver, tol=1e-6, warm_start=True, backend=backend).fit(X, y)
    first = model.n_iter_[0]
    coef = model.coef_
    kept = coef.copy()
    model.set_params(C=1.01).fit(X, y)
    assert model.n_iter_[0] <= first if solver == "newton" else model.n_iter_[0] < first
    np.testing.assert_array_equal(coef, kept)
    model.set_params(fit_intercept=False).fit(X, y)
    assert not model.intercept_.any()
    with pytest.raises(ValueError, match="warm_start continues with the classes"):
        model.fit(X, y + 1)


def test_class_weights(backend):
    X, y, s = data(4, True)
    weights = {0: 2.0, 2: 0.0}
    one = LogisticRegression(class_weight=weights, backend=backend).fit(X, y, s)
    two = LogisticRegression(backend=backend).fit(X, y, s * np.array([2.0, 1.0, 0.0, 1.0])[y])
    np.testing.assert_allclose(one.coef_, two.coef_, atol=1e-12)
    balanced = LogisticRegression(class_weight="balanced", backend=backend).fit(X, y, s)
    s = s * s.sum() / (4 * np.bincount(y, weights=s))[y]
    np.testing.assert_allclose(balanced.coef_, LogisticRegression(backend=backend).fit(X, y, s).coef_, atol=1e-8)


def test_verbose_shows_a_bar_on_stderr(backend, capsys):
    X, y, _ = data(2, False)
    model = LogisticRegression(verbose=1, backend=backend).fit(X, y)
    captured = capsys.readouterr()
    assert "LogisticRegression: " in captured.err
    assert "gap=" in captured.err
    assert f"objective={model.objective_:.6g}" in captured.err
    assert captured.out == ""


@pytest.mark.usefixtures("ctrl_c")
@pytest.mark.parametrize(
    ("solver", "C", "l1_ratio"),
    [("newton", 1.0, 0.0), ("newton", np.inf, 0.0), ("gd", 1.0, 1.0), ("sdca", 1.0, 0.0), ("lbfgs", 1.0, 0.0)],
)
@pytest.mark.parametrize("after", [0, 3])
def test_ctrl_c_leaves_the_best_model(backend, monkeypatch, solver, C, l1_ratio, after):
    if not registry.SOLVERS[solver].runs_on(kernels.load(backend)):
        pytest.skip(f"{solver} is compiled")
    X, y, s = data(4, True)

    def iterates(*arguments):
        for n, item in enumerate(registry.iterates_of(*arguments)):
            if n == after:
                signal.raise_signal(signal.SIGINT)
            yield item

    monkeypatch.setattr(solve, "iterates_of", iterates)
    model = LogisticRegression(C=C, l1_ratio=l1_ratio, solver=solver, tol=0.0, backend=backend, random_state=0)
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, y, s)
    assert not model.converged_
    assert model.coef_.any() == (after > 0)
    assert model.objective_ == pytest.approx(value(model, X, y, s, C, l1_ratio), rel=1e-12)
    assert model.objective_ <= np.log(4) * (1.0 + 1e-12)
    assert model.predict_proba(X).shape == (150, 4)
    if np.isfinite(C):
        assert duality_gap(model, X, y, s).relative == pytest.approx(model.duality_gap_, rel=1e-6)


# Edges


def test_what_is_short_of_tol_is_said(backend):
    X, y, _ = data(2, False)
    with pytest.warns(ConvergenceWarning, match="a relative duality gap of .* > tol=.* after max_iter=2"):
        model = LogisticRegression(solver="gd", max_iter=2, backend=backend).fit(X, y)
    assert not model.converged_
    assert model.n_iter_[0] == 2
    assert model.duality_gap_ > model.tol
    with pytest.warns(ConvergenceWarning, match="reached a largest gradient entry of .* > tol=.* after max_iter=2"):
        LogisticRegression(solver="gd", C=np.inf, max_iter=2, backend=backend).fit(X, y)


@pytest.mark.parametrize("solver", ["newton", "lbfgs", "gd", "nesterov"])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_separable_classes_without_a_penalty(backend, solver, n_classes):
    y = np.arange(30) % n_classes
    X = sp.csr_matrix(np.eye(n_classes)[y] + np.random.default_rng(0).normal(size=(30, n_classes)) * 0.1)
    with pytest.warns(ConvergenceWarning, match="linearly separable"):
        model = LogisticRegression(C=np.inf, solver=solver, max_iter=500, backend=backend).fit(X, y)
    assert np.isfinite(model.coef_).all()
    assert not model.converged_
    assert model.score(X, y) == 1.0


@pytest.mark.filterwarnings("ignore:Solver")
@pytest.mark.parametrize("C", [1e-10, 1e10])
@pytest.mark.parametrize("l1_ratio", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("n_classes", [2, 4])
def test_extreme_strengths(backend, C, l1_ratio, n_classes):
    X, y, s = data(n_classes, True)
    model = LogisticRegression(C=C, l1_ratio=l1_ratio, max_iter=2000, random_state=0, backend=backend).fit(X, y, s)
    assert model.converged_ or (C, l1_ratio) == (1e10, 1.0)  # its bound needs a gradient of 1e-10
    if C > 1.0:
        free = LogisticRegression(C=np.inf, tol=1e-9, backend=backend).fit(X, y, s)
        np.testing.assert_allclose(model.predict_proba(X), free.predict_proba(X), atol=1e-3)
    else:
        shares = np.bincount(y, weights=s) / s.sum()
        np.testing.assert_allclose(model.predict_proba(X), np.tile(shares, (150, 1)), atol=1e-6)
    if C < 1.0 and l1_ratio == 1.0:
        assert not model.coef_.any()


@pytest.mark.parametrize("solver", ["newton", "lbfgs", "gd", "nesterov", "sdca"])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_nothing_in_X(backend, solver, n_classes):
    if not registry.SOLVERS[solver].runs_on(kernels.load(backend)):
        pytest.skip(f"{solver} is compiled")
    y = np.minimum(np.arange(50), n_classes - 1)
    for X in (sp.csr_matrix((50, 7)), np.zeros((50, 7))):
        model = LogisticRegression(solver=solver, backend=backend).fit(X, y)
        assert model.converged_
        assert not model.coef_.any()
        np.testing.assert_allclose(model.predict_proba(X), np.tile(np.bincount(y) / 50, (50, 1)), atol=1e-4)


def test_two_thousand_classes(backend):
    rng = np.random.default_rng(0)
    y = np.arange(2000)
    X = sp.random_array((2000, 20), density=0.1, random_state=rng, format="csr")
    model = LogisticRegression(C=0.1, tol=1e-4, backend=backend).fit(X, y)
    assert model.converged_
    assert model.coef_.shape == (2000, 20)


@pytest.mark.parametrize("l1_ratio", [0.0, 1.0])
def test_rows_of_weight_0_and_duplicate_rows(backend, l1_ratio):
    X, y, _ = data(4, False)
    s = np.r_[np.zeros(40), np.full(60, 2.0), np.ones(50)]
    parameters = {"l1_ratio": l1_ratio, "tol": 1e-11, "max_iter": 20000, "backend": backend}
    weighted = LogisticRegression(**parameters).fit(X, y, s)
    rows = np.r_[40:150, 40:100]
    repeated = LogisticRegression(**parameters).fit(X[rows], y[rows])
    assert weighted.objective_ == pytest.approx(repeated.objective_, rel=1e-10)
    np.testing.assert_allclose(weighted.predict_proba(X), repeated.predict_proba(X), atol=1e-5)


def test_unsorted_and_repeated_indices(backend):
    X, y = random_rows(index=np.int64), random_labels(60, 3)
    summed = X.copy()
    summed.sum_duplicates()
    for l1_ratio in (0.0, 0.5):
        one, two = (
            LogisticRegression(l1_ratio=l1_ratio, tol=1e-11, max_iter=20000, backend=backend).fit(A, y)
            for A in (X, summed)
        )
        np.testing.assert_allclose(one.coef_, two.coef_, atol=1e-5)


def test_features_of_very_different_scales(backend):
    X, y, _ = data(2, False)
    scales = np.array([1e-8, 1e8, 1, 1e-8, 1e8, 1, 1, 1, 1, 1])
    wide = X @ sp.diags_array(scales)
    model = LogisticRegression(C=np.inf, tol=1e-7, backend=backend).fit(wide, y)
    plain = LogisticRegression(C=np.inf, tol=1e-9, backend=backend).fit(X, y)
    np.testing.assert_allclose(model.coef_ * scales, plain.coef_, rtol=1e-5, atol=1e-9)
    assert LogisticRegression(backend=backend).fit(wide, y).converged_


@pytest.mark.parametrize("solver", ["newton", "lbfgs", "gd", "nesterov", "sdca"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_tol_below_what_arithmetic_allows(backend, solver, dtype):
    if not registry.SOLVERS[solver].runs_on(kernels.load(backend)):
        pytest.skip(f"{solver} is compiled")
    X, y, _ = data(2, False)
    with pytest.warns(ConvergenceWarning, match="a relative duality gap of .* > tol="):
        model = LogisticRegression(C=0.1, solver=solver, tol=0.0, backend=backend, random_state=0).fit(
            X.astype(dtype), y
        )
    assert 0.0 <= model.duality_gap_ < (1e-6 if dtype == np.float32 else 1e-7)
    if dtype == np.float32:
        assert model.duality_gap_ > 1e-8


@pytest.mark.filterwarnings("ignore:Solver")
def test_one_class_has_all_the_weight(backend):
    X, y, _ = data(2, False)
    model = LogisticRegression(backend=backend).fit(X, y, y.astype(float))
    assert (model.predict(X) == 1).all()
    assert np.isfinite(model.coef_).all()
