"""Sums in a tree that the number of partitions fixes, and sums over the columns that partitions touch."""

import functools
from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastlr.distributed.driver import ThisProcess
from fastlr.distributed.tree import ColumnTree, Sums, fold, tree_sum


def join(a, b):
    return f"({a}{b})"


@pytest.mark.parametrize(
    ("n", "tree"), [(1, "0"), (2, "(01)"), (3, "((01)2)"), (5, "(((01)(23))4)"), (7, "(((01)(23))((45)6))")]
)
def test_the_tree_is_fixed(n, tree):
    names = [str(k) for k in range(n)]
    assert fold(names, join) == tree
    assert tree_sum(ThisProcess(), names, join) == tree


columns = st.lists(st.integers(0, 30), min_size=0, max_size=12, unique=True).map(sorted)


@given(st.lists(columns, min_size=1, max_size=9), st.integers(0, 2**32 - 1))
def test_sums_over_touched_columns_are_dense_sums_in_the_same_tree(parts, seed):
    rng = np.random.default_rng(seed)
    tree = ColumnTree(ThisProcess(), [np.array(part, np.int32) for part in parts], 2)
    sums = [Sums(rng.normal(size=(len(part), 2)), rng.normal(size=3)) for part in parts]
    dense = []
    for part, own in zip(parts, sums, strict=True):
        dense.append(np.zeros((31, 2)))
        dense[-1][part] = own.columns
    np.testing.assert_array_equal(tree.columns, functools.reduce(np.union1d, parts, np.empty(0)))
    with mock.patch("fastlr.distributed.tree.FEW", 0):  # added up by tasks
        by_tasks = ColumnTree(ThisProcess(), [np.array(part, np.int32) for part in parts], 2).total(sums)
    for found in (tree.total(sums), by_tasks):
        np.testing.assert_array_equal(found.columns, fold(dense, np.add)[tree.columns])
        np.testing.assert_array_equal(found.rest, fold([own.rest for own in sums], np.add))
