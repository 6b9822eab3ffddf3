"""What Dask gets when it writes results to disk that are on disk already: a number instead of their content.

Dask drops the result then, and its file would be removed. So it is set aside until Dask asks for it again, or until
the worker has its key no more. Dask does not tell of that; a thread looks once a second as long as there are any.
"""

from __future__ import annotations

import itertools
import threading
from typing import Any

from distributed.protocol import dask_deserialize, dask_serialize

from fastlr.dask.spilled import Spilled

# Seconds between looks.
INTERVAL = 1.0

_results: dict[int, Spilled] = {}
_numbers = itertools.count()
_lock = threading.Lock()


@dask_serialize.register(Spilled)
def _set_aside(result: Spilled, context: Any = None) -> tuple[dict[str, Any], list[Any]]:
    # Messages to other workers have a context.
    if context is not None or result.home is None:
        raise NotImplementedError
    with _lock:
        number = next(_numbers)
        _results[number] = result
        if len(_results) == 1:
            _look_later()
    return {"number": number}, []


@dask_deserialize.register(Spilled)
def _taken_back(header: dict[str, Any], frames: list[Any]) -> Spilled:
    with _lock:
        return _results[header["number"]]


def _look_later() -> None:
    timer = threading.Timer(INTERVAL, look)
    timer.daemon = True
    timer.start()


def look() -> None:
    """Let go of results whose keys their workers have no more."""
    with _lock:
        for number, result in list(_results.items()):
            home = result.home
            if home is None or result.key not in home.data:
                del _results[number]
        if _results:
            _look_later()
