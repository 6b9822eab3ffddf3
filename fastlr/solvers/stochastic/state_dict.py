"""The state of an optimizer by name: for a file, and for another process to continue from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np


class Stateful:
    """Base of a class whose attributes named in ``STATE``, arrays and numbers, are all that later steps depend on.

    ``__init__`` gives each attribute the type, and each array the shape, that it keeps.
    """

    STATE: ClassVar[tuple[str, ...]]

    def state_dict(self) -> dict[str, Any]:
        """Return the state by name; arrays are not copied."""
        return {name: getattr(self, name) for name in self.STATE}

    def make_writeable(self) -> None:
        """Copy arrays that are read-only, as joblib and pickles with buffers of their own leave them."""
        for name, value in vars(self).items():
            if isinstance(value, np.ndarray):
                setattr(self, name, np.require(value, requirements=["C", "A", "W", "E"]))

    def move_to(self, backend: str) -> bool:
        """Continue on another backend, with the same bits; return False if that is impossible."""
        return False

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from a state that `state_dict` returned; its arrays are used without a copy if they are writeable.

        Raises
        ------
        ValueError
            If a name is missing or unknown, an array has another type or shape than the one it replaces or holds NaN or
            infinity, a number is of another type, or `check_state` refuses them. Nothing has changed then.
        """
        if set(state) != set(self.STATE):
            raise ValueError(
                f"The state of {type(self).__name__} is {sorted(self.STATE)}; found {sorted(map(str, state))}."
            )
        checked = {}
        for name, value in state.items():
            own = getattr(self, name)
            if type(value) is not type(own):
                raise ValueError(f"{name} must be a {type(own).__name__}; found a {type(value).__name__}.")
            if isinstance(value, np.ndarray):
                if value.shape != own.shape or value.dtype != own.dtype:
                    raise ValueError(
                        f"{name} must be {own.dtype} of shape {own.shape}; found {value.dtype} of shape {value.shape}."
                    )
                if not np.isfinite(value).all():
                    raise ValueError(f"{name} holds NaN or infinity.")
                value = np.require(value, requirements=["C", "A", "W"])
            checked[name] = value
        self.check_state(checked)
        for name, value in checked.items():
            setattr(self, name, value)

    def check_state(self, state: Mapping[str, Any]) -> None:
        """Raise ValueError for values of the right types and shapes that no training could have left."""
