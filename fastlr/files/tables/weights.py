"""Weights of documents, as the values of a column."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from fastlr.files.batches import BadLine, BadLines


def weight_of(value: Any) -> float:
    """Return the weight that a value stands for: a number, or a number as text.

    Raises
    ------
    BadLine
        If it is not a finite number of 0 or more.
    """
    try:
        weight = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        weight = math.nan
    if not 0.0 <= weight < math.inf:
        shown = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
        raise BadLine(f"weight {shown!r} is not a finite number of 0 or more")
    return weight


def weights_of(values: Iterable[Any], lines: np.ndarray, bad: BadLines) -> np.ndarray:
    """Return the weights of the documents of some lines; record the lines without one as bad, with the weight NaN."""
    values = list(values)
    if bool not in set(map(type, values)):
        try:
            weights = np.fromiter(map(float, values), np.float64, len(values))
            if ((weights >= 0.0) & (weights < math.inf)).all():
                return weights
        except (TypeError, ValueError, OverflowError):  # found below
            pass
    weights = np.empty(len(lines))
    for i, value in enumerate(values):
        try:
            weights[i] = weight_of(value)
        except BadLine as error:
            bad.add([int(lines[i])], str(error))
            weights[i] = math.nan
    return weights


def without_ones(weights: np.ndarray | None) -> np.ndarray | None:
    """Return the weights, or None if all of them are 1."""
    return None if weights is None or (weights == 1.0).all() else weights
