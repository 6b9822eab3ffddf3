"""Ctrl-C on the command line: it ends the process at once, unless there is something to clean up.

While modules are being imported, a KeyboardInterrupt would end in a traceback, or an extension module might turn it
into an ImportError, after which another backend would be chosen.
"""

from __future__ import annotations

import _signal  # the core of `signal`, which takes a few milliseconds to import: too long without a handler
import os

EXIT_CODE = 130  # the convention of shells: 128 plus the number of the signal


def _end(number: int, frame: object) -> None:
    try:  # noqa: SIM105  # contextlib would be one more import
        os.write(2, b"Interrupted.\n")
    except OSError:  # standard error is closed
        pass
    os._exit(EXIT_CODE)


def ends_at_once() -> bool:
    """Tell whether Ctrl-C ends the process at once."""
    return _signal.getsignal(_signal.SIGINT) is _end


def end_at_once() -> None:
    """Let Ctrl-C end the process at once, with a message, unless it is ignored or has another handler."""
    if _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler:
        _signal.signal(_signal.SIGINT, _end)


def clean_up_first() -> None:
    """Let Ctrl-C raise KeyboardInterrupt instead of ending the process at once: there are files to remove."""
    if ends_at_once():
        _signal.signal(_signal.SIGINT, _signal.default_int_handler)
