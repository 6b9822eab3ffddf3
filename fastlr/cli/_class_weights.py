"""Weights of classes on the command line."""

from __future__ import annotations

import math
import re
from typing import Any

import click

BALANCED = "balanced"

# A label, which may hold commas and equals signs, and its weight.
PAIR = re.compile(r"\s*(.+?)\s*=\s*([-+.\deE]+)\s*(?:,|\Z)", re.DOTALL)


class ClassWeights(click.ParamType):
    """``balanced``, or weights of classes such as ``spam=5,ham=1``."""

    name = "class weights"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dict[str, float] | str:
        """Return ``"balanced"``, or the weights by label."""
        if value == BALANCED or isinstance(value, dict):
            return value
        weights: dict[str, float] = {}
        place = 0
        while place < len(value):
            found = PAIR.match(value, place)
            weight = math.nan if found is None else _number(found[2])
            if found is None or not 0.0 <= weight < math.inf:
                self.fail(f"{value[place:]!r} is neither {BALANCED} nor weights such as spam=5,ham=1.", param, ctx)
            if found[1] in weights:
                self.fail(f"the class {found[1]!r} has two weights.", param, ctx)
            weights[found[1]] = weight
            place = found.end()
        if not weights:
            self.fail(f"it is empty; use {BALANCED}, or weights such as spam=5,ham=1.", param, ctx)
        return weights


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
