"""Cross-validation on rows in partitions: the folds and models of the same rows in memory."""

import itertools
from functools import partial

import numpy as np
import pytest
from helpers import random_labels, random_rows
from helpers.partitions import blocks_of
from sklearn.model_selection import StratifiedKFold

import fastlr
from fastlr import LogisticRegressionCV, kernels
from fastlr.distributed.driver import ThisProcess
from fastlr.distributed.partition import Block
from fastlr.distributed.partitioned_rows import PartitionedRows
from fastlr.solvers.exact import registry


def in_partitions(X, y, s=None, n=4):
    return PartitionedRows(ThisProcess(), blocks_of(X, y, s, n))


@pytest.mark.filterwarnings("ignore:The (class|least)")
@pytest.mark.parametrize("seed", range(6))
def test_folds_are_those_of_scikit_learn_however_rows_are_cut(seed):
    rng = np.random.default_rng(seed)
    n_classes, n_folds = rng.integers(2, 6, 2)
    y = rng.choice(n_classes, 120, p=rng.dirichlet(np.ones(n_classes)))
    y = np.sort(y)[::-1] if seed == 5 else y
    if np.bincount(y).max() < n_folds or len(np.unique(y)) < 2:
        y[:20], y[20:40] = 0, 1
    bounds = [0, *np.sort(rng.choice(np.arange(1, 120), 3, replace=False)), 120]
    X = random_rows(120, 5, 0.5)
    blocks = [Block(X[a:b], y[a:b]) for a, b in itertools.pairwise(bounds)]
    arguments = int(n_folds), "accuracy", None, True, None, kernels.load("numpy", "log_loss")
    passes, _, folds = PartitionedRows(ThisProcess(), blocks).folds(*arguments)
    found = np.concatenate([piece.folds for piece in passes.pieces])
    expected = StratifiedKFold(n_folds).split(X, y)
    for k, (fold, (train, test)) in enumerate(zip(folds, expected, strict=True)):
        assert np.flatnonzero(found == k).tolist() == test.tolist()
        assert fold.present.tolist() == np.isin(np.unique(y), y[train]).tolist()
        assert fold.passes().total_weight == len(train)


@pytest.mark.filterwarnings("ignore:The (class|least)", "ignore:F-score")
@pytest.mark.parametrize(
    ("n_classes", "parameters"),
    [
        (2, {"l1_ratios": [0.0, 0.5]}),
        (3, {"class_weight": "balanced", "scoring": "f1_macro"}),
        (3, {"scoring": None, "refit": False}),
        (2, {"fit_intercept": False, "dtype": "float32"}),
    ],
)
def test_models_are_those_of_the_rows_in_memory(monkeypatch, n_classes, parameters):
    monkeypatch.setattr(registry, "TINY", 0)
    X, y = random_rows(150, 30, 0.2), np.array(["a", "b", "c"])[random_labels(150, n_classes)]
    s = np.random.default_rng(0).integers(0, 3, 150).astype(float)
    make = partial(LogisticRegressionCV, Cs=[1.0, 0.01], cv=3, tol=1e-6, **parameters)
    local, model = make().fit(X, y, s), make().fit(in_partitions(X, y, s), None)
    assert model.C_ == local.C_
    assert model.l1_ratio_ == local.l1_ratio_
    assert model.scores_.shape == local.scores_.shape
    assert model.scores_ == pytest.approx(local.scores_, rel=2e-3)
    assert model.coefs_paths_ == pytest.approx(local.coefs_paths_, abs=2e-2)
    if model.refit:
        assert model.duality_gap_ <= 1e-6
        assert model.objective_ == pytest.approx(local.objective_, rel=1e-5)


def test_a_class_that_a_fold_lacks_has_probability_0():
    X, y = random_rows(60, 8, 0.5), np.arange(60) % 3
    y[y == 2] = 0
    y[40] = 2
    make = partial(LogisticRegressionCV, Cs=[1.0], cv=3, tol=1e-7)
    with pytest.warns(UserWarning, match="The class 2 has 1 rows, fewer than the 3 folds"):
        model = make().fit(in_partitions(X, y), None)
    with pytest.warns(UserWarning, match="least populated class"):
        local = make().fit(X, y)
    assert np.array_equal(np.isinf(model.coefs_paths_), np.isinf(local.coefs_paths_))
    assert np.isinf(model.coefs_paths_).any()
    assert model.scores_ == pytest.approx(local.scores_, rel=1e-3)


def test_stores_have_the_bits_of_matrices(tmp_path):
    X, y, s = random_rows(90, 20, 0.2), random_labels(90, 3), np.random.default_rng(0).random(90)
    blocks = blocks_of(X, y, s, 3)
    stores = [
        Block(fastlr.write_store(tmp_path / str(k), *block[:2], sample_weight=block[2]))
        for k, block in enumerate(blocks)
    ]
    models = [
        LogisticRegressionCV(Cs=[0.5], cv=2, class_weight={0: 2.0}).fit(PartitionedRows(ThisProcess(), given), None)
        for given in (blocks, stores)
    ]
    assert np.array_equal(models[0].coef_, models[1].coef_)
    assert np.array_equal(models[0].scores_, models[1].scores_)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"cv": StratifiedKFold(3)}, r"cv must be None or an integer for rows in partitions.*StratifiedKFold"),
        ({"scoring": "roc_auc"}, r"scoring must be 'neg_log_loss', None or .* got 'roc_auc'"),
        ({"scoring": lambda model, X, y: 1.0}, r"scoring must be 'neg_log_loss', None or .* got <function"),
        ({"cv": 50}, r"cv=50 is more than the 30 rows of the most frequent class"),
        ({"solver": "sdca"}, r"sdca"),
    ],
)
def test_what_cannot_work_is_refused(parameters, message):
    X, y = random_rows(60, 8, 0.5), np.arange(60) % 2
    model = LogisticRegressionCV(Cs=[1.0], **parameters)
    with pytest.raises(ValueError, match=message):
        model.fit(in_partitions(X, y), None)
    assert not hasattr(model, "classes_")
