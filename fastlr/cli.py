"""The command line: ``fastlr``, a group of sub-commands."""

from __future__ import annotations

import sys

import click

from fastlr import __version__

SENTENCE = "Solve a system of linear equations with a sparse, symmetric and positive definite matrix."


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="fastlr")
def main() -> None:
    """Logistic regression on sparse text."""


@main.command()
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=0, show_default=True, help="Seed of every draw.")
@click.option("--sentence", metavar="TEXT", default=SENTENCE, show_default=True, help="What to classify in the end.")
@click.option(
    "--backend",
    type=click.Choice(["auto", "numba", "cython", "numpy"]),
    help="What runs the inner loops; numpy takes minutes.  [default: FASTLR_BACKEND, or auto]",
)
def demo(seed: int, sentence: str, backend: str | None) -> None:
    """Tell Python packages apart by their docstrings.

    Reads the docstrings of the packages installed on this machine, trains on most of them, and reports how well it
    finds the package of the others. Needs no network and changes nothing.
    """
    from fastlr.demo import run  # here, as it imports scikit-learn, which --help should not wait for

    report = run(seed, sentence, backend)
    # The sentence, and the words of other people's docstrings, may hold what a pipe's encoding lacks.
    encoding = sys.stdout.encoding or "utf-8"
    click.echo(report.encode(encoding, "backslashreplace").decode(encoding))
