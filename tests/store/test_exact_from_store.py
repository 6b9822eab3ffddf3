"""Exact models of a store are those of the same rows in memory, and so are their certificates."""

import pickle
import threading
import tracemalloc

import numpy as np
import pytest
import scipy.sparse as sp
from helpers import random_labels, random_rows
from helpers.stores import NAMES
from sklearn.linear_model import LogisticRegression as ScikitLogisticRegression

import fastlr
from fastlr import LogisticRegression, LogisticRegressionCV, SGDClassifier, StoreWriter, open_store, write_store
from fastlr.data import passes
from fastlr.store import stored_rows as rows_module
from fastlr.store.stored_rows import StoredRows

N_ROWS = 150

pytestmark = [
    pytest.mark.usefixtures("no_waiting_for_the_disk"),
    pytest.mark.filterwarnings("ignore:Solver"),  # tol is not met in a few iterations
]


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    """Blocks of a few rows, so that little stores have many."""
    monkeypatch.setattr(rows_module, "BLOCK_BYTES", 3500)
    monkeypatch.setattr(rows_module, "PIECE_BYTES", 1000)


def data(n_classes=3, dtype=np.float64):
    X, y = random_rows(N_ROWS, 30, dtype=dtype), NAMES[random_labels(N_ROWS, n_classes)]
    weights = np.random.default_rng(1).integers(0, 3, N_ROWS).astype(float)
    return X, y, weights


def same_models(model, expected, atol=1e-10):
    for name in ("coef_", "intercept_"):
        np.testing.assert_allclose(getattr(model, name), getattr(expected, name), 1e-10, atol, err_msg=name)
    for name in ("objective_", "dual_objective_", "duality_gap_"):
        assert getattr(model, name) == pytest.approx(getattr(expected, name), 1e-10, 1e-10, nan_ok=True), name
    assert (model.solver_, model.n_iter_.item()) == (expected.solver_, expected.n_iter_.item())
    assert model.classes_.tolist() == expected.classes_.tolist()
    assert model.coef_.dtype == expected.coef_.dtype


def no_thread_is_left():
    return not [thread for thread in threading.enumerate() if thread.name.startswith("fastlr-read")]


@pytest.mark.parametrize(
    ("solver", "C", "l1_ratio"),
    [
        *((solver, C, 0.0) for solver in ("newton", "lbfgs", "gd", "nesterov") for C in (1.0, np.inf)),
        *((solver, 0.5, l1_ratio) for solver in ("gd", "nesterov") for l1_ratio in (0.4, 1.0)),
    ],
)
def test_models_are_those_of_the_rows_in_memory(backend, tmp_path, solver, C, l1_ratio):
    for n_classes in (2, 3):
        X, y, s = data(n_classes)
        model = LogisticRegression(C=C, l1_ratio=l1_ratio, solver=solver, max_iter=5, backend=backend)
        expected = LogisticRegression(**model.get_params()).fit(X, y, s)
        store = write_store(tmp_path / f"{n_classes}", X, y, s, shard_bytes=5000)
        assert len(list(StoredRows(store, X.dtype).blocks())) > 2
        assert store.n_shards > 2
        # Without a penalty nothing takes back what other sums round differently.
        same_models(model.fit(store), expected, 1e-8 if np.isinf(C) else 1e-10)


@pytest.mark.parametrize("parameters", [{"fit_intercept": False}, {"class_weight": "balanced"}, {"dtype": "float32"}])
def test_parameters(backend, tmp_path, parameters):
    X, y, s = data()
    store, bare = write_store(tmp_path / "a", X, y, s, shard_bytes=5000), write_store(tmp_path / "b", X)
    model = LogisticRegression(backend=backend, tol=1e-4, **parameters)
    expected = LogisticRegression(**model.get_params()).set_params(solver="newton").fit(X, y, s)
    atol = 1e-10 if "dtype" not in parameters else 1e-4
    for fitted in (model.fit(store), LogisticRegression(**model.get_params()).fit(bare, y, s)):
        np.testing.assert_allclose(fitted.coef_, expected.coef_, atol=atol)
        assert fitted.coef_.dtype == expected.coef_.dtype
        assert fitted.converged_
    reweighted = LogisticRegression(**model.get_params()).fit(store, sample_weight=np.ones(N_ROWS))
    expected.fit(X, y)
    np.testing.assert_allclose(reweighted.coef_, expected.coef_, atol=atol)
    assert LogisticRegression(max_iter=1, tol=1.0).fit(write_store(tmp_path / "c", X.astype("f"), y)).coef_.dtype == "f"


def test_blocks_do_not_depend_on_shards(compiled, tmp_path):
    X, y, _ = data()
    models = [
        LogisticRegression(backend=compiled).fit(write_store(tmp_path / f"{n}", X, y, shard_bytes=n))
        for n in (600, 4000, 1 << 20)
    ]
    for model in models[1:]:
        same_models(model, models[0])


