"""The ranking of the solvers in an exact race: who reached the target first."""

from __future__ import annotations

from typing import NamedTuple

OURS, DEFAULT = "fastlr", "scikit-learn, lbfgs"


class Finish(NamedTuple):
    """A solver that reached the target: best and median seconds, and the certified gap of its model."""

    name: str
    library: str
    seconds: float
    median: float
    gap: float


class Standing(NamedTuple):
    """The best of fastlr, the best peer, and scikit-learn's default solver; None if it did not reach the target."""

    ours: Finish | None
    peer: Finish | None
    default: Finish | None


def finishes(race):
    """Return the solvers that reached the target, fastest first."""
    found = [
        Finish(name, curve["library"], *(curve["target"][key] for key in ("seconds", "median", "gap")))
        for name, curve in race["curves"].items()
        if curve["target"]
    ]
    return sorted(found, key=lambda finish: finish.seconds)


def standing(race):
    """Return the race's `Standing`."""
    found = finishes(race)
    return Standing(
        next((finish for finish in found if finish.library == OURS), None),
        next((finish for finish in found if finish.library != OURS), None),
        next((finish for finish in found if finish.name == DEFAULT), None),
    )
