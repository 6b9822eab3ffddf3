"""Models trained on a store are those of its rows."""

import pickle
import threading
import tracemalloc

import numpy as np
import pytest
import scipy.sparse as sp
from helpers import short_slices
from helpers.stores import data

import fastlr
from fastlr import SGDClassifier, StoreWriter, open_store, write_store
from fastlr.data.labels import encode_labels
from fastlr.data.problem import Problem
from fastlr.data.validation import check_rows
from fastlr.solvers.stochastic.sgd import LazySGD
from fastlr.store import problem as problem_module
from fastlr.store.problem import deal
from fastlr.utils.parallel import prefetch_one
from fastlr.utils.time_slices import TimeSlices

pytestmark = pytest.mark.usefixtures("no_waiting_for_the_disk")


SETTINGS = [
    {},
    {"penalty": "l1", "alpha": 1e-3, "class_weight": "balanced"},
    {"penalty": "elasticnet", "batch_size": 7, "dtype": "float32"},
    {"early_stopping": True, "n_iter_no_change": 2, "class_weight": {"ham": 2.0}},
    {"optimizer": "ftrl", "batch_size": 3},
    {"average": True, "tol": 1e-3, "learning_rate": "invscaling"},
    {"learning_rate": "lipschitz", "history": "full"},
]


def same_models(model, other):
    for name in ("coef_", "intercept_", "t_", "n_iter_", "alpha_"):
        np.testing.assert_array_equal(getattr(model, name), getattr(other, name), err_msg=name)
    for name in set(model.history_) - {"seconds", "nonzeros_per_second"}:
        np.testing.assert_array_equal(model.history_[name], other.history_[name], err_msg=name)
    assert model.__dict__.keys() == other.__dict__.keys()


@pytest.mark.filterwarnings("ignore:Training stopped")
@pytest.mark.parametrize("parameters", SETTINGS, ids=str)
@pytest.mark.parametrize("weighted", [False, True])
def test_a_store_of_one_part_makes_the_model_of_its_rows_bit_for_bit(backend, tmp_path, parameters, weighted):
    X, y, s = data(60)
    s = s if weighted else None
    store = write_store(tmp_path, X, y, s)
    model = SGDClassifier(**{"max_iter": 4, "random_state": 0, "backend": backend, **parameters})
    expected = pickle.loads(pickle.dumps(model)).fit(X, y, s)
    same_models(model.fit(store), expected)
    for method in ("predict", "predict_proba", "predict_log_proba", "decision_function"):
        np.testing.assert_array_equal(getattr(model, method)(store), getattr(model, method)(X))
    assert model.score(store) == pytest.approx(model.score(X, y, s))
    assert model.score(store, y[::-1]) == model.score(X, y[::-1])


@pytest.mark.filterwarnings("ignore:Training stopped")
@pytest.mark.parametrize("batch_size", [1, 7, 50, 1000])
@pytest.mark.parametrize("parameters", SETTINGS[:3], ids=str)
def test_parts_in_order_make_the_same_steps_bit_for_bit(
    backend, tmp_path, small_parts, request, parameters, batch_size
):
    X, y, s = data()
    store = write_store(tmp_path, X, y, s, shard_bytes=7000)
    fixed = {"alpha": 1e-3, "eta0": 0.1, "learning_rate": "constant", "shuffle": False, "max_iter": 2}
    model = SGDClassifier(**{**parameters, **fixed, "batch_size": batch_size, "backend": backend})
    expected = pickle.loads(pickle.dumps(model)).fit(X, y, s)
    model.fit(store)
    np.testing.assert_array_equal(model.coef_, expected.coef_)
    np.testing.assert_array_equal(model.intercept_, expected.intercept_)
    assert model.t_ == expected.t_
    np.testing.assert_allclose(model.history_["training_loss"], expected.history_["training_loss"])
    stream = SGDClassifier(**{**model.get_params(), "max_iter": None}).partial_fit(store).partial_fit(store)
    request.getfixturevalue("last_step_only")
    np.testing.assert_array_equal(stream.coef_, model.fit(store).coef_)


