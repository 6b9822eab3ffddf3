"""The kernels compiled ahead of time by Cython."""

from __future__ import annotations

import contextlib

from fastlr.kernels.bind import entry_points
from fastlr.kernels.kernel_set import KernelSet


def load(loss: str) -> KernelSet:
    """Return the kernels, those for newer processors where this is one.

    Raises
    ------
    ImportError
        If they were not compiled.
    """
    from fastlr.kernels.compilers.cython import entry

    if entry.has_level_3():
        with contextlib.suppress(ImportError):  # not compiled on this platform
            from fastlr.kernels.compilers.cython import entry_v3 as entry
    return KernelSet("cython", loss, entry_points(entry), threads=True)
