"""``fastlr demo``."""

from __future__ import annotations

import sys

import click

from fastlr.cli._options import backend_option, check_stdout, one_line_errors

SENTENCE = "Solve a system of linear equations with a sparse, symmetric and positive definite matrix."


@click.command()
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=0, show_default=True, help="Seed of every draw.")
@click.option("--sentence", metavar="TEXT", default=SENTENCE, show_default=True, help="What to classify in the end.")
@backend_option
@one_line_errors
def demo(seed: int, sentence: str, backend: str | None) -> None:
    """Tell Python packages apart by their docstrings.

    Reads the docstrings of the packages installed on this machine, trains on most of them, and reports how well it
    finds the package of the others. Needs no network and changes nothing.
    """
    check_stdout()
    from fastlr.cli._demo import run

    report = run(seed, sentence, backend)
    # The sentence, and the words of other people's docstrings, may hold what a pipe's encoding lacks.
    encoding = sys.stdout.encoding or "utf-8"
    click.echo(report.encode(encoding, "backslashreplace").decode(encoding))
