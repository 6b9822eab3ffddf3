"""A model of rows in partitions is that of the same rows in one matrix, to the certificate."""

import numpy as np
import pytest
import scipy.sparse as sp
from helpers import random_labels
from helpers.partitions import blocks_of

from fastlr import LogisticRegression
from fastlr.distributed.driver import ThisProcess
from fastlr.distributed.partitioned_rows import PartitionedRows


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
