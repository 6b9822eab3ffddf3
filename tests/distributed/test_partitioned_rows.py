"""Rows in partitions: what each must be, and that errors name the one at fault."""

from functools import partial

import numpy as np
import pytest
import scipy.sparse as sp
from helpers import random_labels, random_rows
from helpers.partitions import Absent, blocks_of

from fastlr import LogisticRegression, SGDClassifier
from fastlr.distributed.driver import ThisProcess
from fastlr.distributed.partition import Block
from fastlr.distributed.partitioned_rows import PartitionedRows
from fastlr.kernels.backend import resolve_backend


@pytest.fixture
def blocks():
    return blocks_of(random_rows(60, 20, 0.2), random_labels(60, 2), n=4)


def fit(blocks, driver=None, **parameters):
    return LogisticRegression(**parameters).fit(PartitionedRows(driver or ThisProcess(), blocks))


@pytest.mark.parametrize("n_threads", [1, 2])
def test_a_partition_that_cannot_be_read_is_named(blocks, n_threads):
    blocks[3] = Absent()
    with pytest.raises(OSError, match=r"^Partition 3: no such file: part-3\.svm$"):
        fit(blocks, ThisProcess(n_threads))


def test_a_partition_that_cannot_be_read_by_a_process_is_named(blocks, processes):
    blocks[3] = Absent()
    with pytest.raises(OSError, match=r"^Partition 3: no such file: part-3\.svm$"):
        fit(blocks, processes)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (dict(X=sp.csr_array((15, 19))), "Partition 2 has 19 features, but partition 0 has 20"),
        (dict(y=np.zeros(14)), "Partition 2: .*inconsistent numbers of samples"),
        (dict(y=None), "Partition 2: the rows have no labels"),
        (dict(y=np.array(["a"] * 15)), "Partition 2: y contains strings, but the labels so far are integers"),
        (dict(sample_weight=-np.ones(15)), "Partition 2: .*sample_weight"),
        (dict(X=sp.csr_array(np.full((15, 20), np.nan))), "Partition 2: .*NaN"),
    ],
)
def test_a_malformed_partition_is_named(blocks, change, message):
    blocks[2] = blocks[2]._replace(**change)
    with pytest.raises(ValueError, match=message):
        fit(blocks)


def test_a_partition_may_lack_classes_and_have_rows_without_weight():
    X, y, s = random_rows(60, 20, 0.2), np.repeat([2, 0, 1], 20), np.ones(60)
    s[:20] = 0.0
    model = fit(blocks_of(X, y, s, n=3))
    np.testing.assert_array_equal(model.classes_, [0, 1, 2])
    whole = LogisticRegression().fit(X, y, s)
    np.testing.assert_allclose(model.objective_, whole.objective_, rtol=1e-5)


def test_one_class_alone_is_refused():
    with pytest.raises(ValueError, match="at least two classes"):
        fit(blocks_of(random_rows(60, 20, 0.2), np.zeros(60), n=3))


def test_labels_are_not_passed_twice(blocks):
    with pytest.raises(ValueError, match="pass neither"):
        LogisticRegression().fit(PartitionedRows(ThisProcess(), blocks), np.zeros(60))


def test_there_must_be_partitions():
    with pytest.raises(ValueError, match="no partitions"):
        PartitionedRows(ThisProcess(), [])


def test_columns_that_no_row_has_are_0():
    X = random_rows(60, 20, 0.2)
    wide = sp.csr_array((X.data, X.indices * 3, X.indptr), shape=(60, 80))
    y = random_labels(60, 3)
    model = fit(blocks_of(wide, y, n=4))
    assert model.coef_.shape == (3, 80)
    assert not model.coef_[:, np.arange(80) % 3 != 0].any()
    np.testing.assert_allclose(model.coef_[:, :60:3], fit(blocks_of(X, y, n=4)).coef_, rtol=1e-9)


def test_widths_may_differ():
    X, y = random_rows(60, 20, 0.2), random_labels(60, 3)
    blocks = blocks_of(X, y, n=4)
    third = blocks[2].X
    blocks[2] = blocks[2]._replace(X=sp.csr_array((third.data, third.indices, third.indptr), shape=(15, 33)))
    model = LogisticRegression().fit(PartitionedRows(ThisProcess(), blocks, same_width=False))
    np.testing.assert_allclose(model.coef_[:, :20], fit(blocks_of(X, y, n=4)).coef_, rtol=1e-9)
    assert model.coef_.shape == (3, 33)


def test_types_of_partitions_are_joined():
    X, y = random_rows(60, 20, 0.2), random_labels(60, 2)
    blocks = blocks_of(X, y, n=2)
    assert fit([Block(block.X.astype(np.float32), block.y) for block in blocks]).coef_.dtype == np.float32
    assert fit([blocks[0], Block(blocks[1].X.astype(np.float32), blocks[1].y)]).coef_.dtype == np.float64


@pytest.mark.skipif(resolve_backend() == "numpy", reason="for the compiled backends")
@pytest.mark.parametrize("make", [LogisticRegression, partial(SGDClassifier, max_iter=2, random_state=0)])
def test_empty_partitions(make):
    X, y = random_rows(60, 10, 0.3).astype(np.float32), random_labels(60, 3)
    nothing = Block(X[:0].astype(np.float64), np.array([], object))
    blocks = blocks_of(X, y, n=2)
    expected = make().fit(PartitionedRows(ThisProcess(), blocks))
    for given in ([nothing, *blocks], [*blocks, nothing], [blocks[0], nothing, blocks[1]]):
        model = make().fit(PartitionedRows(ThisProcess(), given))
        assert model.coef_.dtype == np.float32
        np.testing.assert_allclose(model.coef_, expected.coef_, rtol=0.1, atol=0.05)
    with pytest.raises(ValueError, match="All partitions are empty"):
        make().fit(PartitionedRows(ThisProcess(), [nothing, nothing]))
