"""Checks of the parameters of a `TextClassifier`."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Integral, Real
from typing import Any

import numpy as np

from fastlr.objective.penalties import L1_RATIOS
from fastlr.solvers.stochastic.registry import OPTIMIZERS
from fastlr.utils.checks import one_of

# Number of words or characters in the longest n-grams by default, by analyzer.
LONGEST_NGRAMS = {"word": 2, "char": 5, "char_wb": 5, "whitespace": 2}


def _is_real(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _is_integer(value: Any, least: int, most: int) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool) and least <= int(value) <= most


def check_parameters(parameters: Mapping[str, Any]) -> None:
    """Raise ValueError if a parameter is out of range."""
    one_of("analyzer", parameters["analyzer"], tuple(LONGEST_NGRAMS))
    if not (parameters["ngrams"] is None or _is_integer(parameters["ngrams"], 1, 10)):
        raise ValueError(f"ngrams must be None or an integer between 1 and 10; got {parameters['ngrams']!r}.")
    if not _is_integer(parameters["n_features"], 1, 2**31):
        raise ValueError(f"n_features must be an integer between 1 and {2**31}; got {parameters['n_features']!r}.")
    seed = parameters["random_state"]
    # In this order, because a first look at `np.random` imports it.
    if not (seed is None or _is_integer(seed, 0, 2**63) or isinstance(seed, np.random.RandomState)):
        raise ValueError(f"random_state must be an integer, 0 or more, a RandomState or None; got {seed!r}.")
    for name in ("max_iter", "n_threads", "memory"):
        value = parameters[name]
        if value is not None and (not isinstance(value, Integral) or isinstance(value, bool) or value < 1):
            raise ValueError(f"{name} must be None or an integer, 1 or more; got {value!r}.")
    for name, accepted, largest in (
        ("validation_fraction", "a number, 0 or more and less than 1", np.nextafter(1.0, 0.0)),
        ("l1_ratio", "a number between 0 and 1", 1.0),
    ):
        value = parameters[name]
        if not _is_real(value) or not 0.0 <= value <= largest:
            raise ValueError(f"{name} must be {accepted}; got {value!r}.")
    alpha, C = parameters["alpha"], parameters["C"]
    automatic = isinstance(alpha, str) and alpha == "auto"
    if not (automatic or (_is_real(alpha) and 0.0 <= alpha < np.inf)):
        raise ValueError(f"alpha must be 'auto' or a number, 0 or more; got {alpha!r}.")
    if C is not None and not (_is_real(C) and 0.0 < C < np.inf and automatic):
        raise ValueError(f"C must be None or a number above 0, with alpha='auto'; got {C!r}.")
    class_weight = parameters["class_weight"]
    if not (
        class_weight is None
        or isinstance(class_weight, Mapping)
        or (isinstance(class_weight, str) and class_weight == "balanced")
    ):
        raise ValueError(f"class_weight must be a dict, 'balanced' or None; got {class_weight!r}.")
    one_of("penalty", parameters["penalty"], (*L1_RATIOS, None))
    one_of("optimizer", parameters["optimizer"], tuple(OPTIMIZERS))


def seed_of(random_state: Any) -> int:
    """Return an integer itself, or one drawn from a RandomState, or from NumPy's global one for None."""
    if isinstance(random_state, Integral):
        return int(random_state)
    random = np.random if random_state is None else random_state
    return int(random.randint(2**31 - 1))
