"""Checks of parameters."""

from __future__ import annotations

from typing import Any

import numpy as np


def one_of(name: str, value: Any, accepted: tuple[str | None, ...]) -> None:
    """Refuse a value that is not among those accepted.

    Raises
    ------
    ValueError
        Which names the parameter, the value and what is accepted.
    """
    if not (value is None or isinstance(value, str)) or value not in accepted:
        raise ValueError(f"{name} must be one of {', '.join(map(repr, accepted))}; got {value!r}.")


def true_or_false(name: str, value: Any) -> None:
    """Refuse a value that is neither.

    Raises
    ------
    ValueError
        Which names the parameter and the value.
    """
    if not isinstance(value, (bool, np.bool_)):
        raise ValueError(f"{name} must be True or False; got {value!r}.")
