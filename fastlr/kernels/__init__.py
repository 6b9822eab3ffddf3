"""The inner loops, written once as plain Python over arrays, and the three ways to run them.

The files of ``sources`` hold nothing but functions of arrays and numbers. They do not import each other: all their
functions are bound into one namespace, together with a few primitives that differ by compiler:

- ``prefetch(array, i)`` asks for the cache line of an entry ahead of its use; ``prefetch_row(array, i, k)`` of one of
  a matrix;
- ``isfinite(x)``;
- ``rounded(x, like)`` rounds a number to the type of an array's entries;
- ``truncated(x)``, a number as an integer;
- ``unsigned(i)``, an index that is known to be 0 or more, so that nothing checks it;
- ``u64(x)``, a number as an unsigned 64-bit integer, whose arithmetic wraps around; ``as_index(x)``, one signed;
- ``load_word(array, i)``, bytes ``i`` to ``i + 8`` as one such, the first byte lowest, and ``store_word(array, i, x)``;
  ``trailing_zeros(x)`` of one;
- ``nearest(x)``, the nearest integer, and ``power_of_two(n)``, both of and as floating-point numbers.

Numba compiles that namespace function by function; Cython compiles the same files ahead of time with the types of
``compilers/cython/kernels.pxd``; CPython runs them as they stand, for debugging.

`load` returns the kernels of a backend. Whoever calls them passes arrays that were checked by `fastlr.data.problem`: a
kernel trusts its indices.
"""

from __future__ import annotations

import functools
import importlib

from fastlr.kernels.kernel_set import KernelSet


@functools.cache
def load(backend: str, loss: str = "log_loss") -> KernelSet:
    """Return the kernels of a backend, a key of `fastlr.kernels.compilers.COMPILERS`, for a loss.

    Raises
    ------
    ImportError
        If the backend is not installed.
    """
    return importlib.import_module(f"{__name__}.compilers.{backend}").load(loss)
