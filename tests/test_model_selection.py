"""Splitting rows three ways."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

import fastlr
from fastlr.data.stratify import stratified_parts
from fastlr.model_selection import train_validation_test_split


@settings(max_examples=100)
@given(
    counts=st.lists(st.integers(1, 40), min_size=1, max_size=8),
    shares=st.tuples(st.floats(0.02, 0.4), st.floats(0.02, 0.4)),
    seed=st.one_of(st.none(), st.integers(0, 100)),
)
def test_every_class_has_its_share_of_every_part(counts, shares, seed):
    labels = np.repeat(np.arange(len(counts)), counts)
    labels = np.random.default_rng(0).permutation(labels)
    n = len(labels)
    sizes = tuple(max(1, round(share * n)) for share in shares)
    random = None if seed is None else np.random.RandomState(seed)
    parts = stratified_parts(labels, sizes, random)
    np.testing.assert_array_equal(np.sort(np.concatenate(parts)), np.arange(n))
    found = [np.bincount(labels[part], minlength=len(counts)) for part in parts]
    assert (found[0] >= 1).all()
    assert len(parts[1]) <= sizes[0]
    assert len(parts[2]) <= sizes[1]
    for size, part in zip(sizes, found[1:], strict=True):
        assert (part <= np.array(counts) * size / n + 1).all()
    if min(counts) >= 12:  # no class is short of rows
        assert [len(part) for part in parts[1:]] == list(sizes)
        for size, part in zip(sizes, found[1:], strict=True):
            assert (np.abs(part - np.array(counts) * size / n) <= 1).all()


def test_the_parts_of_everything_belong_together():
    n = 200
    y = np.arange(n) % 5
    texts = [f"text {i}" for i in range(n)]
    X = sp.csr_matrix(np.arange(n, dtype=float)[:, None])
    frame = pd.DataFrame({"row": np.arange(n)}, index=np.arange(n)[::-1])
    weights = np.arange(n) / n
    parts = train_validation_test_split(texts, y, X, frame, weights, random_state=0)
    assert len(parts) == 15
    sizes = [160, 20, 20]
    for k in range(3):
        some_texts, some_y, some_X, some_frame, some_weights = parts[k::3]
        rows = np.array([int(text.split()[1]) for text in some_texts])
        assert isinstance(some_texts, list)
        assert len(rows) == sizes[k]
        np.testing.assert_array_equal(some_y, y[rows])
        np.testing.assert_array_equal(some_X.toarray()[:, 0], rows)
        np.testing.assert_array_equal(some_frame["row"], rows)
        np.testing.assert_array_equal(some_weights, weights[rows])
        np.testing.assert_array_equal(np.bincount(some_y), sizes[k] // 5)
        assert (np.diff(rows) < 0).any()  # shuffled
    again = train_validation_test_split(texts, y, random_state=0)
    assert again[:3] == parts[:3]
    assert train_validation_test_split(texts, y, random_state=1)[:3] != parts[:3]


def test_in_order_the_last_rows_are_to_test_on():
    y = np.repeat([0, 1], [60, 40])
    rows = np.arange(100)
    train, validation, test = train_validation_test_split(rows, y, shuffle=False)[:3]
    assert test.tolist() == [*range(54, 60), *range(96, 100)]
    assert validation.tolist() == [*range(48, 54), *range(92, 96)]
    assert train.tolist() == [*range(48), *range(60, 92)]
    parts = train_validation_test_split(rows, y, shuffle=False, stratify=False, validation_size=5, test_size=0.2)[:3]
    assert [part.tolist() for part in parts] == [[*range(75)], [*range(75, 80)], [*range(80, 100)]]


def test_labels_of_any_kind():
    y = np.array(["b", "a"] * 20, dtype=object)
    parts = train_validation_test_split(y, y, random_state=0)
    assert sorted(parts[1]) == sorted(parts[2]) == ["a", "a", "b", "b"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"validation_size": 0.0}, "validation_size must be a share"),
        ({"test_size": 1.0}, "test_size must be a share"),
        ({"test_size": True}, "test_size must be a share"),
        ({"validation_size": "some"}, "validation_size must be a share"),
        ({"validation_size": 0.5, "test_size": 0.5}, "leave no training rows out of 10"),
        ({"test_size": 30}, "leave no training rows out of 10"),
    ],
)
def test_sizes_that_cannot_be(arguments, message):
    with pytest.raises(ValueError, match=message):
        train_validation_test_split(np.arange(10), np.arange(10) % 2, **arguments)


def test_rows_that_cannot_be_split():
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        train_validation_test_split(np.arange(9), np.arange(10) % 2)
    with pytest.raises(ValueError, match="only ones of their class"):
        train_validation_test_split(np.arange(10), np.arange(10))
    assert len(fastlr.train_validation_test_split(np.arange(10), np.arange(10), stratify=False)[0]) == 8
