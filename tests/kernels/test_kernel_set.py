"""What a backend's kernels are, and the NumPy reference of small kernels against the compiled ones."""

import math
from pathlib import Path

import numpy as np
import pytest
from helpers import random_labels, random_rows

import fastlr
from fastlr import LogisticRegression, SGDClassifier, kernels
from fastlr.kernels.backend import BACKENDS, resolve_backend
from fastlr.kernels.bind import ENTRY_POINTS, LOSSES, SOURCES
from fastlr.kernels.compilers import COMPILERS
from fastlr.kernels.sources import state


def test_the_registry_names_the_backends():
    assert BACKENDS == ("auto", "cython", "numba", "numpy")
    assert set(COMPILERS) == {*BACKENDS, "python"} - {"auto"}
    assert [name for name, compiler in COMPILERS.items() if compiler.automatic] == ["cython", "numba"]


def test_what_backends_support(compiled):
    assert kernels.load(compiled).capabilities == set(ENTRY_POINTS)
    assert kernels.load(compiled).threads
    reference = kernels.load("numpy")
    assert (reference.name, reference.loss, reference.threads) == ("numpy", "log_loss", False)
    assert reference.supports("rows")
    assert not reference.supports("sdca")
    with pytest.raises(AttributeError, match="kernels of 'numpy' have no sdca_binary"):
        reference.sdca_binary()


def test_kernels_run_uncompiled():
    X, y = random_rows(), random_labels(60, 3)
    assert resolve_backend("python") == "python"
    with fastlr.use_backend("python"):
        slow = SGDClassifier(max_iter=2, random_state=0).fit(X, y)
        exact = LogisticRegression().fit(X, y)
    assert slow.backend_ == "python"
    np.testing.assert_allclose(slow.coef_, SGDClassifier(max_iter=2, random_state=0).fit(X, y).coef_, atol=1e-12)
    assert exact.duality_gap_ <= exact.tol


def test_every_source_is_bound():
    folder = Path(state.__file__).parent
    assert {path.stem for path in folder.glob("*.py")} - {"__init__"} == set(SOURCES)
    assert {path.stem for path in (folder / "losses").glob("*.py")} - {"__init__"} == set(LOSSES)


@pytest.fixture(params=[1, 3])
def case(request):
    """Rows, labels of as many outputs, and weights of rows."""
    n_outputs = request.param
    X = random_rows(dtype=np.float64)
    labels = random_labels(X.shape[0], max(n_outputs, 2)).astype(np.int32)
    return X, labels, n_outputs, np.random.default_rng(1)


@pytest.mark.parametrize("part", [(0, 60), (7, 31)])
def test_products_of_rows(compiled, case, part):
    X, _, n_outputs, rng = case
    rows, weights = (X.indptr, X.indices, X.data), rng.normal(size=(X.shape[1], n_outputs))
    factors, intercept = rng.normal(size=(X.shape[0], n_outputs)), rng.normal(size=n_outputs)
    results = []
    for call in (kernels.load(compiled), kernels.load("numpy")):
        scores, back = np.zeros((X.shape[0], n_outputs)), np.ones((X.shape[1], n_outputs))
        norms, counts, places = np.zeros(X.shape[0]), np.ones(X.shape[1], np.int32), np.empty(X.shape[1], np.int32)
        write = call.scores_binary if n_outputs == 1 else call.scores_softmax
        write(*rows, weights, intercept, *part, scores)
        call.add_transposed(*rows, factors, *part, back)
        call.squared_norms(*rows, *part, places, norms)
        call.count_columns(X.indices, counts)
        results.append((scores, back, counts))
        for i in range(*part):
            values = X[[i]].toarray()  # entries of one feature are summed
            assert norms[i] == pytest.approx((values**2).sum()) or norms[i] == -1.0
    for a, b in zip(*results, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("weighted", [False, True])
def test_sums_for_the_duality_gap(compiled, case, weighted):
    X, labels, n_outputs, rng = case
    n, n_classes = X.shape[0], max(n_outputs, 2)
    s = rng.exponential(size=n) if weighted else np.empty(0)
    scores, intercept = 3 * rng.normal(size=(n, n_outputs)), rng.normal(size=n_outputs)
    take, give = rng.random(n_classes) / 2, rng.dirichlet(np.ones(n_classes))
    results = []
    for call in (kernels.load(compiled), kernels.load("numpy")):
        p, mass, product = np.empty((n, n_classes)), np.zeros(n_classes), np.zeros((n_classes, n_classes))
        factors = np.empty((n, n_outputs))
        write = call.losses_binary if n_outputs == 1 else call.losses_softmax
        loss = write(scores, intercept, labels, s, 0, n, p, mass, product)
        entropy = call.mixed_entropy(labels, s, 0, n, 0.7, p, np.empty(100))
        move = call.balance_binary if n_outputs == 1 else call.balance_softmax
        move(labels, s, 0, n, take, give, p, factors)
        results.append((loss, entropy, p, mass, product, factors))
    for a, b in zip(*results, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("norm", [0, 1, 2])
@pytest.mark.parametrize("sublinear", [False, True])
def test_tf_idf(compiled, case, norm, sublinear):
    X, _, _, rng = case
    counts = rng.integers(1, 9, len(X.data)).astype(np.float64)
    logs = np.array([0.0, *(1.0 + math.log(k) for k in range(1, 9))])
    results = []
    for call in (kernels.load(compiled), kernels.load("numpy")):
        out = np.zeros_like(counts)
        idf = np.linspace(1, 3, X.shape[1])
        call.weigh_rows(X.indptr, X.indices, counts, idf, sublinear, norm, logs, 5, X.shape[0], out)
        results.append(out)
    np.testing.assert_allclose(*results, rtol=1e-12)
