"""``fastlr warmup``."""

from __future__ import annotations

import warnings

import click

from fastlr.cli._options import Command, backend_option, one_line_errors, quiet_option, say


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
    from fastlr.compilation import warmup as compile_all

    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)  # without a cache all would be lost with this process
        done = compile_all(backend, verbose=not quiet)
    if done.compiles:
        say(quiet, f"The kernels of {done.backend!r} are kept in {done.cache} ({done.seconds:.0f} s).")
    else:
        say(quiet, f"Nothing to compile: the kernels of {done.backend!r} are ready.")
