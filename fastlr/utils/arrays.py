"""Arrays in the form that kernels take, and helpers for long arrays and batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

Csr = tuple[np.ndarray, np.ndarray, np.ndarray]  # indptr, indices and data of rows


# Long arrays are processed in chunks of this many entries, whose temporaries stay in the cache.
CHUNK_SIZE = 1 << 16

# Where several arrays are in one piece of memory, each begins at a multiple of this many bytes: a line of the cache.
ALIGNMENT = 64


def aligned(n_bytes: int) -> int:
    """Return the first multiple of `ALIGNMENT` that is not less."""
    return -(-n_bytes // ALIGNMENT) * ALIGNMENT


def chunked_slices(n: int, size: int = CHUNK_SIZE) -> Iterator[slice]:
    """Yield slices of length ``size``, the last one shorter, that together are ``range(n)``."""
    for start in range(0, n, size):
        yield slice(start, min(start + size, n))


def frozen(array: np.ndarray, dtype: Any = None) -> np.ndarray:
    """Return a read-only, contiguous, aligned view in native byte order; copy only if necessary.

    Numba would compile a kernel again for arrays that differ in any of these properties.
    """
    dtype = array.dtype.newbyteorder("=") if dtype is None else np.dtype(dtype)
    array = np.asarray(np.require(array, dtype=dtype, requirements=["C", "A"])).view()
    array.flags.writeable = False
    return array


def joined_weights(weights: Sequence[np.ndarray | None], labels: Sequence[np.ndarray]) -> np.ndarray | None:
    """Return the weights of batches as one array; None if no batch has weights."""
    if all(part is None for part in weights):
        return None
    return np.concatenate(
        [np.ones(len(codes)) if part is None else part for part, codes in zip(weights, labels, strict=True)]
    )
