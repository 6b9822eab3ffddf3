"""The kernels of one compiler for one loss."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fastlr.kernels.bind import ENTRY_POINTS


class KernelSet:
    """The kernels of one compiler for one loss: its entry points are attributes.

    Parameters
    ----------
    name : str
        The backend.
    loss : str
    entry_points : mapping of str to callable
        Those of `fastlr.kernels.bind.ENTRY_POINTS` that the compiler has.
    threads : bool
        Whether they release the GIL, so that work is worth sharing among threads.
    compiles : bool, default=False
        Whether a kernel is compiled when it is first called.
    cache : str or None
        The folder from which later processes load what was compiled; None if there is none.

    Attributes
    ----------
    capabilities : frozenset of str
        The keys of ``ENTRY_POINTS`` all of whose entry points there are.
    """

    name: str
    loss: str
    threads: bool
    compiles: bool
    cache: str | None
    capabilities: frozenset[str]

    def __init__(
        self,
        name: str,
        loss: str,
        entry_points: Mapping[str, Callable[..., Any]],
        threads: bool,
        compiles: bool = False,
        cache: str | None = None,
    ) -> None:
        self.name, self.loss = name, loss
        self.threads = threads
        self.compiles, self.cache = compiles, cache
        self.capabilities = frozenset(
            capability for capability, names in ENTRY_POINTS.items() if entry_points.keys() >= set(names)
        )
        self.__dict__.update(entry_points)

    def supports(self, capability: str) -> bool:
        """Return whether the compiler has all entry points of a capability, a key of ``ENTRY_POINTS``."""
        return capability in self.capabilities

    def __getattr__(self, entry_point: str) -> Callable[..., Any]:
        raise AttributeError(f"The kernels of {self.__dict__.get('name')!r} have no {entry_point}.")
