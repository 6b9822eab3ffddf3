"""The console script ``fastlr``, and ``python -m fastlr``: ready for Ctrl-C before anything else is imported."""

from __future__ import annotations

import gc
import os
import sys

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
        sys.exit(f"Error: {error.strerror or error}")
    except SystemExit as stop:
        _leave(stop.code)
        raise


def _leave(code: object) -> None:
    """End the process, unless there is something to say or output that cannot be written.

    To free all that a training holds takes 20 ms, which the system needs one of. Nothing else is left to clean up,
    unless Matplotlib was imported, which may have a temporary folder to remove.
    """
    if (code is None or isinstance(code, int)) and "matplotlib" not in sys.modules:
        try:
            for stream in (sys.stdout, sys.stderr):
                if stream is not None:
                    stream.flush()
        except (OSError, ValueError):
            return
        os._exit(code or 0)


if __name__ == "__main__":
    main()
