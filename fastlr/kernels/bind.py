"""The list of kernel sources and entry points, and binding them into one namespace."""

from __future__ import annotations

import importlib
import types
from collections.abc import Callable
from typing import Any

# Modules of this package, imported only to be bound: with the kernels that Cython compiled nobody needs them, and all
# take 1.3 ms, or 16 ms where Python keeps no bytecode.
SOURCES = (
    "loss",
    "lazy_penalty",
    "averaging",
    "sgd",
    "minibatch",
    "batch_gradient",
    "row_products",
    "column_selection",
    "sdca",
    "duality",
    "coordinate_descent",
    "hessian",
    "adaptive",
    "local_sgd",
    "tokenize",
    "hash_ngrams",
    "vocabulary",
)

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
    modules = [importlib.import_module(f"{__package__}.sources.{name}") for name in SOURCES]
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
