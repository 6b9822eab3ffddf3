"""Messages between two processes in turn, whose large arrays go through memory that both have.

A pipe copies an array six times, 64 kB at a time, and memory that is new for each message takes ten times as long to
get as to fill. So each connection keeps one piece of memory: the sender copies its arrays there, and the receiver from
there. That is safe because the two take turns: nobody sends before the other one's message has been received.

The memory has no name. It is gone once both processes have ended, in whatever way, and nothing needs to be removed.
Unlike that of ``multiprocessing.shared_memory``, it is not subject to the size of ``/dev/shm``, 64 MB in containers.
Only Linux has such memory; elsewhere arrays are part of the message.
"""

from __future__ import annotations

import mmap
import os
import pickle
from multiprocessing.connection import Connection
from multiprocessing.reduction import recv_handle, send_handle
from typing import Any

import numpy as np

from fastlr.utils.arrays import aligned

SHARES_MEMORY = hasattr(os, "memfd_create")
# Smaller arrays are part of the message.
LEAST_BYTES = 1 << 14
# So much of the memory is kept after a message.
KEPT_BYTES = 1 << 28


class Channel:
    """One end of a connection.

    Parameters
    ----------
    connection : Connection
    file : int or None
        Descriptor of the memory; None if there is none.

    Attributes
    ----------
    n_messages : int
        Number of messages sent and received.
    n_bytes : int
        Their size.
    """

    def __init__(self, connection: Connection, file: int | None) -> None:
        self.connection, self._file = connection, file
        self._memory: mmap.mmap | None = None
        self.n_messages = self.n_bytes = 0

    @classmethod
    def to(cls, connection: Connection, pid: int) -> Channel:
        """Return the end of the process that has started the other one."""
        if not SHARES_MEMORY:
            return cls(connection, None)
        file = os.memfd_create("fastlr")
        send_handle(connection, file, pid)
        return cls(connection, file)

    @classmethod
    def of(cls, connection: Connection) -> Channel:
        """Return the end of the process that was started."""
        return cls(connection, recv_handle(connection) if SHARES_MEMORY else None)

    def send(self, value: Any) -> None:
        """Send a value that can be pickled.

        Raises
        ------
        OSError
            If the other process has ended.
        """
        large: list[memoryview] = []

        def is_small(buffer: pickle.PickleBuffer) -> bool:
            raw = buffer.raw()
            if raw.nbytes >= LEAST_BYTES:
                large.append(raw)
            return raw.nbytes < LEAST_BYTES

        data = pickle.dumps(value, protocol=5, buffer_callback=None if self._file is None else is_small)
        sizes = [raw.nbytes for raw in large]
        if large:
            memory = self._mapped(sum(map(aligned, sizes)))
            start = 0
            for raw in large:
                np.copyto(memory[start : start + raw.nbytes], np.frombuffer(raw, np.uint8))
                start += aligned(raw.nbytes)
        self._count(data, sizes)
        self.connection.send_bytes(pickle.dumps(sizes))
        self.connection.send_bytes(data)

    def receive(self) -> Any:
        """Return the value that the other process has sent; wait for it.

        Raises
        ------
        EOFError, OSError
            If the other process has ended.
        """
        sizes, data = pickle.loads(self.connection.recv_bytes()), self.connection.recv_bytes()
        self._count(data, sizes)
        buffers = []
        if sizes:
            total = sum(map(aligned, sizes))
            memory = self._mapped(total)
            start = 0
            for size in sizes:
                buffers.append(memory[start : start + size].copy())
                start += aligned(size)
            del memory
            if total > KEPT_BYTES:
                self._let_go()
        return pickle.loads(data, buffers=buffers)

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()
        if self._file is not None:
            os.close(self._file)
            self._file = self._memory = None

    def _count(self, data: bytes, sizes: list[int]) -> None:
        self.n_messages += 1
        self.n_bytes += len(data) + sum(sizes)

    def _mapped(self, size: int) -> np.ndarray:
        """Return at least so many bytes of the memory; those after its end are new."""
        assert self._file is not None
        if os.fstat(self._file).st_size < size:
            os.ftruncate(self._file, size)
        if self._memory is None or len(self._memory) < size:
            self._memory = mmap.mmap(self._file, size)
        return np.frombuffer(self._memory, np.uint8)

    def _let_go(self) -> None:
        """Return the memory to the system."""
        assert self._file is not None
        self._memory = None
        os.ftruncate(self._file, 0)
