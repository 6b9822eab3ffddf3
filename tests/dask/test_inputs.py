"""Every kind of input gives the model of the same partitions in this process, or one clear error."""

from itertools import pairwise

import dask.array as da
import dask.bag as db
import dask.dataframe as dd
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from dask import delayed

import fastlr
from fastlr.dask import LogisticRegression
from fastlr.dask.driver import DaskDriver
from fastlr.dask.inputs import blocks_of

from .conftest import BOUNDS


def gathered(client, *arguments):
    """The blocks that the workers make of arguments."""
    driver = DaskDriver(client)
    return driver.gather(driver.load(blocks_of(*arguments, of_texts=False)))


def assert_blocks(blocks, parts, weighted=False):
    """The blocks hold the partitions' rows, labels and weights, to the bit."""
    assert len(blocks) == len(BOUNDS) - 1
    whole = zip(blocks, parts.cut(parts.X), parts.cut(parts.y), parts.cut(parts.sample_weight), strict=True)
    for (X, y, weights), rows, labels, expected in whole:
        if isinstance(X, fastlr.store.Store):
            X, y, weights = X.to_csr(), X.labels() if y is None else y, X.weights() if weights is None else weights
        X = X.toarray() if sp.issparse(X) else X
        assert np.array_equal(X, rows.toarray())
        assert np.array_equal(y, labels)
        assert np.array_equal(weights, expected) if weighted else weights is None


def array_of(parts, meta, known=False):
    blocks = [
        da.from_delayed(delayed(part), (part.shape[0] if known else np.nan, part.shape[1]), meta=meta) for part in parts
    ]
    return da.concatenate(blocks)


def test_arrays(client, two_classes):
    parts, y = two_classes.cut(two_classes.X), two_classes.y
    unknown = array_of(parts, two_classes.X[:0])
    known = array_of(parts, two_classes.X[:0], known=True).map_blocks(sp.csr_array, meta=sp.csr_array((0, 0)))
    dense = da.from_array(two_classes.X.toarray(), chunks=((90, 110, 50, 150), -1))
    in_other_chunks = da.from_array(y, chunks=100)
    weights = da.from_array(two_classes.sample_weight, chunks=((90, 110, 50, 150),))
    assert_blocks(gathered(client, unknown, two_classes.delayed(y), None), two_classes)
    assert_blocks(gathered(client, known, in_other_chunks, two_classes.sample_weight), two_classes, weighted=True)
    assert_blocks(gathered(client, dense, y, weights), two_classes, weighted=True)
    assert_blocks(gathered(client, dense, y.tolist(), None), two_classes)


def test_dataframes(client, two_classes):
    frame = pd.DataFrame(two_classes.X.toarray()).assign(label=two_classes.y)
    parts = [delayed(frame[start:stop]) for start, stop in pairwise(BOUNDS)]
    frame = dd.from_delayed(parts, meta=frame[:0])
    assert_blocks(gathered(client, frame.drop(columns="label"), frame["label"], None), two_classes)


def test_lists_of_delayed_objects_and_futures(client, two_classes):
    X = client.scatter(two_classes.cut(two_classes.X))
    weights = two_classes.cut(two_classes.sample_weight)
    assert_blocks(gathered(client, X, two_classes.delayed(two_classes.y), weights), two_classes, weighted=True)


def test_stores(client, two_classes, tmp_path):
    stores = [
        fastlr.write_store(tmp_path / str(k), X, y)
        for k, (X, y) in enumerate(zip(two_classes.cut(two_classes.X), two_classes.cut(two_classes.y), strict=True))
    ]
    assert_blocks(gathered(client, stores, None, None), two_classes)
    y, weights = two_classes.delayed(two_classes.y), two_classes.sample_weight
    assert_blocks(gathered(client, stores, y, weights), two_classes, weighted=True)
    store = stores[0]
    for X, y in list(zip(two_classes.cut(two_classes.X), two_classes.cut(two_classes.y), strict=True))[1:]:
        store = store.append(X, y)
    assert store.n_shards == 4
    assert_blocks(gathered(client, store, None, None), two_classes)
    blocks = blocks_of(store, None, None, of_texts=False)
    store.append(X, y)
    driver = DaskDriver(client)
    loading = driver.load(blocks)
    with pytest.raises(ValueError, match=r"Partition \d: the store .* has changed"):
        driver.gather(loading)


def test_files(client, two_classes, tmp_path):
    paths = []
    for k, (X, y) in enumerate(zip(two_classes.cut(two_classes.X), two_classes.cut(two_classes.y), strict=True)):
        paths.append(tmp_path / f"part-{k}.svm")
        fastlr.write_svmlight(paths[-1], X, y)
    blocks = gathered(client, paths, None, None)
    for (X, y, weights), rows, labels in zip(
        blocks, two_classes.cut(two_classes.X), two_classes.cut(two_classes.y), strict=True
    ):
        assert np.array_equal(X.toarray(), rows.toarray()[:, : X.shape[1]].astype(np.float32))
        assert np.array_equal(y, labels)
        assert weights is None


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        (lambda X: X, lambda y: y, "X must be a dask array.*got csr_matrix.*fastlr.LogisticRegression"),
        (lambda X: [1, 2], lambda y: y, "got a list of int"),
        (lambda X: [], lambda y: y, "X has no partitions"),
        (lambda X: da.from_array(X.toarray(), chunks=(100, 40)), lambda y: y, r"2 blocks.*X.rechunk\({1: -1}\)"),
        (lambda X: da.from_array(X.toarray()[0], chunks=40), lambda y: y, "X must have 2 dimension"),
        (lambda X: [delayed(X)], lambda y: None, "y is missing"),
        (lambda X: [delayed(X)], lambda y: y, "y is in memory, but the sizes of the partitions of X are not known"),
        (lambda X: [delayed(X)], lambda y: [delayed(y)] * 2, "X has 1 partitions, but y has 2"),
        (lambda X: da.from_array(X.toarray(), chunks=(100, -1)), lambda y: y[1:], "X has 400 rows, but y has 399"),
        (lambda X: db.from_sequence([1, 2]), lambda y: da.from_array(y), "X has 2 partitions, but y has 1"),
    ],
)
def test_refused_before_anything_runs(two_classes, X, y, message):
    with pytest.raises((TypeError, ValueError), match=message):
        blocks_of(X(two_classes.X), y(two_classes.y), None, of_texts=False)


def test_errors_name_the_partition(client, two_classes):
    X, y = two_classes.cut(two_classes.X), two_classes.cut(two_classes.y)
    model = LogisticRegression(solver="gd", max_iter=1, tol=1.0).fit(list(map(delayed, X)), list(map(delayed, y)))
    before = model.coef_.copy()
    bad = X[2].copy()
    bad.data[0] = np.nan
    for k, parts, message in [
        (2, [X[0], X[1], bad, X[3]], "Partition 2.*NaN"),
        (1, [X[0], X[1][1:], X[2], X[3]], "Partition 1: X has 109 rows, but y has 110"),
        (3, [*X[:3], "text"], "Partition 3.*sparse matrix, or an array"),
    ]:
        with pytest.raises(ValueError, match=message):
            model.fit(list(map(delayed, parts)), list(map(delayed, y)))
        assert np.array_equal(model.coef_, before), k
    with pytest.raises(OSError, match=r"Partition 0.*nothing-there"):
        model.fit(["nothing-there.svm"])
