"""The console script ``fastlr``, and ``python -m fastlr``: ready for Ctrl-C before anything else is imported."""

from __future__ import annotations

from fastlr.interrupts import end_at_once


def main() -> None:
    """Run the command line."""
    end_at_once()
    from fastlr.cli import main as run

    run(prog_name="fastlr")


if __name__ == "__main__":
    main()
