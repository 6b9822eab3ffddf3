"""Base of the scikit-learn transformers of documents."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp

INT32_MAX = np.iinfo(np.int32).max


def as_csr(indptr: np.ndarray, indices: np.ndarray, data: np.ndarray, n_columns: int) -> sp.csr_array:
    """Return rows as a matrix; both index arrays are int64 if ``indptr`` does not fit into int32."""
    if indptr[-1] <= INT32_MAX:
        indptr = indptr.astype(np.int32)
    else:
        indices = indices.astype(np.int64)
    return sp.csr_array((data, indices, indptr), shape=(len(indptr) - 1, n_columns))


class TextMixin:
    """Tells scikit-learn that a transformer takes documents rather than a matrix."""

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()  # type: ignore[misc]  # of BaseEstimator, which comes after this mixin
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        return tags
