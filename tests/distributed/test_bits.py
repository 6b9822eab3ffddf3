"""The bits of a model depend on the partitions alone: not on threads, processes, or who is done first."""

import numpy as np
import pytest
from helpers import random_labels, random_rows
from helpers.partitions import blocks_of

import fastlr
from fastlr import LogisticRegression, LogisticRegressionCV
from fastlr.distributed.driver import ThisProcess
from fastlr.distributed.partition import Block
from fastlr.distributed.partitioned_rows import PartitionedRows
from fastlr.solvers.exact import registry


def fitted(driver, blocks, **parameters):
    return LogisticRegression(tol=1e-6, **parameters).fit(PartitionedRows(driver, blocks))


def assert_same_bits(model, other):
    for name in ("coef_", "intercept_", "n_iter_", "objective_", "dual_objective_"):
        np.testing.assert_array_equal(getattr(model, name), getattr(other, name), err_msg=name)


@pytest.mark.parametrize(("C", "l1_ratio"), [(1.0, 0.0), (0.5, 0.3), (0.5, 1.0), (np.inf, 0.0)])
@pytest.mark.parametrize("n_classes", [2, 4])
def test_bits_are_those_of_one_thread(processes, C, l1_ratio, n_classes):
    X, y = random_rows(150, 40, 0.1), random_labels(150, n_classes)
    s = np.random.default_rng(0).random(150)
    blocks = blocks_of(X, y, s, n=5)
    parameters = dict(C=C, l1_ratio=l1_ratio, class_weight="balanced")
    one = fitted(ThisProcess(), blocks, **parameters)
    assert one.converged_
    for driver in (ThisProcess(2), processes):
        assert_same_bits(one, fitted(driver, blocks, **parameters))


def test_cross_validation(processes):
    blocks = blocks_of(random_rows(90, 20, 0.2), random_labels(90, 3), np.random.default_rng(0).random(90), n=4)
    models = [
        LogisticRegressionCV(Cs=[0.1, 1.0], cv=2, tol=1e-3).fit(PartitionedRows(driver, blocks), None)
        for driver in (ThisProcess(), ThisProcess(2), processes)
    ]
    for model in models[1:]:
        for name in ("coef_", "intercept_", "scores_", "coefs_paths_", "n_iter_", "dual_objective_"):
            np.testing.assert_array_equal(getattr(model, name), getattr(models[0], name), err_msg=name)


def test_bits_of_stores_are_those_of_matrices(tmp_path):
    X, y = random_rows(150, 40, 0.1), random_labels(150, 3)
    blocks = blocks_of(X, y, n=3)
    stores = [Block(fastlr.write_store(tmp_path / str(k), *block[:2])) for k, block in enumerate(blocks)]
    assert_same_bits(fitted(ThisProcess(), blocks), fitted(ThisProcess(), stores))


@pytest.mark.parametrize("solver", ["newton", "lbfgs"])
def test_one_partition_is_one_matrix(monkeypatch, solver):
    monkeypatch.setattr(registry, "TINY", 0)  # one matrix this small is solved further than it asks for
    X, y = random_rows(150, 40, 0.1), random_labels(150, 3)
    one = LogisticRegression(solver=solver).fit(X, y)
    assert_same_bits(one, LogisticRegression(solver=solver).fit(PartitionedRows(ThisProcess(), blocks_of(X, y, n=1))))
