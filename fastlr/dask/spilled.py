"""Results of tasks that a worker has no room for in memory: files in its local directory.

Dask itself also writes results to disk if memory is short. But it reads a result whole before a task may use it, and
writes it again each time that it makes room. In a training, every pass over the rows would write them again. Here a
result is written once. Every task that needs it maps the file into memory: the system reads it while the task works on
it, and forgets it afterwards.
"""

from __future__ import annotations

import mmap
import os
import pickle
import tempfile
import weakref
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from distributed import Worker, get_worker

from fastlr.utils.arrays import aligned

# A worker whose process takes more than this share of its limit has no room. Dask begins to write to disk at .6, and a
# partition in memory takes up to twice its size during a pass.
SHARE = 0.3
# Smaller results stay in memory.
LEAST_BYTES = 1 << 20


def worker_without_room() -> Worker | None:
    """Return the worker that runs this task, if it has no room in memory; otherwise None."""
    try:
        worker = get_worker()
    except ValueError:
        return None
    limit = worker.memory_manager.memory_limit
    return worker if limit and worker.monitor.get_process_memory() > SHARE * limit else None


def spilled(value: Any) -> Any:
    """Return a result as the worker keeps it: `Spilled` if it has no room for it, otherwise as it is."""
    if worker := worker_without_room():
        frames = _frames_of(value)
        if sum(frame.nbytes for frame in frames) >= LEAST_BYTES:
            return Spilled(worker.get_current_task(), frames, worker)
    return value


class OnDisk(NamedTuple):
    """A file with the frames of a pickle.

    Attributes
    ----------
    path : str
    bounds : list of tuple
        Where each frame starts and ends.
    readonly : list of bool
        Whether each frame must not be changed.
    worker : weakref
        To the worker.
    """

    path: str
    bounds: list[tuple[int, int]]
    readonly: list[bool]
    worker: weakref.ref[Worker]


class Spilled:
    """Stands for a value in a file, which is removed with it.

    On its way to another worker it carries its content, which stays in memory until it is first used there.

    Parameters
    ----------
    key : object
        Dask's key of the value.
    frames : sequence of memoryview
        The pickle of the value, and its large arrays.
    worker : Worker or None, default=None
        Whose file it is to be; None stays in memory.
    """

    def __init__(self, key: Any, frames: Sequence[memoryview], worker: Worker | None = None) -> None:
        self.key = key
        self._content: Sequence[memoryview] | OnDisk = frames if worker is None else self._write(frames, worker)

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        # Dask also speaks an older protocol, which has no buffers beside the pickle.
        return _arrived, (self.key, *map(pickle.PickleBuffer if protocol >= 5 else bytes, self._frames()))

    def load(self) -> Any:
        """Return the value. Its arrays are in the file's pages if it is on disk.

        Raises
        ------
        OSError
            If it must be written and cannot be.
        """
        if not isinstance(self._content, OnDisk) and (worker := worker_without_room()):
            self._content = self._write(self._content, worker)
        data, *buffers = self._frames()
        return pickle.loads(data, buffers=buffers)

    @property
    def home(self) -> Worker | None:
        """The worker in whose directory it is; None if it is in memory."""
        return self._content.worker() if isinstance(self._content, OnDisk) else None

    def _write(self, frames: Sequence[memoryview], worker: Worker) -> OnDisk:
        bounds = []
        try:
            file, path = tempfile.mkstemp(dir=worker.local_directory, prefix="fastlr-")
            weakref.finalize(self, _remove, path)
            with open(file, "wb") as out:
                for frame in frames:
                    start = out.seek(aligned(out.tell()))
                    out.write(frame)
                    bounds.append((start, start + frame.nbytes))
        except OSError as error:
            raise OSError(f"there is no room for it in the memory of a worker, or on its disk: {error}") from error
        return OnDisk(path, bounds, [frame.readonly for frame in frames], weakref.ref(worker))

    def _frames(self) -> Sequence[memoryview]:
        if not isinstance(self._content, OnDisk):
            return self._content
        path, bounds, readonly, _ = self._content
        with open(path, "rb") as file:
            # Private: a frame may be written to, which does not change the file.
            whole = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY))
        frames = [whole[start:stop] for start, stop in bounds]
        return [frame.toreadonly() if fixed else frame for frame, fixed in zip(frames, readonly, strict=True)]


def _frames_of(value: Any) -> list[memoryview]:
    """Return the pickle of a value, and its large arrays."""
    buffers: list[pickle.PickleBuffer] = []
    data = pickle.dumps(value, protocol=5, buffer_callback=buffers.append)
    return [memoryview(data), *(buffer.raw() for buffer in buffers)]


def _arrived(key: Any, *frames: Any) -> Spilled:
    return Spilled(key, [memoryview(frame) for frame in frames])


def _remove(path: str) -> None:
    with suppress(OSError):
        os.unlink(path)
