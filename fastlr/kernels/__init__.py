"""The inner loops, written once as plain Python over arrays, and the three ways to run them.

The files of `SOURCES` hold nothing but functions of arrays and numbers. They do not import each other: all their
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
``_compiled/*.pxd``; CPython runs them as they stand, for debugging.

`load` returns the kernels of a backend. Whoever calls them passes arrays that were checked by `fastlr.problem`: a
kernel trusts its indices.
"""

from __future__ import annotations

import functools
import importlib
import math
import types
from collections.abc import Callable
from typing import Any

import numpy as np

# Modules of this package, imported only to be bound: with the kernels that Cython compiled nobody needs them, and all
# take 1.3 ms, or 16 ms where Python keeps no bytecode.
SOURCES = (
    "loss", "lazy", "averaging", "sgd", "minibatch", "gd", "rows", "columns", "sdca", "duality", "coordinate", "newton",
    "adaptive", "merging", "tokens", "hashing", "vocabulary",
)  # fmt: skip

# Those that Python calls; the rest are called by them.
ENTRY_POINTS = (
    "accumulate_binary",
    "accumulate_softmax",
    "adaptive_batch",
    "adaptive_binary",
    "adaptive_rows",
    "adaptive_weights",
    "add_squares",
    "add_transposed",
    "averaged",
    "balance",
    "count_columns",
    "count_documents",
    "decision_function",
    "enter_terms",
    "errors_binary",
    "errors_softmax",
    "gradient_norm",
    "hash_documents",
    "hessian_product",
    "keep_columns",
    "merge",
    "minibatches",
    "mixed_entropy",
    "proximal_step",
    "row_losses",
    "sdca_binary",
    "sdca_softmax",
    "settle_all",
    "settled",
    "sgd_binary",
    "sgd_softmax",
    "squared_norms",
    "sweep_binary",
    "sweep_softmax",
    "update",
    "weigh_rows",
)


def bind(
    primitives: dict[str, Callable[..., Any]], compile: Callable[[Callable[..., Any]], Callable[..., Any]]
) -> types.SimpleNamespace:
    """Compile every function of the sources in one namespace, in which they see each other.

    The source modules themselves are left as they are.
    """
    import hashlib  # here, as those that Cython compiled are not bound
    from pathlib import Path

    # Numba's cache on disk asks the namespace for its module's name, and the file of a function whether it has changed.
    # But a kernel holds the code of kernels in other files too: all of them have a part in its name.
    namespace: dict[str, Any] = {"__name__": __name__, **primitives}
    modules = [importlib.import_module(f"{__name__}.{name}") for name in SOURCES]
    version = hashlib.sha256(b"".join(Path(module.__file__).read_bytes() for module in modules)).hexdigest()[:12]
    for module in modules:
        for name, value in vars(module).items():
            if isinstance(value, types.FunctionType):
                function = types.FunctionType(value.__code__, namespace, name)
                function.__qualname__ = f"{name}_{version}"
                namespace[name] = compile(function)
            elif not name.startswith("__"):
                namespace[name] = value
    return types.SimpleNamespace(**namespace)


def run_by_python() -> types.SimpleNamespace:
    """Return the kernels as CPython runs them: slow, and open to a debugger and to coverage."""

    def store_word(array: np.ndarray, i: int, x: int) -> None:
        array[i : i + 8] = np.frombuffer(int(x).to_bytes(8, "little"), np.uint8)

    primitives = {
        "prefetch": lambda array, i: None,
        "prefetch_row": lambda array, i, k: None,
        "isfinite": math.isfinite,
        "rounded": lambda x, like: like.dtype.type(x),
        "truncated": int,
        "unsigned": lambda i: i,
        "nearest": round,
        "u64": np.uint64,
        "as_index": int,
        "load_word": lambda array, i: np.uint64(int.from_bytes(array[i : i + 8].tobytes(), "little")),
        "store_word": store_word,
        "trailing_zeros": lambda x: (int(x) & -int(x)).bit_length() - 1,
        "power_of_two": lambda n: 2.0**n,
    }
    return bind(primitives, lambda function: function)


@functools.cache
def load(backend: str) -> types.SimpleNamespace | types.ModuleType:
    """Return the kernels of ``"numba"`` or ``"cython"``, as functions of the names in `ENTRY_POINTS`.

    Raises
    ------
    ImportError
        If the backend is not there.
    """
    if backend == "numba":
        from fastlr.kernels import _numba

        return _numba.compile_kernels()
    from fastlr.kernels._compiled import entry

    if entry.has_level_3():
        try:
            from fastlr.kernels._compiled import entry_v3
        except ImportError:  # not compiled, or not there on this platform
            return entry
        return entry_v3
    return entry
