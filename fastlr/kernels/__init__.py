"""The inner loops, written once as plain Python over arrays, and the compilers that run them.

The package has three parts:

- ``sources/`` has the kernels: functions of arrays and numbers. The files do not import each other; `bind` puts all
  their functions into one namespace, in which they see each other. ``sources/losses/`` has a file for each loss, whose
  functions have the names that the kernels call: they are inlined, so a loss costs nothing per non-zero.
  ``sources/state.py`` names the places of the state arrays.
- ``compilers/`` has a module for each way to run them: Numba compiles the namespace function by function, Cython
  compiles the same files ahead of time with the C types of ``compilers/cython/kernels.pxd``, and CPython runs them as
  they are. NumPy is the reference: an implementation of its own, of some kernels.
- `load` returns a `KernelSet`: the kernels of one compiler for one loss, as attributes. Callers ask it what it supports
  and not for its name, so a compiler need not have every kernel.

Callers pass arrays that `fastlr.data` has checked: a kernel trusts its indices.

Kernels call these primitives, which differ by compiler:

- ``prefetch(array, i)`` and ``prefetch_row(array, i, k)`` ask for a cache line ahead of its use;
- ``isfinite(x)``;
- ``rounded(x, like)`` rounds a number to the type of an array's entries;
- ``truncated(x)`` makes an integer of a number;
- ``bits_of(x)`` returns the bits of a double-precision number as an unsigned integer, and ``float_of(bits)`` the
  number;
- ``unsigned(i)`` marks an index as not negative, so that nothing checks it;
- ``u64(x)`` makes an unsigned 64-bit integer, whose arithmetic wraps around, and ``as_index(x)`` a signed one;
- ``load_word(array, i)`` reads bytes ``i`` to ``i + 8`` as such a number, the first byte lowest, ``store_word(array, i,
  x)`` writes them, and ``trailing_zeros(x)`` counts bits;
- ``lanes_of(x, i)`` reads entries ``i`` to ``i + 8`` of an array as eight numbers of double precision, which
  ``add_lanes(x, y)``, ``multiply_lanes(x, y)`` and ``larger_lanes(x, y)`` combine one by one, and ``lane(x, k)`` takes
  one of them: see ``sources/lanes.py``.

To debug a kernel, run it in CPython: ``FASTLR_BACKEND=python`` or ``with fastlr.use_backend("python")`` takes every
line of the sources through the interpreter, where ``breakpoint()``, ``print`` and coverage work. For Numba
``NUMBA_DISABLE_JIT=1`` does the same. Use a hundred rows: it is slow.
"""

from __future__ import annotations

import functools
import importlib

from fastlr.kernels.kernel_set import KernelSet


def load(backend: str, loss: str = "log_loss") -> KernelSet:
    """Return the kernels of a backend, a key of `fastlr.kernels.compilers.COMPILERS`, for a loss.

    Raises
    ------
    ImportError
        If the backend is not installed.
    """
    return _load(backend, loss)


@functools.cache  # here, where a loss left out and the same loss named are one entry
def _load(backend: str, loss: str) -> KernelSet:
    return importlib.import_module(f"{__name__}.compilers.{backend}").load(loss)
