"""Arrays in the one form that kernels take, and batches of them as one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

Csr = tuple[np.ndarray, np.ndarray, np.ndarray]  # indptr, indices and data of rows


# Checks go through long arrays by pieces of this many entries, so that their temporaries stay in the cache.
CHUNK_SIZE = 1 << 16


def chunked_slices(n: int, size: int = CHUNK_SIZE) -> Iterator[slice]:
    """Cut ``range(n)`` into slices of ``size``."""
    for start in range(0, n, size):
        yield slice(start, min(start + size, n))


def frozen(array: np.ndarray, dtype: Any = None) -> np.ndarray:
    """Return a read-only, contiguous, aligned view in native byte order, of a copy only where there is no other way.

    Numba compiles a kernel anew for arrays that differ in any of this.
    """
    dtype = array.dtype.newbyteorder("=") if dtype is None else np.dtype(dtype)
    array = np.asarray(np.require(array, dtype=dtype, requirements=["C", "A"])).view()
    array.flags.writeable = False
    return array


def joined_weights(weights: Sequence[np.ndarray | None], labels: Sequence[np.ndarray]) -> np.ndarray | None:
    """Return the weights of batches as one array; None if all weigh 1."""
    if all(part is None for part in weights):
        return None
    return np.concatenate(
        [np.ones(len(codes)) if part is None else part for part, codes in zip(weights, labels, strict=True)]
    )


def sum_of(weights: np.ndarray) -> float:
    """Return the sum of weights: infinity where it is too large, which NumPy would warn of and the caller refuses."""
    with np.errstate(over="ignore"):
        return float(weights.sum())
