"""The libraries to compare with, one module each; libraries that cannot be imported are reported as missing.

A module has the lists SGD (effort: epochs) and EXACT (effort: tolerance) of `protocol.Peer`.
"""

from __future__ import annotations

import importlib
from pathlib import Path

from .protocol import Peer, Problem

# What PyPI calls them.
REQUIREMENTS = [
    line for line in Path(__file__).with_name("requirements.txt").read_text().split("\n") if line and line[0] != "#"
]
MODULES = (
    "fastlr_",
    "scikit_learn",
    "liblinear_",
    "vowpal_wabbit",
    "fasttext_",
    "snapml_",
    "cyanure_",
    "skglm_",
    "celer_",
    "xlearn_",
    "lightning_",
)


def load(kind: str) -> tuple[list[Peer], dict[str, str]]:
    """Return the peers of a kind, "SGD" or "EXACT", and why others are missing."""
    peers, missing = [], {}
    for name in MODULES:
        try:
            found = getattr(importlib.import_module(f"{__name__}.{name}"), kind)
        except Exception as error:  # a broken installation fails in its own way
            missing[name.strip("_")] = f"{type(error).__name__}: {error}".split("\n")[0]
            continue
        for peer in found:
            peer.kind = kind
        peers += found
    return peers, missing


__all__ = ["REQUIREMENTS", "Peer", "Problem", "load"]
