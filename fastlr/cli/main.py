"""The command line: ``fastlr``, a group of sub-commands, of which only the one that is asked for is imported."""

from __future__ import annotations

import importlib

import click

from fastlr import __version__

# In the order of the help: a file each in `fastlr.cli`.
COMMANDS = ("train", "predict", "evaluate", "inspect", "convert", "demo")


class LazyGroup(click.Group):
    """A group whose commands are imported by their names."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command; None if there is none of the name."""
        if cmd_name not in COMMANDS:
            return None
        return getattr(importlib.import_module(f"fastlr.cli.{cmd_name}"), cmd_name)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="fastlr")
def main() -> None:
    """Logistic regression on sparse text.

    \b
    fastlr train reviews.tsv -o reviews.fastlr
    echo "a fine film" | fastlr predict reviews.fastlr -
    """  # noqa: D301
