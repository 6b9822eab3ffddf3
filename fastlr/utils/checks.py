"""Checks of parameters."""

from __future__ import annotations

from typing import Any

import numpy as np


def one_of(name: str, value: Any, accepted: tuple[str | None, ...]) -> None:
    """Check that a value is among those accepted.

    Raises
    ------
    ValueError
        If not; the message names the parameter, the value and the accepted values.
    """
    if not (value is None or isinstance(value, str)) or value not in accepted:
        raise ValueError(f"{name} must be one of {', '.join(map(repr, accepted))}; got {value!r}.")


def true_or_false(name: str, value: Any) -> None:
    """Check that a value is a bool.

    Raises
    ------
    ValueError
        If not; the message names the parameter and the value.
    """
    if not isinstance(value, (bool, np.bool_)):
        raise ValueError(f"{name} must be True or False; got {value!r}.")
