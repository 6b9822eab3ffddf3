"""The table of optimizers. A new one is a file with its class and its `OptimizerSpec`, and a line here.

Importing this module imports no optimizer, and not even NumPy: the command line lists the names.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastlr.solvers.stochastic.spec import OptimizerSpec

# The module and the name of each `OptimizerSpec`.
OPTIMIZERS = {
    "sgd": ("fastlr.solvers.stochastic.sgd", "SGD"),
    "adagrad": ("fastlr.solvers.stochastic.adaptive", "ADAGRAD"),
    "ftrl": ("fastlr.solvers.stochastic.adaptive", "FTRL"),
}


def find_optimizer(name: str) -> OptimizerSpec:
    """Return what is known of an optimizer, a key of `OPTIMIZERS`."""
    module, attribute = OPTIMIZERS[name]
    return getattr(importlib.import_module(module), attribute)
