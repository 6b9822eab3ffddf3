"""The console script ``fastlr``, and ``python -m fastlr``: ready for Ctrl-C before anything else is imported."""

from __future__ import annotations

import os

from fastlr.interrupts import end_at_once


def main() -> None:
    """Run the command line."""
    end_at_once()
    # NumPy starts the threads of its OpenBLAS when it is imported: 10 ms, and 0.06 s of the processors' time on two of
    # them. No command has a product of dense matrices for them.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from fastlr.cli import main as run

    run(prog_name="fastlr")


if __name__ == "__main__":
    main()