def test_blocks_are_bounded_however_uneven_the_shards(tmp_path):
    X, y, _ = data()
    store = write_store(tmp_path, X, y)
    for row in range(40):
        store.append(X[[row]], y[[row]])
    blocks = [(block.first, block.rows.csr.copy()) for block in StoredRows(store, np.float64).blocks()]
    assert [first for first, _ in blocks] == np.cumsum([0, *(rows.shape[0] for _, rows in blocks[:-1])]).tolist()
    assert (sp.vstack([rows for _, rows in blocks]) != sp.vstack([X, X[:40]])).nnz == 0
    assert max(12 * rows.nnz + 8 * rows.shape[0] for _, rows in blocks) <= 3500 + 2000  # a piece more, at most


def test_a_pickle_has_no_rows(tmp_path, monkeypatch):
    """As rows that fit into two blocks are kept in memory."""
    monkeypatch.setattr(rows_module, "BLOCK_BYTES", 1 << 20)
    X, y, _ = data()
    rows = StoredRows(write_store(tmp_path, X, y), X.dtype)
    first = [block.rows.data.copy() for block in rows.blocks()]
    content = pickle.dumps(rows)
    assert X.data[:20].tobytes() not in content
    assert np.array_equal([block.rows.data for block in pickle.loads(content).blocks()], first)


def test_threads(compiled, eager_threads, tmp_path):
    X, y, s = data()
    store = write_store(tmp_path, X, y, s, shard_bytes=5000)
    for solver, l1_ratio in (("newton", 0.0), ("nesterov", 0.5)):
        model = LogisticRegression(solver=solver, l1_ratio=l1_ratio, max_iter=5, n_jobs=3, backend=compiled)
        expected = LogisticRegression(**model.get_params()).set_params(n_jobs=None).fit(X, y, s)
        same_models(model.fit(store), expected)
        again = LogisticRegression(**model.get_params()).fit(store)
        np.testing.assert_array_equal(model.coef_, again.coef_)


def test_auto_and_its_synonyms(backend, tmp_path):
    X, y, _ = data()
    store = write_store(tmp_path, X, y)
    for name in ("auto", "saga", "liblinear"):
        model = LogisticRegression(solver=name, max_iter=2, backend=backend)
        assert model.fit(store).solver_ == "newton"
        assert model.set_params(l1_ratio=0.5).fit(store).solver_ == "nesterov"


def test_warm_start(backend, tmp_path):
    X, y, _ = data()
    store = write_store(tmp_path, X, y)
    model = LogisticRegression(solver="lbfgs", warm_start=True, backend=backend).fit(store)
    n_iter, coef = model.n_iter_.item(), model.coef_.copy()
    assert n_iter > 1
    assert model.fit(store).n_iter_.item() == 0
    np.testing.assert_array_equal(model.coef_, coef)
    with pytest.raises(ValueError, match="warm_start continues with the classes"):
        model.fit(store, np.where(y == "ham", "jam", y))


def test_the_certificate_is_that_of_the_rows_in_memory(backend, tmp_path):
    X, y, s = data()
    store = write_store(tmp_path, X, y, s, shard_bytes=5000)
    models = [
        LogisticRegression(max_iter=1, backend=backend, tol=1.0).fit(store),
        SGDClassifier(random_state=0, backend=backend, alpha=1e-2).fit(store),
        ScikitLogisticRegression(class_weight="balanced", max_iter=5000).fit(X, y, s),
    ]
    for model in models:
        found, expected = fastlr.duality_gap(model, store), fastlr.duality_gap(model, X, y, s)
        np.testing.assert_allclose(found, expected, 1e-10, 1e-10)
        found, expected = (
            fastlr.duality_gap(model, store, y[::-1], s[::-1]),
            fastlr.duality_gap(model, X, y[::-1], s[::-1]),
        )
        np.testing.assert_allclose(found, expected, 1e-10, 1e-10)
    assert fastlr.duality_gap(models[0], store).relative == pytest.approx(models[0].duality_gap_, abs=1e-10)
    with pytest.raises(ValueError, match="not in classes"):
        fastlr.duality_gap(models[0], store, np.where(y == "ham", "jam", y))
    with pytest.raises(ValueError, match="requires y"):
        fastlr.duality_gap(models[0], X)


