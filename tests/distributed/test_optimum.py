"""A model of rows in partitions is that of the same rows in one matrix, to the certificate."""

import numpy as np
import pytest
import scipy.sparse as sp
from helpers import random_labels
from helpers.partitions import blocks_of

from fastlr import LogisticRegression, kernels, regularization_path
from fastlr.datasets import make_bag_of_words
from fastlr.distributed.driver import ThisProcess
from fastlr.distributed.partitioned_rows import PartitionedRows
from fastlr.kernels.backend import resolve_backend


def test_a_path_starts_each_model_from_the_one_before():
    rng = np.random.default_rng(0)
    X, y = sp.csr_array(rng.random((120, 15)) * (rng.random((120, 15)) < 0.4)), random_labels(120, 3)
    whole = regularization_path(X, y, [0.1, 1.0, 10.0], tol=1e-8)
    parted = regularization_path(PartitionedRows(ThisProcess(), blocks_of(X, y)), None, [0.1, 1.0, 10.0], tol=1e-8)
    np.testing.assert_allclose(parted.objectives, whole.objectives, rtol=1e-7)
    np.testing.assert_allclose(parted.coefs, whole.coefs, atol=1e-2)
    assert (parted.duality_gaps <= 1e-8).all()


@pytest.mark.skipif(resolve_backend() == "numpy", reason="for the compiled backends")
def test_the_first_model_is_nearer_than_zero():
    X, y = make_bag_of_words(600, 300, n_classes=3, mean_length=30, random_state=0)
    passes, _ = PartitionedRows(ThisProcess(), blocks_of(X, y)).passes(None, None, kernels.load(resolve_backend(None)))
    weights, intercept = passes.first_model(0.1, True)
    value = passes.losses(passes.scores(weights), intercept).loss + 0.05 * (weights * weights).sum()
    best = LogisticRegression(C=10.0).fit(X, y).objective_ * 600
    assert value < 0.5 * (best + 600 * np.log(3))


@pytest.mark.parametrize(("C", "l1_ratio"), [(1.0, 0.0), (0.3, 0.5), (0.5, 1.0), (np.inf, 0.0)])
@pytest.mark.parametrize("n_classes", [2, 4])
def test_the_optimum_is_that_of_one_matrix(C, l1_ratio, n_classes):
    rng = np.random.default_rng(0)
    X = sp.csr_array(rng.normal(size=(300, 12)) * (rng.random((300, 12)) < 0.4))
    y, s = random_labels(300, n_classes), rng.integers(0, 3, size=300).astype(float)
    parameters = dict(C=C, l1_ratio=l1_ratio, tol=1e-9, class_weight="balanced")
    whole = LogisticRegression(**parameters).fit(X, y, s)
    parted = LogisticRegression(**parameters).fit(PartitionedRows(ThisProcess(), blocks_of(X, y, s)))
    assert parted.converged_
    np.testing.assert_array_equal(parted.classes_, whole.classes_)
    np.testing.assert_allclose(parted.objective_, whole.objective_, rtol=2e-9)
    np.testing.assert_allclose(parted.predict_proba(X), whole.predict_proba(X), atol=1e-3)
