"""Who came to the target first, by the results of a race of exact solvers."""

from __future__ import annotations

from typing import NamedTuple

OURS, DEFAULT = "fastlr", "scikit-learn, lbfgs"


class Finish(NamedTuple):
    """A solver at the target: the seconds, best and median, and the certified gap that it really has there."""

    name: str
    library: str
    seconds: float
    median: float
    gap: float


class Standing(NamedTuple):
    """The best of fastlr, the best peer, and scikit-learn's default solver; None who did not get there."""

    ours: Finish | None
    peer: Finish | None
    default: Finish | None


def finishes(race):
    """Return those that came to the target, the first one first."""
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
