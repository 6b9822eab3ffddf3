"""The list of kernel sources and entry points, and binding them into one namespace."""

from __future__ import annotations

import importlib
import os
import types
from collections.abc import Callable, Mapping
from typing import Any

# Each is a file of ``sources/losses``.
LOSSES = tuple(
    sorted(
        file.removesuffix(".py")
        for file in os.listdir(os.path.join(os.path.dirname(__file__), "sources", "losses"))
        if file.endswith(".py") and file != "__init__.py"
    )
)

# The other files of ``sources``.
SOURCES = (
    "state",
    "elementary",
    "lanes",
    "softmax",
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

# The kernels that Python calls, by what they make possible: a compiler may lack some of these groups.
ENTRY_POINTS = {
    "rows": ("add_transposed", "scores_binary", "scores_softmax", "squared_norms"),
    "certificate": ("balance_binary", "balance_softmax", "losses_binary", "losses_softmax", "mixed_entropy"),
    "hessian": ("hessian_product_binary", "hessian_product_softmax"),
    "sgd": (
        "accumulate_binary",
        "accumulate_softmax",
        "averaged",
        "errors_binary",
        "errors_softmax",
        "gradient_norm",
        "minibatches",
        "proximal_step",
        "settle_all",
        "settled",
        "sgd_binary",
        "sgd_softmax",
        "update",
    ),
    "adaptive": ("adaptive_batch", "adaptive_binary", "adaptive_rows", "adaptive_weights"),
    "local_sgd": ("add_squares", "merge"),
    "sdca": ("sdca_binary", "sdca_softmax"),
    "coordinate": ("sweep_binary", "sweep_softmax"),
    "tokenize": ("count_documents", "enter_terms", "hash_documents"),
    "columns": ("count_columns", "keep_columns"),
    "tf_idf": ("weigh_rows",),
    "probabilities": (
        "log_probabilities_binary",
        "log_probabilities_softmax",
        "probabilities_binary",
        "probabilities_softmax",
    ),
    "vectors": ("dot",),
}


def entry_points(kernels: object, prefix: str = "") -> dict[str, Callable[..., Any]]:
    """Return the entry points among the attributes of a namespace or module, where their names have a prefix."""
    return {name: getattr(kernels, prefix + name) for names in ENTRY_POINTS.values() for name in names}


def bind(
    primitives: Mapping[str, Any], compile: Callable[[Callable[..., Any]], Callable[..., Any]], loss: str
) -> types.SimpleNamespace:
    """Compile every function of the sources in one namespace, in which they see each other.

    Parameters
    ----------
    primitives : mapping of str to callable
        The functions that differ by compiler: see `fastlr.kernels`.
    compile : callable
        Takes a function, returns it compiled.
    loss : str
        One of `LOSSES`.

    Returns
    -------
    SimpleNamespace
        All functions. The source modules themselves are left as they are.
    """
    import hashlib  # here, as what Cython compiled needs none of this
    import sys
    from pathlib import Path

    modules = [importlib.import_module(f"{__package__}.sources.{name}") for name in (*SOURCES, f"losses.{loss}")]
    # Numba's cache on disk asks the namespace for its module's name, and the file of a function whether it has changed.
    # But a kernel holds the code of kernels in other files too, and of the compiler's primitives: all of them have a
    # part in its name.
    compiler = Path(str(sys.modules[compile.__module__].__file__))
    files = [*(Path(str(module.__file__)) for module in modules), *sorted(compiler.parent.glob("*.py"))]
    version = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]
    namespace: dict[str, Any] = {"__name__": __name__, **primitives}
    for module in modules:
        for name, value in vars(module).items():
            if isinstance(value, types.FunctionType):
                function = types.FunctionType(value.__code__, namespace, name)
                function.__qualname__ = f"{name}_{version}"
                namespace[name] = compile(function)
            elif not name.startswith("__"):
                namespace[name] = value
    return types.SimpleNamespace(**namespace)
