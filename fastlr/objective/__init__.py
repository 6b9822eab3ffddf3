"""The objective, its losses and penalties, passes over all rows, and the duality gap."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fastlr.objective.functions import gradient, log_probabilities, objective, penalty, probabilities

__all__ = ["gradient", "log_probabilities", "objective", "penalty", "probabilities"]


def __getattr__(name: str) -> Any:
    # Imported at first use: the functions import SciPy, which training on documents does without.
    if name not in __all__:
        raise AttributeError(f"module 'fastlr.objective' has no attribute {name!r}")
    from fastlr.objective import functions

    value = globals()[name] = getattr(functions, name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
