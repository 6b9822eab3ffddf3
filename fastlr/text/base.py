"""What the text transformers have in common."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp

INT32_MAX = np.iinfo(np.int32).max


def as_csr(indptr: np.ndarray, indices: np.ndarray, data: np.ndarray, n_columns: int) -> sp.csr_array:
    """Return rows as a matrix; both index arrays are int64 where ``indptr`` does not fit int32."""
    if indptr[-1] <= INT32_MAX:
        indptr = indptr.astype(np.int32)
    else:
        indices = indices.astype(np.int64)
    rows = sp.csr_array((data, indices, indptr), shape=(len(indptr) - 1, n_columns))
    return rows


class TextMixin:
    """A transformer of texts."""

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        return tags
