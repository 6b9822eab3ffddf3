"""Arrays in the one form that kernels take."""

from __future__ import annotations

from typing import Any

import numpy as np


def frozen(array: np.ndarray, dtype: Any = None) -> np.ndarray:
    """Return a read-only, contiguous, aligned view in native byte order, of a copy only where there is no other way.

    Numba compiles a kernel anew for arrays that differ in any of this.
    """
    dtype = array.dtype.newbyteorder("=") if dtype is None else np.dtype(dtype)
    array = np.asarray(np.require(array, dtype=dtype, requirements=["C", "A"])).view()
    array.flags.writeable = False
    return array
