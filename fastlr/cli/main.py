"""The command line, ``fastlr``: a group of commands, each imported when it is used.

To add a command, write a module of its name in this package and add the name to `COMMANDS`.
"""

from __future__ import annotations

import importlib

import click

from fastlr import __version__
from fastlr.cli._habits import AnsweringCommand, refuse_command

# In the order of the help; each is a module of `fastlr.cli`.
COMMANDS = ("train", "predict", "evaluate", "inspect", "convert", "demo", "warmup")


class LazyGroup(AnsweringCommand, click.Group):
    """A group whose commands are imported when they are used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command; return None if there is no such command."""
        if cmd_name not in COMMANDS:
            return None
        return getattr(importlib.import_module(f"fastlr.cli.{cmd_name}"), cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command; those of other programs are answered by what to use here."""
        if args[0] not in COMMANDS:
            refuse_command(args[0], ctx)
        return super().resolve_command(ctx, args)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="fastlr")
def main() -> None:
    """Train logistic regression on text or sparse features, and use the model.

    \b
    Examples:
      fastlr train reviews.tsv -o reviews.fastlr
      fastlr evaluate reviews.fastlr test.tsv
      echo "a fine film" | fastlr predict reviews.fastlr -

    Run 'fastlr COMMAND --help' for the options of a command.
    """  # noqa: D301
