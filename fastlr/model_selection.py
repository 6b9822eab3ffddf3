"""Splitting rows into those to train on, to choose by, and to judge by."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.utils import _safe_indexing, check_consistent_length, check_random_state, column_or_1d

from fastlr.data.stratify import stratified_parts
from fastlr.data.validation import encode_labels, find_classes


def _n_rows(size: Any, name: str, n_samples: int) -> int:
    """Return a part's number of rows, given as such or as a share of all."""
    if isinstance(size, Integral) and not isinstance(size, bool) and size >= 1:
        return int(size)
    if isinstance(size, Real) and not isinstance(size, (bool, Integral)) and 0.0 < size < 1.0:
        return max(1, round(size * n_samples))
    raise ValueError(f"{name} must be a share between 0 and 1 or a number of rows, 1 or more; got {size!r}.")


def train_validation_test_split(
    X: Any,
    y: Any,
    *arrays: Any,
    validation_size: float | int = 0.1,
    test_size: float | int = 0.1,
    stratify: bool = True,
    shuffle: bool = True,
    random_state: int | np.random.RandomState | None = None,
) -> list[Any]:
    """Split rows three ways: to train on, to choose settings by (or to stop early), and to judge the choice by.

    Parameters
    ----------
    X : array, sparse matrix, DataFrame or list of n_samples rows
        A list of texts, say.
    y : array of shape (n_samples,)
        Labels.
    *arrays : arrays, sparse matrices, DataFrames or lists of n_samples rows
        More to be split in the same way, sample weights for example.
    validation_size, test_size : float or int, default=0.1
        A share of the rows, between 0 and 1, or a number of them. The rest is there to train on.
    stratify : bool, default=True
        Whether every class has its share of each part, to within a row. Where there are several rows of a class, one
        at least is there to train on; a class of one row is in no other part.
    shuffle : bool, default=True
        Whether rows are drawn at random, and come in a random order. If not, they keep their order, and those to test
        on are the last (of each class), those to validate on the last before them.
    random_state : int, RandomState instance or None, default=None
        Draws the rows. An int gives the same split every time.

    Returns
    -------
    list
        ``[X_train, X_validation, X_test, y_train, y_validation, y_test, ...]``, of the types of the arguments.

    Raises
    ------
    ValueError
        If lengths differ, a size is neither a share nor a number of rows, or a part would be empty.

    See Also
    --------
    sklearn.model_selection.train_test_split : Splits two ways, unstratified by default.

    Examples
    --------
    >>> import numpy as np
    >>> from fastlr import train_validation_test_split
    >>> texts, y = [f"text {i}" for i in range(20)], np.arange(20) % 2
    >>> parts = train_validation_test_split(texts, y, random_state=0)
    >>> [len(part) for part in parts]
    [16, 2, 2, 16, 2, 2]
    """
    check_consistent_length(X, y, *arrays)
    labels = column_or_1d(y)
    n = len(labels)
    sizes = _n_rows(validation_size, "validation_size", n), _n_rows(test_size, "test_size", n)
    if sum(sizes) >= n:
        raise ValueError(
            f"validation_size={validation_size!r} and test_size={test_size!r} leave none of {n} rows to train on."
        )
    random = check_random_state(random_state) if shuffle else None
    if stratify:
        labels = encode_labels(labels, find_classes(labels))
        parts = stratified_parts(labels, sizes, random)
        if min(map(len, parts)) == 0:
            raise ValueError(
                f"Of {n} rows, too many are the only one of their class to make three stratified parts; "
                "stratify=False makes them."
            )
        parts = parts if random is None else tuple(random.permutation(part) for part in parts)
    else:
        order = np.arange(n) if random is None else random.permutation(n)
        n_train = n - sum(sizes)
        parts = order[:n_train], order[n_train : n_train + sizes[0]], order[n_train + sizes[0] :]
    return [_safe_indexing(array, part) for array in (X, y, *arrays) for part in parts]
