"""Run a function in a forked child process, which may crash or run too long without harm."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from typing import Any


class Failure(RuntimeError):
    """The child raised, crashed or took too long."""


def in_child(function: Callable[[], Any], timeout: float | None) -> Any:
    """Return what ``function`` returns in a child that has all that this process has: data, warm caches, kernels.

    It may take ``timeout`` seconds, or with None as long as it likes.

    Raises
    ------
    Failure
        With the reason.
    """
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)

    def work():
        try:
            sender.send((True, function()))
        except Exception as error:
            sender.send((False, f"{type(error).__name__}: {error}".split("\n")[0][:200]))

    child = context.Process(target=work)
    child.start()
    sender.close()
    try:
        if not receiver.poll(timeout):
            raise Failure(f"not done after {timeout:.0f} s")
        succeeded, result = receiver.recv()
    except EOFError:
        child.join()
        raise Failure(f"ended the process, exit code {child.exitcode}") from None
    finally:
        child.kill()
        child.join()
    if not succeeded:
        raise Failure(result)
    return result
