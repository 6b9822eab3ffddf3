"""What Ctrl-C does to the command line: end it at once, unless there is something to clean up.

While modules are being imported a KeyboardInterrupt would end in a traceback, or in what an extension module makes of
it: an ImportError, say, after which another backend would be taken.
"""

from __future__ import annotations

import _signal  # the core of `signal`, which imports a few milliseconds' worth of others: no time to press Ctrl-C in
import os

EXIT_CODE = 130  # as shells have it: 128 and the number of the signal


def _end(number: int, frame: object) -> None:
    try:  # noqa: SIM105  # contextlib is one more import
        os.write(2, b"Interrupted.\n")
    except OSError:  # standard error is closed
        pass
    os._exit(EXIT_CODE)


def ends_at_once() -> bool:
    """Tell whether Ctrl-C ends the process at once."""
    return _signal.getsignal(_signal.SIGINT) is _end


def end_at_once() -> None:
    """Let Ctrl-C end the process at once, and say so, unless it is ignored or somebody else handles it."""
    if _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler:
        _signal.signal(_signal.SIGINT, _end)


def clean_up_first() -> None:
    """From here on let Ctrl-C raise KeyboardInterrupt, if it would end the process: there are files to be removed."""
    if ends_at_once():
        _signal.signal(_signal.SIGINT, _signal.default_int_handler)
