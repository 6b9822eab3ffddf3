"""A process that runs tasks: what the process that drives it sees, and what it does itself.

It is sent tasks in batches, because a message costs as much as a small task. It keeps their results, and returns those
that are asked for, all in one message.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import traceback
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

from fastlr.distributed.channel import Channel
from fastlr.distributed.driver import call


class Reference(NamedTuple):
    """Stands for a result that the process has."""

    number: int


class Call(NamedTuple):
    """A task to run.

    Attributes
    ----------
    number : int
        Names the result.
    partition : int
    function : callable
    arguments : tuple
        A `Reference` stands for a result.
    """

    number: int
    partition: int
    function: Callable[..., Any]
    arguments: tuple[Any, ...]


class Batch(NamedTuple):
    """What a process is sent.

    Attributes
    ----------
    dropped : list of int
        Results to let go of, first.
    sent : dict
        Values to keep as results.
    calls : list of Call
    returned : list of int
        Results to return.
    """

    dropped: list[int]
    sent: dict[int, Any]
    calls: list[Call]
    returned: list[int]


class Reply(NamedTuple):
    """What a process returns after a batch.

    Attributes
    ----------
    kept : list of int
        The results that it has now besides, of values and calls.
    values : dict
        The results asked for.
    failed : int or None
        The call that has raised an error, after which there were no others.
    error : Exception or None
        An error; without ``failed``, that of the batch as a whole.
    trace : str
        Where it was raised.
    """

    kept: list[int]
    values: dict[int, Any]
    failed: int | None = None
    error: Exception | None = None
    trace: str = ""


# Sent to a process that works: the calls that have not begun are to be left out.
STOP = None


def serve(connection: Connection) -> None:
    """Run batches until the other process closes the connection or ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that gathers the results
    results: dict[int, Any] = {}
    with suppress(EOFError, OSError):
        channel = Channel.of(connection)
        while True:
            try:
                batch = channel.receive()
                if batch is STOP:  # it came after the last call
                    continue
                reply = _run(batch, results, connection)
            except (EOFError, OSError):
                raise
            except Exception as error:  # something cannot be unpickled here
                reply = _failure([], None, error)
            try:
                channel.send(reply)
            except OSError:
                raise
            except Exception as error:  # a result cannot be pickled
                channel.send(_failure(reply.kept, None, error))


def _run(batch: Batch, results: dict[int, Any], connection: Connection) -> Reply:
    for number in batch.dropped:
        del results[number]
    results.update(batch.sent)
    kept = list(batch.sent)
    for each in batch.calls:
        if connection.poll():
            break
        arguments = [results[value.number] if isinstance(value, Reference) else value for value in each.arguments]
        try:
            results[each.number] = call(each.partition, each.function, *arguments)
        except Exception as error:
            return _failure(kept, each.number, error)
        kept.append(each.number)
    return Reply(kept, {number: results[number] for number in batch.returned if number in results})


def _failure(kept: list[int], failed: int | None, error: Exception) -> Reply:
    trace = traceback.format_exc()
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        error = RuntimeError(f"{type(error).__name__}: {error}")
    return Reply(kept, {}, failed, error, trace)


class TaskProcess:
    """A process that runs tasks, for the one that drives it.

    Attributes
    ----------
    batch : Batch or None
        What it is working on.
    channel : Channel
    """

    def __init__(self) -> None:
        self.batch: Batch | None = None
        here, there = multiprocessing.Pipe()
        with there:
            # A daemon is ended with this process even if nobody closes it.
            self._process = _context().Process(target=serve, args=(there,), name="fastlr-tasks", daemon=True)
            self._process.start()
        self.channel = Channel.to(here, self._process.pid or os.getpid())
        self._in_message = False

    def send(self, batch: Batch) -> None:
        """Send what it is to work on next.

        Raises
        ------
        OSError
            If it has ended.
        """
        self._in_message = True
        self.channel.send(batch)
        self._in_message, self.batch = False, batch

    def receive(self) -> Reply:
        """Return what it has done; wait for it.

        Raises
        ------
        EOFError, OSError
            If it has ended.
        """
        self._in_message = True
        reply: Reply = self.channel.receive()
        self._in_message, self.batch = False, None
        return reply

    def stop(self) -> None:
        """Tell it to leave out the calls that have not begun."""
        if self.batch is not None:
            with suppress(OSError):
                self.channel.send(STOP)

    @property
    def interrupted(self) -> bool:
        """Whether an exception has cut a message short, so that the process cannot be used any more."""
        return self._in_message

    def end(self) -> None:
        """End it: at once if a message was cut short, else after the task that it is running."""
        if self._in_message:
            self._process.kill()
        else:
            self.stop()
        self.channel.close()
        self._process.join()


def _context() -> Any:
    # A fork of a server that has imported everything starts in a twentieth of a second, a new process in two. A fork of
    # this process might hold locks of its threads.
    forks = "forkserver" in multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("forkserver" if forks else "spawn")
    if forks:
        context.set_forkserver_preload(["fastlr.distributed.partition"])
    return context
