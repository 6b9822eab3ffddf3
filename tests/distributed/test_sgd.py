"""SGD over partitions: equal bits with every driver, the local model from one partition, a similar one from more."""

import warnings
from itertools import pairwise

import numpy as np
import pytest
import scipy.sparse as sp
from helpers.partitions import blocks_of
from sklearn.exceptions import ConvergenceWarning

import fastlr
from fastlr import SGDClassifier
from fastlr.datasets import make_bag_of_words
from fastlr.distributed.driver import ThisProcess
from fastlr.distributed.partition import Block
from fastlr.distributed.partitioned_rows import PartitionedRows
from fastlr.kernels.backend import resolve_backend

pytestmark = [
    pytest.mark.skipif(resolve_backend() == "numpy", reason="for the compiled backends"),
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
]

CASES = [
    {"max_iter": 4},
    {"penalty": "l1", "alpha": 1e-3, "max_iter": 3},
    {"penalty": "elasticnet", "alpha": 1e-3, "class_weight": "balanced", "max_iter": 3},
    {"penalty": None, "shuffle": False, "batch_size": 7, "max_iter": 3},
    {"average": 1200, "penalty": "l1", "alpha": 1e-4, "learning_rate": "invscaling", "max_iter": 3},
    {"average": True, "learning_rate": "constant", "fit_intercept": False, "max_iter": 2, "dtype": "float32"},
    {"learning_rate": "adaptive", "early_stopping": True, "max_iter": 8, "eta0": 0.1},
]


@pytest.fixture(scope="module", params=[2, 4])
def rows(request):
    n = request.param
    X, y = make_bag_of_words(1200, 150, mean_length=12, n_classes=n, random_state=n)
    return X, y, np.random.default_rng(n).integers(0, 3, 1200).astype(float)


def fitted(driver, blocks, eval_set=None, **parameters):
    model = SGDClassifier(random_state=0, **parameters)
    return model.fit(PartitionedRows(driver, blocks), eval_set=eval_set)


def assert_same_bits(model, other):
    for name in ("coef_", "intercept_", "n_iter_", "t_", "classes_", "alpha_"):
        np.testing.assert_array_equal(getattr(model, name), getattr(other, name), err_msg=name)
    assert model.coef_.dtype == other.coef_.dtype
    for name, column in other.history_.items():
        if name not in ("seconds", "nonzeros_per_second"):
            np.testing.assert_array_equal(model.history_[name], column, err_msg=name)


@pytest.mark.parametrize("parameters", CASES, ids=str)
def test_bits_are_those_of_one_thread(processes, rows, parameters):
    blocks = blocks_of(*rows, n=3)
    one = fitted(ThisProcess(), blocks, **parameters)
    for driver in (ThisProcess(2), processes):
        assert_same_bits(fitted(driver, blocks, **parameters), one)


@pytest.mark.parametrize("parameters", CASES, ids=str)
def test_one_partition_is_one_matrix(rows, parameters):
    local = SGDClassifier(random_state=0, **parameters).fit(*rows)
    model = fitted(ThisProcess(), blocks_of(*rows, n=1), **parameters)
    tolerance = 2e-5 if model.coef_.dtype == np.float32 else 1e-11
    for name in ("coef_", "intercept_", "alpha_"):
        np.testing.assert_allclose(getattr(model, name), getattr(local, name), tolerance, tolerance, err_msg=name)
    assert (model.n_iter_, model.t_) == (local.n_iter_, local.t_)
    assert set(model.history_) == set(local.history_)
    np.testing.assert_allclose(model.history_["training_loss"], local.history_["training_loss"], 1e-5)


@pytest.mark.parametrize("parameters", CASES, ids=str)
def test_partitions_make_a_similar_model(rows, parameters):
    X, y, s = rows
    local = SGDClassifier(random_state=0, **parameters).fit(*rows)
    for n in (2, 4):
        model = fitted(ThisProcess(), blocks_of(*rows, n=n), **parameters)
        assert model.score(X, y, s) > local.score(X, y, s) - 0.06
        if parameters.get("penalty") == "l1":
            assert np.count_nonzero(model.coef_) < 1.3 * np.count_nonzero(local.coef_) + 5


