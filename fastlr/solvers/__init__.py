"""The algorithms, a file each: `stochastic` (SGD, AdaGrad, FTRL, full batches) and `exact` (with a certificate)."""

from __future__ import annotations

from typing import Any

from fastlr.persistence.legacy_pickles import find_moved


def __getattr__(name: str) -> Any:
    return find_moved(__name__, name)