def test_every_row_comes_once_an_epoch(tmp_path, small_parts):
    X, y, s = data()
    X = sp.csr_array((np.arange(1.0, 241.0), np.zeros(240, int), np.arange(241)), shape=(240, 1))  # a row's number
    store = write_store(tmp_path, X, y, s, shard_bytes=3000)
    targets = problem_module.StoredTargets(store, store.classes_, np.float64)
    problem = targets.problem(None, targets.class_mass())
    assert problem.n_parts > 2
    held_out = np.flatnonzero(s)[::5]
    for one, rows in (
        (problem, np.flatnonzero(s)),
        (problem.exclude(held_out), np.setdiff1d(np.flatnonzero(s), held_out)),
        (problem.subset(held_out), held_out),
    ):
        assert one.n_active == len(rows)
        assert one.total_weight == s[rows].sum()
        assert one.n_nonzeros == len(rows)
        np.testing.assert_array_equal(one.active_rows, rows)
        for rng in (None, np.random.default_rng(0)):
            for batch_size in (1, 6, 100):
                seen = [part.rows.data[order] - 1 for part, order in one.shuffled_parts(rng, batch_size)]
                assert all(len(part) % batch_size == 0 for part in seen[:-1])
                np.testing.assert_array_equal(np.sort(np.concatenate(seen)), rows)
                assert (rng is None) == (np.concatenate(seen).tolist() == rows.tolist())
        np.testing.assert_array_equal(one.sample(10).rows.data - 1, rows[:: len(rows) // 10][:10])


def test_rows_may_come_several_times_an_epoch(tmp_path, small_parts):
    X, y, s = data()
    X = sp.csr_array((np.arange(1.0, 241.0), np.zeros(240, int), np.arange(241)), shape=(240, 1))  # a row's number
    store = write_store(tmp_path, X, y, s, shard_bytes=3000)
    targets = problem_module.StoredTargets(store, store.classes_, np.float64)
    stored = targets.problem(None, targets.class_mass())
    in_memory = Problem.make(check_rows(X), encode_labels(y, store.classes_), s, len(store.classes_))
    chosen = np.flatnonzero(s)[::5]
    rows = np.sort(np.concatenate([np.flatnonzero(s), chosen, chosen]))
    for problem in (stored, in_memory):
        repeated = problem.repeat(chosen, 3)
        assert repeated.n_active == repeated.n_nonzeros == len(rows)
        assert repeated.total_weight == pytest.approx(s[rows].sum())
        np.testing.assert_array_equal(np.sort(repeated.active_rows), rows)
        seen = [part.rows.data[order] - 1 for part, order in repeated.shuffled_parts(np.random.default_rng(0), 1)]
        np.testing.assert_array_equal(np.sort(np.concatenate(seen)), rows)
        assert problem.n_active == np.count_nonzero(s)


def test_a_part_has_pieces_from_all_over():
    for n_pieces, n_parts in ((64, 4), (63, 4), (5, 5), (1000, 7)):
        parts = list(deal(n_pieces, n_parts, np.random.default_rng(0)))
        np.testing.assert_array_equal(np.sort(np.concatenate(parts)), np.arange(n_pieces))
        for part in parts:
            assert (np.diff(part) > 0).all()
            np.testing.assert_array_equal(
                part // n_parts, np.arange(len(part)) if len(part) == -(-n_pieces // n_parts) else part // n_parts
            )
            assert len(part) in (n_pieces // n_parts, -(-n_pieces // n_parts))


def test_the_same_seed_makes_the_same_model(compiled, tmp_path, small_parts):
    X, y, _ = data()
    store = write_store(tmp_path, X, y, shard_bytes=5000)
    fits = [SGDClassifier(random_state=seed, max_iter=3, backend=compiled).fit(store).coef_ for seed in (0, 0, 1)]
    np.testing.assert_array_equal(fits[0], fits[1])
    assert (fits[0] != fits[2]).any()


@pytest.mark.filterwarnings("ignore:Training stopped")
def test_settings_on_many_parts(backend, tmp_path, small_parts):
    X, y, s = data()
    store = write_store(tmp_path, X, y, s, shard_bytes=5000)
    for parameters in SETTINGS:
        model = SGDClassifier(**{"max_iter": 3, "random_state": 0, "backend": backend, **parameters})
        model.fit(store, eval_set=[store, (X, y, s)])
        for name in ("loss", "accuracy"):
            np.testing.assert_allclose(model.history_[f"validation_0_{name}"], model.history_[f"validation_1_{name}"])
        other = SGDClassifier(**model.get_params()).fit(store, y, s, eval_set=(store, y, s))
        np.testing.assert_array_equal(model.coef_, other.coef_)
    model = SGDClassifier(early_stopping=True, max_iter=3, random_state=0, backend=backend).fit(store)
    held_out = model.validation_indices_
    weights, intercept = model.coef_.T, model.intercept_
    expected = fastlr.training.evaluation.evaluate(
        fastlr.data.problem.Problem.make(
            fastlr.data.validation.as_rows(sp.csr_matrix(X)[held_out]),
            np.searchsorted(model.classes_, y[held_out]).astype(np.int32),
            s[held_out],
            3,
        ),
        weights,
        intercept,
        fastlr.kernels.load(model.backend_),
    )
    assert model.best_loss_ == pytest.approx(expected.loss)
    assert 10 <= len(held_out) <= 25
    assert (s[held_out] > 0).all()


def test_rows_sorted_by_class_train_as_well_as_mixed_ones(compiled, tmp_path, monkeypatch):
    X, y = fastlr.datasets.make_bag_of_words(12_000, 3000, mean_length=15, n_classes=20, random_state=0)
    monkeypatch.setattr(problem_module, "PART_BYTES", 1 << 17)
    monkeypatch.setattr(problem_module, "PIECE_BYTES", 1 << 13)
    monkeypatch.setattr(problem_module, "MIN_PIECE_BYTES", 1 << 9)
    order = np.argsort(y[:10_000], kind="stable")
    losses = []
    for name, rows in (("mixed", np.arange(10_000)), ("sorted", order)):
        store = write_store(tmp_path / name, X[rows], y[rows])
        model = SGDClassifier(random_state=0, max_iter=5, backend=compiled).fit(store)
        losses.append(-model.predict_log_proba(X[10_000:])[np.arange(2000), y[10_000:]].mean())
    assert problem_module.StoredTargets(store, store.classes_, np.float64).problem(None, np.ones(20)).n_parts > 10
    whole = SGDClassifier(random_state=0, max_iter=5, backend=compiled).fit(X[:10_000], y[:10_000])
    losses.append(-whole.predict_log_proba(X[10_000:])[np.arange(2000), y[10_000:]].mean())
    assert losses == pytest.approx([losses[2]] * 3, rel=0.01)


def test_a_stream_of_stores(compiled, tmp_path, small_parts):
    X, y, _ = data()
    two = write_store(tmp_path / "two", X, np.where(y == "eggs", "ham", y))
    three = write_store(tmp_path / "three", X, y)
    model = SGDClassifier(random_state=0, class_weight="balanced", backend=compiled).partial_fit(two)
    assert model.classes_.tolist() == ["ham", "spam"]
    with pytest.raises(ValueError, match="not in classes"):
        model.partial_fit(three)
    model.partial_fit(three, classes=["eggs", "ham", "spam"])
    assert model.t_ == 480
    assert model.coef_.shape == (3, 40)


@pytest.mark.filterwarnings("ignore:Training stopped")
@pytest.mark.parametrize("parameters", [{}, {"batch_size": 7, "early_stopping": True}], ids=str)
def test_checkpoints(compiled, tmp_path, small_parts, monkeypatch, parameters):
    X, y, s = data()
    store = write_store(tmp_path / "store", X, y, s, shard_bytes=5000)
    model = SGDClassifier(random_state=0, max_iter=3, backend=compiled, **parameters)
    expected = SGDClassifier(**model.get_params()).fit(store)
    original, ticks = fastlr.training.checkpoint.Checkpoint.tick, []
    monkeypatch.setattr(TimeSlices, "slices", short_slices)

    class Killed(BaseException):
        pass

    for k in (1, 4, 20, 30):
        ticks.clear()

        def tick(self, k=k):
            ticks.append(0)
            self.every = 0.0
            original(self)
            if len(ticks) == k:
                raise Killed

        monkeypatch.setattr(fastlr.training.checkpoint.Checkpoint, "tick", tick)
        with pytest.raises(Killed):
            model.fit(store, checkpoint=tmp_path / "checkpoint")
        monkeypatch.setattr(fastlr.training.checkpoint.Checkpoint, "tick", original)
        same_models(model.fit(store, checkpoint=tmp_path / "checkpoint", resume=True), expected)
    store.append(X, y, s)
    with pytest.raises(ValueError, match="the shape of X"):
        model.fit(store, checkpoint=tmp_path / "checkpoint", resume=True)
    with pytest.raises(ValueError, match="the checksum of X"):
        model.fit(write_store(tmp_path / "o", -X, y, s), checkpoint=tmp_path / "checkpoint", resume=True)


def test_ctrl_c_leaves_a_fitted_model_and_no_thread(compiled, tmp_path, small_parts, monkeypatch):
    X, y, _ = data()
    store = write_store(tmp_path, X, y, shard_bytes=5000)
    original, calls = LazySGD.run, []

    def run(self, *args):
        calls.append(0)
        if len(calls) == 9:
            raise KeyboardInterrupt
        return original(self, *args)

    monkeypatch.setattr(LazySGD, "run", run)
    model = SGDClassifier(random_state=0, max_iter=3, backend=compiled)
    with pytest.raises(KeyboardInterrupt):
        model.fit(store)
    assert 0 < model.t_ < 720
    assert model.predict(store).shape == (240,)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("fastlr-read")]


def test_a_bar_and_callbacks(compiled, tmp_path, small_parts, capsys):
    callback = pytest.importorskip("sklearn.callback")
    X, y, s = data()
    store = write_store(tmp_path, X, y, s)
    monitor = callback.ScoringMonitor(scoring="accuracy")
    model = SGDClassifier(random_state=0, max_iter=3, verbose=1, backend=compiled).set_callbacks(monitor).fit(store)
    assert "100%" in capsys.readouterr().err
    assert monitor.get_logs().data_as_pandas["accuracy"].iloc[-1] == pytest.approx(model.score(store))
    with pytest.raises(ValueError, match="Callbacks cannot be shown some rows of a store"):
        model.set_params(early_stopping=True).fit(store)
    model.fit(store, eval_set=store)


@pytest.mark.filterwarnings("ignore:Training stopped")
def test_what_is_refused(tmp_path):
    X, y, _ = data()
    store, bare = write_store(tmp_path / "a", X, y), write_store(tmp_path / "b", X)
    with pytest.raises(ValueError, match=r"batch_size='full' needs the whole matrix.*to_csr"):
        SGDClassifier(batch_size="full").fit(store)
    with pytest.raises(ValueError, match="a store supports only n_jobs=None"):
        SGDClassifier(n_jobs=2).fit(store)
    with pytest.raises(ValueError, match="batch_size='full' needs the whole matrix"):
        SGDClassifier(batch_size="full").partial_fit(store)
    assert len(SGDClassifier(batch_size="full", max_iter=2, tol=0.0).fit(X, y, eval_set=store).history_["epoch"]) == 2
    with pytest.raises(ValueError, match=r"LogisticRegressionCV needs the whole matrix.*to_csr"):
        fastlr.LogisticRegressionCV().fit(store, y)
    with pytest.raises(ValueError, match="has no labels; pass y"):
        SGDClassifier().fit(bare)
    with pytest.raises(ValueError, match="inconsistent numbers"):
        SGDClassifier().fit(bare, y[1:])
    with pytest.raises(ValueError, match="1 class"):
        SGDClassifier().fit(bare, np.zeros(240))
    with pytest.raises(ValueError, match="nothing to fit"):
        SGDClassifier().fit(store, sample_weight=np.zeros(240))
    model = SGDClassifier(max_iter=1, random_state=0).fit(bare, y)
    with pytest.raises(ValueError, match="has no labels"):
        model.score(bare)
    with pytest.raises(ValueError, match="3 features"):
        model.predict(write_store(tmp_path / "c", X[:, :3]))
    with pytest.raises(ValueError, match="3 features"):
        model.partial_fit(write_store(tmp_path / "c", X[:, :3], y))
    with pytest.raises(ValueError, match="requires y"):
        model.fit(X)


def test_memory_is_that_of_the_weights_and_two_parts(compiled, tmp_path, monkeypatch):
    monkeypatch.setattr(problem_module, "PART_BYTES", 1 << 20)
    monkeypatch.setattr(problem_module, "PIECE_BYTES", 1 << 16)
    monkeypatch.setattr(fastlr.store.store, "CHUNK_BYTES", 1 << 20)
    rng = np.random.default_rng(0)
    with StoreWriter(tmp_path, shard_bytes=1 << 21) as writer:
        for _ in range(20):
            indices = rng.integers(0, 50_000, 80_000)
            X = sp.csr_array((np.ones(80_000), indices, np.arange(0, 80_001, 20)), shape=(4000, 50_000))
            writer.add(X, rng.integers(0, 2, 4000))
    store = open_store(tmp_path)
    assert store.nnz * 12 > 18 << 20
    small = write_store(tmp_path / "small", X[:50], np.arange(50) % 2)
    SGDClassifier(max_iter=1, backend=compiled).fit(small)  # compiles
    tracemalloc.start()
    try:
        model = SGDClassifier(max_iter=2, early_stopping=True, backend=compiled).fit(store)
        peak = tracemalloc.get_traced_memory()[1]
        assert peak < 5 * 8 * 50_000 + 4 * (1 << 20) + 8 * 80_000
        tracemalloc.reset_peak()
        model.predict(store)
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


def test_the_next_part_is_read_meanwhile():
    both = threading.Barrier(2, timeout=10)

    def items():
        for k in range(3):
            if k == 2:
                both.wait()
            yield k

    seen = []
    for k in prefetch_one(items()):
        if k == 1:
            both.wait()  # passes only if the third is being made
        seen.append(k)
    assert seen == [0, 1, 2]
    with pytest.raises(ZeroDivisionError):
        list(prefetch_one(1 // k for k in (1, 0)))
