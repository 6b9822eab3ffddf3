"""The kernels compiled ahead of time by Cython, on x86-64 at two levels of its instructions."""

from __future__ import annotations

import importlib

from fastlr.kernels.bind import entry_points
from fastlr.kernels.kernel_set import KernelSet


def load(loss: str, level: str | None = None) -> KernelSet:
    """Return the kernels for a loss.

    Parameters
    ----------
    loss : str
    level : {"baseline", "v3"} or None
        Kernels for every processor, or for those with the instructions of x86-64-v3. None selects the latter where
        they were compiled and the processor has these instructions.

    Raises
    ------
    ImportError
        If they were not compiled, or the processor lacks their instructions.
    """
    if level is None:
        try:
            return load(loss, "v3")
        except ImportError:
            return load(loss, "baseline")
    baseline = importlib.import_module(f"{__name__}.{loss}_baseline")
    if level == "v3" and not baseline.has_v3():
        raise ImportError("The processor lacks the instructions of x86-64-v3.")
    module = importlib.import_module(f"{__name__}.{loss}_{level}")
    return KernelSet("cython", loss, entry_points(module, "call_"), threads=True)
