"""``fastlr warmup``."""

from __future__ import annotations

import click

from fastlr.cli._options import Command, backend_option, one_line_errors, quiet_option, say
from fastlr.kernels.backend import resolve_backend


@click.command(cls=Command, short_help="Compile all kernels ahead of their first use.")
@backend_option
@quiet_option
@one_line_errors
def warmup(backend: str | None, quiet: bool) -> None:
    """Compile all kernels and keep them in a cache, so that later processes compile nothing.

    Only the numba backend compiles kernels at their first call. It keeps them in the directory that NUMBA_CACHE_DIR
    names, beside the installed package, or in the user's own cache directory: the first of these that is writable.

    \b
    Examples:
      fastlr warmup --backend numba
      NUMBA_CACHE_DIR=/opt/numba fastlr warmup
    """  # noqa: D301
    from fastlr import kernels

    name = resolve_backend(backend)
    compiled = kernels.load(name)
    if not compiled.compiles:
        say(quiet, f"Nothing to compile: the kernels of {name!r} are ready.")
        return
    if compiled.cache is None:  # the kernels would be lost with this process
        raise ValueError("no cache directory is writable; set NUMBA_CACHE_DIR to one that is")
    from fastlr.compilation import warmup as compile_all

    seconds = compile_all(name, verbose=not quiet).seconds
    say(quiet, f"Compiled the kernels of {name!r} in {seconds:.0f} s. They are kept in {compiled.cache}.")
