"""The kernels run by CPython: slow, but open to a debugger and to coverage.

Choose it by ``FASTLR_BACKEND=python`` or ``fastlr.use_backend("python")``.
"""

from __future__ import annotations

import math
import operator
import types
from collections.abc import Callable
from typing import Any

import numpy as np

from fastlr.kernels.bind import bind, entry_points
from fastlr.kernels.kernel_set import KernelSet


def bind_sources(loss: str = "log_loss") -> types.SimpleNamespace:
    """Return all functions of the sources, those that only kernels call too, as CPython runs them."""

    def store_word(array: np.ndarray, i: int, x: int) -> None:
        array[i : i + 8] = np.frombuffer(int(x).to_bytes(8, "little"), np.uint8)

    primitives: dict[str, Callable[..., Any]] = {
        "prefetch": lambda array, i: None,
        "prefetch_row": lambda array, i, k: None,
        "isfinite": math.isfinite,
        "rounded": lambda x, like: like.dtype.type(x),
        "truncated": int,
        "unsigned": lambda i: i,
        "u64": np.uint64,
        "as_index": int,
        "load_word": lambda array, i: np.uint64(int.from_bytes(array[i : i + 8].tobytes(), "little")),
        "store_word": store_word,
        "trailing_zeros": lambda x: (int(x) & -int(x)).bit_length() - 1,
        "bits_of": lambda x: np.float64(x).view(np.uint64),
        "float_of": lambda bits: float(np.uint64(bits).view(np.float64)),
        "lanes_of": lambda x, i: x[i : i + 8].astype(np.float64),
        "lane": lambda x, k: float(x[k]),
        "add_lanes": operator.add,
        "multiply_lanes": operator.mul,
        "larger_lanes": lambda x, y: np.where(x > y, x, y),
    }
    return bind(primitives, lambda function: function, loss)


def load(loss: str) -> KernelSet:
    """Return the kernels as CPython runs them."""
    return KernelSet("python", loss, entry_points(bind_sources(loss)), threads=False)
