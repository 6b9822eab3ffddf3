"""Splitting rows into training, validation and test parts."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.utils import _safe_indexing, check_consistent_length, check_random_state, column_or_1d

from fastlr.data.labels import as_labels, encode_labels, find_classes
from fastlr.data.stratify import stratified_parts


def _n_rows(size: Any, name: str, n_samples: int) -> int:
    """Return a part's number of rows, given as a number or as a share of all rows."""
    if isinstance(size, Integral) and not isinstance(size, bool) and int(size) >= 1:
        return int(size)
    if isinstance(size, Real) and not isinstance(size, (bool, Integral)) and 0.0 < float(size) < 1.0:
        return max(1, round(float(size) * n_samples))
    raise ValueError(f"{name} must be a share between 0 and 1, or a number of rows above 0; got {size!r}.")


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
    """Split rows into three parts: for training, for choosing settings or stopping early, and for the final test.

    Parameters
    ----------
    X : array, sparse matrix, DataFrame or list of n_samples rows
        For example a list of documents.
    y : array of shape (n_samples,)
        Labels.
    *arrays : arrays, sparse matrices, DataFrames or lists of n_samples rows
        Further arrays to split in the same way, such as sample weights.
    validation_size, test_size : float or int, default=0.1
        A share of the rows, between 0 and 1, or a number of rows. The rest is the training part.
    stratify : bool, default=True
        Give every class its share of each part, to within one row. Every class keeps at least one training row.
    shuffle : bool, default=True
        Draw rows at random and return them in random order. Otherwise rows keep their order: the last ones (of each
        class) are the test part, those before them the validation part.
    random_state : int, RandomState instance or None, default=None
        Draws the rows. Pass an int for the same split every time.

    Returns
    -------
    list
        ``[X_train, X_validation, X_test, y_train, y_validation, y_test, ...]``, each of the type of its argument.

    Raises
    ------
    ValueError
        If lengths differ, a size is invalid, or a part would be empty.

    See Also
    --------
    sklearn.model_selection.train_test_split : Splits into two parts, not stratified by default.

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
    labels = as_labels(y) if stratify else np.asarray(y)
    labels = labels if labels.ndim == 1 else column_or_1d(labels)
    n = len(labels)
    sizes = _n_rows(validation_size, "validation_size", n), _n_rows(test_size, "test_size", n)
    if sum(sizes) >= n:
        raise ValueError(
            f"validation_size={validation_size!r} and test_size={test_size!r} leave no training rows out of {n}."
        )
    random = check_random_state(random_state) if shuffle else None
    if stratify:
        labels = encode_labels(labels, find_classes(labels))
        parts = stratified_parts(labels, sizes, random)
        if min(map(len, parts)) == 0:
            raise ValueError(
                f"Too many of the {n} rows are the only ones of their class for three stratified parts. "
                "Pass stratify=False."
            )
        parts = parts if random is None else tuple(random.permutation(part) for part in parts)
    else:
        order = np.arange(n) if random is None else random.permutation(n)
        n_train = n - sum(sizes)
        parts = order[:n_train], order[n_train : n_train + sizes[0]], order[n_train + sizes[0] :]
    return [_safe_indexing(array, part) for array in (X, y, *arrays) for part in parts]
