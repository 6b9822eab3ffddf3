"""Sample weights: a number for each row, or one for all."""

from __future__ import annotations

from numbers import Real
from typing import Any

import numpy as np


def check_sample_weight(sample_weight: Any, n_samples: int) -> np.ndarray | None:
    """Return the weights of the rows as float64, shape (n_samples,); None stays None.

    Raises
    ------
    ValueError
        If it is neither a number nor an array of one number for each row, or if one is negative, masked or not finite.
    """
    if sample_weight is None:
        return None
    if isinstance(sample_weight, Real):
        weights = np.full(n_samples, sample_weight, np.float64)
    else:
        weights = np.asarray(sample_weight)
        if isinstance(sample_weight, np.ma.MaskedArray) and np.ma.is_masked(sample_weight):
            raise ValueError("sample_weight has masked values. Leave out their rows, or weigh them by 0.")
        if weights.shape != (n_samples,):
            raise ValueError(
                f"sample_weight.shape == {weights.shape}, expected {(n_samples,)}! It must be a number, or an array "
                "with one number for each row."
            )
        if weights.dtype.kind not in "biufO":
            raise ValueError(f"sample_weight must contain real numbers; found {weights.dtype}.")
        try:
            weights = weights.astype(np.float64, copy=False)
        except (TypeError, ValueError) as error:
            raise ValueError(f"sample_weight must contain real numbers: {error}.") from error
    strange = np.flatnonzero(~(np.isfinite(weights) & (weights >= 0.0)))
    if len(strange):
        raise ValueError(
            f"sample_weight must be finite and 0 or more for every row; sample_weight[{strange[0]}] is "
            f"{weights[strange[0]]}."
        )
    return weights
