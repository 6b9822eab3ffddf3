"""What a run of steps depends on, by name: for files to keep, and for another process to go on from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np


class Stateful:
    """Keeps all that later steps depend on in the attributes that ``STATE`` names: arrays and numbers.

    ``__init__`` gives each the type, and each array the shape, that it keeps.
    """

    STATE: ClassVar[tuple[str, ...]]

    def state_dict(self) -> dict[str, Any]:
        """Return the state by name; arrays are not copied."""
        return {name: getattr(self, name) for name in self.STATE}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a state that `state_dict` gave; its arrays are taken over where they can be written to.

        Raises
        ------
        ValueError
            If a name is missing or unknown, an array has another type or shape than the one it replaces or holds NaN or
            infinity, a number is of another type, or `check_state` refuses them. Nothing has then changed.
        """
        if set(state) != set(self.STATE):
            raise ValueError(
                f"The state of {type(self).__name__} is {sorted(self.STATE)}; found {sorted(map(str, state))}."
            )
        taken = {}
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
            taken[name] = value
        self.check_state(taken)
        for name, value in taken.items():
            setattr(self, name, value)

    def check_state(self, state: Mapping[str, Any]) -> None:
        """Raise ValueError for values, of the right types and shapes, that no steps could have left."""
