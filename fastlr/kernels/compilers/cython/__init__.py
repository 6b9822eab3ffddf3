"""The kernels compiled ahead of time by Cython."""

from __future__ import annotations

import contextlib
import importlib

from fastlr.kernels.bind import entry_points
from fastlr.kernels.kernel_set import KernelSet


def load(loss: str) -> KernelSet:
    """Return the kernels, those for newer processors where this is one.

    Raises
    ------
    ImportError
        If they were not compiled.
    """
    entry = importlib.import_module(f"{__name__}.entry_{loss}")
    if entry.has_level_3():
        with contextlib.suppress(ImportError):  # not compiled on this platform
            entry = importlib.import_module(f"{__name__}.entry_{loss}_v3")
    return KernelSet("cython", loss, entry_points(entry), threads=True)
