"""The order in which an epoch takes the rows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastlr.data.labels import encode_labels
from fastlr.data.problem import Problem
from fastlr.data.shuffle import BLOCK, FEW
from fastlr.data.validation import check_rows


def problem_of(labels):
    return Problem.make(check_rows(np.ones((len(labels), 1))), encode_labels(labels, np.arange(3)), None, 3)


def random_classes(n):
    return np.random.default_rng(0).integers(0, 3, n)


def mixed_problem(n):
    return problem_of(random_classes(n))


@settings(max_examples=30)
@given(n=st.integers(FEW, FEW + 3 * BLOCK), missing=st.integers(0, 20), seed=st.integers(0, 2**31))
def test_every_row_comes_once(n, missing, seed):
    rows = np.delete(np.arange(n), np.random.default_rng(seed).integers(0, n, missing))
    order = mixed_problem(n).shuffled(rows, np.random.default_rng(seed))
    np.testing.assert_array_equal(np.sort(order), rows)
    assert not order.flags.writeable


def test_blocks_of_neighbours_stay_together_and_are_cut_anew():
    problem = mixed_problem(8000)
    cuts = set()
    for seed in range(20):
        order = problem.shuffled(problem.active_rows, np.random.default_rng(seed))
        breaks = np.flatnonzero(np.diff(order) != 1)
        assert np.isin(np.diff(breaks), [BLOCK * k for k in range(1, 6)]).mean() > 0.99
        assert len(breaks) > 0.99 * len(order) / BLOCK - 2
        cuts.add(int(order[breaks[5] + 1]) % BLOCK)
    assert len(cuts) > 3


@pytest.mark.parametrize(
    "labels",
    [
        np.sort(np.random.default_rng(0).integers(0, 3, 8000)),
        np.repeat(np.random.default_rng(0).integers(0, 3, 4000), 2),
    ],
    ids=["sorted", "pairs"],
)
def test_rows_that_come_sorted_by_class_are_all_shuffled(labels):
    order = problem_of(labels).shuffled(np.arange(8000), np.random.default_rng(0))
    assert np.mean(np.diff(order) == 1) < 0.01


def test_few_rows_are_all_shuffled():
    order = mixed_problem(FEW - 1).shuffled(np.arange(FEW - 1), np.random.default_rng(0))
    assert np.mean(np.diff(order) == 1) < 0.01