def test_columns_of_few_partitions_are_learned(rows):
    """Each partition has columns of its own, whose updates are not shared, and a strong penalty reaches all of them."""
    X, y, _ = rows
    whole = sp.block_diag([X, X]).tocsr(), np.tile(y, 2)
    blocks = blocks_of(*whole, n=4)
    for alpha in ("auto", 0.5):
        local = SGDClassifier(alpha=alpha, random_state=0, max_iter=5).fit(*whole)
        model = fitted(ThisProcess(), blocks, alpha=alpha, max_iter=5)
        assert model.score(*whole) > local.score(*whole) - 0.05
        assert np.abs(model.coef_).max() < 3 * np.abs(local.coef_).max() + 0.1


def test_stores_are_read_in_parts(monkeypatch, tmp_path, rows):
    X, y, s = rows
    expected = fitted(ThisProcess(), blocks_of(X, y, s, n=2), max_iter=3)
    blocks = blocks_of(X, y, s, n=2)
    stores = [Block(fastlr.write_store(tmp_path / str(k), *block)) for k, block in enumerate(blocks)]
    assert_same_bits(fitted(ThisProcess(), stores, max_iter=3), expected)
    for size in ("PART_BYTES", "PIECE_BYTES", "MIN_PIECE_BYTES"):
        monkeypatch.setattr(f"fastlr.store.problem.{size}", 1 << 13)
    for parameters in ({"penalty": "l1", "alpha": 1e-3}, {"batch_size": 7, "early_stopping": True}):
        model = fitted(ThisProcess(), stores, max_iter=2, **parameters)
        assert model.score(X, y) > expected.score(X, y) - 0.1


def test_eval_sets(rows):
    X, y, s = rows
    train, other = slice(0, 900), slice(900, 1200)
    blocks, held_out = blocks_of(X[train], y[train], n=3), (X[other], y[other], s[other])
    partitions = PartitionedRows(ThisProcess(), blocks_of(*held_out, n=2))
    parameters = {"early_stopping": True, "max_iter": 6}
    model = fitted(ThisProcess(), blocks, [(X[train], y[train]), held_out], **parameters)
    again = fitted(ThisProcess(), blocks, [(X[train], y[train]), partitions], **parameters)
    np.testing.assert_array_equal(model.coef_, again.coef_)
    for name in ("validation_0_loss", "validation_1_loss", "validation_1_accuracy", "objective"):
        np.testing.assert_allclose(again.history_[name], model.history_[name], 1e-13)
    assert model.best_epoch_ == again.best_epoch_
    assert model.best_loss_ == model.history_["validation_1_loss"].min()
    with pytest.raises(ValueError, match=r"eval_set: Partition 1: y contains labels that are not in classes: \[9\]"):
        fitted(ThisProcess(), blocks, PartitionedRows(ThisProcess(), [blocks[0], Block(X[:2], [0, 9])]))
    with pytest.raises(ValueError, match="eval_set: X has 149 features, but SGDClassifier is expecting 150"):
        fitted(ThisProcess(), blocks, PartitionedRows(ThisProcess(), [Block(X[:9, 1:], y[:9])]))


def test_a_checkpoint_resumes_to_the_same_bits(rows, tmp_path):
    class Lost(ThisProcess):
        """Fails after some rounds."""

        def __init__(self, n):
            super().__init__()
            self.left = n

        def put(self, value):
            self.left -= 1
            if not self.left:
                raise ConnectionError("lost")
            return value

    blocks = blocks_of(*rows, n=3)
    model = SGDClassifier(random_state=0, max_iter=4, average=500, penalty="elasticnet", alpha=1e-4)
    expected = model.fit(PartitionedRows(ThisProcess(), blocks))
    path = {"checkpoint": tmp_path / "state", "checkpoint_every": 0.0}
    for n in (12, 20):
        with pytest.raises(ConnectionError):
            SGDClassifier(**model.get_params()).fit(PartitionedRows(Lost(n), blocks), **path, resume=True)
    again = SGDClassifier(**model.get_params()).fit(PartitionedRows(ThisProcess(), blocks), **path, resume=True)
    assert_same_bits(again, expected)
    other = PartitionedRows(ThisProcess(), blocks_of(*rows, n=2))
    with pytest.raises(ValueError, match="the checksum of X was"):
        SGDClassifier(**model.get_params()).fit(other, **path, resume=True)


