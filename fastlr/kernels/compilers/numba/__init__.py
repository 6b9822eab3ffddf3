"""The kernels compiled by Numba, each at its first call and then from its cache on disk."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numba
import numpy as np

from fastlr.kernels.bind import ENTRY_POINTS, bind, entry_points
from fastlr.kernels.compilers.numba.garbage import collect_seldom
from fastlr.kernels.compilers.numba.interrupts import hold_interrupts
from fastlr.kernels.compilers.numba.pipeline import HelperCompiler, KernelCompiler
from fastlr.kernels.compilers.numba.primitives import PRIMITIVES
from fastlr.kernels.compilers.python import bind_sources
from fastlr.kernels.kernel_set import KernelSet

# Functions that Python calls.
CALLED = frozenset(name for names in ENTRY_POINTS.values() for name in names)

# Functions that are part of their callers: a call would take a tenth of the time of a short row. LLVM inlines others
# by their size.
INLINED = frozenset({"add_row", "exponentials", "log", "squares_of"})

# Functions of which LLVM makes faster code alone than as part of their callers: with 100 classes an epoch would
# take 1.1 of the time.
ALONE = frozenset({"decisions", "decisions_due", "decisions_thresholded", "subtract_outer", "subtract_outer_paying"})


def jit(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a kernel that is compiled at its first call; without a cache on disk if no directory is writable."""
    # No fastmath: the compiler must not order sums or fuse products as it likes, so that all compilers have the same
    # bits. With error_model="python" every division would be guarded by a branch that raises. Kernels allocate nothing,
    # so they need no reference counts: without them they compile in 0.9 of the time, and an epoch takes 0.64 to 0.86.
    options: dict[str, Any] = {"nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True, "_nrt": False}
    if function.__name__ not in CALLED:
        # The compiled callers contain these functions, so they need neither an entry from Python nor a file in the
        # cache. Without both, a first fit takes 0.75 of the time.
        options["no_cpython_wrapper"] = True
        options["pipeline_class"] = KernelCompiler if function.__name__ in ALONE else HelperCompiler
        options["forceinline"] = function.__name__ in INLINED
        return numba.njit(**options)(function)
    options["pipeline_class"] = KernelCompiler
    try:
        return numba.njit(cache=True, **options)(function)
    except RuntimeError:  # "cannot cache function: no locator available"
        return numba.njit(**options)(function)


def with_unsigned(array: np.ndarray) -> np.ndarray:
    """View indices as unsigned: Numba checks signed ones for being negative (3.5 ns a non-zero instead of 1.9)."""
    return array.view(np.uint32 if array.dtype.itemsize == 4 else np.uint64)


def with_unsigned_indices(kernel: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a kernel that takes ``indptr`` and ``indices`` first."""

    @functools.wraps(kernel)
    def call(indptr: np.ndarray, indices: np.ndarray, *args: Any) -> Any:
        return kernel(with_unsigned(indptr), with_unsigned(indices), *args)

    return call


def load(loss: str) -> KernelSet:
    """Return the kernels; each is compiled when it is first called, or never if NUMBA_DISABLE_JIT asks for that."""
    if getattr(numba.config, "DISABLE_JIT", 0):  # which type checkers do not know
        return KernelSet("numba", loss, entry_points(bind_sources(loss)), threads=False)
    collect_seldom()  # first, as an interrupt that was held back leaves out what comes after it
    hold_interrupts()
    entries: dict[str, Any] = entry_points(bind(PRIMITIVES, jit, loss))
    cache = entries["settled"].stats.cache_path  # the same for every kernel
    for name, kernel in entries.items():
        if kernel.py_func.__code__.co_varnames[:2] == ("indptr", "indices"):
            entries[name] = with_unsigned_indices(kernel)
    return KernelSet("numba", loss, entries, threads=True, compiles=True, cache=cache)
