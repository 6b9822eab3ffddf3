"""Checkpoints: the state of a training in a file, from which another process can resume it.

The file (`fastlr.persistence.tensor_file`, written so that a crash leaves the old one or the new one) holds the states
of all objects that training changes (`fastlr.solvers.stochastic.state_dict`), and what identifies the training:
checksums of the problem and of the starting weights, the parameters, and the backend. The order of an epoch's rows
follows from the seed and the epoch's number, and the learning rates from the number of the step, so nothing else is
needed to resume bit for bit.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Mapping
from numbers import Integral, Real
from typing import Any, Protocol

import numpy as np

import fastlr
from fastlr.data.protocols import TrainingProblem
from fastlr.persistence import tensor_file
from fastlr.persistence.encoding import Decoder, Encoder
from fastlr.utils.checksum import checksum

# Bumped when an older file would be misread. A checkpoint is bound to one version of fastlr in any case.
FORMAT_VERSION = 1


class HasState(Protocol):
    """An object whose state a checkpoint holds."""

    def state_dict(self) -> dict[str, Any]:
        """Return the state by name."""

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from a state that `state_dict` returned."""


class Checkpoint:
    """Writes the state of a training to a file at intervals, and restores it.

    Parameters
    ----------
    path : str or path
    every : float
        Seconds from the end of one write to the start of the next.
    identity : dict of str to str
        What identifies the training, by the names used in messages: see `identify`.
    parts : dict of str to object
        Everything that training changes, with ``state_dict`` and ``load_state_dict``.
    seed : int or None
        Seed of the row orders.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        every: float,
        identity: dict[str, str],
        parts: Mapping[str, HasState],
        seed: int | None,
    ) -> None:
        self.path = path
        self.every = every
        self.identity = identity
        self.parts = parts
        self.seed = seed
        self.finished: tuple[int, bool] | None = None
        self.written = time.monotonic()

    def open(self, resume: bool) -> None:
        """Continue from the file if ``resume`` and it exists; otherwise write it."""
        if resume and os.path.exists(self.path):
            self.resume()
        else:
            self.start()

    def start(self) -> None:
        """Write the first checkpoint, so that an error in writing shows at once."""
        tensor_file.remove_leftovers(self.path)
        self._write()

    def resume(self) -> None:
        """Restore every part, ``seed`` and ``finished`` from the file.

        Raises
        ------
        FileNotFoundError
            If there is no file.
        ValueError
            If it is not a checkpoint, damaged, or of another training.
        """
        header, tensors = tensor_file.read(self.path)
        path = os.fspath(self.path)
        if header.get("kind") != "checkpoint" or header.get("format") != FORMAT_VERSION:
            raise ValueError(
                f"{path!r} is not a checkpoint that fastlr {fastlr.__version__} can resume from: its kind is "
                f"{str(header.get('kind'))[:100]!r} and its format {str(header.get('format'))[:100]}."
            )
        self._compare(header.get("identity"))
        try:
            decoder = Decoder(tensors)
            seed, finished, states = (decoder.decode(header.get(name)) for name in ("seed", "finished", "states"))
            if type(seed) is not type(self.seed) or not (finished is None or _is_result(finished)):
                raise ValueError("its seed or its result is malformed")
            if not isinstance(states, dict) or set(states) != set(self.parts) or decoder.unused:
                raise ValueError(f"it must hold the states of {', '.join(self.parts)}, and nothing else")
            for name, part in self.parts.items():
                if not isinstance(states[name], dict):
                    raise ValueError(f"the state of {name} is not a dict")
                part.load_state_dict(states[name])
        except (ValueError, RecursionError) as error:
            raise ValueError(f"{path!r} is malformed: {error}") from error
        self.seed, self.finished = seed, finished
        tensor_file.remove_leftovers(self.path)
        self.written = time.monotonic()

    def _compare(self, found: Any) -> None:
        """Refuse a file of another training, and list what differs."""
        if not isinstance(found, dict):
            raise ValueError(f"{os.fspath(self.path)!r} is malformed: it does not identify its training.")
        names = [name for name in {**self.identity, **found} if self.identity.get(name) != found.get(name)]
        if names:
            differences = []
            for name in names[:5]:
                was, now = (str(side.get(name, "missing"))[:100] for side in (found, self.identity))
                differences.append(f"{name} was {was} and is {now}")
            raise ValueError(
                f"resume=True cannot continue the training in {os.fspath(self.path)!r}, because this one differs: "
                f"{'; '.join(differences)}. Call fit with the same data and parameters, or pass resume=False to start "
                "again."
            )

    def tick(self) -> None:
        """Write if it is time to; call it between steps only."""
        if time.monotonic() - self.written >= self.every:
            self._write()

    def finish(self, n_iter: int, converged: bool) -> None:
        """Write the end of the training."""
        self.finished = (n_iter, converged)
        self._write()

    def _write(self) -> None:
        encoder = Encoder()
        states = {name: part.state_dict() for name, part in self.parts.items()}
        header = {
            "kind": "checkpoint",
            "format": FORMAT_VERSION,
            "identity": self.identity,
            "seed": self.seed,
            "finished": encoder.encode(self.finished, "finished"),
            "states": encoder.encode(states, "states"),
        }
        tensor_file.write(self.path, header, encoder.tensors)
        self.written = time.monotonic()


def _is_result(finished: Any) -> bool:
    return (
        isinstance(finished, tuple)
        and len(finished) == 2
        and type(finished[0]) is int
        and 0 < finished[0] < 2**53
        and isinstance(finished[1], bool)
    )


def identify(
    parameters: Mapping[str, Any],
    backend: str,
    problem: TrainingProblem,
    classes: np.ndarray,
    start: HasState,
    evaluation_sets: Mapping[str, TrainingProblem],
) -> dict[str, str]:
    """Return what identifies a training: names of its inputs, with their values or checksums."""
    identity = problem.identity()
    state = start.state_dict()
    return {
        "the version of fastlr": fastlr.__version__,
        "the backend": backend,
        **{name: stable_text(value) for name, value in sorted(parameters.items())},
        "the shape of X": str(tuple(map(int, problem.shape))),
        "the type of X": str(problem.dtype),
        "the checksum of X": checksum(*identity["X"]),
        "the checksum of y": checksum(*identity["y"]),
        "the classes": stable_text(classes.tolist()),
        "the checksum of the rows' weights": checksum(*identity["weights"]),
        "the checksum of the weights to start from": checksum(
            *(state[name] for name in sorted(state) if isinstance(state[name], np.ndarray))
        ),
        **{
            f"the checksum of the rows for {name}_loss": checksum(
                *(array for arrays in held_out.identity().values() for array in arrays)
            )
            for name, held_out in evaluation_sets.items()
        },
    }


def stable_text(value: Any) -> str:
    """Return a description of a parameter that is the same in another process for an equal parameter."""
    if isinstance(value, np.generic):
        value = value.item()
    if callable(value) and hasattr(value, "__qualname__"):
        return f"{value.__module__}.{value.__qualname__}"
    if isinstance(value, Mapping):
        text = "{" + ", ".join(sorted(f"{stable_text(key)}: {stable_text(value[key])}" for key in value)) + "}"
    else:
        text = repr(value)
    if " at 0x" in text:
        return f"{type(value).__module__}.{type(value).__qualname__}"
    return text if len(text) <= 1000 else f"{text[:900]}... ({checksum(np.array(text))})"


def check_arguments(
    checkpoint: Any, checkpoint_every: Any, resume: Any, early_stopping: bool, eval_set: Any, random_state: Any
) -> None:
    """Refuse arguments of `fit` that are invalid, or whose training another process could not resume."""
    if not (checkpoint is None or isinstance(checkpoint, (str, os.PathLike))):
        raise TypeError(f"checkpoint must be a path or None; got {checkpoint!r}.")
    number = isinstance(checkpoint_every, Real) and not isinstance(checkpoint_every, bool)
    if not (number and 0 <= checkpoint_every <= math.inf):
        raise ValueError(f"checkpoint_every must be a number of seconds, 0 or more; got {checkpoint_every!r}.")
    if not isinstance(resume, (bool, np.bool_)):
        raise TypeError(f"resume must be True or False; got {resume!r}.")
    if resume and checkpoint is None:
        raise ValueError("resume=True needs a file to resume from: pass checkpoint=PATH.")
    splits = early_stopping and eval_set is None
    if checkpoint is not None and splits and not isinstance(random_state, Integral):
        raise ValueError(
            "With a checkpoint, early_stopping must hold out the same rows in every process: pass an integer "
            f"random_state instead of {random_state!r}, or an eval_set."
        )