def test_uneven_partitions(rows):
    """One class in a partition, a partition of one row, and one whose rows have no weight."""
    X, y, s = rows
    order = np.argsort(y, kind="stable")
    X, y, s = X[order], y[order], np.where(np.arange(1200) < 50, 0.0, s[order])
    bounds = [0, 50, 51, 400, 1200]
    blocks = [Block(X[a:b], y[a:b], s[a:b]) for a, b in pairwise(bounds)]
    local = SGDClassifier(random_state=0, max_iter=5).fit(X, y, s)
    for parameters in ({}, {"early_stopping": True}, {"average": True}, {"penalty": "l1", "alpha": 1e-3}):
        model = fitted(ThisProcess(), blocks, max_iter=5, **parameters)
        assert model.score(X, y, s) > 0.75 * local.score(X, y, s)


def test_a_warm_start_continues(rows):
    blocks = blocks_of(*rows, n=2)
    model = SGDClassifier(random_state=0, max_iter=2, warm_start=True).fit(PartitionedRows(ThisProcess(), blocks))
    first = model.history_["training_loss"][0]
    assert model.fit(PartitionedRows(ThisProcess(), blocks)).history_["training_loss"][0] < 0.9 * first
    started = SGDClassifier(random_state=0, max_iter=2, penalty="l1", alpha=0.5)
    X = sp.hstack([rows[0], sp.csr_matrix((1200, 2))]).tocsr()
    coef = np.ones((1 if len(model.classes_) == 2 else 4, 152))
    started.fit(PartitionedRows(ThisProcess(), blocks_of(X, *rows[1:], n=2)), coef_init=coef)
    assert not started.coef_[:, 150:].any()  # columns that no partition touches are penalised too


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"optimizer": "adagrad"}, "optimizer='adagrad' needs all rows in one process"),
        ({"batch_size": "full"}, "batch_size='full' does not support rows in partitions"),
        ({"backend": "numpy"}, "backend='cython' or 'numba'; found 'numpy'"),
        ({"penalty": "elasticnet", "l1_ratio": None}, "needs l1_ratio"),
    ],
)
def test_parameters_that_are_refused(parameters, message):
    with pytest.raises(ValueError, match=message):
        fitted(ThisProcess(), [Block(sp.csr_matrix([[1.0], [0.0]]), [0, 1])], **parameters)


def test_rows_that_are_refused(rows):
    X, y, _ = rows
    bad = X[:9].copy()
    bad.data[0] = np.nan
    for block, message in [
        (Block(bad, y[:9]), "Partition 1.*NaN"),
        (Block(X[:9], None), "Partition 1: the rows have no labels"),
        (Block(X[:9], y[:8]), "Partition 1.*inconsistent"),
        (Block(X[:9, 1:], y[:9]), "Partition 1 has 149 features, but partition 0 has 150"),
    ]:
        with pytest.raises(ValueError, match=message):
            fitted(ThisProcess(), [Block(X, y), block])
    with pytest.raises(ValueError, match="at least two classes"):
        fitted(ThisProcess(), [Block(X[:9], y[:9] * 0), Block(X[:9], y[:9] * 0)])
    with pytest.raises(ValueError, match="Partition 0: Training diverged"):
        fitted(ThisProcess(), [Block(1e200 * X, y)], learning_rate="constant", eta0=1e200)
    with pytest.raises(ValueError, match="partial_fit does not support rows in partitions"):
        SGDClassifier().partial_fit(PartitionedRows(ThisProcess(), [Block(X, y)]), classes=[0, 1])


def test_verbose_shows_progress(rows, capsys):
    fitted(ThisProcess(), blocks_of(*rows, n=2), max_iter=2, verbose=1)
    assert "2/2" in capsys.readouterr().err


def test_the_plan_is_that_of_one_matrix(rows):
    local = SGDClassifier(random_state=0).fit(*rows)
    model = fitted(ThisProcess(), blocks_of(*rows, n=1))
    assert (model.n_iter_, model.alpha_) == (local.n_iter_, local.alpha_)
    np.testing.assert_allclose(model.history_["learning_rate"], local.history_["learning_rate"], 1e-13)


def test_no_warning_of_converged_partitions(rows):
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        fitted(ThisProcess(), blocks_of(*rows, n=2), max_iter=2)
