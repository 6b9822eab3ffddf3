"""The state of an exact fit between two iterates, for its checkpoint."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fastlr.solvers.exact.task import Iterate, Solution, Start, Stopping


class FitState:
    """What later iterates of a fit depend on: an object whose state a `fastlr.training.checkpoint.Checkpoint` holds.

    Parameters
    ----------
    start : Start
    solution : Solution
    """

    def __init__(self, start: Start, solution: Solution) -> None:
        self.start, self.solution = start, solution
        self.solver: Mapping[str, Any] = {}

    def watch(self, iterates: Iterator[Iterate]) -> Iterator[Iterate]:
        """Yield the iterates of a solver, and keep the state that comes with each.

        Raises
        ------
        ValueError
            If the solver cannot continue from a state.
        """
        for item in iterates:
            if item.state is None:
                raise ValueError("checkpoint needs a solver that can resume: solver='newton', 'owlqn' or 'auto'.")
            self.solver = item.state
            yield item

    def state_dict(self) -> dict[str, Any]:
        """Return the state by name."""
        solution = {name: value for name, value in vars(self.solution).items() if name != "stopping"}
        return {"solver": dict(self.solver), "solution": solution, "stopping": dict(vars(self.solution.stopping))}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from a state that `state_dict` returned."""
        self.solver = state["solver"]
        self.start.state = self.solver or None
        vars(self.solution).update(state["solution"], stopping=Stopping(**state["stopping"]))
