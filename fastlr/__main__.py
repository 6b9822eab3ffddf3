"""The console script ``fastlr``, and ``python -m fastlr``: ready for Ctrl-C before anything else is imported."""

from __future__ import annotations

import contextlib
import gc
import os
import sys
from typing import Any, NoReturn

from fastlr.cli._interrupts import end_at_once


def main() -> None:
    """Run the command line."""
    end_at_once()
    gc.set_threshold(100_000)  # what is imported is no garbage: to look for some at every 700 objects took 8 ms
    # NumPy starts the threads of its OpenBLAS when it is imported: 10 ms, and 0.06 s of the processors' time on two of
    # them. No command has a product of dense matrices for them.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from fastlr.cli.main import main as run

    try:
        run(prog_name="fastlr")
    except OSError as error:  # of the help; what goes wrong in a command it says itself
        _leave(_say(error))
    except SystemExit as stop:
        _leave(stop.code)


def _say(error: OSError) -> int:
    """Print an error, and return the exit code for it."""
    with contextlib.suppress(OSError):  # standard error may be what cannot be written
        print(f"Error: {error.strerror or error}", file=sys.stderr)
    return 1


def _leave(code: Any) -> NoReturn:
    """End the process, with an error if output cannot be written.

    To free all that a training holds takes 20 ms, which the system needs one of. Nothing else is left to clean up,
    unless Matplotlib was imported, which may have a temporary folder to remove.
    """
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None and not stream.closed:
                stream.flush()
        except OSError as error:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())  # Python would flush it again, and complain
            code = code or _say(error)
    if "matplotlib" in sys.modules:
        sys.exit(code)
    os._exit(code or 0)


if __name__ == "__main__":
    main()