def test_what_is_refused(compiled, tmp_path):
    X, y, _ = data()
    store = write_store(tmp_path / "a", X, y)
    for parameters, message in (
        ({"solver": "sdca"}, r"solver='sdca' needs .* X is a store. Choose .*'lbfgs'.*to_csr\(\)"),
        (
            {"solver": "coordinate", "l1_ratio": 1.0},
            r"'coordinate' needs .* Choose one of 'auto', 'owlqn', 'gd', 'nest",
        ),
        ({"solver": "auto", "dual": True}, r"solver='sdca' \(dual=True\) needs the whole matrix"),
        ({"solver": "newton", "l1_ratio": 0.5}, r"not support l1_ratio .* Choose one of 'auto', 'owlqn', 'gd', 'nest"),
    ):
        with pytest.raises(ValueError, match=message):
            LogisticRegression(backend=compiled, **parameters).fit(store)
    with pytest.raises(ValueError, match=r"LogisticRegressionCV needs the whole matrix.*to_csr"):
        LogisticRegressionCV().fit(store, y)
    with pytest.raises(ValueError, match=r"regularization_path needs the whole matrix.*to_csr"):
        fastlr.regularization_path(store, y, [1.0])
    for arguments, message in (
        ((write_store(tmp_path / "b", X),), "has no labels; pass y"),
        ((store, y[1:]), "inconsistent numbers"),
        ((store, np.zeros(N_ROWS)), "1 class"),
        ((store, y, np.zeros(N_ROWS)), "nothing to fit"),
        ((store, y, -np.ones(N_ROWS)), "0 or more"),
        ((X,), "requires y"),
    ):
        model = LogisticRegression()
        with pytest.raises(ValueError, match=message):
            model.fit(*arguments)
        assert not hasattr(model, "n_features_in_")


def test_a_model_survives_a_damaged_file(compiled, tmp_path, monkeypatch):
    X, y, _ = data()
    store = write_store(tmp_path, X, y, shard_bytes=5000)
    model = LogisticRegression(backend=compiled).fit(store)
    before = vars(model).copy()
    shard = store.shards[-1]
    offset, content = shard.places["indices"].offset, shard.path.read_bytes()
    read, n_reads = rows_module.read_rows, []

    def damaged(*args):
        n_reads.append(0)
        if len(n_reads) == 25:  # in the midst of training
            shard.path.write_bytes(content[:offset] + b"\xff" * 8 + content[offset + 8 :])
        return read(*args)

    monkeypatch.setattr(rows_module, "read_rows", damaged)
    with pytest.raises(ValueError, match=rf"{shard.path.name}.*indices must lie"):
        model.fit(store)
    assert len(n_reads) > 25
    assert vars(model) == before
    shard.path.write_bytes(content[:offset])
    with pytest.raises(ValueError, match="truncated"):
        model.fit(store)
    shard.path.unlink()
    with pytest.raises(OSError, match=shard.path.name):
        model.fit(store)
    assert vars(model) == before
    assert no_thread_is_left()


@pytest.mark.parametrize(("solver", "l1_ratio"), [("newton", 0.0), ("nesterov", 0.5)])
def test_ctrl_c_leaves_the_best_model_and_no_thread(compiled, tmp_path, monkeypatch, solver, l1_ratio):
    X, y, _ = data()
    store = write_store(tmp_path, X, y, shard_bytes=5000)
    original, calls = passes.in_parts, []

    def in_parts(*args):
        calls.append(0)
        if len(calls) == 300:  # in the midst of a block
            raise KeyboardInterrupt
        original(*args)

    monkeypatch.setattr(passes, "in_parts", in_parts)
    model = LogisticRegression(solver=solver, l1_ratio=l1_ratio, tol=0.0, backend=compiled)
    with pytest.raises(KeyboardInterrupt):
        model.fit(store)
    assert len(calls) > 300
    assert not model.converged_
    assert model.duality_gap_ < 1.0
    assert fastlr.duality_gap(model, store).relative == pytest.approx(model.duality_gap_, rel=1e-6)
    assert no_thread_is_left()


def test_memory_is_that_of_two_blocks_and_of_some_numbers_a_row(compiled, tmp_path, monkeypatch):
    monkeypatch.setattr(rows_module, "BLOCK_BYTES", 1 << 19)
    monkeypatch.setattr(rows_module, "PIECE_BYTES", 1 << 16)
    rng = np.random.default_rng(0)
    n_rows, n_features, n_classes = 5000, 1000, 3
    with StoreWriter(tmp_path, shard_bytes=1 << 20) as writer:
        for _ in range(5):
            indices = rng.integers(0, n_features, 150_000)
            X = sp.csr_array((np.ones(150_000), indices, np.arange(0, 150_001, 150)), shape=(1000, n_features))
            writer.add(X, rng.integers(0, n_classes, 1000))
    store = open_store(tmp_path)
    n_bytes = store.nnz * 12
    for solver in ("newton", "gd"):
        model = LogisticRegression(solver=solver, max_iter=2, tol=0.0, backend=compiled)
        model.fit(X[:50], np.arange(50) % n_classes)  # compiles
        tracemalloc.start()
        try:
            model.fit(store)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert peak < 4 * (1 << 19) + 8 * (8 * n_rows + 20 * n_features) * n_classes < n_bytes / 2
